/// Keeps the first and the last bytes of an output of any length, in bounded memory.
struct OutputCapture {
    private let headMax: Int
    private let tailMax: Int
    private var head: [UInt8] = []
    /// A ring once it is full; `tailStart` is then its oldest byte.
    private var tail: [UInt8] = []
    private var tailStart = 0
    private var total = 0

    init(headMax: Int, tailMax: Int) {
        self.headMax = max(0, headMax)
        self.tailMax = max(0, tailMax)
    }

    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        total += chunk.count
        var rest = chunk[...]
        if head.count < headMax {
            let taken = rest.prefix(headMax - head.count)
            head.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
        }
        rest = rest.suffix(tailMax)
        let growth = rest.prefix(tailMax - tail.count)
        tail.append(contentsOf: growth)
        overwrite(UnsafeRawBufferPointer(rebasing: rest.dropFirst(growth.count)))
    }

    private mutating func overwrite(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let first = min(bytes.count, tailMax - tailStart)
        let start = tailStart
        tail.withUnsafeMutableBytes { ring in
            for (offset, part) in [(start, bytes[..<first]), (0, bytes[first...])]
            where !part.isEmpty {
                UnsafeMutableRawBufferPointer(rebasing: ring[offset...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            }
        }
        tailStart = (tailStart + bytes.count) % tailMax
    }

    var captured: CapturedOutput {
        CapturedOutput(
            head: head, tail: Array(tail[tailStart...] + tail[..<tailStart]),
            truncatedBytes: total - head.count - tail.count)
    }
}
