/// Reads a log backwards from where following began, one bounded block at a time.
package final class HistoryReader {
    private let file: OpenFile
    private let lineBytesMax: Int
    /// Everything from here on was read; 0 when the start of the file was reached.
    package private(set) var end: Int64
    /// Blocks in which no line ended: parts of one very long line, left out.
    package private(set) var blocksLeftOut = 0

    private let encoding: LineEncoding

    init(file: OpenFile, end: Int64, lineBytesMax: Int) {
        self.file = file
        self.end = end
        self.lineBytesMax = lineBytesMax
        encoding = file.encoding
    }

    package var isAtStart: Bool { end <= 0 }

    /// The lines of the block before `end`, oldest first. A block of 256 KiB takes well under the
    /// 10 ms that one slice may.
    package func previous(bytes: Int, _ sink: (Span<UInt8>, Int64, Int) -> Void) {
        guard end > 0 else { return }
        let start = max(0, end - Int64(bytes & ~1))
        let block = file.bytes(at: start, count: Int(end - start))
        guard Int64(block.count) == end - start else {  // The file shrank under us.
            end = 0
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
        end = start + Int64(first)
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
