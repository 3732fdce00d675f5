import Basics
import Canvas
import Incidents
import Room
import SafeText
import Safety

/// Who, what, how long, and whether anything may run: two rows and the NEXT line.
enum HeaderView {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let inner = rect.inset(columns: rect.width >= 60 ? 1 : 0, rows: 0)
        frame.fill(rect, token: .header)
        frame.put(identity(model, width: inner.width), in: inner, row: rect.row)
        frame.put(work(model, width: inner.width), in: inner, row: rect.row + 1)
        frame.put(next(model, width: inner.width), in: inner, row: rect.row + 2)
    }

    // MARK: First row

    private static func identity(_ model: Model, width: Int) -> TextLine {
        let incident = model.incident
        let id = Span(incident.id.text, .textStrong)
        let severity = StateLook(incident.severity)
        let mark = Span(severity.glyph + severity.word, severity.token)
        var row = FittedRow(items: [
            .init(100, forms: [[id]]), .init(100, forms: [[mark]]),
            .init(20, forms: [[Span(incident.title, .header)], []]),
        ])
        row.items += facts(model)
        let rest = FittedRow(items: row.items.enumerated().filter { $0.offset != 2 }.map(\.element))
        let used = rest.fitted(width: width).reduce(0) {
            $0 + $1.reduce(0) { $0 + $1.width } + row.gap
        }
        let space = width - used
        guard space >= 8, !incident.title.isEmpty else { return rest.line(width: width) }
        let title = CellWidth.padded(incident.title, to: space)
        let fitted = rest.fitted(width: width)
        var spans = [id, Span("  "), mark, Span("  "), Span(title, .header)]
        for item in fitted.dropFirst(2) { spans += [Span("  ")] + item }
        return TextLine(spans)
    }

    /// Environment, drill, timer, IC, next update, sources.
    private static func facts(_ model: Model) -> [FittedRow.Item] {
        let incident = model.incident
        let name = incident.commander ?? "nobody"
        let elapsed = TimeText.timer(model.elapsed)
        let sources = model.sourceCounts
        let isComplete = sources.healthy == sources.total && sources.total > 0
        let sourceToken: Token = isComplete ? .stateOK : .stateStale
        return [
            .init(80, forms: drill(model)),
            .init(60, forms: [[environment(incident)], []]),
            .init(70, forms: [[Span("◷ \(elapsed)", .header)], []]),
            .init(
                90,
                forms: [
                    [Span("IC \(name)", .header)],
                    [Span("IC \(CellWidth.truncated(name, to: 10))", .header)],
                ]),
            .init(40, forms: update(model)),
            .init(
                30,
                forms: [
                    [Span("■ sources \(sources.healthy)/\(sources.total)", sourceToken)],
                    [Span("■ \(sources.healthy)/\(sources.total)", sourceToken)], [],
                ]),
        ]
    }

    private static func environment(_ incident: Incident) -> Span {
        let isLive = incident.environment == .production
        return Span(
            incident.environment.rawValue, isLive ? .headerProduction : .header)
    }

    private static func drill(_ model: Model) -> [[Span]] {
        guard model.incident.isDrill || model.speed != 1 else { return [[]] }
        let speed = model.speed == 1 ? "" : " ×" + UnitText.number(model.speed)
        return [[Span("DRILL\(speed)", .headerDrill)]]
    }

    private static func update(_ model: Model) -> [[Span]] {
        guard !model.incident.status.isOver else { return [[]] }
        guard let due = model.incident.nextUpdateDue else {
            return model.isHurting
                ? [[Span("no update yet: u", .header)], [Span("no update", .header)], []]
                : [[Span("no update yet", .textDim)], []]
        }
        let left = due - model.now.wall
        let isLate = left.nanoseconds < 0
        let span = TimeText.span(isLate ? model.now.wall - due : left)
        let token: Token = isLate ? .alertFiring : .header
        let padded = CellWidth.padded(span, to: 6)
        return isLate
            ? [
                [Span("! update overdue by \(padded)", token)], [Span("! overdue \(span)", token)],
                [],
            ]
            : [[Span("update due in \(padded)", token)], [Span("due \(span)", token)], []]
    }

    // MARK: Second row

    private static func work(_ model: Model, width: Int) -> TextLine {
        let automation = ArmingText.automation(model)
        let arming = ArmingText.header(model)
        var items = [
            FittedRow.Item(40, 60, 95, forms: phases(model.incident)),
            FittedRow.Item(12, forms: [[Span(ArmingText.automaticCount(model), .header)], []]),
            halt(automation), FittedRow.Item(100, 100, forms: stop(model)), armed(arming),
        ]
        if case .viewer = model.access {
            items.insert(.init(90, forms: [[Span("▲ READ-ONLY", .stateStale)]]), at: 2)
        } else if model.journalProblem != nil {
            items.insert(.init(90, forms: [[Span("✗ NOT RECORDED", .stateError)]]), at: 2)
        }
        return FittedRow(items: items, gap: 2).line(width: width)
    }

    /// What may run by itself; what halts everything outlives nearly all else in the row.
    private static func halt(_ line: ArmingText.Line) -> FittedRow.Item {
        guard line.isLoud else {
            return .init(10, forms: [[Span(line.long, .header)], []])
        }
        return .init(
            36, 94,
            forms: [[Span(line.long, .alertFiring)], [Span(line.short, .alertFiring)], []])
    }

    /// The reason is cut before anything else goes, and goes after most of it.
    private static func armed(_ line: ArmingText.Line) -> FittedRow.Item {
        let token: Token = line.isLoud ? .alertFiring : .header
        let cut = CellWidth.truncated(line.long, to: reasonWidthMax)
        let forms = [line.long, cut, line.short].map { [Span($0, token)] } + [[]]
        return line.isLoud ? .init(8, 70, 93, forms: forms) : .init(8, 45, 62, forms: forms)
    }

    /// Cells of "auto-rollback not armed: 2 of 5 min" and a little more.
    private static let reasonWidthMax = 44

    private static func stop(_ model: Model) -> [[Span]] {
        guard model.stop.isOn else { return [[Span("EMERGENCY STOP off", .stopOff)]] }
        let why = model.stopFiles.isEmpty && !model.stop.isLatched ? " (not checked yet)" : ""
        return [
            [Span("■ EMERGENCY STOP ON\(why)", .stopOn)], [Span("EMERGENCY STOP ON", .stopOn)],
        ]
    }

    /// `TRIAGE ▸ DIAGNOSE ▸ [FIX] ▸ verify ▸ harden`, or `[FIX] 3/5`.
    private static func phases(_ incident: Incident) -> [[Span]] {
        let steps = Phase.allCases.filter { $0 != .closed }
        guard let current = steps.firstIndex(of: incident.phase) else {
            return [[Span("[CLOSED]", .phaseCurrent)]]
        }
        var strip: [Span] = []
        for (index, phase) in steps.enumerated() {
            if index > 0 { strip.append(Span(" ▸ ", .phaseTodo)) }
            let upper = phase.rawValue.uppercased()
            if index < current {
                strip.append(Span(upper, .phaseDone))
            } else if index == current {
                strip.append(Span("[\(upper)]", .phaseCurrent))
            } else {
                strip.append(Span(phase.rawValue, .phaseTodo))
            }
        }
        let now = Span("[\(incident.phase.rawValue.uppercased())]", .phaseCurrent)
        let isOver = incident.status.isOver
        let isPlain = incident.status == .active || incident.status == .triage
        let word = isPlain ? "" : " " + incident.status.rawValue
        let status = Span(word, isOver ? .conditionMet : .header)
        return [
            strip + [status], [now, Span(" \(current + 1)/\(steps.count)", .phaseTodo), status],
            [now, status], [now],
        ]
    }

    // MARK: Third row

    /// What waits for the IC; the keys stay when the text must be cut.
    private static func next(_ model: Model, width: Int) -> TextLine {
        let step = model.nextStep
        let label = Span(step.isUrgent ? "NEXT ▲ " : "NEXT  ", .next)
        let token: Token = step.isUrgent ? .alertFiring : .next
        let keys = step.keys.isEmpty ? "" : " – " + step.keys
        let space = width - label.width - CellWidth.of(keys)
        guard space >= 12 else {
            return TextLine([label, Span(step.text + keys, token)])
        }
        let text = CellWidth.truncated(step.text, to: space)
        return TextLine([label, Span(text, token), Span(keys, .key)])
    }
}
