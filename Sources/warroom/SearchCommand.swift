import App
import ArgumentParser
import Basics
import Journals
import SafeText

struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find words in the timelines of all incidents, newest first.",
        discussion: """
            Every word must be in a line; upper and lower case of A to Z are the same. Reads an \
            index beside the incidents, which is made again from the journals whenever it is \
            missing, damaged or out of date.
            """)

    @Argument(help: "The words.")
    var text: [String]

    @Option(help: "Only from then on: 2026-08-21, 14:02, -7d (write --since=-7d).")
    var since: String?

    @Option(help: "At most so many lines.")
    var limit = 50

    @Option(help: "text or json")
    var format: OutputFormat = .text

    private struct Found: Encodable {
        var incident: String
        var entry: UInt64
        var time: String
        var actor: String
        var kind: String
        var text: String
    }

    func run() throws {
        let words = text.joined(separator: " ")
        guard words.contains(where: { $0 != " " }), limit > 0 else {
            throw ValidationError("search wants at least one word, and a limit above 0")
        }
        let index = IncidentIndex(store: Stores.standard)
        let (hits, work) = index.search(words, since: try start(), limit: limit)
        switch format {
        case .text:
            for hit in hits {
                print(
                    Clean.text(
                        "\(TimeText.rfc3339(hit.line.time))  \(hit.incident)  \(hit.line.actor)  "
                            + "\(hit.line.word)  \(hit.line.text)"))
            }
        case .json:
            print(
                try JSONText.encodePretty(
                    hits.map {
                        Found(
                            incident: $0.incident, entry: $0.line.sequence,
                            time: TimeText.rfc3339($0.line.time), actor: Clean.text($0.line.actor),
                            kind: $0.line.word, text: Clean.text($0.line.text))
                    }))
        }
        if hits.isEmpty, work.unread.isEmpty {
            Talk.say("no line of an incident recorded here has all of these words")
        }
        if hits.count == limit { Talk.say("Only the newest \(limit); --limit shows more.") }
        try Stores.refuse(work)
    }

    private func start() throws -> Timestamp? {
        guard let since else { return nil }
        guard let time = Timestamp(typed: since, now: SystemClock().now.wall) else {
            throw ValidationError(
                "--since wants a time such as 2026-08-21, 14:02 or -7d, not \"\(since)\"")
        }
        return time
    }
}

/// What the commands over all incidents share.
enum Stores {
    static var standard: IncidentStore {
        IncidentStore(
            stateDirectory: IncidentStore.defaultStateDirectory(environment: Environment.all))
    }

    /// Ends the command with a finding when some incident could not be read.
    static func refuse(_ work: IncidentIndex.Work) throws {
        guard !work.unread.isEmpty else { return }
        for (id, reason) in work.unread.sorted(by: { $0.key < $1.key }) {
            Talk.say("\(id) could not be read: \(reason). It is not in the answer.")
        }
        throw ExitCode(ExitStatus.finding.rawValue)
    }
}
