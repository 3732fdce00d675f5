/// How numbers with units are written on screen and in documents.
package enum UnitText {
    /// Three significant digits with an SI suffix: `1.2k`, `34.5M`, `0.16`, `7`.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        let magnitude = abs(value)
        for (limit, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        where magnitude >= limit { return significant(value / limit) + suffix }
        return significant(value)
    }

    /// A ratio (1 = 100 %) in percent: `7.2 %`, `0.11 %`.
    package static func percent(_ ratio: Double) -> String { number(ratio * 100) + " %" }

    /// A span given in seconds: `2.3 s`, `410 ms`, `85 µs`.
    package static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite else { return number(seconds) + " s" }
        let magnitude = abs(seconds)
        if magnitude >= 1 || magnitude == 0 { return significant(seconds) + " s" }
        if magnitude >= 1e-3 { return significant(seconds * 1e3) + " ms" }
        return significant(seconds * 1e6) + " µs"
    }

    /// Bytes in binary units: `512 B`, `1.5 KiB`, `25 MiB`.
    package static func bytes(_ count: Double) -> String {
        guard count.isFinite else { return number(count) + " B" }
        var value = count
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if abs(value) < 1024 || unit == "TiB" { return significant(value) + " " + unit }
            value /= 1024
        }
        return significant(value) + " TiB"
    }

    /// At most three significant digits, no exponent, no trailing zeros.
    package static func significant(_ value: Double) -> String {
        guard value.isFinite else { return number(value) }
        let magnitude = abs(value)
        if magnitude == 0 { return "0" }
        if magnitude >= 99.95 { return String(Int64(value.rounded().clamped(to: -9e18...9e18))) }
        if magnitude < 1e-6 { return value < 0 ? "-0" : "0" }
        var decimals = magnitude >= 9.995 ? 1 : 2
        var scaled = magnitude
        while scaled < 0.995 && decimals < 8 {
            scaled *= 10
            decimals += 1
        }
        return trimmed(value, decimals: decimals)
    }

    private static func trimmed(_ value: Double, decimals: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let units = Int64((abs(value) * Double(scale)).rounded())
        let (whole, rest) = units.quotientAndRemainder(dividingBy: scale)
        var digits = String(rest)
        digits = String(repeating: "0", count: decimals - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        let sign = value < 0 && units > 0 ? "-" : ""
        return sign + String(whole) + (digits.isEmpty ? "" : "." + digits)
    }
}
