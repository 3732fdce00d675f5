import Basics

/// Checks JSON and copies it, passing every string through a function on the way.
///
/// This is where the journal redacts: whatever a payload's type looks like, no string reaches the
/// disk without it.
struct JSONRewriter {
    private static let depthMax = 64

    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private var out: [UInt8] = []
    private let transform: (String) -> String

    /// `json` in compact printable ASCII with every string (keys too) replaced by what `transform`
    /// makes of it, or nil when it is not JSON.
    static func rewrite(_ json: [UInt8], _ transform: (String) -> String) -> [UInt8]? {
        withoutActuallyEscaping(transform) { transform in
            var rewriter = JSONRewriter(json[...], transform)
            rewriter.skipSpace()
            guard rewriter.value(depth: 0) else { return nil }
            rewriter.skipSpace()
            return rewriter.index == json.endIndex ? rewriter.out : nil
        }
    }

    private init(_ bytes: ArraySlice<UInt8>, _ transform: @escaping (String) -> String) {
        self.bytes = bytes
        index = bytes.startIndex
        self.transform = transform
        out.reserveCapacity(bytes.count + 32)
    }

    private var current: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        out.append(byte)
        index += 1
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth < Self.depthMax, let first = current else { return false }
        switch first {
        case 0x22: return string()
        case 0x7B:
            return sequence(closedBy: 0x7D, depth) { rewriter, depth in
                guard rewriter.string() else { return false }
                rewriter.skipSpace()
                guard rewriter.take(0x3A) else { return false }
                rewriter.skipSpace()
                return rewriter.value(depth: depth)
            }
        case 0x5B: return sequence(closedBy: 0x5D, depth) { $0.value(depth: $1) }
        default: return scalar()
        }
    }

    private mutating func sequence(
        closedBy close: UInt8, _ depth: Int, _ element: (inout JSONRewriter, Int) -> Bool
    ) -> Bool {
        out.append(bytes[index])
        index += 1
        skipSpace()
        if take(close) { return true }
        while true {
            skipSpace()
            guard element(&self, depth + 1) else { return false }
            skipSpace()
            if take(close) { return true }
            guard take(0x2C) else { return false }
        }
    }

    private mutating func string() -> Bool {
        guard let end = Self.endOfString(bytes, from: index),
            let text = Self.unquoted(bytes[index..<end])
        else { return false }
        out += Array(JSONText.quoted(transform(text)).utf8)
        index = end
        return true
    }

    /// A number, `true`, `false` or `null`.
    private mutating func scalar() -> Bool {
        let start = index
        while let byte = current, ![0x2C, 0x5D, 0x7D, 0x20, 0x09, 0x0A, 0x0D].contains(byte) {
            index += 1
        }
        let word = bytes[start..<index]
        let text = String(decoding: word, as: UTF8.self)
        let isNumber =
            word.allSatisfy {
                (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
            }
            && Double(text) != nil
        guard isNumber || ["true", "false", "null"].contains(text) else { return false }
        out += word
        return true
    }

    /// The index after the closing quote of the string that begins at `start`, or nil.
    static func endOfString(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
        guard start < bytes.endIndex, bytes[start] == 0x22 else { return nil }
        var index = start + 1
        while index < bytes.endIndex {
            switch bytes[index] {
            case 0x22: return index + 1
            case 0x5C: index += 2
            default: index += 1
            }
        }
        return nil
    }

    /// The text of a JSON string literal (quotes included in `literal`), or nil for a bad escape.
    static func unquoted(_ literal: ArraySlice<UInt8>) -> String? {
        let inner = literal.dropFirst().dropLast()
        guard inner.contains(0x5C) else { return String(decoding: inner, as: UTF8.self) }
        var text: [UInt8] = []
        var units: [UInt16] = []
        var index = inner.startIndex
        while index < inner.endIndex {
            guard inner[index] == 0x5C else {
                flush(&units, into: &text)
                text.append(inner[index])
                index += 1
                continue
            }
            guard index + 1 < inner.endIndex else { return nil }
            if inner[index + 1] == 0x75 {
                let digits = inner[(index + 2)...].prefix(4)
                guard digits.count == 4,
                    let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return nil }
                units.append(unit)
                index += 6
            } else {
                flush(&units, into: &text)
                guard let byte = simpleEscapes[inner[index + 1]] else { return nil }
                text.append(byte)
                index += 2
            }
        }
        flush(&units, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func flush(_ units: inout [UInt16], into text: inout [UInt8]) {
        guard !units.isEmpty else { return }
        text += Array(String(decoding: units, as: UTF16.self).utf8)
        units = []
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D,
        0x74: 0x09,
    ]
}
