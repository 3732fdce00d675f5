import Basics
import Incidents

/// What each severity allows before the IC must look.
package enum SeverityPolicy {
    package struct Row: Sendable, Hashable {
        /// How many services may be acted on; nil is no limit.
        package var servicesMax: Int?
        /// How many automatic executions; nil is no limit of the row's own.
        package var automaticMax: Int?
        /// After how many failed executions only a person decides; nil is never.
        package var failuresMax: Int?
        /// Whether an automatic rollback in production needs a person.
        package var asksForProductionRollback: Bool
        /// Share of the services and of the customers that one action may touch without a review,
        /// 0…1. The worse the incident, the more is worth touching.
        package var shareMax: Double
    }

    /// No incident gets more automatic executions than this before it was escalated to a person.
    package static let automaticBeforeEscalationMax = 3

    package static func row(_ severity: Severity) -> Row {
        switch severity {
        case .sev1:
            Row(
                servicesMax: nil, automaticMax: 3, failuresMax: 3, asksForProductionRollback: false,
                shareMax: 1)
        // The third service is the IC's decision.
        case .sev2:
            Row(
                servicesMax: 2, automaticMax: 2, failuresMax: 2, asksForProductionRollback: false,
                shareMax: 0.5)
        case .sev3:
            Row(
                servicesMax: 1, automaticMax: 3, failuresMax: nil, asksForProductionRollback: true,
                shareMax: 0.25)
        case .sev4:
            Row(
                servicesMax: 1, automaticMax: nil, failuresMax: nil,
                asksForProductionRollback: false, shareMax: 0.1)
        }
    }

    /// The stricter of the row's figure and the one before an escalation.
    package static func automaticMax(_ severity: Severity) -> Int {
        min(row(severity).automaticMax ?? .max, automaticBeforeEscalationMax)
    }

    /// Why `blast` is more than this severity lets one action touch without a review, or nil.
    ///
    /// One service alone is never too large a share of the services: a small registry has no
    /// smaller one.
    package static func capReason(_ blast: BlastRadius, _ severity: Severity) -> String? {
        let cap = row(severity).shareMax
        let services = blast.targets.count <= 1 && !blast.isUnknown ? 0 : blast.serviceShare
        guard services > cap || blast.customerShare > cap else { return nil }
        return "\(blast.shareText); the cap at \(severity.name) is \(UnitText.percent(cap))"
    }
}

extension Incident {
    /// Executions without a person's approval. Rollbacks never count.
    package var automaticExecutions: [Mitigation.Attempt] {
        mitigations.filter { mitigation in
            mitigation.proposal.rollbackOf == nil && mitigation.approver?.isPerson != true
        }.flatMap(\.attempts)
    }

    /// Those among them that no acknowledged escalation came after.
    package var automaticSinceEscalation: [Mitigation.Attempt] {
        let answered = escalations.filter { $0.acknowledgedBy != nil }.map {
            Moment(wall: $0.moment.wall, boot: $0.moment.boot, bootID: $0.moment.bootID)
        }
        return automaticExecutions.filter { attempt in
            !answered.contains { TimeWindow.span(from: attempt.moment, to: $0) > .zero }
        }
    }

    /// Forward executions that failed or whose outcome nobody knows.
    package var failedExecutions: [Mitigation.Attempt] {
        mitigations.filter { $0.proposal.rollbackOf == nil }.flatMap(\.attempts)
            .filter(\.outcome.countsAsFailed)
    }

    /// The services that actions were run on, by the room or by hand, in order of their names.
    package var servicesTouched: [String] {
        var names: [String] = []
        let targets = mitigations.filter { !$0.attempts.isEmpty }.flatMap { mitigation in
            [mitigation.proposal.target] + (mitigation.proposal.stages ?? []).map(\.service)
        }
        for name in targets + manualActions.compactMap(\.target)
        where !names.contains(where: { NameRule.same($0, name) }) {
            names.append(name)
        }
        return names.sorted()
    }
}
