#if canImport(Glibc)
    import Glibc
#endif

/// Numbers as Go's `strconv` reads and writes them, which is what the text formats and PromQL mean.
enum GoNumber {
    // MARK: Reading

    /// A decimal float, `Inf`, `Infinity` or `NaN` in any case. Hexadecimal, `_` and a value beyond
    /// the largest finite number are refused (nil); a value too small for a double is 0.
    static func parsePlainFloat(_ bytes: ArraySlice<UInt8>) -> Double? {
        if let quick = quickDecimal(bytes) { return quick }
        for byte in bytes where byte == 0x5F || byte | 0x20 == 0x78 || byte | 0x20 == 0x70 {
            return nil
        }
        return parseFloat(Array(bytes))
    }

    /// As `strconv.ParseFloat`: also hexadecimal with a binary exponent (`0x1p-3`), but no `_`.
    static func parseFloat(_ bytes: [UInt8]) -> Double? {
        guard let value = parseFloatOrOverflow(bytes) else { return nil }
        return value.overflows ? nil : value.value
    }

    /// The value, and whether a finite number was too large for a double (then ±infinity).
    static func parseFloatOrOverflow(_ bytes: [UInt8]) -> (value: Double, overflows: Bool)? {
        if let special = special(bytes) { return (special, false) }
        guard isNumberSyntax(bytes) else { return nil }
        let text = bytes.map { CChar(bitPattern: $0) } + [0]
        let value = text.withUnsafeBufferPointer { buffer -> Double in
            guard let base = buffer.baseAddress else { return 0 }
            return strtod(base, nil)
        }
        return (value, value.isInfinite)
    }

    private static func special(_ bytes: [UInt8]) -> Double? {
        guard let first = bytes.first, first > 0x39 || first == 0x2B || first == 0x2D else {
            return nil
        }
        let isSigned = first == 0x2B || first == 0x2D
        let word = String(decoding: bytes.dropFirst(isSigned ? 1 : 0), as: UTF8.self).lowercased()
        switch word {
        case "inf", "infinity": return first == 0x2D ? -.infinity : .infinity
        case "nan": return isSigned ? nil : .ordinaryNaN
        default: return nil
        }
    }

