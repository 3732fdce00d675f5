import Canvas

/// One line of typed text with a cursor.
package struct TextField: Sendable, Hashable {
    package private(set) var text: String
    /// In characters from the start.
    package private(set) var cursor: Int
    /// Whether any of it was pasted: a pasted CONFIRM confirms nothing.
    package private(set) var wasPasted = false

    /// Why the last key was not taken, for whoever shows the field; nil when it was.
    package private(set) var refusal: String?

    /// Characters.
    package static let lengthMax = 2_000
    /// A character can be many bytes, each of them six in the journal, whose records end at 64 KiB.
    package static let bytesMax = 8 * 1_024

    package init(_ text: String = "") {
        self.text = text
        cursor = text.count
    }

    /// Takes in a key; false when the key means nothing in a text field.
    package mutating func handle(_ key: Key) -> Bool {
        refusal = nil
        switch key {
        case .character(let character): insert(String(character))
        case .paste(let pasted):
            wasPasted = true
            insert(pasted.map { $0.isNewline ? " " : String($0) }.joined())
        case .backspace, .control("H"): removeBefore(1)
        case .control("W"): removeBefore(lastWordLength)
        case .control("U"): removeBefore(cursor)
        case .delete: removeAfter()
        case .left, .control("B"): cursor = max(0, cursor - 1)
        case .right, .control("F"): cursor = min(text.count, cursor + 1)
        case .home, .control("A"): cursor = 0
        case .end, .control("E"): cursor = text.count
        default: return false
        }
        return true
    }

    private mutating func insert(_ piece: String) {
        guard text.count + piece.count <= Self.lengthMax,
            text.utf8.count + piece.utf8.count <= Self.bytesMax
        else {
            refusal =
                "not taken: it does not fit (\(Self.lengthMax) characters, "
                + "\(Self.bytesMax / 1_024) KiB at most)"
            return
        }
        let index = text.index(text.startIndex, offsetBy: cursor)
        let countBefore = text.count
        text.insert(contentsOf: piece, at: index)
        cursor += text.count - countBefore
    }

    private mutating func removeBefore(_ count: Int) {
        let end = text.index(text.startIndex, offsetBy: cursor)
        let start = text.index(text.startIndex, offsetBy: max(0, cursor - count))
        text.removeSubrange(start..<end)
        cursor = max(0, cursor - count)
        if text.isEmpty { wasPasted = false }
    }

    private mutating func removeAfter() {
        guard cursor < text.count else { return }
        text.remove(at: text.index(text.startIndex, offsetBy: cursor))
    }

    private var lastWordLength: Int {
        let head = text.prefix(cursor).reversed()
        let spaces = head.prefix { $0 == " " }.count
        return spaces + head.dropFirst(spaces).prefix { $0 != " " }.count
    }
}
