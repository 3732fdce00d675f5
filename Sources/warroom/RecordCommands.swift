import App
import ArgumentParser
import Basics
import Incidents
import Journals
import Playbooks
import Reports
import SafeText

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print the nine-section report of an incident from its record, as Markdown.")

    @Argument(help: "The incident.")
    var incident: String

    @OptionGroup var sources: SourceOptions

    func run() throws {
        let record = try IncidentRecord.read(incident)
        let report = Report(
            incident: record.incident, timeline: record.timeline,
            configuration: try sources.configuration(), time: SystemClock().now.wall)
        if let damage = record.damage {
            print(Clean.text("> **\(damage)** \(record.trust)"))
            print()
        }
        print(Clean.document(report.markdown), terminator: "")
        try record.refuseDamage()
    }
}

/// An incident as its journal tells it, read without a lock.
struct IncidentRecord {
    var incident: Incident
    var timeline: [TimelineLine]
    /// Why what follows the entries read here is lost; nil when nothing is.
    var damage: Failure?

    static func read(_ text: String) throws(Failure) -> IncidentRecord {
        let directory = try IncidentArgument.directory(text)
        guard let id = IncidentID(text) else { throw IncidentArgument.invalid(text) }
        let reader = try JournalReader.open(directory)
        var events = try reader.readNew()
        var damage: Failure?
        // The first reading hands out what is whole; the second says why it ended there.
        do throws(Failure) {
            events += try reader.readNew()
        } catch {
            damage = error
        }
        return IncidentRecord(
            incident: Incident(id: id, events: events), timeline: events.map { TimelineLine($0) },
            damage: damage)
    }

    /// What a reader may rely on in a damaged record.
    var trust: String {
        "Only the \(incident.lastSequence) entries before the damage are told here; "
            + "`warroom verify \(incident.id)` says where it is."
    }

    /// Ends the command with a finding when the record is damaged; to be called after printing.
    func refuseDamage() throws {
        guard let damage else { return }
        Talk.say("warroom: \(damage) \(trust)")
        throw ExitCode(ExitStatus.finding.rawValue)
    }
}
