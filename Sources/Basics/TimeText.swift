/// How times and spans are written. Durations and clock times never look alike: a clock time
/// carries a zone ("14:02:10Z"), a duration its units ("6m10s") or a leading sign of elapsed time.
package enum TimeText {
    /// RFC 3339 in UTC with `fractionDigits` (0…9), for example `2026-08-21T10:00:00Z`.
    package static func rfc3339(_ time: Timestamp, fractionDigits: Int = 0) -> String {
        let date = CivilDate(time)
        var text = "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T" + clock(date)
        if fractionDigits > 0 {
            text += "." + pad(date.nanosecond, 9).prefix(fractionDigits)
        }
        return text + "Z"
    }

    /// The time of day in UTC, `14:02:10Z`.
    package static func clockUTC(_ time: Timestamp) -> String { clock(CivilDate(time)) + "Z" }

    /// The time of day in UTC without its zone, for columns whose heading names the zone.
    package static func clockBare(_ time: Timestamp) -> String { clock(CivilDate(time)) }

    /// A span in at most two units: `5m28s`, `2h05m`, `3d04h`, `12s`. Negative spans get a minus.
    package static func span(_ duration: Duration) -> String {
        let seconds = duration.nanoseconds / 1_000_000_000
        if seconds < 0 || duration.nanoseconds < 0 {
            return seconds == 0 ? "0s" : "-" + span(.seconds(-seconds))
        }
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m\(pad(Int(seconds % 60), 2))s"
        case ..<86_400: return "\(seconds / 3600)h\(pad(Int(seconds / 60 % 60), 2))m"
        default: return "\(seconds / 86_400)d\(pad(Int(seconds / 3600 % 24), 2))h"
        }
    }

    /// A running timer, `00:14:32` (hours may pass 99). Shown only beside the ◷ glyph.
    package static func timer(_ duration: Duration) -> String {
        let seconds = max(0, duration.nanoseconds / 1_000_000_000)
        return "\(pad(Int(seconds / 3600), 2)):\(pad(Int(seconds / 60 % 60), 2)):"
            + pad(Int(seconds % 60), 2)
    }

    private static func clock(_ date: CivilDate) -> String {
        "\(pad(date.hour, 2)):\(pad(date.minute, 2)):\(pad(date.second, 2))"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension Timestamp {
    /// Reads RFC 3339 (`2026-08-21T10:00:00.5Z`, `…+02:00`; a space may stand for the `T`), or nil.
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D,
            bytes[10] == 0x54 || bytes[10] == 0x74 || bytes[10] == 0x20,
            bytes[13] == 0x3A, bytes[16] == 0x3A,
            let year = Self.digits(bytes, 0, 4), let month = Self.digits(bytes, 5, 2),
            let day = Self.digits(bytes, 8, 2), let hour = Self.digits(bytes, 11, 2),
            let minute = Self.digits(bytes, 14, 2), let second = Self.digits(bytes, 17, 2)
        else { return nil }
        var index = 19
        var nanosecond = 0
        if bytes[index] == 0x2E {
            index += 1
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start else { return nil }
            for place in 0..<9 {
                let digit = start + place < index ? Int(bytes[start + place] - 0x30) : 0
                nanosecond = nanosecond * 10 + digit
            }
        }
        guard let offset = Self.zoneOffset(bytes, from: index),
            let local = CivilDate(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                nanosecond: nanosecond
            ).timestamp
        else { return nil }
        self = local - .seconds(offset)
    }

    /// Seconds east of UTC of `Z` or `±hh:mm`, which must end the text.
    private static func zoneOffset(_ bytes: [UInt8], from index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        if bytes[index] == 0x5A || bytes[index] == 0x7A {
            return index + 1 == bytes.count ? 0 : nil
        }
        guard bytes[index] == 0x2B || bytes[index] == 0x2D, bytes.count == index + 6,
            bytes[index + 3] == 0x3A, let hours = digits(bytes, index + 1, 2),
            let minutes = digits(bytes, index + 4, 2), hours < 24, minutes < 60
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return bytes[index] == 0x2D ? -seconds : seconds
    }

    private static func digits(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
        guard start + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[start..<start + count] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
