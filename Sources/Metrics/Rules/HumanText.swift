#if canImport(Glibc)
    import Glibc
#endif

/// Numbers for people, as Prometheus's template functions write them.
enum HumanText {
    static func apply(_ name: String, _ value: Double) -> String {
        switch name {
        case "humanize1024": humanize1024(value)
        case "humanizeDuration": duration(value)
        case "humanizePercentage": rounded(value * 100) + "%"
        case "humanizeTimestamp": value.isFinite ? timestamp(value) : rounded(value)
        default: humanize(value)
        }
    }

    /// Four significant digits, as `%.4g`.
    static func rounded(_ value: Double) -> String {
        GoFormat.float(value, verb: "g", precision: 4)
    }

    private static let small = ["m", "u", "n", "p", "f", "a", "z", "y"]

    private static func humanize(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return rounded(value) }
        var scaled = value
        var prefix = ""
        if value.magnitude >= 1 {
            for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] where scaled.magnitude >= 1000 {
                prefix = next
                scaled /= 1000
            }
        } else {
            for next in small where scaled.magnitude < 1 {
                prefix = next
                scaled *= 1000
            }
        }
        return rounded(scaled) + prefix
    }

    private static func humanize1024(_ value: Double) -> String {
        guard value.isFinite, value.magnitude > 1 else { return rounded(value) }
        var scaled = value
        var prefix = ""
        for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"]
        where scaled.magnitude >= 1024 {
            prefix = next
            scaled /= 1024
        }
        return rounded(scaled) + prefix
    }

    /// `1d 2h 3m 4s`; below a second with an SI prefix.
    private static func duration(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return rounded(value) }
        if value == 0 { return "0s" }
        if value.magnitude < 1 { return humanize(value) + "s" }
        let sign = value < 0 ? "-" : ""
        let total = Int(value.magnitude)
        let (days, hours) = (total / 86_400, total / 3600 % 24)
        let (minutes, seconds) = (total / 60 % 60, total % 60)
        if days > 0 { return sign + "\(days)d \(hours)h \(minutes)m \(seconds)s" }
        if hours > 0 { return sign + "\(hours)h \(minutes)m \(seconds)s" }
        if minutes > 0 { return sign + "\(minutes)m \(seconds)s" }
        return sign + rounded(value.magnitude) + "s"
    }

    /// Seconds since the epoch as Go prints a time: `2015-03-30 23:18:54.12 +0000 UTC`.
    static func timestamp(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e11 else { return rounded(seconds) }
        let nanoseconds = Int64((seconds * 1e9).rounded())
        let whole =
            nanoseconds >= 0
            ? nanoseconds / 1_000_000_000 : -((999_999_999 - nanoseconds) / 1_000_000_000)
        var moment = time_t(whole)
        var parts = tm()
        gmtime_r(&moment, &parts)
        let date =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-"
            + "\(padded(Int(parts.tm_mday), 2)) \(padded(Int(parts.tm_hour), 2)):"
            + "\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        let rest = Int(nanoseconds - whole * 1_000_000_000)
        guard rest > 0 else { return date + " +0000 UTC" }
        var digits = padded(rest, 9)
        while digits.hasSuffix("0") { digits.removeLast() }
        return date + "." + digits + " +0000 UTC"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// Seconds as Go prints a duration: `1h2m3.5s`, `1.5ms`.
    static func goDuration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 9e9 else { return rounded(seconds) }
        if seconds == 0 { return "0s" }
        let sign = seconds < 0 ? "-" : ""
        let value = seconds.magnitude
        if value < 1 {
            let (scale, unit) =
                value < 1e-6 ? (1e9, "ns") : value < 1e-3 ? (1e6, "µs") : (1e3, "ms")
            return sign + GoNumber.format(value * scale, .f) + unit
        }
        let minutes = Int(value / 60)
        let rest = GoNumber.format((value - Double(minutes) * 60), .f) + "s"
        if minutes == 0 { return sign + rest }
        if minutes < 60 { return sign + "\(minutes)m\(rest)" }
        return sign + "\(minutes / 60)h\(minutes % 60)m\(rest)"
    }
}

/// Texts changed by template functions.
enum TemplateText {
    static func apply(_ name: String, _ text: String) -> String {
        switch name {
        case "toUpper": text.uppercased()
        case "toLower": text.lowercased()
        case "title": title(text)
        case "stripPort": stripPort(text)
        case "stripDomain": stripDomain(text)
        case "html", "js": escapedMarkup(text)
        case "urlquery", "urlQueryEscape": escapedQuery(text)
        case "graphLink": "/graph?g0.expr=\(escapedQuery(text))&g0.tab=0"
        case "tableLink": "/graph?g0.expr=\(escapedQuery(text))&g0.tab=1"
        default: text
        }
    }

    /// The first letter of every word in upper case.
    private static func title(_ text: String) -> String {
        var out = ""
        var isInWord = false
        for character in text {
            let isPart = character.isLetter || character.isNumber || "_'".contains(character)
            out += isInWord || !isPart ? String(character) : character.uppercased()
            isInWord = isPart
        }
        return out
    }

    /// `host:9100` and `[::1]:9100` without the port; anything else as it is.
    private static func stripPort(_ text: String) -> String {
        guard let colon = text.lastIndex(of: ":") else { return text }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { return String(host.dropFirst().dropLast()) }
        return host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) ? text : String(host)
    }

    /// `db1.example.com:9100` as `db1:9100`; addresses as they are.
    private static func stripDomain(_ text: String) -> String {
        let host = stripPort(text)
        let port = text.dropFirst(host.count)
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress =
            host.contains(":") || (parts.count == 4 && parts.allSatisfy { UInt8($0) != nil })
        guard !isAddress, let first = parts.first else { return text }
        return text.hasPrefix("[") ? text : String(first) + port
    }

    private static func escapedMarkup(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&#34;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
        return out
    }

    private static func escapedQuery(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x20: out += "+"
            case 0x2D, 0x2E, 0x5F, 0x7E: out.unicodeScalars.append(Unicode.Scalar(byte))
            case let byte where Lexer.isWordByte(byte):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + QuotedText.hex(UInt32(byte), 2).uppercased()
            }
        }
        return out
    }
}
