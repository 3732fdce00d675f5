/// Reads a part of a log backwards, one bounded block at a time: what stands before the place where
/// following began, or what was passed over because it came too fast.
package final class HistoryReader {
    /// What one block held.
    package struct Block {
        /// Where its first line begins; nil when no line begins in it.
        package var firstLine: Int64?
        /// The part is read to its start.
        package var isAtStart: Bool
    }

    /// The file when it is one that is open; nil for what was unpacked.
    let file: OpenFile?
    private let content: (_ offset: Int64, _ count: Int) -> [UInt8]
    private let encoding: LineEncoding
    private let lineBytesMax: Int
    /// What is read before a block for the sake of secrets that span lines.
    static let leadBytes: Int64 = 16 * 1024
    /// Nothing before it can be read.
    private var floor: Int64 = 0
    /// Where the part starts.
    package private(set) var start: Int64
    /// Everything from here on was read; `start` when all was.
    package private(set) var end: Int64
    /// Which file behind the name it is.
    package let generation: UInt64
    /// Bytes that were gone before they were read.
    private var bytesLost: Int64 = 0

    init(
        file: OpenFile, start: Int64 = 0, end: Int64, generation: UInt64, lineBytesMax: Int
    ) {
        self.file = file
        content = { file.bytes(at: $0, count: $1) }
        self.start = start
        self.end = end
        self.generation = generation
        self.lineBytesMax = lineBytesMax
        encoding = file.encoding
    }

    /// Of a file under any name, not packed.
    init(_ content: LogContent, end: Int64, lineBytesMax: Int) {
        file = nil
        self.content = { content.bytes(at: $0, count: $1) }
        start = 0
        self.end = end
        generation = content.trace.generation
        self.lineBytesMax = lineBytesMax
        encoding = content.encoding
    }

    /// Of bytes that were unpacked: the last ones, which stand at `offset`. The line that begins
    /// before them is left out.
    init(
        _ kept: [UInt8], at offset: Int64, encoding: LineEncoding, generation: UInt64,
        lineBytesMax: Int
    ) {
        file = nil
        content = { place, count in
            let from = max(0, Int(place - offset))
            return Array(kept[min(from, kept.count)..<min(from + count, kept.count)])
        }
        end = offset + Int64(kept.count)
        floor = offset
        // The first ones are read for the redactor's sake alone.
        let lead = min(offset > 0 ? Int(Self.leadBytes) : 0, kept.count / 2 & ~1)
        let from = offset + Int64(lead)
        let newline =
            offset > 0 ? encoding.lineFeed(in: Array(kept[lead...]), at: from)?.upperBound : 0
        start = from + Int64(newline ?? kept.count - lead)
        self.generation = generation
        self.lineBytesMax = lineBytesMax
        self.encoding = encoding
    }

    package var isAtStart: Bool { end <= start }

    /// The lines of the last `bytes` before `end`, oldest first. `move` says what was taken. A
    /// block of 256 KiB takes well under the 10 ms that one slice may.
    /// - Parameter sink: receives each line, its offset, how many of its bytes were left out, and
    ///   whether it stands before the block: only the redactor is to see it then.
    package func block(
        bytes: Int, _ sink: (Span<UInt8>, Int64, Int, _ isBefore: Bool) -> Void
    ) -> Block {
        let from = max(start, end - Int64(bytes & ~1))
        let lead = max(floor, from - Self.leadBytes)
        let block = content(lead, Int(end - lead))
        guard Int64(block.count) == end - lead else {  // The file shrank under us.
            bytesLost += end - start
            end = start
            return Block(firstLine: nil, isAtStart: true)
        }
        var first = Int(from - lead)
        if from > start {
            guard let newline = encoding.lineFeed(in: Array(block[first...]), at: from),
                first + newline.upperBound < block.count
            else {
                return Block(firstLine: nil, isAtStart: false)
            }
            first += newline.upperBound
        }
        let begin = lead > 0 ? encoding.lineFeed(in: block, at: lead)?.upperBound ?? first : 0
        let skipped = min(begin, first)
        let firstLine = lead + Int64(first)
        var assembler = LineAssembler(lineBytesMax: lineBytesMax, encoding: encoding)
        let lines = block.span.extracting(skipped..<block.count)
        let handOn: LineAssembler.Sink = { line, offset, omitted in
            sink(line, offset, omitted, offset < firstLine)
        }
        assembler.feed(lines, at: lead + Int64(skipped), handOn)
        assembler.flush(handOn)
        return Block(firstLine: firstLine, isAtStart: from == start)
    }

    /// The part starts there, which is before where it started up to now.
    package func begin(at offset: Int64) { start = min(start, offset) }

    /// Everything from `offset` on counts as read.
    package func move(to offset: Int64) { end = max(start, offset) }

    /// Bytes that were gone before they were read, since the last call.
    package func takeLost() -> Int64 {
        defer { bytesLost = 0 }
        return bytesLost
    }

    /// Gives up what was not read, because the file's content is another one now.
    package func abandon() {
        bytesLost += end - start
        end = start
    }
}

/// Finds where lines begin.
enum LineStart {
    /// The offset of the first line that starts behind `offset`, or nil when none does.
    static func after(_ offset: Int64, in file: OpenFile, size: Int64) -> Int64? {
        let encoding = file.encoding
        var position = offset - offset % Int64(encoding.unitBytes)
        while position < size {
            let block = file.bytes(at: position, count: 64 * 1024)
            guard !block.isEmpty else { return nil }
            if let newline = encoding.lineFeed(in: block, at: position) {
                return position + Int64(newline.upperBound)
            }
            position += Int64(block.count)
        }
        return nil
    }
}
