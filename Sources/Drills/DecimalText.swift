import Basics

/// Numbers as dumps and JSON hold them: no exponent, no locale, a bounded number of decimals.
enum DecimalText {
    /// Exactly `places` decimals. |value| × 10^places must stay below 2^63.
    static func fixed(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "0" }
        var scale: Int64 = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = (abs(value) * Double(scale)).rounded().clamped(to: 0...9e18)
        let units = Int64(scaled)
        let (whole, rest) = units.quotientAndRemainder(dividingBy: scale)
        let sign = value < 0 && units > 0 ? "-" : ""
        guard places > 0 else { return sign + String(whole) }
        let digits = String(rest)
        return sign + String(whole) + "."
            + String(repeating: "0", count: places - digits.count) + digits
    }

    /// At most `places` decimals, without trailing zeros.
    static func trimmed(_ value: Double, places: Int) -> String {
        var text = fixed(value, places: places)
        guard places > 0 else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
