import Basics
import SafeText

/// Tells of each line of a file whether a record begins with it, when and at what level, with what
/// the file's first lines taught. A value: each part of a file is read with a copy of its own.
struct HeadReader: Sendable {
    /// Bytes of the file's beginning that are learned from.
    static let learnedBytes = 64 * 1024

    let context: TimeContext
    let lineBytesMax: Int
    let encoding: LineEncoding
    private var parser = RecordParser()
    private var cleaner = LineCleaner()
    private var buffer: [UInt8] = []
    /// Lines with a time of their own so far.
    private(set) var timedLines = 0

    init(context: TimeContext, lineBytesMax: Int, encoding: LineEncoding) {
        self.context = context
        self.lineBytesMax = lineBytesMax
        self.encoding = encoding
    }

    /// Learns from the first lines of a file; an unfinished last one is left out.
    mutating func learn(_ head: [UInt8]) {
        var context = context
        context.dayFirst = DayOrder.decided(by: head.span)
        self = HeadReader(context: context, lineBytesMax: lineBytesMax, encoding: encoding)
        var assembler = assembler
        assembler.feed(head.span, at: 0) { line, _, _ in _ = read(line) }
    }

    /// What the head of one line says. Bodies are ranges of the sanitised line.
    mutating func read(_ line: Span<UInt8>) -> ParsedLine {
        let parsed: ParsedLine
        if ByteScan.isPlain(line) {
            parsed = parser.parse(line, context: context)
        } else {
            // A colour sequence must not hide a level that the shown line has.
            var cleaned: [UInt8] = []
            swap(&cleaned, &buffer)
            cleaned.removeAll(keepingCapacity: true)
            _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &cleaned) }
            parsed = parser.parse(cleaned.span, context: context)
            swap(&cleaned, &buffer)
        }
        if parsed.time != nil { timedLines += 1 }
        return parsed
    }

    /// The same before its first line.
    var fresh: HeadReader {
        HeadReader(context: context, lineBytesMax: lineBytesMax, encoding: encoding)
    }

    var assembler: LineAssembler {
        LineAssembler(lineBytesMax: lineBytesMax, encoding: encoding)
    }

    /// A parser that knows what was learned, for reading records whole.
    var learned: RecordParser { parser }
}

/// Puts lines together to records as `RecordJoiner` does, without keeping any text.
struct HeadJoiner {
    private var isOpen = false
    private var isCut = false
    private var lines = 0
    private var bytes = 0
    private var blanks = 0

    mutating func addBlank() { blanks += 1 }

    /// Whether the line begins a record.
    mutating func begins(_ line: Span<UInt8>, _ parsed: ParsedLine) -> Bool {
        let message: Int
        switch parsed.body {
        case .range(let range): message = range.count
        case .bytes(let inner): message = inner.count
        }
        let blanks = blanks
        self.blanks = 0
        let fits =
            lines + blanks < JoinedRecord.linesMax && bytes + line.count < JoinedRecord.bytesMax
        if isOpen, parsed.continues || isCut, fits {
            lines += 1 + blanks
            if isCut {
                bytes += message
                isCut = parsed.isCut
            } else {
                bytes += 1 + blanks + (parsed.time != nil ? message : line.count)
            }
            return false
        }
        isOpen = true
        isCut = parsed.isCut
        lines = 1
        bytes = message
        return true
    }
}

extension ByteScan {
    /// Whether all bytes are printable ASCII or tabs, so that sanitising leaves the head as it is.
    static func isPlain(_ line: Span<UInt8>) -> Bool {
        line.withUnsafeBytes { raw in
            let high: UInt64 = 0x8080_8080_8080_8080
            let ones: UInt64 = 0x0101_0101_0101_0101
            var offset = 0
            while offset + 8 <= raw.count {
                let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if (word | word &- ones &* 0x20 | word &+ ones) & high != 0 {
                    for index in offset..<offset + 8 where !isPlain(raw[index]) { return false }
                }
                offset += 8
            }
            while offset < raw.count {
                if !isPlain(raw[offset]) { return false }
                offset += 1
            }
            return true
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte <= 0x7E || byte == 0x09
    }
}
