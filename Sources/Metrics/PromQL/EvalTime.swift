import Basics

/// Times and steps as `warroom eval` takes them.
package enum EvalTime {
    /// A moment: RFC 3339, seconds since the epoch, `now`, or `now` less or more a PromQL duration
    /// (`now-1h30m`).
    /// - Parameter now: what `now` means, in milliseconds since the epoch.
    /// - Returns: milliseconds since the epoch; nil when it is none of these.
    package static func moment(_ text: String, now: Int64) -> Int64? {
        if let time = Timestamp(rfc3339: text) { return time.milliseconds }
        if text == "now" { return now }
        if text.hasPrefix("now-") || text.hasPrefix("now+") {
            guard let span = PromQLDuration.parse(Array(text.utf8.dropFirst(4))) else { return nil }
            return text.hasPrefix("now-") ? now - span : now + span
        }
        return milliseconds(text)
    }

    /// A step: seconds or a PromQL duration (`15s`, `1m30s`), more than 0.
    package static func step(_ text: String) -> Int64? {
        let span = PromQLDuration.parse(Array(text.utf8)) ?? milliseconds(text)
        return span.flatMap { $0 > 0 ? $0 : nil }
    }

    private static func milliseconds(_ text: String) -> Int64? {
        guard let seconds = Double(text), seconds.isFinite, abs(seconds) < 4e12 else { return nil }
        return Int64((seconds * 1000).rounded())
    }
}
