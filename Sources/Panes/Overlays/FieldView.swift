import Canvas
import Room
import SafeText

/// A text field of one row: the part around the cursor, and the terminal's cursor in it.
enum FieldView {
    static func draw(_ field: TextField, isFocused: Bool, into frame: inout Frame, rect: Rect) {
        guard rect.width > 0, rect.height > 0 else { return }
        frame.fill(
            Rect(column: rect.column, row: rect.row, width: rect.width, height: 1), token: .input)
        let before = CellWidth.of(Sanitiser.visible(String(field.text.prefix(field.cursor))))
        // The cursor keeps one cell at the right edge; text moves left under it.
        let shift = max(0, before - (rect.width - 1))
        frame.put(
            field.text, column: rect.column - shift, row: rect.row, token: .input, in: rect)
        guard isFocused else { return }
        let column = rect.column + before - shift
        frame.cursor = Position(column: column, row: rect.row)
        frame.select(Rect(column: column, row: rect.row, width: 1, height: 1))
    }
}
