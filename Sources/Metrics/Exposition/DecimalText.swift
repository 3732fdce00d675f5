/// Reads the decimal numbers of dumps in place: exact, or not at all.
struct DecimalText {
    var value: Double
    /// Behind the last byte of the number.
    var end: Int

    /// Reads a number that begins at `start`: digits with an optional sign, point and exponent.
    /// Nil for words (`NaN`), for more than 19 digits, and where one multiplication would not give
    /// the nearest double: `GoNumber` decides then. Some byte behind `start` in the buffer must be
    /// no part of a number.
    @inline(__always)
    static func read(_ base: UnsafePointer<UInt8>, at start: Int) -> DecimalText? {
        var index = start
        let isNegative = base[index] == 0x2D
        if isNegative { index &+= 1 }
        let begin = index
        var mantissa: UInt64 = 0
        var digit = base[index] &- 0x30
        while digit < 10 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            index &+= 1
            digit = base[index] &- 0x30
        }
        var digits = index &- begin
        var exponent = 0
        if base[index] == 0x2E {
            index &+= 1
            let fraction = index
            digit = base[index] &- 0x30
            while digit < 10 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                index &+= 1
                digit = base[index] &- 0x30
            }
            exponent = fraction &- index
            digits &-= exponent
        }
        guard digits > 0, digits <= 19 else { return nil }
        if base[index] | 0x20 == 0x65 {
            index &+= 1
            let isDown = base[index] == 0x2D
            if isDown || base[index] == 0x2B { index &+= 1 }
            let begin = index
            var written = 0
            digit = base[index] &- 0x30
            while digit < 10 {
                written = written &* 10 &+ Int(digit)
                index &+= 1
                digit = base[index] &- 0x30
            }
            guard index > begin, index &- begin <= 4 else { return nil }
            exponent &+= isDown ? 0 &- written : written
        }
        guard let magnitude = DecimalScaling.nearest(mantissa, exponent) else { return nil }
        return DecimalText(value: isNegative ? -magnitude : magnitude, end: index)
    }

    /// Reads an integer of at most 18 digits with an optional minus.
    @inline(__always)
    static func readInteger(
        _ base: UnsafePointer<UInt8>, at start: Int
    ) -> (value: Int64, end: Int)? {
        var index = start
        let isNegative = base[index] == 0x2D
        if isNegative { index &+= 1 }
        let begin = index
        var value: Int64 = 0
        var digit = base[index] &- 0x30
        while digit < 10 {
            value = value &* 10 &+ Int64(digit)
            index &+= 1
            digit = base[index] &- 0x30
        }
        guard index > begin, index &- begin <= 18 else { return nil }
        return (isNegative ? 0 &- value : value, index)
    }
}

/// `mantissa × 10^exponent` as the nearest double.
enum DecimalScaling {
    /// Powers of ten that a double holds exactly.
    private static let powers: InlineArray<23, Double> = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// Nil where it takes more than one rounding (W. D. Clinger, "How to read floating point
    /// numbers accurately", 1990).
    @inline(__always)
    static func nearest(_ mantissa: UInt64, _ exponent: Int) -> Double? {
        guard mantissa <= 1 << 53 else { return nil }
        if exponent == 0 { return Double(mantissa) }
        guard exponent >= -22, exponent <= 22 else { return nil }
        if exponent < 0 { return Double(mantissa) / powers[0 &- exponent] }
        return Double(mantissa) * powers[exponent]
    }
}
