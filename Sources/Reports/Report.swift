import Basics
import Incidents
import Playbooks

/// The report of an incident: always nine sections, made from its own record alone.
///
/// What is not known is said: a section without content reads "N/A" with the reason.
package struct Report: Sendable {
    package struct Section: Sendable, Hashable {
        package var title: String
        package var lines: [String]
        /// Why it is empty; nil when it has content.
        package var notApplicable: String?
    }

    package let incident: Incident
    package let timeline: [TimelineLine]
    package let playbooks: [Playbook]
    package let actions: [String: CatalogueAction]
    /// When the report is made.
    package let time: Timestamp

    package init(
        incident: Incident, timeline: [TimelineLine], configuration: Configuration,
        time: Timestamp
    ) {
        self.incident = incident
        self.timeline = timeline
        self.time = time
        let ids = Set(incident.situations.flatMap(\.playbooks))
        playbooks = configuration.playbooks.filter { ids.contains($0.id) }
        actions = configuration.actions
    }

    /// The nine, in their fixed order.
    package var sections: [Section] {
        [
            summary, impact, hypotheses, mitigations, diagnosticPlan, proposedFix, rollbackPlan,
            checklist, hardening,
        ]
    }

    /// Markdown (CommonMark) of the whole.
    package var markdown: String {
        var out = ["# \(incident.id): \(incident.title.isEmpty ? "untitled" : incident.title)", ""]
        out += headLines
        for (index, section) in sections.enumerated() {
            out += ["", "## \(index + 1). \(section.title)", ""]
            out += section.notApplicable.map { ["N/A: \($0)"] } ?? section.lines
        }
        out += ["", "## Completeness", ""]
        let missing = self.missing
        out +=
            missing.isEmpty
            ? ["Nothing is missing."] : ["Missing:", ""] + missing.map { "- \($0)" }
        let lacks = incident.losses.sorted { $0.key < $1.key }.compactMap { $0.value.sum?.sentence }
        if !lacks.isEmpty {
            out += ["", "What the record may lack:", ""] + lacks.map { "- \($0)" }
        }
        return out.joined(separator: "\n") + "\n"
    }

    private var headLines: [String] {
        [
            "- Severity \(incident.severity.name), phase \(incident.phase.rawValue), "
                + "status \(incident.status.rawValue), environment \(incident.environment.rawValue)"
                + (incident.isDrill ? " (drill)" : ""),
            "- Incident Commander (IC): \(incident.commander ?? "nobody")",
            "- Report made at \(TimeText.rfc3339(time)) from \(timeline.count) journal entries",
        ]
    }

    // MARK: Sections

    /// The situation with most signals out of their bands, the latest of them: what happened.
    var worst: SituationRecorded? {
        func badness(_ situation: SituationRecorded) -> Int {
            situation.signals.filter { $0.isBad == true }.count
        }
        let most = incident.situations.map(badness).max() ?? 0
        return incident.situations.last { badness($0) == most }
    }

    private var summary: Section {
        var lines: [String] = []
        if let worst {
            lines.append("- What: \(worst.what)")
            lines.append("- Since: \(worst.since)")
            lines.append("- Trend when last bad: \(worst.trend)")
        }
        lines.append("- Now: \(nowLine)")
        lines += durationLines.map { "- " + $0 }
        let unknowns = worst?.unknowns ?? incident.unknowns
        if !unknowns.isEmpty { lines.append("- Unknown: \(unknowns.joined(separator: ", "))") }
        return Section(title: "Situation summary", lines: lines)
    }

    private var nowLine: String {
        if let resolution = incident.resolution {
            return resolution.overrideReason.map { "declared resolved by override: \($0)" }
                ?? "resolved, all stop conditions met"
        }
        guard let last = incident.situations.last else { return "no observation was recorded" }
        return last.signals.filter { $0.isBad == true }.map { "\($0.name) \($0.value)" }
            .joined(separator: ", ").ifEmpty("no signal is out of its band")
    }

    /// The four spans with their definitions.
    private var durationLines: [String] {
        let spans: [(String, Milestone, Milestone)] = [
            ("TTD = detected − started", .started, .detected),
            ("TTA = acknowledged − detected", .detected, .acknowledged),
            ("TTM = mitigated − started", .started, .mitigated),
            ("TTR = resolved − started", .started, .resolved),
        ]
        return spans.map { name, from, to in
            "\(name): " + (incident.span(from, to).map(spanText) ?? "unknown")
        }
    }

    private func spanText(_ span: Duration) -> String {
        span < .zero
            ? "0s (it happened \(TimeText.span(.zero - span)) before)" : TimeText.span(span)
    }

    private var impact: Section {
        guard let worst else {
            return Section(
                title: "Impact and blast radius", lines: [],
                notApplicable: "no observation was recorded")
        }
        var lines = [
            "- Scope: \(worst.reach)\(worst.reachDetail.isEmpty ? "" : ", " + worst.reachDetail)",
            "- Service: \(worst.service ?? incident.service ?? "unknown")",
        ]
        lines += worst.signals.filter { $0.isBad == true }.map {
            "- \($0.name): \($0.value) (baseline \($0.baseline))"
        }
        lines.append("- Doing nothing: \(worst.doNothing.ifEmpty("unknown, no SLO is configured"))")
        lines += Set(incident.mitigations.map(\.proposal.blastRadius)).sorted().map {
            "- Actions: \($0)"
        }
        lines.append("- Alerts that fired: \(incident.alertCount)")
        return Section(title: "Impact and blast radius", lines: lines)
    }

    private var hypotheses: Section {
        let ranked = worst?.hypotheses ?? []
        let known = Set(ranked.map(\.id))
        guard !ranked.isEmpty || !incident.hypotheses.isEmpty else {
            return Section(
                title: "Hypotheses, ranked", lines: [], notApplicable: "none was recorded")
        }
        var lines: [String] = []
        for (index, hypothesis) in ranked.enumerated() {
            lines.append(
                "\(index + 1). \(hypothesis.statement): \(hypothesis.strength), "
                    + "\(UnitText.significant(hypothesis.bits)) bits, share "
                    + UnitText.percent(hypothesis.share))
            let pinned = evidence(about: hypothesis.id)
            let texts = Set(pinned.map(\.text))
            lines += hypothesis.supporting.filter { !texts.contains($0) }.map { "   - for: \($0)" }
            lines += hypothesis.contradicting.filter { !texts.contains($0) }.map {
                "   - against: \($0)"
            }
            lines += pinned.map(Self.line)
            if !hypothesis.falsifiedBy.isEmpty {
                lines.append("   - falsified by: \(hypothesis.falsifiedBy)")
            }
        }
        for record in incident.hypotheses
        where record.status != .proposed || !known.contains(record.id) {
            let reason = record.reason.isEmpty ? "" : ", " + record.reason
            lines.append("- \(record.statement): \(record.status.rawValue)\(reason)")
            if !known.contains(record.id) { lines += record.evidence.map(Self.line) }
        }
        return Section(title: "Hypotheses, ranked", lines: lines)
    }

    /// What people attached to a hypothesis, also after it was ranked last.
    private func evidence(about id: String) -> [EvidenceAdded] {
        incident.hypotheses.first { $0.id == id }?.evidence ?? []
    }

    /// With the file and the offset, or whatever it was taken from.
    private static func line(_ evidence: EvidenceAdded) -> String {
        "   - \(evidence.supports ? "for" : "against"): \(evidence.text) (\(evidence.source))"
    }

    private var mitigations: Section {
        var lines: [String] = []
        for mitigation in incident.mitigations {
            let proposal = mitigation.proposal
            lines.append(
                "- \(proposal.id) \(proposal.title): \(mitigation.state.rawValue), risk "
                    + "\(proposal.risk), rollback "
                    + (proposal.rollbackSteps.isEmpty ? "none" : command(proposal.rollbackSteps)))
            lines.append("  - ran: \(command(proposal.steps))")
            if let approver = mitigation.approver {
                lines.append("  - approved by \(approver.name)")
            }
            lines += mitigation.attempts.compactMap { attempt in
                attempt.verdict.map {
                    "  - \(attempt.id) \($0.rawValue): \(attempt.verdictDetail)"
                }
            }
        }
        lines += incident.manualActions.map {
            "- by hand at \(TimeText.rfc3339($0.time)) (\($0.author)): \($0.text)"
        }
        return Section(
            title: "Immediate mitigations", lines: lines,
            notApplicable: lines.isEmpty ? "nothing was proposed or done" : nil)
    }

    private var diagnosticPlan: Section {
        var lines = playbooks.flatMap { book in
            ["- Playbook \(book.title)"] + book.check.map { "  - \($0)" }
        }
        lines += (worst?.hypotheses ?? []).filter { !$0.fastestTest.isEmpty }.map {
            "- Test \"\($0.statement)\": \($0.fastestTest)"
        }
        return Section(
            title: "Diagnostic plan", lines: lines,
            notApplicable: lines.isEmpty ? "no playbook applied" : nil)
    }

    private var proposedFix: Section {
        let effective = incident.mitigations.filter { mitigation in
            mitigation.attempts.contains { $0.verdict == .effective }
        }
        let lines = effective.map {
            "- \($0.proposal.title) restored service; the change itself is still to be fixed in "
                + "\($0.proposal.target) and goes out through staging or canary first"
        }
        return Section(
            title: "Proposed fix", lines: lines,
            notApplicable: lines.isEmpty
                ? "no action proved effective; a fix needs a confirmed cause" : nil)
    }

    private var rollbackPlan: Section {
        var lines: [String] = []
        for mitigation in incident.mitigations where mitigation.state == .succeeded {
            let proposal = mitigation.proposal
            if !proposal.rollbackSteps.isEmpty {
                lines.append("- undo \(proposal.title):")
                lines += proposal.rollbackSteps.map { "  - `\(command([$0]))`" }
            } else if let inverse = actions[proposal.action]?.inverse {
                lines.append(
                    "- undo \(proposal.title): by hand with \(inverse); it puts the suspect back")
            } else {
                lines.append("- \(proposal.title): nothing undoes it")
            }
        }
        return Section(
            title: "Rollback plan", lines: lines,
            notApplicable: lines.isEmpty ? "nothing succeeded that could be undone" : nil)
    }

    private var checklist: Section {
        let conditions = incident.situations.last?.conditions ?? []
        var lines = conditions.map {
            "- [\($0.state == "met" ? "x" : " ")] \($0.id.title): \($0.state), \($0.detail)"
        }
        lines += playbooks.flatMap(\.confirm).map { "- [ ] \($0)" }
        if let resolution = incident.resolution, let reason = resolution.overrideReason {
            lines.append(
                "- Override: \(reason); not met: \(resolution.unmet.joined(separator: ", "))")
        }
        return Section(
            title: "Verification checklist", lines: lines,
            notApplicable: lines.isEmpty ? "no stop condition was evaluated" : nil)
    }

    private var hardening: Section {
        var lines = incident.followUps.map { "- [ ] \($0.text)" }
        lines += incident.credentials.map {
            "- [ ] rotate the credential \($0.words)"
                + ($0.more.map { " and \($0) more seen with it" } ?? "")
        }
        lines += playbooks.flatMap(\.harden).map { "- [ ] \($0)" }
        lines += playbooks.flatMap(\.deferTo).map { "- hand over: \(filled($0))" }
        return Section(
            title: "Hardening and follow-ups", lines: lines,
            notApplicable: lines.isEmpty ? "none was recorded and no playbook applied" : nil)
    }

    // MARK: Completeness

    /// What a complete report still lacks; empty when every section is addressed.
    package var missing: [String] {
        var missing: [String] = []
        if incident.startedAt == nil { missing.append("when it started") }
        if incident.commander == nil { missing.append("who is Incident Commander") }
        if worst == nil { missing.append("any observation of the signals") }
        if let leader = worst?.hypotheses.first, leader.supporting.isEmpty {
            missing.append("evidence for the leading hypothesis")
        }
        if incident.mitigations.isEmpty && incident.manualActions.isEmpty {
            missing.append("a mitigation, proposed or done by hand")
        }
        for mitigation in incident.mitigations
        where mitigation.state == .succeeded && mitigation.attempts.last?.verdict == nil {
            missing.append("the verdict on \(mitigation.proposal.title)")
        }
        for attempt in incident.unacknowledgedUnknowns {
            missing.append("what became of \(attempt.id) \(attempt.action)")
        }
        if incident.resolution == nil { missing.append("the resolution: the incident is open") }
        return missing
    }

    /// A playbook's sentence about this incident's service.
    private func filled(_ text: String) -> String {
        let service = worst?.service ?? incident.service ?? "the service"
        return text.split(separator: "{service}", omittingEmptySubsequences: false)
            .joined(separator: service)
    }

    private func command(_ steps: [[String]]) -> String {
        steps.map { $0.joined(separator: " ") }.joined(separator: " && ")
    }
}

extension String {
    /// `other` when this is empty.
    func ifEmpty(_ other: String) -> String { isEmpty ? other : self }
}
