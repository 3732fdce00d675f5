import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Room

/// What is broken, since when, for whom, where it is going, and the signals.
enum SituationPane {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let age = model.observation.map { model.now.wall - $0.time }
        let inner = frame.pane(
            .situation, model, in: rect,
            trailing: age.map { "seen \(TimeText.span(max(.zero, $0))) ago" })
        let facts = facts(model, width: max(0, inner.width - 1))
        let signals = signalItems(model, width: inner.width - 1)
        let reserve = signals.isEmpty ? 0 : min(signals.count, max(0, inner.height / 3))
        let parts = inner.splitTop(min(facts.count, max(1, inner.height - reserve)))
        frame.put(facts, in: parts.top.splitLeft(1).rest)
        frame.put(
            signals, selected: model.selectedID(in: .situation),
            isFocused: model.focus == .situation, in: parts.rest)
    }

    static func summary(_ model: Model) -> [Span] {
        guard let situation = model.observation?.situation else {
            return [Span("reading the sources", .textDim)]
        }
        let direction = StateLook(situation.direction)
        return [
            Span((situation.what ?? "what is broken: unknown") + "  "), direction.span(),
        ]
    }

    // MARK: Facts

    private static func facts(_ model: Model, width: Int) -> [TextLine] {
        guard let situation = model.observation?.situation else {
            return Fields.text(
                "reading the sources: nothing is known yet", width: width, token: .textDim)
        }
        var lines = [what(situation, width: width), since(situation, model), scope(situation)]
        let direction = StateLook(situation.direction)
        let detail = situation.directionDetail
        lines.append(
            fact(
                "Trend",
                [direction.span(), Span(detail.isEmpty ? "" : "  (\(detail))", direction.token)]))
        let cost = situation.doNothing
        lines.append(
            fact("Do nothing", [Span(cost.isEmpty ? "? cost of waiting unknown" : cost)]))
        if !situation.unknowns.isEmpty {
            let list = situation.unknowns.joined(separator: ", ")
            lines.append(fact("Not known", [Span("? " + list, .conditionUnknown)]))
        }
        return lines
    }

    private static func fact(_ label: String, _ spans: [Span]) -> TextLine {
        Fields.row(label, spans, labelWidth: 11)
    }

    private static func what(_ situation: Situation, width: Int) -> TextLine {
        guard let what = situation.what else {
            return fact("What", [Span("? unknown: no signal says so", .conditionUnknown)])
        }
        var line = fact("What", [Span(what, .textStrong)])
        let room = min(16, width - line.width - 2)
        if room >= 4, !situation.spark.isEmpty {
            line.trailing = [Span(Sparkline.render(situation.spark, width: room), .chartLine)]
        }
        return line
    }

    private static func since(_ situation: Situation, _ model: Model) -> TextLine {
        let onset = situation.onset ?? model.incident.startedAt
        guard let onset else {
            return fact("Since", [Span("? unknown (:onset sets it)", .conditionUnknown)])
        }
        let isDeclared = situation.onset == nil
        let detail = isDeclared ? "as declared" : situation.onsetDetail
        return fact(
            "Since", [Span(TimeText.clockUTC(onset) + (detail.isEmpty ? "" : ", " + detail))])
    }

    private static func scope(_ situation: Situation) -> TextLine {
        guard situation.reach != .unknown else {
            let detail = situation.reachDetail
            if situation.affectedInstances.isEmpty, !detail.isEmpty {
                return fact("Scope", [Span("– " + detail)])
            }
            return fact(
                "Scope",
                [Span("? unknown" + (detail.isEmpty ? "" : ": " + detail), .conditionUnknown)])
        }
        let detail = situation.reachDetail
        let service =
            situation.affectedService.map { detail.contains($0) ? "" : $0 + ", " } ?? ""
        return fact(
            "Scope",
            [
                Span(situation.reach.rawValue.uppercased(), .textStrong),
                Span(": " + service + detail),
            ])
    }

    // MARK: Signals

    private static func signalItems(_ model: Model, width: Int) -> [ListItem] {
        (model.observation?.signals ?? []).map { signal in
            ListItem(id: signal.definition.name, [SignalText.row(signal, width: width)])
        }
    }
}
