import Basics
import Canvas
import Incidents
import Room
import SafeText

/// A one-line question.
enum PromptView {
    static func draw(_ prompt: Prompt, _ model: Model, into frame: inout Frame, area: Rect) {
        let width = min(area.width, 100)
        let inside = width - (width >= 44 ? 4 : 2)
        let title = Fields.text(prompt.title, width: inside, token: .textStrong)
        var below = Fields.text(prompt.hint, width: inside, token: .textDim)
        if prompt.hint.isEmpty { below = [] }
        if !prompt.error.isEmpty {
            below = Fields.text("✗ " + prompt.error, width: inside, token: .toastError) + below
        }
        let height = title.count + below.count + 3
        // The lines that a filter leaves stay in sight while it is typed.
        let isLow = prompt.kind == .filter && area.height > height + 6
        let inner = OverlayView.box(
            Size(width: width, height: height), "", into: &frame,
            area: isLow ? area.splitBottom(height).bottom : area)
        let top = inner.splitTop(min(title.count, max(0, inner.height - 1)))
        frame.put(title, in: top.top)
        let rest = top.rest.splitTop(1)
        FieldView.draw(prompt.field, isFocused: true, into: &frame, rect: rest.top)
        frame.put(below, in: rest.rest)
    }
}

/// Commands by name.
enum PaletteView {
    static func draw(_ state: PaletteState, _ model: Model, into frame: inout Frame, area: Rect) {
        let completions = state.completions
        let height = min(area.height, max(4, completions.count + 3))
        let inner = OverlayView.box(
            Size(width: min(area.width, 104), height: height), "Command", into: &frame, area: area)
        let field = inner.splitTop(1)
        frame.put(":", column: inner.column, row: inner.row, token: .key, in: inner)
        FieldView.draw(
            state.field, isFocused: true, into: &frame, rect: field.top.splitLeft(1).rest)
        guard !completions.isEmpty else {
            frame.put(
                TextLine("no command is called \"\(state.word)\"", .textDim), in: field.rest,
                row: field.rest.row)
            return
        }
        let items = completions.map { ListItem(id: $0.rawValue, [row($0, model)]) }
        let index = min(max(0, state.selection), completions.count - 1)
        frame.put(items, selected: completions[index].rawValue, isFocused: true, in: field.rest)
    }

    private static func row(_ command: Command, _ model: Model) -> TextLine {
        let binding = Bindings.binding(of: command)
        let name = Span(CellWidth.padded(command.rawValue, to: 19), .textStrong)
        let keys = [Span(binding?.keyText ?? "", .key)]
        if case .disabled(let reason) = model.availability(of: command) {
            return TextLine(
                [Span(name.text, .textDim), Span("not now: " + reason, .textDim)], trailing: keys)
        }
        return TextLine([name, Span(binding?.hint ?? "")], trailing: keys)
    }
}

/// What is known at the opening, to be completed or skipped.
enum DeclarationView {
    static func draw(_ form: Declaration, _ model: Model, into frame: inout Frame, area: Rect) {
        let fields = Declaration.Field.allCases
        let intro = Fields.text(
            "Filled in from the data. Everything may be skipped; what stays empty is unknown, and "
                + "an unconfirmed environment counts as production.",
            width: min(area.width, 90) - 4, token: .textDim)
        let isRoomy = area.height >= fields.count + intro.count + 5
        let extra = isRoomy ? intro.count + 1 : 0
        let inner = OverlayView.box(
            Size(width: min(area.width, 90), height: fields.count + 3 + extra),
            "Declare \(model.incident.id)", into: &frame, area: area)
        var rest = inner
        if isRoomy {
            frame.put(intro, in: inner)
            rest = inner.splitTop(intro.count + 1).rest
        }
        let rows = rest.splitBottom(rest.height > 1 ? 1 : 0)
        draw(fields, form, into: &frame, rect: rows.rest)
        let foot =
            form.error.isEmpty
            ? TextLine("Enter next field · Ctrl-D declares · Esc skips all", .hint)
            : TextLine("✗ \(form.focus.label): \(form.error)", .toastError)
        frame.put(foot, in: rows.bottom, row: rows.bottom.row)
    }

    private static func draw(
        _ fields: [Declaration.Field], _ form: Declaration, into frame: inout Frame, rect: Rect
    ) {
        let focus = fields.firstIndex(of: form.focus) ?? 0
        let start = ListWindow.start(
            count: fields.count, height: rect.height, selected: focus..<focus + 1)
        for (offset, field) in fields.dropFirst(start).prefix(rect.height).enumerated() {
            let row = Rect(
                column: rect.column, row: rect.row + offset, width: rect.width, height: 1)
            let isFocused = field == form.focus
            let parts = row.splitLeft(min(22, row.width / 2))
            let mark = isFocused ? "▸ " : "  "
            frame.put(
                TextLine(mark + field.label, isFocused ? .textStrong : .text), in: parts.left,
                row: row.row)
            FieldView.draw(
                form.fields[field.rawValue], isFocused: isFocused, into: &frame, rect: parts.rest)
        }
    }
}

/// "Leave the room?"
enum LeavingView {
    static func draw(_ model: Model, into frame: inout Frame, area: Rect) {
        let width = min(area.width, 70)
        let inside = width - 4
        var lines = Fields.text("Leave the room?", width: inside, token: .textStrong)
        lines += [.blank]
        if let running = model.incident.runningAttempt {
            lines += Fields.text(
                "▲ \(running.id) \(running.action) on \(running.target) is running. "
                    + "Leaving closes this screen only: the program waits until it has ended, "
                    + "records the outcome, and then ends itself. Its effect is watched only "
                    + "while a room is open: stay if you can.", width: inside, token: .alertFiring)
        }
        for text in hazards(model) {
            lines += Fields.text("▲ " + text, width: inside, token: .alertFiring)
        }
        lines += Fields.text(
            "The incident stays \(model.incident.status.rawValue); the record is on disk and the "
                + "room opens again where it was.", width: inside)
        lines += [.blank, TextLine([Span("y", .key), Span(" leaves, any other key stays")])]
        let inner = OverlayView.box(
            Size(width: width, height: lines.count + 2), "Leave", into: &frame, area: area)
        frame.put(lines, in: inner)
    }

    /// What nobody looks after while no room is open.
    private static func hazards(_ model: Model) -> [String] {
        let incident = model.incident
        var texts: [String] = []
        let waits = incident.mitigations.filter { $0.state == .approved && $0.attempts.isEmpty }
        if let next = waits.first {
            texts.append("\(next.proposal.id) is approved and about to run.")
        }
        let armed = incident.mitigations.filter {
            incident.rollbackWatches[$0.proposal.id]?.isArmed == true
        }
        if let id = armed.last?.proposal.id {
            texts.append(
                "The automatic rollback of \(id) is armed: without a room nothing rolls it back.")
        }
        if let call = incident.escalations.last(where: \.isOpen) {
            texts.append(
                "\(call.raised.id) is not answered: without a room nobody calls the next one.")
        }
        return texts
    }
}
