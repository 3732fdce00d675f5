import Basics
import Canvas
import Diagnosis
import Incidents
import Room
import SafeText

/// The six conditions that must hold before the incident is resolved.
enum ConditionsPane {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let conditions = model.observation?.conditions ?? []
        let held = conditions.filter(\.state.counts).count
        let all = ConditionID.allCases.count
        let isReady = model.observation?.allConditionsMet == true
        let inner = frame.pane(
            .conditions, model, in: rect, title: "Resolve when (\(held)/\(all))",
            trailing: isReady ? "all held → :resolve" : "locked")
        guard !conditions.isEmpty else {
            frame.put(empty(inner.width), in: inner)
            return
        }
        let selected = model.selectedID(in: .conditions)
        let isRoomy = inner.height >= conditions.count * 2
        let items = conditions.map { condition in
            let isOpen = isRoomy || (condition.id.rawValue == selected && inner.height > all)
            return ListItem(
                id: condition.id.rawValue,
                lines(condition, width: inner.width - 1, isOpen: isOpen))
        }
        frame.put(
            items, selected: selected, isFocused: model.focus == .conditions, in: inner)
    }

    static func summary(_ model: Model) -> [Span] {
        guard let conditions = model.observation?.conditions, !conditions.isEmpty else {
            return [Span("? unknown: nothing evaluated yet", .conditionUnknown)]
        }
        let held = conditions.filter(\.state.counts).count
        var spans = [Span("\(held)/\(conditions.count)  ")]
        for condition in conditions {
            let look = StateLook(condition.state)
            spans.append(Span("\(look.glyph) \(shortName(condition.id))  ", look.token))
        }
        return spans
    }

    private static func shortName(_ id: ConditionID) -> String {
        switch id {
        case .errorRate: "errors"
        case .latency: "latency"
        case .saturation: "saturation"
        case .queues: "queues"
        case .alerts: "alerts"
        case .postDeploy: "deploy"
        }
    }

    private static func empty(_ width: Int) -> [TextLine] {
        ConditionID.allCases.map {
            TextLine([Span(" ? unknown  ", .conditionUnknown), Span($0.title)])
        }
            + Fields.text(
                " nothing evaluated yet; no data is never a pass", width: width, token: .textDim)
    }

    /// One row, and where there is room a second one: the reason in full, or source and age.
    private static func lines(_ condition: StopCondition, width: Int, isOpen: Bool) -> [TextLine] {
        let look = StateLook(condition.state)
        let lead = [
            look.span(width: 8), Span(CellWidth.padded(condition.id.title, to: titleWidth)),
        ]
        let text = short(condition)
        let token: Token = look.token == .conditionMet ? .text : look.token
        let timing = condition.timing.isEmpty ? [] : [Span(condition.timing, look.token)]
        let used = (lead + timing).reduce(1) { $0 + $1.width }
        let isCut = used + CellWidth.of(text) > width
        guard isOpen else { return [TextLine(lead + [Span(text, token)], trailing: timing)] }
        guard isCut else {
            return [
                TextLine(lead + [Span(text, token)], trailing: timing),
                TextLine(source(condition), .textDim).indented(10),
            ]
        }
        return [
            TextLine(lead, trailing: timing),
            TextLine([Span(text, token)], trailing: []).indented(10),
        ]
    }

    private static let titleWidth = 25

    /// Source and age; without a source, what settles the question.
    private static func source(_ condition: StopCondition) -> String {
        if case .unknown = condition.state, condition.source.isEmpty {
            return ":checked WHAT YOU SAW, or :not-applicable WHY, settles it"
        }
        guard !condition.source.isEmpty else { return "" }
        return "from " + SignalText.shortOrigin(condition.source, condition.age)
    }

    /// What is compared; for an unknown the reason.
    private static func short(_ condition: StopCondition) -> String {
        switch condition.state {
        case .unknown(let reason), .notApplicable(let reason):
            reason.isEmpty ? condition.detail : reason
        case .checkedByHand(let by, let expires):
            "\(by), until \(TimeText.clockUTC(expires))"
        case .notMet(let value, let target) where condition.detail.isEmpty:
            "\(value), target \(target)"
        case .met, .holding, .notMet: condition.detail
        }
    }

    // MARK: Detail

    static func detail(_ condition: StopCondition, _ model: Model, width: Int) -> [TextLine] {
        let look = StateLook(condition.state)
        var lines = Fields.text(condition.id.title, width: width, token: .textStrong) + [.blank]
        lines += Fields.wrapped(
            "State", "\(look.glyph) \(look.word)", width: width, token: look.token)
        lines += state(condition, model, width)
        if !condition.detail.isEmpty {
            lines += Fields.wrapped("Compared", condition.detail, width: width)
        }
        if !condition.timing.isEmpty {
            lines += Fields.wrapped("So far", condition.timing, width: width)
        }
        lines += Fields.wrapped(
            "Must hold",
            condition.hold > .zero
                ? TimeText.span(condition.hold) + " without a break"
                : "no time of its own: it is judged at every reading", width: width)
        lines += Fields.wrapped(
            "Source", SignalText.origin(condition.source, condition.age), width: width)
        if let record = model.incident.conditions[condition.id] {
            lines += Fields.wrapped(
                "Recorded",
                "\(record.state.rawValue) at \(TimeText.clockUTC(record.since)) \(record.detail)",
                width: width)
        }
        lines += [.blank]
        return lines
            + Fields.text(
                "No data is never a pass. :checked WHAT YOU SAW vouches for 30 minutes; "
                    + ":not-applicable WHY is for the IC.", width: width, token: .textDim)
    }

    private static func state(_ condition: StopCondition, _ model: Model, _ width: Int)
        -> [TextLine]
    {
        switch condition.state {
        case .met(let since): Fields.wrapped("Since", TimeText.clockUTC(since), width: width)
        case .holding(let since, let remaining):
            Fields.wrapped(
                "Since", "\(TimeText.clockUTC(since)), \(TimeText.span(remaining)) to go",
                width: width)
        case .notMet(let value, let target):
            Fields.wrapped("Value", value, width: width)
                + Fields.wrapped("Target", target, width: width)
        case .unknown(let reason), .notApplicable(let reason):
            Fields.wrapped("Why", reason, width: width)
        case .checkedByHand(let by, let expires):
            Fields.wrapped(
                "By",
                "\(by), expires \(TimeText.clockUTC(expires)), in "
                    + TimeText.span(expires - model.now.wall), width: width)
        }
    }
}
