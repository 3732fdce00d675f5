import Basics
import Canvas
import Incidents
import Room
import SafeText

extension Bindings {
    // MARK: Footer

    /// What the footer shows now: the open overlay's keys, else the pane's.
    package static func footer(for model: Model) -> [(
        keys: String, title: String, isEnabled: Bool
    )] {
        footerItems(for: model).map { ($0.keys, $0.title, $0.isEnabled) }
    }

    /// One entry of the footer.
    struct FooterItem {
        var keys: String
        var title: String
        var isEnabled = true
        /// Lower goes first when the row is too narrow.
        var rank: Int
    }

    static func footerItems(for model: Model) -> [FooterItem] {
        if let overlay = model.overlay { return footer(over: overlay) }
        return all.filter { isInFooter($0, model.focus) }.map { binding in
            FooterItem(
                keys: binding.keys.first?.name ?? "", title: title(of: binding, in: model),
                isEnabled: model.availability(of: binding.command).isEnabled, rank: rank(binding))
        }
    }

    /// The emergency stop and help never go; what decides goes after what only shows.
    private static func rank(_ binding: Binding) -> Int {
        switch binding.command {
        case .stop, .help: Int.max
        case .approve, .follow, .find: 4
        case .undo, .refuse, .test, .evidence, .patterns, .level, .nextError: 3
        case .byHand, .hypothesis, .note, .update: 2
        default: binding.risk == .none ? 0 : 1
        }
    }

    private static func isInFooter(_ binding: Binding, _ focus: Pane) -> Bool {
        switch binding.footer {
        case .never: false
        case .always: true
        case .panes(let panes): panes.contains(focus)
        }
    }

    /// `r` names exactly what it would undo.
    private static func title(of binding: Binding, in model: Model) -> String {
        if binding.command == .find, model.focus == .logs { return "filter" }
        guard binding.command == .undo, let undo = model.incident.undoCandidate else {
            return binding.title
        }
        return "undo: \(undo.proposal.title)"
    }

    private static func footer(over overlay: Overlay) -> [FooterItem] {
        let stop = FooterItem(keys: "Ctrl-X", title: stopTitle, rank: .max)
        let items: [(String, String)] =
            switch overlay {
            case .help, .detail, .text: [("Esc", "close"), ("↑↓ PgUp PgDn", "scroll")]
            case .palette:
                [("Enter", "run"), ("Tab", "complete"), ("↑↓", "choose"), ("Esc", "close")]
            case .prompt(let prompt) where prompt.kind == .filter:
                [("Enter", "filter"), ("Tab", "complete"), ("Esc", "as it was")]
            case .prompt: [("Enter", "done"), ("Esc", "cancel")]
            case .declaration:
                [("Enter", "next field"), ("Ctrl-D", "declare"), ("Esc", "skip all")]
            case .card(let card) where card.isTyping:
                [("Tab", "next field"), ("Enter", "next"), ("Esc", "close, approve nothing")]
            case .card: [("Tab", "move"), ("↑↓", "scroll"), ("Esc", "close, approve nothing")]
            case .leaving: [("y", "leave"), ("any other key", "stay")]
            }
        return items.map { FooterItem(keys: $0.0, title: $0.1, rank: 1) } + [stop]
    }

    static let stopTitle = "EMERGENCY STOP"

    // MARK: Help

    /// The help page: every command, its keys, and why it cannot be used now.
    package static func helpLines(for model: Model, width: Int) -> [TextLine] {
        var lines = Fields.text(
            "IC is the Incident Commander, who decides. Esc goes out one level and never leaves "
                + "the room. Nothing runs without an approval by hand.", width: width)
        if let head = model.recordHead {
            lines += Fields.text(
                "Record \(head.text): noted outside, it lets `warroom verify --anchor` tell "
                    + "whether anything before it was changed.", width: width)
        }
        for (heading, group) in groups {
            lines += [.blank, Fields.heading(heading)]
            for binding in group { lines += help(binding, model, width) }
        }
        return lines
    }

