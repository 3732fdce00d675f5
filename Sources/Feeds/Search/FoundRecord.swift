import Basics
import Logs

extension LogRecord {
    /// A record that was read again in a file.
    init(_ placed: PlacedRecords.Placed, at place: LogPlace, service: String?, bytesMax: Int) {
        let joined = placed.record
        let message = String(decoding: joined.message, as: UTF8.self)
        var raw: String?
        if case .range(let range) = joined.parsed.body, range.count < joined.head.count {
            raw = String(decoding: joined.head[..<range.lowerBound], as: UTF8.self) + message
        }
        self.init(
            id: 0, place: place, time: joined.time, timeIsAssumed: !joined.timeIsRead,
            assumes: joined.parsed.assumes, level: joined.level,
            service: service ?? joined.parsed.service, host: joined.parsed.host,
            trace: joined.parsed.traceID,
            message: Self.shortened(message, placed.omitted, bytesMax),
            raw: raw.map { Self.shortened($0, 0, bytesMax) }, lines: joined.lines)
    }

    /// At most `bytesMax` bytes, with a marker that says how much is missing.
    private static func shortened(_ text: String, _ omitted: Int, _ bytesMax: Int) -> String {
        let over = text.utf8.count - bytesMax
        guard over > 0 || omitted > 0 else { return text }
        let kept =
            over > 0 ? String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self) : text
        let missing = UnitText.bytes(Double(max(0, over) + omitted))
        return kept + " … [\(missing) of this line left out]"
    }
}
