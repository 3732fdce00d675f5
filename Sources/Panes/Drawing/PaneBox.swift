import Canvas
import Room

extension Frame {
    /// Draws a pane's border and title and returns what is left for its content.
    ///
    /// Below four rows there is no border: the title has one row and the content the others.
    mutating func pane(
        _ pane: Pane, _ model: Model, in rect: Rect, title: String? = nil, trailing: String? = nil
    ) -> Rect {
        let isFocused = model.focus == pane
        let name = title ?? pane.title
        guard rect.height >= 4, rect.width >= 4 else {
            let parts = rect.splitTop(1)
            let head = TextLine([Span("\(pane.rawValue) \(name)", .titleFocused)])
            put(head, in: parts.top, row: rect.row)
            return parts.rest
        }
        box(
            rect, title: name + (isFocused ? " ◂" : ""), number: pane.rawValue,
            token: isFocused ? .borderFocused : .border,
            titleToken: isFocused ? .titleFocused : .title, trailing: trailing)
        return rect.inset(1)
    }
}
