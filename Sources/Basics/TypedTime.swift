extension Timestamp {
    /// Reads a time as people type it, or nil. Without a zone it is UTC, as times are printed.
    ///
    /// - `2026-08-21T14:02:10.5+02:00`, `2026-08-21 14:02`, `2026-08-21`
    /// - `14:02`, `14:02:10`, `14:02Z`: the last such moment that is not after `now`
    /// - `-15m`, `-1h30m`, `-90s`, `-2d`: so long before `now`
    /// - `now`
    package init?(typed text: some StringProtocol, now: Timestamp) {
        let text = String(text)
        if text == "now" {
            self = now
        } else if text.hasPrefix("-") {
            guard let span = Duration(typed: text.dropFirst()) else { return nil }
            self = now - span
        } else if let time = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: Self.completed(text)) {
            self = time
        } else {
            let today = TimeText.rfc3339(now).prefix(10)
            let clock = Self.completed(today + "T" + text)
            guard let time = Timestamp(rfc3339: clock) else { return nil }
            self = time > now ? time - .hours(24) : time
        }
    }

    /// The text with what may be left out at its end: clock, seconds, zone.
    private static func completed(_ text: String) -> String {
        var body = Substring(text)
        var zone = "Z"
        if let last = body.last, last == "Z" || last == "z" {
            body = body.dropLast()
        } else if body.count > 16, let sign = body.suffix(6).first, sign == "+" || sign == "-" {
            zone = String(body.suffix(6))
            body = body.dropLast(6)
        }
        switch body.count {
        case 10: return body + "T00:00:00" + zone
        case 16: return body + ":00" + zone
        default: return body + zone
        }
    }
}

extension Duration {
    /// Reads `90s`, `15m`, `1h30m`, `2d`, or nil. At most 10,000 days.
    package init?(typed text: some StringProtocol) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        var seconds: Int64 = 0
        var digits = ""
        guard !text.isEmpty else { return nil }
        for character in text {
            if let unit = units[character] {
                guard digits.utf8.count <= 9, let count = Int64(digits) else { return nil }
                seconds += count * unit
                digits = ""
            } else {
                digits.append(character)
            }
        }
        guard digits.isEmpty, seconds <= 10_000 * 86_400 else { return nil }
        self = .seconds(seconds)
    }
}
