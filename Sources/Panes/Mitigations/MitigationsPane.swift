import Basics
import Canvas
import Diagnosis
import Incidents
import Room
import Safety

/// What could be done, what waits for a decision, what was done.
enum MitigationsPane {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let waiting = model.incident.mitigations.filter { $0.state == .proposed }.count
        let inner = frame.pane(
            .mitigations, model, in: rect,
            trailing: waiting > 0 ? "\(waiting) waiting for a decision" : nil)
        let selected = model.selectedID(in: .mitigations)
        let rows = model.mitigationRows
        let all = rows.map { ListItem(id: $0.id, lines($0, model, isOpen: true)) }
        let isRoomy = all.reduce(0) { $0 + $1.lines.count } <= inner.height
        let items = zip(rows, all).enumerated().map { index, pair in
            let isOpen = isRoomy || index == 0 || pair.0.id == selected
            return isOpen ? pair.1 : ListItem(id: pair.0.id, [head(pair.0, model)])
        }
        frame.put(
            items + hint(rows, width: inner.width - 2), selected: selected,
            isFocused: model.focus == .mitigations, in: inner)
    }

    /// Says why nothing is advised.
    private static func hint(_ rows: [MitigationRow], width: Int) -> [ListItem] {
        guard rows.count == 1, case .doNothing? = rows.first?.content else { return [] }
        let text =
            "Nothing is advised: no playbook applies to what is seen. m records what somebody "
            + "does by hand."
        return [
            ListItem(
                id: nil, [.blank] + Fields.text(text, width: width, indent: 1, token: .textDim))
        ]
    }

    static func summary(_ model: Model) -> [Span] {
        let rows = model.mitigationRows
        guard let first = rows.first else { return [] }
        return head(first, model).spans
    }

    private static func lines(_ row: MitigationRow, _ model: Model, isOpen: Bool) -> [TextLine] {
        let head = head(row, model)
        guard isOpen else { return [head] }
        switch row.content {
        case .planned(let planned): return [head] + open(planned, row.id, model)
        case .proposal(let mitigation): return [head] + open(mitigation, model)
        case .doNothing: return [head]
        }
    }

    // MARK: One row

    private static func head(_ row: MitigationRow, _ model: Model) -> TextLine {
        switch row.content {
        case .planned(let planned):
            var line = TextLine([Span("· advised  ", .textDim), Span(planned.title, .textStrong)])
            line.trailing = planned.proposal.map { traits($0, model) } ?? []
            line.trailingKept = 1
            return line
        case .proposal(let mitigation):
            let look = StateLook(mitigation.state, mitigation.attempts.last?.outcome)
            var line = TextLine([
                look.span(), Span("  "), Span(mitigation.proposal.title, .textStrong),
                Span(outcome(mitigation, model), .textDim),
            ])
            line.trailing =
                running(mitigation, model) ?? verdict(mitigation, model)
                ?? (mitigation.attempts.isEmpty ? traits(mitigation.proposal, model) : [])
            line.trailingKept = 1
            return line
        case .doNothing(let cost):
            let text = cost.isEmpty ? "cost of waiting unknown" : cost
            return TextLine([Span("○ do nothing", .text), Span("  " + text, .textDim)])
        }
    }

    /// Risk and whether it can be undone.
    private static func traits(_ proposal: MitigationProposed, _ model: Model) -> [Span] {
        let risk = StateLook(risk: proposal.risk)
        let way = Reversibility(proposal, model.configuration)
        let word = Span("risk \(risk.glyph) \(risk.word)", risk.token)
        // What cannot be undone says so even where there is little room.
        return way.isIrreversible
            ? [way.span, Span("  " + word.text, word.token)]
            : [word, Span("  " + way.span.text, way.span.token)]
    }

    private static func verdict(_ mitigation: Mitigation, _ model: Model) -> [Span]? {
        if isWatched(mitigation, model) { return [watchLook.span()] }
        guard let attempt = mitigation.attempts.last, let verdict = attempt.verdict else {
            return nil
        }
        return [StateLook(verdict).span()]
    }

    private static func outcome(_ mitigation: Mitigation, _ model: Model) -> String {
        guard let attempt = mitigation.attempts.last else {
            return mitigation.closingReason.isEmpty ? "" : "  " + mitigation.closingReason
        }
        if let ended = attempt.endedAt { return "  at \(TimeText.clockUTC(ended))" }
        return ""
    }

    /// How long it runs and where it is; the title is cut before this is.
    private static func running(_ mitigation: Mitigation, _ model: Model) -> [Span]? {
        guard let attempt = mitigation.attempts.last, attempt.outcome == .running else {
            return nil
        }
        let span = TimeText.span(max(.zero, model.now.wall - attempt.startedAt))
        let count = mitigation.proposal.steps.count
        let step = max(1, attempt.step)
        let stage = mitigation.proposal.stages?.first { $0.steps.contains(step - 1) }
        let place = stage.map { " (\($0.service))" } ?? ""
        return [
            Span("\(attempt.id) for \(span), step \(step) of \(count)\(place)", .gateReview)
        ]
    }

    // MARK: Open rows

    private static func open(_ planned: PlannedMitigation, _ id: String, _ model: Model)
        -> [TextLine]
    {
        guard let proposal = planned.proposal else {
            let why = planned.problem ?? "nothing is proposed yet"
            return [TextLine([Span("✗ not possible: " + why, .gateBlocked)]).indented(2)]
        }
        return [
            TextLine(proposal.blastRadius, .textDim).indented(2),
            gateLine(id, model, end: "a opens its card"),
        ]
    }

    private static func open(_ mitigation: Mitigation, _ model: Model) -> [TextLine] {
        let proposal = mitigation.proposal
        switch mitigation.state {
        case .proposed:
            let left = model.objectionTimeLeft(mitigation)
            let end =
                left > .zero ? "others may object: \(TimeText.span(left))" : "waiting: IC  [a]"
            var lines = [
                TextLine(proposal.blastRadius, .textDim).indented(2),
                gateLine(proposal.id, model, end: end),
            ]
            if let reason = model.missingSecondPerson(mitigation) {
                lines.append(
                    TextLine("▲ two persons, \(reason): somebody else approves", .gateReview)
                        .indented(2))
            }
            if let objection = mitigation.objections.last {
                lines.append(TextLine("✗ objection: " + objection, .gateReview).indented(2))
            }
            return lines
        case .approved: return [TextLine("the intent is being written", .textDim).indented(2)]
        case .succeeded where isWatched(mitigation, model):
            let progress = model.watched?.progress ?? ""
            let watching = TextLine("watching its effect, " + progress, watchLook.token)
            return [watching.indented(2)] + rollback(mitigation, model)
        case .running, .succeeded, .failed, .unknown:
            let attempt = mitigation.attempts.last
            let canary = attempt.flatMap { model.canaryText($0) }
            let text = [canary, attempt?.detail, attempt?.verdictDetail, attempt?.lastLine]
                .compactMap { $0 }.first { !$0.isEmpty }
            let lines = text.map { [TextLine($0, .textDim).indented(2)] } ?? []
            return lines + rollback(mitigation, model)
        case .denied, .expired: return []
        }
    }

    private static func rollback(_ mitigation: Mitigation, _ model: Model) -> [TextLine] {
        RollbackText.row(mitigation, model).map { [TextLine([$0]).indented(2)] } ?? []
    }

    private static let watchLook = StateLook("◔", "watching", .conditionHolding)

    private static func isWatched(_ mitigation: Mitigation, _ model: Model) -> Bool {
        model.watched?.mitigation.proposal.id == mitigation.proposal.id
    }

    private static func gateLine(_ id: String, _ model: Model, end: String) -> TextLine {
        let report = model.gateReports[id]
        var look = GateText.look(report)
        // The card asks the IC for a reason then: no tick here.
        if look.token == .gatePass, model.incident.mitigation(id)?.objections.isEmpty == false {
            look = StateLook("▲", "review", .gateReview)
        }
        return TextLine(
            [Span("\(look.glyph) \(model.gateText(id))", look.token)],
            trailing: [Span(end, .textDim)]
        ).indented(2)
    }
}
