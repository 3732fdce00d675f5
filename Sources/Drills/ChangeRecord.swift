import Basics

/// One line of `deploys.jsonl`.
struct ChangeRecord: Codable, Sendable {
    /// RFC 3339.
    var time: String
    /// `deploy`, `canary`, `flag` or `config`.
    var kind: String
    var service: String?
    var version: String?
    var previous: String?
    var by: String
    var summary: String

    init(
        _ time: Timestamp, kind: String, service: String?, version: String?, previous: String?,
        by: String, summary: String
    ) {
        self.time = TimeText.rfc3339(time)
        self.kind = kind
        self.service = service
        self.version = version
        self.previous = previous
        self.by = by
        self.summary = summary
    }

    /// The line with its end.
    var line: String {
        var fields = ["\"time\":\(JSONText.quoted(time))", "\"kind\":\(JSONText.quoted(kind))"]
        for (key, value) in [
            ("service", service), ("version", version), ("previous", previous), ("by", by),
            ("summary", summary),
        ] {
            if let value, !value.isEmpty { fields.append("\"\(key)\":\(JSONText.quoted(value))") }
        }
        return "{" + fields.joined(separator: ",") + "}\n"
    }
}
