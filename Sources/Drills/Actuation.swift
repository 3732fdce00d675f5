import Basics

/// What the actuator did: one line of `actuations.jsonl`, the only thing the simulator hears of an
/// action.
struct Actuation: Codable, Sendable, Hashable {
    enum Verb: String, Codable, Sendable, CaseIterable {
        case rollback, redeploy, restart, drain, undrain
        case flagOff = "flag-off"
        case flagOn = "flag-on"
    }
    var verb: Verb
    var service: String?
    var revision: String?
    var flag: String?
    var zone: String?

    /// The line with its end.
    var line: String {
        var fields = ["\"verb\":\(JSONText.quoted(verb.rawValue))"]
        for (key, value) in [
            ("service", service), ("revision", revision), ("flag", flag), ("zone", zone),
        ] {
            if let value { fields.append("\"\(key)\":\(JSONText.quoted(value))") }
        }
        return "{" + fields.joined(separator: ",") + "}\n"
    }
}

/// Reads what was added to `actuations.jsonl` since the last look.
struct ActuationReader {
    private let path: String
    private var offset = 0
    /// Lines that could not be read, complete sentences.
    private(set) var problems: [String] = []

    init(path: String) { self.path = path }

    /// New whole lines, in order. A line without its end is left for the next look.
    mutating func next() throws(Failure) -> [Actuation] {
        let bytes = try DrillFiles.read(path, from: offset)
        guard let end = bytes.lastIndex(of: 0x0A) else { return [] }
        offset += end + 1
        var actuations: [Actuation] = []
        for line in bytes[..<end].split(separator: 0x0A) {
            if let actuation = try? JSONText.decode(Actuation.self, from: line) {
                actuations.append(actuation)
            } else {
                problems.append("A line of \(path) is not an actuation and was left out.")
            }
        }
        return actuations
    }
}
