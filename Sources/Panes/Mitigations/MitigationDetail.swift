import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Room
import Safety

/// Everything about one mitigation: exact commands, history, gates.
enum MitigationDetail {
    static func lines(_ row: MitigationRow, _ model: Model, width: Int) -> [TextLine] {
        switch row.content {
        case .planned(let planned): self.planned(planned, row.id, model, width)
        case .proposal(let mitigation): proposal(mitigation, model, width)
        case .doNothing(let cost): doNothing(cost, model, width)
        }
    }

    private static func planned(
        _ planned: PlannedMitigation, _ id: String, _ model: Model, _ width: Int
    ) -> [TextLine] {
        let advice = planned.advice
        var lines = Fields.text(planned.title, width: width, token: .textStrong) + [.blank]
        lines += Fields.wrapped("Why", advice.why, width: width)
        lines += Fields.wrapped("Could break", orUnknown(advice.couldBreak), width: width)
        lines += Fields.wrapped("Watch", orUnknown(advice.monitor), width: width)
        lines += Fields.wrapped("Advised by", "playbook \(advice.playbook)", width: width)
        if let problem = planned.problem {
            lines += Fields.wrapped(
                "Not possible", "✗ " + problem, width: width, token: .gateBlocked)
        }
        if let proposal = planned.proposal { lines += commands(proposal, model, width) }
        if let report = model.gateReports[id] {
            lines += [.blank] + GateText.lines(report, width: width)
        }
        return lines
    }

    private static func proposal(_ mitigation: Mitigation, _ model: Model, _ width: Int)
        -> [TextLine]
    {
        let proposal = mitigation.proposal
        let look = StateLook(mitigation.state, mitigation.attempts.last?.outcome)
        var lines = Fields.text(
            "\(proposal.id) \(proposal.title)", width: width, token: .textStrong)
        lines += [.blank]
        lines += Fields.wrapped(
            "State", "\(look.glyph) \(look.word)", width: width, token: look.token)
        lines += Fields.wrapped(
            "Proposed",
            "\(TimeText.clockUTC(mitigation.proposedAt)) by \(mitigation.proposer.name): "
                + proposal.reason, width: width)
        if let approver = mitigation.approver {
            lines += Fields.wrapped(
                "Approved by", approver.name + decision(mitigation.approval), width: width)
        }
        if let why = mitigation.approval?.breakGlass {
            lines += Fields.wrapped(
                "Break glass", "▲ alone, where two persons are asked for: " + why, width: width,
                token: .cardDanger)
        }
        for objection in mitigation.objections {
            lines += Fields.wrapped(
                "Objection", "✗ " + objection, width: width, token: .gateReview)
        }
        if !mitigation.closingReason.isEmpty {
            lines += Fields.wrapped("Closed", mitigation.closingReason, width: width)
        }
        for attempt in mitigation.attempts { lines += self.attempt(attempt, model, width) }
        lines += RollbackText.lines(mitigation, model, width: width)
        lines += commands(proposal, model, width)
        let runs = model.incident.commandRuns.filter {
            $0.proposal.map { NameRule.same($0, proposal.id) } == true
        }
        lines += CommandRunText.lines("Run beside it", runs, width: width)
        let report =
            model.gateReports[proposal.id] ?? model.gates(for: proposal, stage: .proposal)
        return lines + [.blank] + GateText.lines(report, width: width)
    }

    /// Review and objection window, as the approval has them.
    private static func decision(_ approval: MitigationApproved?) -> String {
        var parts: [String] = []
        if let reason = approval?.reviewReason, approval?.breakGlass != reason {
            parts.append("after review: " + reason)
        }
        if let window = approval?.objectionWindow, window > 0 {
            let others = approval?.connected?.joined(separator: ", ") ?? "others"
            let early = approval?.proceededEarly == true ? ", cut short" : ""
            parts.append("\(others) could object for \(TimeText.span(.seconds(window)))\(early)")
        }
        return parts.isEmpty ? "" : ", " + parts.joined(separator: "; ")
    }

    private static func attempt(
        _ attempt: Mitigation.Attempt, _ model: Model, _ width: Int
    ) -> [TextLine] {
        let end = attempt.endedAt.map {
            "\(attempt.outcome.rawValue) after \(TimeText.span($0 - attempt.startedAt))"
        }
        let detail = [attempt.detail, attempt.lastLine].filter { !$0.isEmpty }
        let text = ["began \(TimeText.clockUTC(attempt.startedAt))", end ?? "running"] + detail
        var lines = Fields.wrapped(
            "Attempt \(attempt.id)", text.joined(separator: ", "), width: width)
        if let canary = model.canaryText(attempt) {
            lines += Fields.wrapped("", canary, width: width, token: .conditionHolding)
        }
        for seen in model.incident.canaries where NameRule.same(seen.attempt, attempt.id) {
            lines += Fields.wrapped(
                "", "\(seen.isStable ? "✓" : "✗") after \(seen.service): \(seen.detail)",
                width: width, token: seen.isStable ? .conditionMet : .alertFiring)
        }
        for blob in attempt.blobs {
            lines += Fields.wrapped(
                "", "output: blobs/\(blob.prefix(16))…", width: width, token: .textDim)
        }
        if let verdict = attempt.verdict {
            let look = StateLook(verdict)
            lines += Fields.wrapped(
                "Verdict", "\(look.glyph) \(look.word): \(attempt.verdictDetail)", width: width,
                token: look.token)
        }
        return lines
    }

    private static func doNothing(_ cost: String, _ model: Model, _ width: Int) -> [TextLine] {
        let text = cost.isEmpty ? "cost of waiting unknown" : cost
        var lines = Fields.text("Do nothing: " + text, width: width, token: .textStrong)
        for playbook in model.activePlaybooks where !playbook.doNothing.isEmpty {
            lines += [.blank] + Fields.text(playbook.doNothing, width: width)
        }
        return lines
    }

    /// The exact argument lists, to be copied; shown also while nothing may run.
    static func commands(_ proposal: MitigationProposed, _ model: Model, _ width: Int) -> [TextLine]
    {
        var lines: [TextLine] = [.blank]
        lines += CommandText.rows("Runs", proposal.steps, width: width)
        lines += Reversibility(proposal, model.configuration).lines(width: width)
        if let cannotUndo = proposal.cannotUndo {
            lines += Fields.wrapped(
                "Cannot undo", "▲ " + cannotUndo, width: width, token: .riskHigh)
        }
        lines += Fields.wrapped(
            "Touches", GateText.withoutVerb(proposal.blastRadius), width: width)
        return lines
    }

    private static func orUnknown(_ text: String) -> String {
        text.isEmpty ? "not said by the playbook" : text
    }
}
