import Basics
import Canvas
import Room
import SafeText
import Safety

/// The twelve gates as rows.
enum GateText {
    /// The report as one state: blocked, to review or passing.
    static func look(_ report: GateReport?) -> StateLook {
        guard let report else { return StateLook("?", "not evaluated yet", .conditionUnknown) }
        if !report.blocked.isEmpty { return StateLook("✗", "blocked", .gateBlocked) }
        if !report.needReview.isEmpty { return StateLook("▲", "review", .gateReview) }
        return StateLook("✓", "pass", .gatePass)
    }

    /// "10 of 12 pass, 2 at run".
    static func counts(_ report: GateReport) -> String {
        let reviews = report.needReview.count
        let atRun = report.verdicts.filter { $0.outcome == .atRun }.count
        let parts = [
            "\(report.passing) of \(report.verdicts.count) pass",
            report.blocked.isEmpty ? nil : "\(report.blocked.count) blocked",
            reviews == 0 ? nil : "\(reviews) to review", atRun == 0 ? nil : "\(atRun) at run",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    /// "1 service, 1 dependant" for "touches 1 service, 1 dependant", beside a label that says so.
    static func withoutVerb(_ blastRadius: String) -> String {
        let verb = "touches "
        return blastRadius.hasPrefix(verb) ? String(blastRadius.dropFirst(verb.count)) : blastRadius
    }

    /// One heading and a row for each gate, with its reason and the way out.
    static func lines(_ report: GateReport, width: Int) -> [TextLine] {
        var lines = [Fields.heading("Gates: " + counts(report))]
        for verdict in report.verdicts { lines += row(verdict, width: width) }
        return lines
    }

    private static func row(_ verdict: GateVerdict, width: Int) -> [TextLine] {
        let look = StateLook(verdict.outcome)
        let head = [look.span(width: 8), Span(CellWidth.padded(verdict.gate.rawValue, to: 15))]
        let indent = head.reduce(0) { $0 + $1.width }
        guard width > indent + 16 else {
            return [TextLine(head)]
                + Fields.text(verdict.reason, width: width, indent: 2, token: .textDim)
                + remedy(verdict, width: width, indent: 2)
        }
        var lines: [TextLine] = []
        for row in Wrap.rows(verdict.reason, width: width - indent) {
            let isBad = verdict.outcome == .blocked || verdict.outcome == .review
            let span = Span(row, isBad ? look.token : .text)
            lines.append(
                lines.isEmpty ? TextLine(head + [span]) : TextLine([span]).indented(indent))
        }
        return lines + remedy(verdict, width: width, indent: indent)
    }

    private static func remedy(_ verdict: GateVerdict, width: Int, indent: Int) -> [TextLine] {
        guard !verdict.remedy.isEmpty, verdict.outcome != .pass else { return [] }
        return Fields.text("→ " + verdict.remedy, width: width, indent: indent, token: .textDim)
    }
}

/// Argument lists as they can be pasted into a shell.
enum CommandText {
    /// Every argument exactly; those a shell would change stand in single quotes, and every
    /// scalar that is not ASCII is spelled out, so that look-alikes cannot pass.
    static func line(_ argv: [String]) -> String {
        argv.map { quoted(Sanitiser.identifier($0)) }.joined(separator: " ")
    }

    private static func quoted(_ argument: String) -> String {
        let isPlain =
            !argument.isEmpty
            && argument.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x25, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A, 0x3D, 0x40, 0x5F: true
                default: false
                }
            }
        guard !isPlain else { return argument }
        let inner = argument.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + inner.joined(separator: "'\\''") + "'"
    }

    /// Numbered rows of all steps under a label, wrapped, nothing left out.
    static func rows(_ label: String, _ steps: [[String]], width: Int) -> [TextLine] {
        Fields.wrapped(
            label,
            steps.enumerated().map { index, argv in
                Span((steps.count > 1 ? "\(index + 1) " : "") + line(argv), .textStrong)
            }, width: width)
    }
}