    private static func isNumberSyntax(_ bytes: [UInt8]) -> Bool {
        var index = 0
        if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
        let isHex =
            index + 1 < bytes.count && bytes[index] == 0x30 && bytes[index + 1] | 0x20 == 0x78
        if isHex { index += 2 }
        var digits = 0
        var sawPoint = false
        while index < bytes.count {
            if bytes[index] == 0x2E {
                if sawPoint { return false }
                sawPoint = true
            } else if isHex ? isHexDigit(bytes[index]) : Identifier.isDigit(bytes[index]) {
                digits += 1
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return false }
        guard index < bytes.count else { return !isHex }
        guard bytes[index] | 0x20 == (isHex ? 0x70 : 0x65) else { return false }
        index += 1
        if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
        guard index < bytes.count else { return false }
        return bytes[index...].allSatisfy(Identifier.isDigit)
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        Identifier.isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    /// The value of a decimal or hexadecimal digit.
    static func digit(_ byte: UInt8) -> UInt32? {
        if Identifier.isDigit(byte) { return UInt32(byte) - 0x30 }
        return isHexDigit(byte) ? UInt32(byte | 0x20) - 0x61 + 10 : nil
    }

    private static let exactPowers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// Clinger's fast path: up to 15 digits and a power of ten that a double holds exactly, so that
    /// one multiplication or division rounds correctly. Nil for everything else.
    private static func quickDecimal(_ bytes: ArraySlice<UInt8>) -> Double? {
        var index = bytes.startIndex
        guard index < bytes.endIndex else { return nil }
        let isNegative = bytes[index] == 0x2D
        if isNegative || bytes[index] == 0x2B { index += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var sawPoint = false
        while index < bytes.endIndex {
            let byte = bytes[index]
            if Identifier.isDigit(byte) {
                mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                digits += 1
                if digits > 15 { return nil }
                if sawPoint { exponent -= 1 }
            } else if byte == 0x2E, !sawPoint {
                sawPoint = true
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        if index < bytes.endIndex {
            guard bytes[index] | 0x20 == 0x65, let written = parseInteger(bytes[(index + 1)...])
            else { return nil }
            guard written.magnitude < 400 else { return nil }
            exponent += Int(written)
        }
        guard abs(exponent) <= 22 else { return nil }
        let value = Double(mantissa)
        let scaled =
            exponent < 0 ? value / exactPowers[-exponent] : value * exactPowers[exponent]
        return isNegative ? -scaled : scaled
    }

    /// A decimal integer with an optional sign, or nil when it is none or does not fit 64 bits.
    static func parseInteger(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard let first = bytes.first else { return nil }
        let isNegative = first == 0x2D
        let digits = isNegative || first == 0x2B ? bytes.dropFirst() : bytes
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard Identifier.isDigit(byte) else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - 0x30)
            let (sum, overflows) =
                isNegative
                ? product.subtractingReportingOverflow(digit)
                : product.addingReportingOverflow(digit)
            if tooLarge || overflows { return nil }
            value = sum
        }
        return value
    }

    // MARK: Writing

    enum Style {
        /// Never an exponent.
        case f
        /// Always an exponent.
        case e
        /// An exponent below 1e-4 and from 1e6 on.
        case g
    }

    /// The shortest digits that read back as `value`, as `strconv.FormatFloat` with precision -1.
    static func format(_ value: Double, _ style: Style) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let sign = value.sign == .minus ? "-" : ""
        let (digits, point) = shortest(value.magnitude)
        switch style {
        case .f: return sign + positional(digits, point)
        case .e: return sign + exponential(digits, point)
        case .g:
            let exponent = point - 1
            let isWide = exponent < -4 || exponent >= 6
            return sign + (isWide ? exponential(digits, point) : positional(digits, point))
        }
    }

    /// As in answers of the Prometheus HTTP API: positional between 1e-6 and 1e21.
    static func formatForJSON(_ value: Double) -> String {
        let magnitude = value.magnitude
        let isPositional = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21)
        return format(value, isPositional ? .f : .e)
    }

    /// Digits without leading and trailing zeros, and where the decimal point stands behind the
    /// first of them: `(["1","5"], 2)` is 15, `(["5"], 0)` is 0.5.
    private static func shortest(_ magnitude: Double) -> (digits: [Character], point: Int) {
        if magnitude == 0 { return (["0"], 1) }
        var text = magnitude.description
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = String(text[..<mark])
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = Array(parts[0])
        let fraction = parts.count > 1 ? Array(parts[1]) : []
        var digits = whole + fraction
        var point = whole.count + exponent
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            point -= 1
        }
        return (digits, point)
    }

    private static func positional(_ digits: [Character], _ point: Int) -> String {
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + String(digits) }
        if point >= digits.count {
            return String(digits) + String(repeating: "0", count: point - digits.count)
        }
        return String(digits[..<point]) + "." + String(digits[point...])
    }

    private static func exponential(_ digits: [Character], _ point: Int) -> String {
        let exponent = digits == ["0"] ? 0 : point - 1
        let mantissa = String(digits[0]) + (digits.count > 1 ? "." + String(digits[1...]) : "")
        let number = String(abs(exponent))
        return mantissa + (exponent < 0 ? "e-" : "e+") + (number.count < 2 ? "0" : "") + number
    }
}

extension GoNumber {
    /// With exactly `decimals` digits behind the point, as `%.6f`; `+Inf`, `-Inf`, `NaN`.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return format(value, .f) }
        var buffer = [CChar](repeating: 0, count: 400)
        let capacity = buffer.count
        let length = withVaList([Int32(decimals), value]) {
            vsnprintf(&buffer, capacity, "%.*f", $0)
        }
        let bytes = buffer[..<max(0, min(Int(length), capacity - 1))]
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `%.2g`.
    static func twoDigits(_ value: Double) -> String {
        guard value.isFinite else { return format(value, .g) }
        var text = [CChar](repeating: 0, count: 32)
        _ = withVaList([value]) { vsnprintf(&text, text.count, "%.2g", $0) }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
