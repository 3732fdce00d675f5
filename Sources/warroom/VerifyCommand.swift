import App
import ArgumentParser
import Basics
import Incidents
import Journals
import SafeText

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a journal's chain; says what is damaged and what is still trustworthy.",
        discussion: """
            Reads only. Exit code 0 when everything is intact, 1 for anything else, a torn end \
            included.
            """)

    @Argument(help: "An incident, its directory, or a journal file.")
    var target: String

    @Option(
        help: """
            A head hash kept elsewhere (system log, photograph of the screen), at least its \
            first 12 digits: says whether it is an entry of this journal and what came after it.
            """)
    var anchor: String?

    @Option(help: "text or json")
    var format: OutputFormat = .text

    func validate() throws {
        if let anchor, !JournalVerifier.isAnchor(anchor) {
            throw ValidationError("--anchor wants 12 to 64 digits 0-9 a-f, not \"\(anchor)\"")
        }
    }

    func run() throws {
        let path = IncidentID(target) == nil ? target : try IncidentArgument.directory(target)
        let report = try JournalVerifier.verify(path, anchor: anchor)
        switch format {
        case .text: for line in report.lines { print(Clean.text(line)) }
        case .json: print(try JSONText.encodePretty(VerifyDocument(report, target: path)))
        }
        if !report.isClean { throw ExitCode(ExitStatus.finding.rawValue) }
    }
}

struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Go on with a damaged journal in a new segment that names the damage.",
        discussion: """
            Nothing is rewritten: the damaged bytes stay where they are, the first entry of the \
            new segment says exactly which they are and which entry was the last good one, and \
            the reason is an entry too. An intact or merely torn journal needs no consent and is \
            refused here.
            """)

    @Argument(help: "The incident.")
    var incident: String

    @Option(help: "Why it is right to go on, for the record.")
    var reason: String

    func run() throws {
        let directory = try IncidentArgument.directory(incident)
        guard case .corrupt = try JournalVerifier.verify(directory).verdict else {
            throw Failure(
                "recover.notDamaged", "This journal is not damaged", subject: incident,
                unchanged: "Nothing was changed", next: "Open the incident", exit: .usage)
        }
        var options = JournalOptions()
        options.acceptsDamage = true
        options.programVersion = Version.text
        let writer = try JournalWriter.open(
            directory: directory, incident: incident, clock: SystemClock(), options: options,
            scrub: { Clean.text($0) })
        let text = "The damaged record goes on: \(reason)"
        try writer.append(
            EventDraft(NoteAdded(text: text), by: try CurrentUser.actor()), sync: true)
        writer.close()
        for note in writer.openingNotes { print(Clean.text(note)) }
    }
}
