import Basics

/// Writes the lines of one service's log, second by second.
struct LogLines {
    private let service: Scenario.Service
    private let faultMessage: String
    private var random: SplitMix64
    /// Lines that were due but too few to make a whole one.
    private var owed = 0.0

    /// Errors beyond this in one second are counted by the metrics alone.
    static let errorLinesPerSecondMax = 8

    init(service: Scenario.Service, faultMessage: String, seed: UInt64) {
        self.service = service
        self.faultMessage = faultMessage
        random = SplitMix64.stream(seed, "log " + service.name)
    }

    /// What one second holds beyond everyday lines.
    struct Second {
        var time: Timestamp
        var machines: [Machine]
        /// Machines the fault acts on.
        var broken: [Machine]
        var errors: Int
        /// Level and text of decoys.
        var extras: [(level: String, message: String)]
    }

    private struct Entry {
        var level: String
        var message: String
        var machine: Machine
        var isFailure = false
    }

    mutating func lines(_ second: Second) -> String {
        guard let first = second.machines.first else { return "" }
        var entries: [Entry] = []
        owed += service.logs.linesPerSecond * (0.7 + 0.6 * random.unit())
        while owed >= 1 {
            owed -= 1
            entries.append(
                Entry(
                    level: "info", message: pick(service.logs.messages),
                    machine: pick(second.machines)))
        }
        for _ in 0..<min(second.errors, Self.errorLinesPerSecondMax) {
            entries.append(failure(second))
        }
        for extra in second.extras {
            entries.append(Entry(level: extra.level, message: extra.message, machine: first))
        }
        return text(of: entries, in: second.time)
    }

    private mutating func failure(_ second: Second) -> Entry {
        guard !second.broken.isEmpty, service.logs.format != .clf else {
            return Entry(
                level: "error", message: service.logs.errorMessage,
                machine: pick(second.machines), isFailure: true)
        }
        return Entry(
            level: "error", message: faultMessage, machine: pick(second.broken), isFailure: true)
    }

    private mutating func text(of entries: [Entry], in time: Timestamp) -> String {
        guard !entries.isEmpty else { return "" }
        let slot = 1000 / entries.count
        var text = ""
        for (position, entry) in entries.enumerated() {
            let offset = position * slot + random.below(max(1, slot))
            text += line(entry, at: time + .milliseconds(offset)) + "\n"
        }
        return text
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element {
        list[random.below(list.count)]
    }

    /// Replaces `{n}`, `{ms}` and `{id}`.
    private mutating func filled(_ template: String) -> String {
        var text = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            switch rest[rest.index(after: open)..<close] {
            case "n": text += String(1 + random.below(900))
            case "ms": text += String(3 + random.below(140))
            case "id": text += hex(8)
            default: text += rest[open...close]
            }
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }

    private mutating func hex(_ count: Int) -> String {
        let digits = String(random.next(), radix: 16)
        return String((String(repeating: "0", count: 16) + digits).suffix(count))
    }

    // MARK: Formats

    private mutating func line(_ entry: Entry, at time: Timestamp) -> String {
        let message = filled(entry.message)
        switch service.logs.format {
        case .json:
            return #"{"ts":"\#(TimeText.rfc3339(time, fractionDigits: 3))","#
                + #""level":"\#(entry.level)","service":"\#(service.name)","#
                + #""instance":"\#(entry.machine.name)","version":"\#(entry.machine.version)","#
                + #""msg":\#(JSONText.quoted(message)),"trace":"\#(hex(12))"}"#
        case .logfmt:
            return "time=\(TimeText.rfc3339(time, fractionDigits: 3)) level=\(entry.level) "
                + "msg=\(JSONText.quoted(message)) service=\(service.name) "
                + "instance=\(entry.machine.name) dur=\(4 + random.below(90))ms"
        case .clf: return commonLogLine(entry, path: message, at: time)
        case .java: return javaLine(entry, message, at: time)
        }
    }

    private mutating func commonLogLine(_ entry: Entry, path: String, at time: Timestamp) -> String
    {
        let status = entry.isFailure ? "502" : random.below(250) == 0 ? "404" : "200"
        let size = entry.isFailure ? 157 : 300 + random.below(9000)
        return "198.51.100.\(1 + random.below(250)) - - [\(Self.commonLogTime(time))] "
            + "\"\(service.method) \(path) HTTP/1.1\" \(status) \(size) \"-\" "
            + "\"Mozilla/5.0 (X11; Linux x86_64)\""
    }

    /// `21/Aug/2026:10:00:00 +0000`.
    private static func commonLogTime(_ time: Timestamp) -> String {
        let date = CivilDate(time)
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let day = date.day < 10 ? "0\(date.day)" : "\(date.day)"
        return "\(day)/\(months[date.month - 1])/\(date.year):\(TimeText.clockBare(time)) +0000"
    }

    private mutating func javaLine(_ entry: Entry, _ message: String, at time: Timestamp) -> String
    {
        let level = entry.level == "warn" ? " WARN" : entry.level == "error" ? "ERROR" : " INFO"
        let stamp = TimeText.rfc3339(time, fractionDigits: 3)
        let line =
            "\(stamp) \(level) [\(entry.machine.name)] --- [exec-\(1 + random.below(8))] "
            + "shop.\(service.name).Controller : \(message)"
        guard entry.isFailure else { return line }
        return line + "\n\tat shop.\(service.name).Store.load(Store.java:118)"
            + "\n\tat shop.\(service.name).Controller.handle(Controller.java:57)"
    }
}
