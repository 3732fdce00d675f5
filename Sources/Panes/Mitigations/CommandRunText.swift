import Basics
import Canvas
import Incidents
import SafeText

/// Commands beside actions, as pages list them: what was run, how it ended, where its output lies.
enum CommandRunText {
    /// A heading and the runs, oldest first; nothing where there are none.
    static func lines(_ heading: String, _ runs: [CommandRan], width: Int) -> [TextLine] {
        guard !runs.isEmpty else { return [] }
        return [.blank, Fields.heading(heading)] + runs.flatMap { run($0, width) }
    }

    private static func run(_ run: CommandRan, _ width: Int) -> [TextLine] {
        let token: Token = run.isOK ? .gatePass : .gateBlocked
        let span = UnitText.significant(run.seconds) + " s"
        let word = CellWidth.padded(word(run.purpose), to: 11)
        var lines = Fields.text(
            "\(run.isOK ? "✓" : "✗") \(word) \(run.outcome), \(span)", width: width, token: token)
        lines += Fields.text(CommandText.line(run.argv), width: width, indent: 2)
        if !run.lastLine.isEmpty {
            lines += Fields.text("last line: " + run.lastLine, width: width, indent: 2)
        }
        return lines + Fields.text(output(run), width: width, indent: 2, token: .textDim)
    }

    /// Where the whole output lies, by the name of its file.
    private static func output(_ run: CommandRan) -> String {
        guard let blob = run.blob else { return "printed nothing" }
        let dropped = run.bytesDropped > 0 ? ", \(run.bytesDropped) bytes over the limit" : ""
        return "output: blobs/\(blob.prefix(16))…, \(run.bytesKept) bytes\(dropped)"
    }

    private static func word(_ purpose: CommandRan.Purpose) -> String {
        switch purpose {
        case .evidence: "kept first"
        case .diagnostic: "test"
        case .readyCheck: "ready check"
        case .ticket: "ticket"
        case .notify: "notified"
        }
    }
}
