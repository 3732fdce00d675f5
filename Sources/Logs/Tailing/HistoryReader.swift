/// Reads a log backwards from where following began, one bounded block at a time.
package final class HistoryReader {
    private let bytes: (_ offset: Int64, _ count: Int) -> [UInt8]
    private let lineBytesMax: Int
    private let encoding: LineEncoding
    /// What stands before cannot be read any more.
    private let floor: Int64
    /// Everything from here on was read; `floor` when nothing is left.
    package private(set) var end: Int64
    /// Blocks in which no line ended: parts of one very long line, left out.
    package private(set) var blocksLeftOut = 0

    init(file: OpenFile, end: Int64, lineBytesMax: Int) {
        bytes = { file.bytes(at: $0, count: $1) }
        self.end = end
        self.lineBytesMax = lineBytesMax
        encoding = file.encoding
        floor = 0
    }

    /// Of a file under any name, not packed.
    init(_ content: LogContent, end: Int64, lineBytesMax: Int) {
        bytes = { content.bytes(at: $0, count: $1) }
        self.end = end
        self.lineBytesMax = lineBytesMax
        encoding = content.encoding
        floor = 0
    }

    /// Of bytes that were unpacked: the last ones, which stand at `offset`.
    init(_ kept: [UInt8], at offset: Int64, encoding: LineEncoding, lineBytesMax: Int) {
        bytes = { place, count in
            let start = max(0, Int(place - offset))
            return Array(kept[min(start, kept.count)..<min(start + count, kept.count)])
        }
        end = offset + Int64(kept.count)
        self.lineBytesMax = lineBytesMax
        self.encoding = encoding
        floor = offset
    }

    package var isAtStart: Bool { end <= floor }

    /// The lines of the block before `end`, oldest first. A block of 256 KiB takes well under the
    /// 10 ms that one slice may.
    package func previous(bytes count: Int, _ sink: (Span<UInt8>, Int64, Int) -> Void) {
        guard end > floor else { return }
        let start = max(floor, end - Int64(count & ~1))
        let block = bytes(start, Int(end - start))
        guard Int64(block.count) == end - start else {  // The file shrank under us.
            end = floor
            return
        }
        var first = 0
        if start > 0 {
            guard let newline = encoding.lineFeed(in: block, at: start),
                newline.upperBound < block.count
            else {
                blocksLeftOut += 1
                end = start
                return
            }
            first = newline.upperBound
        }
        var assembler = LineAssembler(lineBytesMax: lineBytesMax, encoding: encoding)
        let lines = block.span.extracting(first..<block.count)
        assembler.feed(lines, at: start + Int64(first), sink)
        assembler.flush(sink)
        // The line at the floor began before it.
        end = start == floor ? floor : start + Int64(first)
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
