import App
import ArgumentParser
import Basics
import Journals
import Reports
import SafeText

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count over all incidents recorded here; drills apart.")

    @Option(help: "text or json")
    var format: OutputFormat = .text

    private struct Document: Encodable {
        var incidents: IncidentStatistics
        var drills: IncidentStatistics
    }

    func run() throws {
        let (all, work) = IncidentIndex(store: Stores.standard).summaries()
        let document = Document(
            incidents: IncidentStatistics(all.filter { !$0.isDrill }),
            drills: IncidentStatistics(all.filter(\.isDrill)))
        switch format {
        case .json: print(try JSONText.encodePretty(document))
        case .text:
            for (name, figures) in [
                ("incidents", document.incidents), ("drills", document.drills),
            ] where figures.count > 0 || name == "incidents" {
                print(name)
                for line in figures.lines { print(Clean.text("  " + line)) }
            }
        }
        try Stores.refuse(work)
    }
}
