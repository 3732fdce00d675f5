/// Durations as PromQL writes them: `1y2w3d4h5m6s7ms`, units in this order, each at most once.
package enum PromQLDuration {
    private static let units: [(name: [UInt8], milliseconds: Int64)] = [
        (Array("y".utf8), 365 * 86_400_000), (Array("w".utf8), 7 * 86_400_000),
        (Array("d".utf8), 86_400_000), (Array("h".utf8), 3_600_000), (Array("m".utf8), 60_000),
        (Array("s".utf8), 1000), (Array("ms".utf8), 1),
    ]

    struct Problem: Error {
        var message: String
    }

    /// Milliseconds, or nil when it is no duration or exceeds 292 years. `0` needs no unit.
    package static func parse(_ bytes: [UInt8]) -> Int64? { try? read(bytes) }

    /// - Throws: what the reference says.
    static func read(_ bytes: [UInt8]) throws(Problem) -> Int64 {
        if bytes == [0x30] { return 0 }
        if bytes.isEmpty { throw Problem(message: "empty duration string") }
        let shown = QuotedText.goQuote(bytes)
        let malformed = Problem(message: "not a valid duration string: \(shown)")
        var index = 0
        var total: Int64 = 0
        var nextUnit = 0
        while index < bytes.count {
            let start = index
            while index < bytes.count, Identifier.isDigit(bytes[index]) { index += 1 }
            guard index > start, let count = GoNumber.parseInteger(bytes[start..<index]) else {
                throw malformed
            }
            let unitStart = index
            while index < bytes.count, !Identifier.isDigit(bytes[index]) { index += 1 }
            let unit = Array(bytes[unitStart..<index])
            if unit.isEmpty { throw malformed }
            guard let position = units.firstIndex(where: { $0.name == unit }) else {
                throw Problem(
                    message: "unknown unit \(QuotedText.goQuote(unit)) in duration \(shown)")
            }
            if position < nextUnit { throw malformed }
            nextUnit = position + 1
            let (product, tooLarge) = count.multipliedReportingOverflow(
                by: units[position].milliseconds)
            let (sum, overflows) = total.addingReportingOverflow(product)
            if tooLarge || overflows || sum > 9_223_372_036_854 {
                throw Problem(message: "duration out of range")
            }
            total = sum
        }
        return total
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
    enum Reading {
        case number(Double)
        case outOfRange
        case malformed
    }

    static func read(_ bytes: [UInt8]) -> Reading {
        let digits = bytes.filter { $0 != 0x5F }
        if let integer = integer(digits) { return .number(integer) }
        guard let float = GoNumber.parseFloatOrOverflow(digits) else { return .malformed }
        return float.overflows ? .outOfRange : .number(float.value)
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
    private static let simple: [UInt8: UInt8] = [
        0x61: 0x07, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x76: 0x0B,
    ]

    /// The bytes that `literal`, quotes included, stands for. The lexer has checked it.
    static func decode(_ literal: [UInt8]) -> [UInt8] {
        let body = literal.dropFirst().dropLast()
        guard literal[0] != 0x60, body.contains(0x5C) else { return Array(body) }
        var out: [UInt8] = []
        out.reserveCapacity(body.count)
        var index = body.startIndex
        while index < body.endIndex {
            let byte = body[index]
            index += 1
            guard byte == 0x5C, index < body.endIndex else {
                out.append(byte)
                continue
            }
            let letter = body[index]
            switch letter {
            case 0x30...0x37: out.append(UInt8(truncatingIfNeeded: digits(body, &index, 3, 8)))
            case 0x78:
                index += 1
                out.append(UInt8(truncatingIfNeeded: digits(body, &index, 2, 16)))
            case 0x75, 0x55:
                index += 1
                let value = digits(body, &index, letter == 0x75 ? 4 : 8, 16)
                let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
                out += Array(String(Character(scalar)).utf8)
            default:
                out.append(simple[letter] ?? letter)
                index += 1
            }
        }
        return out
    }

    private static func digits(
        _ body: ArraySlice<UInt8>, _ index: inout Int, _ count: Int, _ radix: UInt32
    ) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count where index < body.endIndex {
            value = value &* radix &+ (GoNumber.digit(body[index]) ?? 0)
            index += 1
        }
        return value
    }
}
