import Basics

/// One event as people read it: glyph, kind word and sentence.
package struct TimelineLine: Sendable, Hashable {
    /// How much it matters; the default view hides `.detail`.
    package enum Weight: Int, Sendable, Comparable {
        case detail, normal, decision, alarm
        package static func < (left: Weight, right: Weight) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    package var sequence: UInt64
    package var time: Timestamp
    package var actor: String
    package var glyph: String
    /// One short word: `alert`, `decision`, `action`.
    package var word: String
    package var text: String
    package var weight: Weight

    package init(_ event: Event) {
        let parts =
            Self.lifecycle(event.payload) ?? Self.observed(event.payload)
            ?? Self.reasoning(event.payload) ?? Self.acting(event.payload)
            ?? Self.running(event.payload) ?? Self.guarding(event.payload)
            ?? Self.unknown(event)
        sequence = event.sequence
        time = event.time
        actor = event.actor.name
        glyph = parts.glyph
        word = parts.word
        text = parts.text
        weight = parts.weight
    }

    struct Parts {
        var glyph: String
        var word: String
        var text: String
        var weight: Weight
        init(_ glyph: String, _ word: String, _ text: String, _ weight: Weight = .normal) {
            self.glyph = glyph
            self.word = word
            self.text = text
            self.weight = weight
        }
    }

    /// A kind of another module or another version, shown raw.
    private static func unknown(_ event: Event) -> Parts {
        let json = (event.payload as? UnknownPayload)?.json ?? ""
        return Parts("·", "record", "\(event.kind) \(json)", .detail)
    }

    private static func lifecycle(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as IncidentOpened:
            Parts("▲", "opened", "\(it.id) \(it.severity.name) \(it.title)", .decision)
        case let it as SeverityChanged:
            Parts("▲", "severity", "\(it.severity.name)\(because(it.reason))", .decision)
        case let it as PhaseChanged: Parts("▸", "phase", it.phase.rawValue, .decision)
        case let it as StatusChanged:
            Parts("▸", "status", "\(it.status.rawValue)\(because(it.reason))", .decision)
        case let it as MilestoneSet:
            Parts(
                "◆", "milestone",
                "\(it.milestone.rawValue) at \(TimeText.rfc3339(it.at)) (\(it.source))")
        case let it as TitleChanged: Parts("▸", "title", it.title)
        case let it as RoleAssigned: Parts("▸", "role", "\(it.person) is \(it.role.title)")
        case let it as NoteAdded: Parts("✎", "note", it.text)
        case let it as NoteAmended: Parts("✎", "amended", "note \(it.sequence): \(it.text)")
        case let it as UpdatePublished: Parts("✉", "update", it.text, .decision)
        case let it as FollowUpAdded: Parts("✎", "follow-up", it.text)
        case let it as EnvironmentAnswered:
            Parts(
                "▸", "setting",
                "\(it.environment.rawValue), tickets \(it.hasTickets ? "yes" : "no"), "
                    + "on-call \(it.hasOnCall ? "yes" : "no")")
        case let it as IncidentResolved:
            Parts(
                "✓", "resolved",
                it.overrideReason.map {
                    "override: \($0); not met: \(it.unmet.joined(separator: ", "))"
                }
                    ?? "all stop conditions met", .decision)
        case is IncidentClosed: Parts("✓", "closed", "incident closed", .decision)
        case let it as IncidentReopened: Parts("▲", "reopened", it.reason, .alarm)
        default: nil
        }
    }

    private static func observed(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as ChangeRecorded:
            Parts(
                "◆", it.changeKind.rawValue,
                "\(it.service) \(it.previous.map { $0 + " → " } ?? "")\(it.version) \(it.summary)")
        case let it as AlertFiring:
            Parts("▲", "alert", "\(it.name) firing: \(it.summary)", .alarm)
        case let it as AlertResolved: Parts("✓", "alert", "\(it.name) resolved")
        case let it as PatternNew:
            Parts("●", "pattern", "new  \"\(it.template)\" ×\(it.count)  \(it.source)")
        case let it as PatternSpike:
            Parts(
                "●", "pattern",
                "\"\(it.template)\" \(UnitText.number(it.ratePerMinute))/min, baseline "
                    + "\(UnitText.number(it.baselinePerMinute))/min")
        case let it as PatternVanished:
            Parts(
                "●", "pattern",
                "\"\(it.template)\" vanished, baseline "
                    + "\(UnitText.number(it.baselinePerMinute))/min")
        case let it as PatternsMany:
            Parts(
                "●", "pattern",
                "\(it.count) more \(it.change)  "
                    + it.examples.map { "\"\($0)\"" }.joined(separator: ", "))
        case let it as SourceLoss: Parts("!", "loss", it.sentence, .alarm)
        case let it as SourceStale: Parts("!", "source", "\(it.source): \(it.detail)", .alarm)
        case let it as SourceRecovered: Parts("✓", "source", "\(it.source) is back")
        case let it as CredentialSeen:
            Parts(
                "!", "secret",
                "a credential (\(it.credentialClass) #\(it.tag)) was seen in \(it.source): "
                    + "rotate it" + (it.more.map { "; and \($0) more" } ?? ""), .alarm)
        case let it as BaselineFrozen:
            Parts("·", "baseline", "\(it.signal) from \(it.origin)", .detail)
        case let it as SituationRecorded:
            Parts("·", "situation", "\(it.what), \(it.reach) \(it.reachDetail)", .detail)
        case let it as ConditionMet:
            Parts("✓", "condition", "\(it.condition.title): \(it.detail)")
        case let it as ConditionLost:
            Parts("✗", "relapse", "\(it.condition.title): \(it.detail)", .alarm)
        case let it as ConditionUnknown:
            Parts("?", "condition", "\(it.condition.title) unknown: \(it.detail)")
        case let it as ConditionCheckedByHand:
            Parts(
                "✓", "condition", "\(it.condition.title) checked by hand: \(it.detail)",
                .decision)
        case let it as ConditionNotApplicable:
            Parts(
                "–", "condition", "\(it.condition.title) not applicable: \(it.detail)",
                .decision)
        default: nil
        }
    }

    private static func reasoning(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as HypothesisAdded: Parts("?", "hypothesis", it.statement)
        case let it as HypothesisStatusChanged:
            Parts(
                "?", "hypothesis", "\(it.id) \(it.status.rawValue)\(because(it.reason))",
                .decision)
        case let it as HypothesisPinned:
            Parts("?", "hypothesis", "\(it.id) \(it.isPinned ? "pinned" : "unpinned")")
        case let it as EvidenceAdded:
            Parts(
                it.supports ? "+" : "−", "evidence",
                "\(it.supports ? "for" : "against") \(it.hypothesis): \(it.text) (\(it.source))")
        default: nil
        }
    }

    private static func acting(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as MitigationProposed:
            Parts("▲", "proposed", "\(it.id) \(it.title): \(it.reason)", .decision)
        case let it as MitigationObjected:
            Parts("✗", "objection", "\(it.proposal): \(it.reason)", .decision)
        case let it as MitigationApproved:
            Parts(
                "▲", "approved",
                it.proposal
                    + (it.reviewReason.map {
                        " after review of \(it.reviewed.joined(separator: ", ")): \($0)"
                    } ?? ""), .decision)
        case let it as MitigationDenied:
            Parts("✗", "refused", "\(it.proposal)\(because(it.reason))", .decision)
        case let it as MitigationExpired: Parts("–", "expired", it.proposal)
        case let it as GateBlocked:
            Parts("✗", "blocked", "\(it.proposal) by \(it.gate): \(it.reason)", .alarm)
        case let it as StopSet:
            Parts(
                "■", "STOP",
                "EMERGENCY STOP ON: \(it.reason) (\(it.paths.joined(separator: ", ")))"
                    + (it.unreached.isEmpty
                        ? "" : "; not written: \(it.unreached.joined(separator: ", "))"),
                .alarm)
        case let it as StopCleared:
            Parts("■", "STOP", "emergency stop cleared: \(it.reason)", .alarm)
        default: nil
        }
    }

    private static func running(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as ActionIntent:
            Parts(
                "▲", "action", "\(it.attempt) \(it.action) on \(it.target) begins (\(it.proposal))",
                .decision)
        case let it as ActionStarted:
            Parts("·", "action", "\(it.attempt) step \(it.step) is pid \(it.pid)", .detail)
        case let it as ActionOutput:
            Parts("·", "output", "\(it.attempt) step \(it.step): \(it.lastLine)", .detail)
        case let it as ActionSucceeded:
            Parts(
                "✓", "action",
                "\(it.attempt) succeeded in \(UnitText.seconds(it.seconds))", .decision)
        case let it as ActionFailed:
            Parts("✗", "action", "\(it.attempt) failed: \(it.detail)", .alarm)
        case let it as ActionTimedOut:
            Parts("✗", "action", "\(it.attempt) timed out: \(it.detail)", .alarm)
        case let it as ActionStopped:
            Parts("■", "action", "\(it.attempt) stopped: \(it.detail)", .alarm)
        case let it as ActionUnknown:
            Parts("?", "action", "\(it.attempt) outcome unknown: \(it.detail)", .alarm)
        case let it as ActionAcknowledged:
            Parts("▸", "action", "\(it.attempt) looked at: \(it.finding)", .decision)
        case let it as ActionManual: Parts("✎", "by hand", it.text, .decision)
        case let it as ActionJudged:
            Parts(
                "◆", "verdict", "\(it.attempt) \(it.verdict.rawValue): \(it.detail)", .decision)
        default: nil
        }
    }
}
