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
    /// Where the part starts.
    package let start: Int64
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
        let newline = offset > 0 ? encoding.lineFeed(in: kept, at: offset)?.upperBound : 0
        start = offset + Int64(newline ?? kept.count)
        self.generation = generation
        self.lineBytesMax = lineBytesMax
        self.encoding = encoding
    }

    package var isAtStart: Bool { end <= start }

    /// The lines of the last `bytes` before `end`, oldest first. `move` says what was taken. A
    /// block of 256 KiB takes well under the 10 ms that one slice may.
    package func block(bytes: Int, _ sink: (Span<UInt8>, Int64, Int) -> Void) -> Block {
        let from = max(start, end - Int64(bytes & ~1))
        let block = content(from, Int(end - from))
        guard Int64(block.count) == end - from else {  // The file shrank under us.
            bytesLost += end - start
            end = start
            return Block(firstLine: nil, isAtStart: true)
        }
        var first = 0
        if from > start {
            guard let newline = encoding.lineFeed(in: block, at: from),
                newline.upperBound < block.count
            else {
                return Block(firstLine: nil, isAtStart: false)
            }
            first = newline.upperBound
        }
        var assembler = LineAssembler(lineBytesMax: lineBytesMax, encoding: encoding)
        let lines = block.span.extracting(first..<block.count)
        assembler.feed(lines, at: from + Int64(first), sink)
        assembler.flush(sink)
        return Block(firstLine: from + Int64(first), isAtStart: from == start)
    }

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
