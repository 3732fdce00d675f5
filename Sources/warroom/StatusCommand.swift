import App
import ArgumentParser
import Basics
import Incidents
import Journals
import SafeText

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say how an incident stands, from its record.")

    @Argument(help: "The incident; without it all that are recorded here.")
    var incident: String?

    @Option(help: "text or json")
    var format: OutputFormat = .text

    func run() throws {
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
        case conditions, hypotheses, mitigations, entries, record
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
