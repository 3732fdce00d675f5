/// One cell of a frame.
package struct Cell: Hashable, Sendable {
    /// One scalar that takes cells and its marks; "" for the second half of a wide glyph.
    package var text: String
    package var token: Token
    /// Whether the cursor bar of a list lies on it; the token's own colour stays visible.
    package var isSelected: Bool

    package init(text: String = " ", token: Token = .text, isSelected: Bool = false) {
        self.text = text
        self.token = token
        self.isSelected = isSelected
    }

    /// Whether this is the second half of the wide glyph to its left.
    package var isTail: Bool { text.isEmpty }
}
