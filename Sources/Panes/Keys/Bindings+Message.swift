import Canvas
import Room

extension Bindings {
    /// What a key means now, or nil when it means nothing.
    ///
    /// Ctrl-X is the emergency stop wherever the cursor is. On a screen too small to show anything
    /// no other key decides anything, because nobody can see what it would decide.
    package static func message(for key: Key, in model: Model) -> Message? {
        if key == .control("X") { return .command(.stop, argument: "") }
        if let binding = all.first(where: { $0.scope == .everywhere && $0.keys.contains(key) }) {
            return .command(binding.command, argument: "")
        }
        if model.layout.form == .tiny { return tiny(key, model) }
        if let overlay = model.overlay { return message(for: key, over: overlay, in: model) }
        if case .mouse(let event) = key { return mouse(event, in: model) }
        return command(of: key, focus: model.focus).map { .command($0, argument: "") }
    }

    private static func command(of key: Key, focus: Pane) -> Command? {
        let matching = all.filter { $0.keys.contains(key) }
        return
            (matching.first { $0.scope == .pane(focus) }
            ?? matching.first { $0.scope == .room })?.command
    }

    private static func tiny(_ key: Key, _ model: Model) -> Message? {
        switch key {
        case .escape: .command(.back, argument: "")
        case .character("!") where model.overlay?.isTyping != true: .command(.stop, argument: "")
        case .control("C"), .character("q"):
            model.overlay == nil ? .command(.quit, argument: "") : nil
        case .character("y") where model.overlay == .leaving: .key(key)
        default: nil
        }
    }

    // MARK: Overlays

    private static func message(for key: Key, over overlay: Overlay, in model: Model) -> Message? {
        switch key {
        case .escape: return .command(.back, argument: "")
        case .control("C"): return overlay == .leaving ? nil : .command(.back, argument: "")
        case .focusGained, .focusLost: return nil
        case .mouse(let event): return wheel(event, over: overlay, in: model)
        case .character("!") where !overlay.isTyping: return .command(.stop, argument: "")
        case .character("q") where closesOnQ(overlay): return .command(.back, argument: "")
        default: break
        }
        if let row = jump(key, overlay, model) { return .scrolled(to: row) }
        return scrollsPastEnd(key, overlay, model) ? nil : .key(key)
    }

    /// Where a page down or the end leads, never beyond the last row.
    private static func jump(_ key: Key, _ overlay: Overlay, _ model: Model) -> Int? {
        guard !overlay.isTyping, let scroll = overlay.scroll else { return nil }
        let last = OverlayView.scrollMax(model)
        let page = OverlayView.pageRows(model)
        switch key {
        case .pageDown, .character(" "): return min(scroll + page, last)
        case .pageUp: return max(0, min(scroll, last) - page)
        case .end, .character("G"): return last
        default: return nil
        }
    }

    private static func closesOnQ(_ overlay: Overlay) -> Bool {
        switch overlay {
        case .help, .detail, .text: true
        case .card(let card): !card.isTyping
        case .palette, .prompt, .declaration, .leaving: false
        }
    }

    /// Whether the key would scroll a page that already shows its end.
    private static func scrollsPastEnd(_ key: Key, _ overlay: Overlay, _ model: Model) -> Bool {
        switch key {
        case .down, .character("j"), .pageDown, .character(" "): break
        default: return false
        }
        guard !overlay.isTyping, let scroll = overlay.scroll else { return false }
        return scroll >= OverlayView.scrollMax(model)
    }

    private static func wheel(_ event: MouseEvent, over overlay: Overlay, in model: Model)
        -> Message?
    {
        guard overlay.scroll != nil, !overlay.isTyping else { return nil }
        switch event.action {
        case .wheelUp: return .key(.up)
        case .wheelDown: return scrollsPastEnd(.down, overlay, model) ? nil : .key(.down)
        case .press, .release, .drag: return nil
        }
    }

    // MARK: Mouse in the room

    private static func mouse(_ event: MouseEvent, in model: Model) -> Message? {
        switch event.action {
        case .wheelUp: return .command(.up, argument: "")
        case .wheelDown: return .command(.down, argument: "")
        case .press:
            let place = event.position
            let hit = model.layout.panes.first {
                $0.value.contains(column: place.column, row: place.row)
            }
            guard event.button == .left, let pane = hit?.key, pane != model.focus else {
                return nil
            }
            return command(of: .character(Character(String(pane.rawValue))), focus: pane).map {
                .command($0, argument: "")
            }
        case .release, .drag: return nil
        }
    }
}

extension Overlay {
    /// The first visible row of what scrolls; nil where nothing does.
    var scroll: Int? {
        switch self {
        case .help(let scroll), .detail(_, let scroll), .text(_, _, let scroll): scroll
        case .card(let card): card.scroll
        case .palette, .prompt, .declaration, .leaving: nil
        }
    }
}
