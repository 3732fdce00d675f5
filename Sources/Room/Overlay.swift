import Basics
import Incidents

/// What lies over the panes. One at a time; Esc takes it away.
package enum Overlay: Sendable, Hashable {
    case help(scroll: Int)
    case palette(PaletteState)
    case prompt(Prompt)
    case declaration(Declaration)
    case card(ApprovalCard)
    /// Everything about the selected row.
    case detail(Pane, scroll: Int)
    /// A document: sitrep, exported text.
    case text(title: String, body: String, scroll: Int)
    /// "Leave the room?" with what keeps running.
    case leaving

    /// Shows `row` of what scrolls first; nothing where nothing does.
    package mutating func scroll(to row: Int) {
        let row = max(0, row)
        switch self {
        case .help: self = .help(scroll: row)
        case .detail(let pane, _): self = .detail(pane, scroll: row)
        case .text(let title, let body, _): self = .text(title: title, body: body, scroll: row)
        case .card(var card):
            card.scroll = row
            self = .card(card)
        case .palette, .prompt, .declaration, .leaving: break
        }
    }

    /// Whether printable keys are text right now (also `!`; Ctrl-X is the stop from anywhere).
    package var isTyping: Bool {
        switch self {
        case .palette, .prompt, .declaration: true
        case .card(let card): card.isTyping
        case .help, .detail, .text, .leaving: false
        }
    }
}

package struct PaletteState: Sendable, Hashable {
    package var field: TextField
    /// Index into the completions that match the field.
    package var selection = 0
    package init(field: TextField = TextField()) { self.field = field }

    /// The command word typed so far.
    package var word: String { String(field.text.prefix { $0 != " " }) }
    /// What stands after the word.
    package var argument: String {
        String(field.text.drop { $0 != " " }.drop { $0 == " " })
    }
    /// Commands whose name starts with, then those that contain, the word.
    package var completions: [Command] {
        let typed = word.lowercased()
        let starts = Command.allCases.filter { $0.rawValue.hasPrefix(typed) }
        let contains = Command.allCases.filter {
            !$0.rawValue.hasPrefix(typed) && $0.rawValue.contains(typed)
        }
        return typed.isEmpty ? Command.allCases : starts + contains
    }
}

/// A one-line question.
package struct Prompt: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case note, hypothesis, update, byHand, find, title, followUp, filter, goTo
        case evidence(hypothesis: String, pin: LogPin?)
        case refuse(proposal: String)
        case overrideResolve
        case clearStop
        case acknowledge(attempt: String)
        case answer(escalation: String)
        case object(proposal: String)
        case resetBreaker, keepConfiguration, escalate
        case refute(hypothesis: String)
    }
    package var kind: Kind
    package var title: String
    package var hint: String
    package var field: TextField
    package var error = ""

    package init(kind: Kind, title: String, hint: String = "", text: String = "") {
        self.kind = kind
        self.title = title
        self.hint = hint
        field = TextField(text)
    }
}

/// The declaration on opening: prefilled from the data, every field may be skipped.
package struct Declaration: Sendable, Hashable {
    package enum Field: Int, Sendable, CaseIterable {
        case what, service, since, severity, environment, tickets, onCall

        package var label: String {
            switch self {
            case .what: "What is broken"
            case .service: "Where (service)"
            case .since: "Since (UTC)"
            case .severity: "Severity"
            case .environment: "Environment"
            case .tickets: "Are there tickets?"
            case .onCall: "Is there on-call?"
            }
        }
    }
    package var fields: [TextField]
    /// Fields the operator typed in: data no longer fills them.
    package var touched: Set<Field> = []
    package var focus = Field.what
    package var error = ""

    package init() {
        fields = Field.allCases.map { _ in TextField() }
    }

    package subscript(field: Field) -> String {
        fields[field.rawValue].text.trimmingSpaces
    }
    /// Fills a field that nobody typed in.
    package mutating func prefill(_ field: Field, _ text: String) {
        guard !touched.contains(field), !text.isEmpty else { return }
        fields[field.rawValue] = TextField(text)
    }
}

extension String {
    /// Without spaces at either end.
    package var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