    private static func help(_ binding: Binding, _ model: Model, _ width: Int) -> [TextLine] {
        let head = binding.keys.isEmpty ? ":" + binding.command.rawValue : binding.keyText
        var spans = [Span(binding.hint)]
        if case .disabled(let reason) = model.availability(of: binding.command) {
            spans.append(Span("not now: " + reason, .textDim))
        }
        var lines = Fields.wrapped(head, spans, width: width, labelWidth: 20)
        if let first = lines.first?.spans.first {
            lines[0].spans[0] = Span(first.text, .key)
        }
        return lines
    }

    private static var groups: [(String, [Binding])] {
        let typed = all.filter { $0.scope == .paletteOnly }
        let keyed = all.filter { $0.scope != .paletteOnly }
        let logs = keyed.filter { $0.scope == .pane(.logs) }
        let moving = keyed.filter {
            $0.risk == .none && !isGeneral($0) && $0.scope != .pane(.logs)
        }
        let deciding = keyed.filter { $0.risk != .none && $0.command != .stop }
        return [
            ("Deciding and writing down", deciding),
            ("Moving and looking", moving),
            ("In the logs (6)", logs),
            ("Always", keyed.filter { isGeneral($0) || $0.command == .stop }),
            ("Typed after :", typed),
        ]
    }

    private static func isGeneral(_ binding: Binding) -> Bool {
        switch binding.command {
        case .palette, .help, .quit, .suspend, .redraw: true
        default: false
        }
    }

    // MARK: Documents

    /// The table of the README.
    ///
    /// What only moves stands in few rows: who reads the table wants to know what the room does.
    package static func markdownTable() -> String {
        var lines = ["| keys | command | meaning |", "|---|---|---|"]
        for binding in all where binding.scope != .paletteOnly {
            let together = rows.first { $0.commands.contains(binding.command) }
            guard together?.commands.first ?? binding.command == binding.command else { continue }
            let row = together.map { row in all.filter { row.commands.contains($0.command) } }
            let bindings = row ?? [binding]
            let keys = bindings.flatMap(\.keys).map { "`\($0.name)`" }.joined(separator: " ")
            let commands = bindings.map { "`:\($0.command.rawValue)`" }.joined(separator: " ")
            lines.append("| \(keys) | \(commands) | \(together?.meaning ?? binding.hint) |")
        }
        let typed = all.filter { $0.scope == .paletteOnly }.map { "`:\($0.command.rawValue)`" }
        return lines.joined(separator: "\n") + "\n\nTyped, without a key: "
            + typed.joined(separator: " ") + ".\n"
    }

    /// Commands that share a row of the table, in the order of their bindings.
    private static let rows: [(commands: [Command], meaning: String)] = [
        (
            [
                .situation, .hypotheses, .mitigations, .conditions, .timeline, .logs, .metrics,
                .report,
            ], "Go to this pane or screen."
        ),
        ([.nextPane, .previousPane], "Go to the next pane, or to the one before."),
        (
            [.up, .down, .pageUp, .pageDown, .top, .bottom],
            "Move; upwards stops following, the end follows again."
        ),
        ([.nextMatch, .previousMatch], "Go to the next match, or to the one before."),
        (
            [.nextError, .previousError],
            "Go to the next line at error or worse, or to the one before."
        ),
    ]

    /// What `warroom keys` prints.
    package static func text() -> String {
        groups.map { heading, group in
            let rows = group.map { binding in
                "  " + CellWidth.padded(binding.keyText, to: 14) + "  "
                    + CellWidth.padded(":" + binding.command.rawValue, to: 20) + "  "
                    + binding.hint
            }
            return ([heading] + rows).joined(separator: "\n")
        }.joined(separator: "\n\n") + "\n"
    }

    /// What `warroom keys --format json` prints: an array of objects.
    package static func json() -> String {
        let rows = all.map { binding in
            let keys = binding.keys.map { JSONText.quoted($0.name) }.joined(separator: ",")
            let fields = [
                ("command", JSONText.quoted(binding.command.rawValue)),
                ("keys", "[\(keys)]"),
                ("title", JSONText.quoted(binding.title)),
                ("hint", JSONText.quoted(binding.hint)),
                ("scope", JSONText.quoted(binding.scope.word)),
                ("risk", JSONText.quoted(binding.risk.rawValue)),
            ]
            return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
        }
        return "[\n" + rows.joined(separator: ",\n") + "\n]\n"
    }
}
