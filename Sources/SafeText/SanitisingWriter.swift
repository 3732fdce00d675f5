/// The state of one sanitising pass: the text so far and what marks may still join it.
struct SanitisingWriter {
    /// Valid UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Cells since the start, for tab stops.
    private var column = 0
    private var last: Unicode.Scalar?
    /// Marks on the current base, and how many more were dropped.
    private var marks = 0
    private var dropped = 0

    /// Sanitises the first `limit` bytes; the rest is cut and its size named.
    mutating func write(_ buffer: UnsafeBufferPointer<UInt8>, limit: Int) {
        let input = UnsafeBufferPointer(rebasing: buffer.prefix(limit))
        bytes.reserveCapacity(input.count + 32)
        var index = 0
        while index < input.count {
            let run = ByteClass.printableRun(input, from: index)
            if run > index {
                appendPlain(UnsafeBufferPointer(rebasing: input[index..<run]))
                index = run
                continue
            }
            let byte = input[index]
            if byte == 0x1B, let length = Self.colourSequenceLength(input, at: index) {
                index += length
            } else if byte < 0x80 {
                write(Unicode.Scalar(byte))
                index += 1
            } else if let (scalar, length) = StrictUTF8.decode(input, at: index) {
                write(scalar, next: StrictUTF8.decode(input, at: index + length)?.scalar)
                index += length
            } else {
                append("\\x" + Self.hexadecimal(UInt32(byte), digits: 2))
                index += 1
            }
        }
        flushDropped()
        if buffer.count > input.count { append("‹+\(buffer.count - input.count) bytes›") }
    }

    /// Printable ASCII in one piece.
    private mutating func appendPlain(_ run: UnsafeBufferPointer<UInt8>) {
        flushDropped()
        bytes.append(contentsOf: run)
        column += run.count
        last = run.last.map { Unicode.Scalar($0) }
        marks = 0
    }

    private mutating func write(_ scalar: Unicode.Scalar, next: Unicode.Scalar? = nil) {
        switch ScalarClass.of(scalar) {
        case .visible: appendBase(scalar)
        case .mark: appendMark(scalar)
        case .emojiPart: appendEmojiPart(scalar, next: next)
        case .caret where scalar == "\t": appendTab()
        case .caret: append("^" + String(Unicode.Scalar(UInt8(scalar.value) ^ 0x40)))
        case .escaped: append("\\u" + Self.hexadecimal(scalar.value, digits: 4))
        case .named: append("‹U+" + Self.hexadecimal(scalar.value, digits: 4, upper: true) + "›")
        }
    }

    private mutating func appendBase(_ scalar: Unicode.Scalar) {
        flushDropped()
        appendScalar(scalar)
        column += CellWidth.of(scalar)
        last = scalar
        marks = 0
    }

    private mutating func appendScalar(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            bytes.append(UInt8(scalar.value))
        } else if let encoded = UTF8.encode(scalar) {
            bytes.append(contentsOf: encoded)
        }
    }

    private mutating func appendMark(_ scalar: Unicode.Scalar) {
        if last == nil {
            appendBase("\u{25CC}")
        }
        if marks < Sanitiser.marksMax {
            appendScalar(scalar)
            marks += 1
        } else {
            dropped += 1
        }
    }

    /// A joiner between two emoji, or a presentation selector after one, stays; others are shown.
    private mutating func appendEmojiPart(_ scalar: Unicode.Scalar, next: Unicode.Scalar?) {
        let follows = last.map { $0.properties.isEmoji } ?? false
        let isInside =
            scalar.value == 0x200D
            ? follows && last?.isASCII == false && next?.properties.isEmoji == true : follows
        if isInside, marks < Sanitiser.marksMax {
            appendScalar(scalar)
            marks += 1
        } else {
            append("‹U+" + Self.hexadecimal(scalar.value, digits: 4, upper: true) + "›")
        }
    }

    private mutating func appendTab() {
        flushDropped()
        let count = Sanitiser.tabWidth - column % Sanitiser.tabWidth
        for _ in 0..<count { bytes.append(0x20) }
        column += count
        last = " "
        marks = 0
    }

    /// Appends visible text of our own; no mark may join it.
    private mutating func append(_ visible: String) {
        flushDropped()
        bytes += visible.utf8
        column += visible.unicodeScalars.count
        last = nil
        marks = 0
    }

    private mutating func flushDropped() {
        guard dropped > 0 else { return }
        let note = "‹+\(dropped) marks›"
        dropped = 0
        bytes += note.utf8
        column += note.unicodeScalars.count
        last = nil
    }

    /// The length of a complete colour sequence (ECMA-48 SGR: `ESC [ parameters m`) at `start`, or
    /// of the `ESC [ K` that grep and compilers write beside each.
    ///
    /// Anything else that begins with ESC is shown. Parameters longer than 256 bytes are shown too.
    private static func colourSequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int)
        -> Int?
    {
        guard start + 2 < bytes.count, bytes[start + 1] == 0x5B else { return nil }
        var index = start + 2
        let limit = min(bytes.count, index + 256)
        while index < limit {
            switch bytes[index] {
            case 0x30...0x3B: index += 1
            case 0x6D, 0x4B: return index - start + 1
            default: return nil
            }
        }
        return nil
    }

    private static func hexadecimal(_ value: UInt32, digits: Int, upper: Bool = false) -> String {
        let text = String(value, radix: 16, uppercase: upper)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

/// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
enum StrictUTF8 {
    /// The scalar at `index` and its length in bytes, or nil when the bytes there are not UTF-8.
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int)
        -> (scalar: Unicode.Scalar, length: Int)?
    {
        guard index < bytes.count else { return nil }
        let lead = bytes[index]
        let (length, first): (Int, UInt32)
        switch lead {
        case 0...0x7F: return (Unicode.Scalar(lead), 1)
        case 0xC2...0xDF: (length, first) = (2, UInt32(lead & 0x1F))
        case 0xE0...0xEF: (length, first) = (3, UInt32(lead & 0x0F))
        case 0xF0...0xF4: (length, first) = (4, UInt32(lead & 0x07))
        default: return nil
        }
        guard index + length <= bytes.count else { return nil }
        var value = first
        for offset in 1..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let isShortest = length == 2 || value >= (length == 3 ? 0x800 : 0x1_0000)
        guard isShortest, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}
