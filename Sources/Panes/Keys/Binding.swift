import Canvas
import Room

/// One command with its keys and its words: the source of the footer, the help page, the palette,
/// `warroom keys` and the README's table.
package struct Binding: Sendable {
    /// Where the keys mean this command.
    package enum Scope: Sendable, Hashable {
        /// Also while a card or a text field is open.
        case everywhere
        /// In the room, while nothing lies over the panes.
        case room
        case pane(Pane)
        case paletteOnly

        package var word: String {
            switch self {
            case .everywhere: "everywhere"
            case .room: "room"
            case .pane(let pane): pane.title
            case .paletteOnly: "palette"
            }
        }
    }

    package enum Risk: String, Sendable {
        case none
        /// Ends in an entry of the record.
        case writes
        /// Leads to something that runs, or that stops everything from running.
        case dangerous
    }

    /// Whether and where the footer shows it.
    package enum Footer: Sendable, Hashable {
        case never, always
        case panes([Pane])
    }

    package let command: Command
    package let keys: [Key]
    /// Short, for the footer.
    package let title: String
    /// A sentence, for the help page.
    package let hint: String
    package let scope: Scope
    package let risk: Risk
    package let footer: Footer

    init(
        _ command: Command, _ keys: [Key], _ title: String, _ hint: String, scope: Scope = .room,
        risk: Risk = .none, footer: Footer = .never
    ) {
        self.command = command
        self.keys = keys
        self.title = title
        self.hint = hint
        self.scope = keys.isEmpty ? .paletteOnly : scope
        self.risk = risk
        self.footer = footer
    }

    /// Whether the footer ever shows it.
    package var isShown: Bool { footer != .never }

    /// Its keys as they are written: `! Ctrl-X`.
    package var keyText: String { keys.map(\.name).joined(separator: " ") }
}
