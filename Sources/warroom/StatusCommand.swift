import App
import ArgumentParser
import Basics
import Control
import Incidents
import Journals
import SafeText

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say how an incident stands: from its room when one answers, else its record.")

    @Argument(help: "The incident; without it all that are recorded here.")
    var incident: String?

    @Option(help: "text or json")
    var format: OutputFormat = .text

    @Option(help: "The room's socket, where it is not at its usual place.")
    var room: String?

    func run() throws {
        if let live = try liveStatus() { return show(live) }
        let store = IncidentStore(
            stateDirectory: IncidentStore.defaultStateDirectory(environment: Environment.all))
        let records = try incident.map { [try IncidentRecord.read($0)] } ?? everything(in: store)
        let all = records.map(IncidentStatus.init)
        switch format {
        case .json:
            print(
                try incident == nil
                    ? JSONText.encodePretty(all) : JSONText.encodePretty(all[0]))
        case .text:
            if all.isEmpty { print("No incident is recorded in \(store.incidentsDirectory)") }
            for status in all { print(Clean.text(status.line)) }
        }
        for record in records { try record.refuseDamage() }
    }

    /// What the incident's room says; nil when none answers. Without an incident only a named
    /// socket is asked: the list of all comes from the records.
    private func liveStatus() throws -> JSONTree? {
        guard incident != nil || room != nil else { return nil }
        if let incident, IncidentID(incident) == nil { throw IncidentArgument.invalid(incident) }
        do throws(Failure) {
            let client = try RoomOptions.client(incident: incident, room: room)
            let answer = try client.ask(Request(.status))
            if let failure = answer.failure { throw failure }
            return answer.status
        } catch {
            if room != nil { throw error }
            let isNobody = error.code == "control.nobody"
            if !isNobody { Talk.say("From the record, not from a room: \(error)") }
            return nil
        }
    }

    private func show(_ tree: JSONTree) {
        switch format {
        case .json:
            let text = (try? JSONText.encodePretty(tree)) ?? ""
            print(Clean.document(text))
        case .text:
            guard let status = tree.value(RoomStatus.self) else { return }
            print(Clean.text(status.line))
            print(Clean.text("next  \(status.nextStep)"))
            for mitigation in status.mitigations where mitigation.state == "proposed" {
                print(
                    Clean.text(
                        "open  \(mitigation.id) \(mitigation.title), by \(mitigation.proposer)"))
            }
            if status.emergencyStop { print(Clean.text("EMERGENCY STOP ON  \(status.stopReason)")) }
            print(
                Clean.text(
                    "live from the room of \(status.room.user), process \(status.room.pid)"))
        }
    }

    /// Every incident that can be read; the others are named on standard error.
    private func everything(in store: IncidentStore) -> [IncidentRecord] {
        store.list().compactMap { id in
            do throws(Failure) {
                return try IncidentRecord.read(id)
            } catch {
                Talk.say("\(id): \(error)")
                return nil
            }
        }
    }
}

/// What `status --format json` prints for one incident. Times are RFC 3339, spans in seconds.
struct IncidentStatus: Encodable {
    struct Condition: Encodable {
        var condition: String
        var state: String
        var detail: String
    }
    struct Hypothesis: Encodable {
        var statement: String
        var strength: String
        var share: Double
        var status: String
    }
    struct Action: Encodable {
        var id: String
        var title: String
        var state: String
        var verdict: String?
    }

    var incident: String
    var title: String
    var severity: String
    var phase: String
    var status: String
    var environment: String
    var commander: String?
    var drill: Bool
    var milestones: [String: String]
    var timeToDetect: Double?
    var timeToMitigate: Double?
    var timeToResolve: Double?
    var what: String?
    var scope: String?
    var emergencyStop: Bool
    var conditions: [Condition]
    var hypotheses: [Hypothesis]
    var mitigations: [Action]
    var entries: UInt64
    /// `record`: no room answered.
    var source = "record"
    /// "readable", or what is damaged and from where nothing is told.
    var record: String

    /// Spans say their unit in the JSON key.
    private enum CodingKeys: String, CodingKey {
        case incident, title, severity, phase, status, environment, commander, drill, milestones
        case timeToDetect = "mttd_seconds"
        case timeToMitigate = "mttm_seconds"
        case timeToResolve = "mttr_seconds"
        case what, scope
        case emergencyStop = "emergency_stop"
        case conditions, hypotheses, mitigations, entries, source, record
    }

    init(_ read: IncidentRecord) {
        let incident = read.incident
        record = read.damage.map { "damaged: \($0)" } ?? "readable"
        self.incident = incident.id.text
        title = incident.title
        severity = incident.severity.name
        phase = incident.phase.rawValue
        status = incident.status.rawValue
        environment = incident.environment.rawValue
        commander = incident.commander
        drill = incident.isDrill
        milestones = incident.milestones.reduce(into: [:]) {
            $0[$1.key.rawValue] = TimeText.rfc3339($1.value.at)
        }
        timeToDetect = incident.span(.started, .detected)?.inSeconds
        timeToMitigate = incident.span(.started, .mitigated)?.inSeconds
        timeToResolve = incident.span(.started, .resolved)?.inSeconds
        let last = incident.situations.last
        what = last?.what
        scope = last.map { "\($0.reach) \($0.reachDetail)".trimmed }
        emergencyStop = incident.stop != nil
        conditions = (last?.conditions ?? []).map {
            Condition(condition: $0.id.rawValue, state: $0.state, detail: $0.detail)
        }
        hypotheses = (last?.hypotheses ?? []).map {
            Hypothesis(
                statement: $0.statement, strength: $0.strength, share: $0.share,
                status: $0.status.rawValue)
        }
        mitigations = incident.mitigations.map {
            Action(
                id: $0.proposal.id, title: $0.proposal.title, state: $0.state.rawValue,
                verdict: $0.attempts.last?.verdict?.rawValue)
        }
        entries = incident.lastSequence
    }

    var line: String {
        "\(incident)  \(severity)  \(phase)  \(status)  "
            + "\(title.isEmpty ? what ?? "untitled" : title)" + (drill ? "  (drill)" : "")
            + (record == "readable" ? "" : "  ▲ record damaged")
    }
}

extension String {
    fileprivate var trimmed: String {
        split(separator: " ").joined(separator: " ")
    }
}
