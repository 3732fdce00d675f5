/// Durations as PromQL writes them: `1y2w3d4h5m6s7ms`, units in this order, each at most once.
package enum PromQLDuration {
    private static let units: [(name: [UInt8], milliseconds: Int64)] = [
        (Array("y".utf8), 365 * 86_400_000), (Array("w".utf8), 7 * 86_400_000),
        (Array("d".utf8), 86_400_000), (Array("h".utf8), 3_600_000), (Array("m".utf8), 60_000),
        (Array("s".utf8), 1000), (Array("ms".utf8), 1),
    ]

    /// Milliseconds, or nil when it is no duration or exceeds 292 years. `0` needs no unit.
    package static func parse(_ bytes: [UInt8]) -> Int64? {
        if bytes == [0x30] { return 0 }
        var index = 0
        var total: Int64 = 0
        var nextUnit = 0
        while index < bytes.count {
            let start = index
            while index < bytes.count, Identifier.isDigit(bytes[index]) { index += 1 }
            guard index > start, let count = GoNumber.parseInteger(bytes[start..<index]) else {
                return nil
            }
            let unitStart = index
            while index < bytes.count, Identifier.isLetter(bytes[index]) { index += 1 }
            let unit = Array(bytes[unitStart..<index])
            guard let position = units.firstIndex(where: { $0.name == unit }), position >= nextUnit
            else { return nil }
            nextUnit = position + 1
            let (product, tooLarge) = count.multipliedReportingOverflow(
                by: units[position].milliseconds)
            let (sum, overflows) = total.addingReportingOverflow(product)
            if tooLarge || overflows || sum > 9_223_372_036_854 { return nil }
            total = sum
        }
        return bytes.isEmpty ? nil : total
    }

    /// The canonical form: as many units as needed, `1h30m`; years and weeks only when nothing is
    /// left over.
    package static func format(_ milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        for (position, unit) in units.enumerated() {
            let size = UInt64(unit.milliseconds)
            let isWholeOnly = position < 2
            if isWholeOnly, rest % size != 0 { continue }
            let count = rest / size
            guard count > 0 else { continue }
            text += String(count) + String(decoding: unit.name, as: UTF8.self)
            rest -= count * size
        }
        return text
    }
}

/// Numbers as PromQL writes them: Go syntax with `_`, hexadecimal and old-style octal.
enum NumberText {
    /// Nil when it does not fit a double.
    static func parse(_ bytes: [UInt8]) -> Double? {
        let digits = bytes.filter { $0 != 0x5F }
        if let integer = integer(digits) { return integer }
        return GoNumber.parseFloat(digits)
    }

    /// `0x1F` and, as in C, `0755`. A leading zero with an 8 or 9 is decimal again.
    private static func integer(_ bytes: [UInt8]) -> Double? {
        guard bytes.count > 1, bytes[0] == 0x30 else { return nil }
        let isHex = bytes[1] | 0x20 == 0x78
        let digits = String(decoding: bytes.dropFirst(isHex ? 2 : 1), as: UTF8.self)
        guard let value = Int64(digits, radix: isHex ? 16 : 8) else { return nil }
        return Double(value)
    }
}

/// String literals: `'…'` and `"…"` with Go's escapes, `` `…` `` without.
enum StringLiteral {
    struct Problem: Error {
        var message: String
    }

    /// The bytes that `literal`, quotes included, stands for.
    static func decode(_ literal: [UInt8]) throws(Problem) -> [UInt8] {
        let quote = literal[0]
        let body = Array(literal.dropFirst().dropLast())
        guard UTF8Check.isValid(body), !containsReplacementCharacter(body) else {
            throw Problem(message: "invalid UTF-8 rune")
        }
        guard quote != 0x60 else { return body }
        var out: [UInt8] = []
        var index = 0
        while index < body.count {
            if body[index] == 0x5C {
                index += 1
                try escape(body, &index, quote: quote, to: &out)
            } else {
                out.append(body[index])
                index += 1
            }
        }
        return out
    }

    /// The reference takes U+FFFD in a literal for the sign of bytes that were no UTF-8.
    private static func containsReplacementCharacter(_ body: [UInt8]) -> Bool {
        body.indices.dropLast(2).contains {
            body[$0] == 0xEF && body[$0 + 1] == 0xBF && body[$0 + 2] == 0xBD
        }
    }

    private static let simple: [UInt8: UInt8] = [
        0x61: 0x07, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x76: 0x0B,
        0x5C: 0x5C,
    ]

    private static func escape(
        _ body: [UInt8], _ index: inout Int, quote: UInt8, to out: inout [UInt8]
    ) throws(Problem) {
        guard index < body.count else {
            throw Problem(message: "escape sequence not terminated")
        }
        let byte = body[index]
        if let value = simple[byte] ?? (byte == quote ? quote : nil) {
            out.append(value)
            index += 1
            return
        }
        switch byte {
        case 0x30...0x37:
            let value = try digits(body, &index, count: 3, radix: 8)
            guard value < 256 else {
                throw Problem(message: "escape sequence is an invalid Unicode code point")
            }
            out.append(UInt8(value))
        case 0x78:
            index += 1
            out.append(UInt8(try digits(body, &index, count: 2, radix: 16)))
        case 0x75, 0x55:
            index += 1
            let value = try digits(body, &index, count: byte == 0x75 ? 4 : 8, radix: 16)
            guard let scalar = Unicode.Scalar(value) else {
                throw Problem(message: "escape sequence is an invalid Unicode code point")
            }
            out += Array(String(Character(scalar)).utf8)
        default:
            throw Problem(message: "unknown escape sequence \(unicodeName(body, index))")
        }
    }

    private static func digits(
        _ body: [UInt8], _ index: inout Int, count: Int, radix: UInt32
    ) throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard index < body.count else {
                throw Problem(message: "escape sequence not terminated")
            }
            let text = String(decoding: [body[index]], as: UTF8.self)
            guard let digit = UInt32(text, radix: Int(radix)) else {
                throw Problem(
                    message: "illegal character \(unicodeName(body, index)) in escape sequence")
            }
            value = value &* radix &+ digit
            index += 1
        }
        return value
    }

    /// `U+0063 'c'`
    private static func unicodeName(_ body: [UInt8], _ index: Int) -> String {
        var reader = UTF8ScalarReader(body, from: index)
        guard case .scalar(let scalar) = reader.next() else { return "U+FFFD" }
        return "U+\(QuotedText.hex(scalar.value, 4).uppercased()) '\(Character(scalar))'"
    }
}
