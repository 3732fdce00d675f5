import Canvas
import Room

/// What lies over the panes: one box, with the header still visible where there is room.
enum OverlayView {
    static func draw(_ model: Model, into frame: inout Frame) {
        let area = area(model)
        switch model.overlay {
        case .card(let card): CardView.draw(card, model, into: &frame, area: area)
        case .palette(let state): PaletteView.draw(state, model, into: &frame, area: area)
        case .prompt(let prompt): PromptView.draw(prompt, model, into: &frame, area: area)
        case .declaration(let form): DeclarationView.draw(form, model, into: &frame, area: area)
        case .leaving: LeavingView.draw(model, into: &frame, area: area)
        case .help, .detail, .text: page(model, into: &frame, area: area)
        case nil: break
        }
    }

    /// Between header and footer; on a low screen from the top.
    static func area(_ model: Model) -> Rect {
        let layout = model.layout
        let top = model.size.height < 16 ? 0 : layout.header.endRow
        return Rect(
            column: 0, row: top, width: model.size.width, height: layout.footer.row - top)
    }

    /// A cleared box of at most `size` in the middle of `area`; returns its inside.
    static func box(
        _ size: Size, _ title: String, into frame: inout Frame, area: Rect, trailing: String = "",
        token: Token = .card
    ) -> Rect {
        let rect = area.centred(size)
        frame.fill(rect)
        frame.box(
            rect, title: title, token: token, titleToken: .cardTitle, trailing: trailing)
        return rect.inset(columns: rect.width >= 44 ? 2 : 1, rows: 1)
    }

    // MARK: Scrolled pages

    private static func page(_ model: Model, into frame: inout Frame, area: Rect) {
        guard let page = Page(model) else { return }
        let rect = pageRect(area, page.lines(width: pageWidth(area)).count)
        let lines = page.lines(width: pageWidth(area))
        let last = scrollMax(lines.count, rows: rect.height - 2)
        let scroll = min(max(0, page.scroll), last)
        let position =
            last > 0 ? "rows \(scroll + 1)–\(scroll + rect.height - 2) of \(lines.count)" : ""
        let inner = box(rect.size, page.title, into: &frame, area: area, trailing: position)
        frame.put(lines.dropFirst(scroll), in: inner)
    }

    private static func pageWidth(_ area: Rect) -> Int {
        let outer = min(area.width, 104)
        return max(1, outer - (outer >= 44 ? 4 : 2))
    }

    private static func pageRect(_ area: Rect, _ count: Int) -> Rect {
        area.centred(Size(width: min(area.width, 104), height: max(5, min(area.height, count + 2))))
    }

    private static func scrollMax(_ count: Int, rows: Int) -> Int { max(0, count - max(1, rows)) }

    /// How far a page key scrolls: one row of the old page stays.
    static func pageRows(_ model: Model) -> Int { max(1, area(model).height - 5) }

    /// The largest useful scroll of the open overlay.
    static func scrollMax(_ model: Model) -> Int {
        let area = area(model)
        if case .card(let card) = model.overlay {
            return CardView.scrollMax(card, model, area: area)
        }
        guard let page = Page(model) else { return 0 }
        let count = page.lines(width: pageWidth(area)).count
        return scrollMax(count, rows: pageRect(area, count).height - 2)
    }
}

/// The content of an overlay that only shows and scrolls.
private struct Page {
    var title: String
    var scroll: Int
    private var content: (Int) -> [TextLine]

    init?(_ model: Model) {
        switch model.overlay {
        case .help(let scroll):
            title = "Help"
            self.scroll = scroll
            content = { Bindings.helpLines(for: model, width: $0) }
        case .text(let title, let body, let scroll):
            self.title = title
            self.scroll = scroll
            content = { Fields.text(body, width: $0) }
        case .detail(let pane, let scroll):
            title = DetailText.title(pane, model)
            self.scroll = scroll
            content = { DetailText.lines(pane, model, width: $0) }
        default: return nil
        }
    }

    func lines(width: Int) -> [TextLine] { content(width) }
}
