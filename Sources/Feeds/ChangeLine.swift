import Basics
import Logs
import SafeText

/// One line of a `changes` file: a JSON object with `time` (RFC 3339 or seconds since 1970),
/// `service`, `kind`, `version`, `previous`, `by`, `summary`. Only `time` is needed.
struct ChangeLine: Decodable {
    static let noTime = "no readable time"
    private enum Key: String, CodingKey {
        case time, timestamp, ts, service, kind, type, version, previous, by, author, summary
        case message
    }

    private let time: Timestamp
    private let texts: [String: String]

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        var time: Timestamp?
        for key in [Key.time, .timestamp, .ts] where time == nil {
            time = Self.time(members, key)
        }
        guard let time else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: Self.noTime))
        }
        self.time = time
        var texts: [String: String] = [:]
        for key in [
            Key.service, .kind, .type, .version, .previous, .by, .author, .summary, .message,
        ] {
            texts[key.rawValue] = Self.text(members, key)
        }
        self.texts = texts
    }

    private static func time(_ members: KeyedDecodingContainer<Key>, _ key: Key) -> Timestamp? {
        if let text = try? members.decode(String.self, forKey: key) {
            return Timestamp(rfc3339: text) ?? Double(text).flatMap(number)
                ?? TimeScanner.find(
                    Array(text.utf8).span, context: TimeContext(reference: .epoch))?.time
        }
        return (try? members.decode(Double.self, forKey: key)).flatMap(number)
    }

    /// Seconds since 1970, or milliseconds when the number is too large for seconds.
    private static func number(_ value: Double) -> Timestamp? {
        guard value.isFinite, value > 0 else { return nil }
        return value < 1e11
            ? Timestamp(seconds: value)
            : value < 1e14 ? Timestamp(milliseconds: Int64(value)) : nil
    }

    private static func text(_ members: KeyedDecodingContainer<Key>, _ key: Key) -> String? {
        if let text = try? members.decode(String.self, forKey: key) { return text }
        if let number = try? members.decode(Int64.self, forKey: key) { return String(number) }
        return nil
    }

    /// The change, cleaned, with `service` where the line names none.
    func change(source: String, service: String?, redactor: Redactor) -> ObservedChange {
        let texts = texts.mapValues { redactor.clean($0) }
        return ObservedChange(
            time: time, service: texts["service"] ?? service,
            kind: texts["kind"] ?? texts["type"] ?? "change", version: texts["version"],
            previous: texts["previous"], by: texts["by"] ?? texts["author"],
            summary: texts["summary"] ?? texts["message"] ?? "", source: source)
    }
}
