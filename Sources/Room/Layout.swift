import Canvas

/// Where everything stands, as a pure function of size and focus.
package struct Layout: Sendable, Hashable {
    /// How much fits.
    package enum Form: Sendable, Hashable {
        /// At least 120×36: all five panes.
        case wide
        /// One column: the focused pane has the room, the others one line each.
        case narrow
        /// Below 40×10: one box that says so.
        case tiny
    }

    package var form: Form
    package var header: Rect
    package var footer: Rect
    package var panes: [Pane: Rect]

    package static let wideMin = Size(width: 120, height: 36)
    package static let floor = Size(width: 40, height: 10)

    /// Arranges `size` for `focus`; a zoomed pane or a whole-screen one takes everything between
    /// header and footer.
    package static func arrange(size: Size, focus: Pane, isZoomed: Bool) -> Layout {
        let all = Rect(size)
        guard size.width >= floor.width, size.height >= floor.height else {
            return Layout(form: .tiny, header: .zero, footer: .zero, panes: [:])
        }
        let isWide = size.width >= wideMin.width && size.height >= wideMin.height
        let top = all.splitTop(3)
        let bottom = top.rest.splitBottom(1)
        let body = bottom.rest
        var layout = Layout(
            form: isWide ? .wide : .narrow, header: top.top, footer: bottom.bottom, panes: [:])
        if isZoomed || focus.isScreen {
            layout.panes[focus] = body
        } else if isWide {
            layout.panes = wide(body)
        } else {
            layout.panes = narrow(body, focus: focus)
        }
        return layout
    }

    /// Two columns of two panes, the timeline below them.
    private static func wide(_ body: Rect) -> [Pane: Rect] {
        let timelineRows = max(7, body.height * 28 / 100)
        let parts = body.splitBottom(timelineRows)
        let columns = parts.rest.splitLeft(parts.rest.width * 45 / 100)
        let upper = max(8, parts.rest.height * 48 / 100)
        let left = columns.left.splitTop(upper)
        let right = columns.rest.splitTop(upper)
        return [
            .situation: left.top, .hypotheses: left.rest, .mitigations: right.top,
            .conditions: right.rest, .timeline: parts.bottom,
        ]
    }

    /// One line for each pane that has not the focus, the rest for the one that has.
    private static func narrow(_ body: Rect, focus: Pane) -> [Pane: Rect] {
        var panes: [Pane: Rect] = [:]
        let focusRows = min(body.height, max(4, body.height - (Pane.room.count - 1)))
        var rest = body
        var others = body.height - focusRows
        for pane in Pane.room {
            if pane != focus { others -= 1 }
            let rows = pane == focus ? focusRows : others >= 0 ? 1 : 0
            let parts = rest.splitTop(rows)
            panes[pane] = parts.top
            rest = parts.rest
        }
        return panes
    }
}
