/// One thing a person did at the terminal. Bytes become keys in `Terminal/InputDecoder` alone.
package enum Key: Hashable, Sendable {
    case character(Character)
    /// A letter or punctuation with Ctrl, the letter in upper case.
    case control(Character)
    case up, down, left, right
    case pageUp, pageDown, home, end
    case enter, escape, tab, backTab, backspace, delete, insert
    /// F1…F63.
    case function(Int)
    /// Bracketed paste: never typed, so it can never confirm anything.
    case paste(String)
    case mouse(MouseEvent)
    case focusGained, focusLost

    /// How the key is written in the footer, in help and in configuration: `a`, `Ctrl-X`, `F1`,
    /// `PgUp`, `Space`, `Enter`.
    package var name: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let letter): "Ctrl-\(letter)"
        case .function(let number): "F\(number)"
        case .paste: "Paste"
        case .mouse: "Mouse"
        default: Self.names.first { $0.key == self }?.name ?? ""
        }
    }

    /// Reads a name as `name` writes it (case matters only for single characters); nil for paste
    /// and mouse, which carry values.
    package init?(name: String) {
        if name.count == 1, let character = name.first, character != " " {
            self = .character(character)
            return
        }
        let lower = name.lowercased()
        if lower == "space" {
            self = .character(" ")
        } else if let known = Self.names.first(where: { $0.name.lowercased() == lower }) {
            self = known.key
        } else if lower.hasPrefix("ctrl-"), name.count == 6,
            let letter = name.uppercased().last, letter.isASCII
        {
            self = .control(letter)
        } else if lower.hasPrefix("f"), let number = Int(lower.dropFirst()),
            (1...63).contains(number)
        {
            self = .function(number)
        } else {
            return nil
        }
    }

    private static let names: [(key: Key, name: String)] = [
        (.up, "Up"), (.down, "Down"), (.left, "Left"), (.right, "Right"), (.pageUp, "PgUp"),
        (.pageDown, "PgDn"), (.home, "Home"), (.end, "End"), (.enter, "Enter"), (.escape, "Esc"),
        (.tab, "Tab"), (.backTab, "Shift-Tab"), (.backspace, "Backspace"), (.delete, "Del"),
        (.insert, "Ins"), (.focusGained, "FocusGained"), (.focusLost, "FocusLost"),
    ]
}

/// A mouse button, the wheel or a move, where it happened (the top left cell is 0, 0).
package struct MouseEvent: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case press, release, drag, wheelUp, wheelDown
    }
    package enum Button: Hashable, Sendable {
        case left, middle, right, none
    }

    package var action: Action
    package var button: Button
    package var position: Position

    package init(action: Action, button: Button = .none, position: Position) {
        self.action = action
        self.button = button
        self.position = position
    }
}
