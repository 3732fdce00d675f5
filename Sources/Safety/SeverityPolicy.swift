import Incidents

/// What each severity allows before the IC must look.
package enum SeverityPolicy {
    package struct Row: Sendable, Hashable {
        /// How many services may be acted on; nil is no limit.
        package var servicesMax: Int?
        /// How many automatic executions; nil is no limit of the row's own.
        package var automaticMax: Int?
        /// After how many failed automatic executions a person decides; nil is never.
        package var failuresMax: Int?
        /// Whether an automatic rollback in production needs a person.
        package var asksForProductionRollback: Bool
    }

    /// No incident gets more automatic executions than this before it was escalated to a person.
    package static let automaticBeforeEscalationMax = 3

    package static func row(_ severity: Severity) -> Row {
        switch severity {
        case .sev1:
            Row(
                servicesMax: nil, automaticMax: 3, failuresMax: 3, asksForProductionRollback: false)
        // The third service is the IC's decision.
        case .sev2:
            Row(servicesMax: 2, automaticMax: 2, failuresMax: 2, asksForProductionRollback: false)
        case .sev3:
            Row(servicesMax: 1, automaticMax: 3, failuresMax: nil, asksForProductionRollback: true)
        case .sev4:
            Row(
                servicesMax: 1, automaticMax: nil, failuresMax: nil,
                asksForProductionRollback: false)
        }
    }

    /// The stricter of the row's figure and the one before an escalation.
    package static func automaticMax(_ severity: Severity) -> Int {
        min(row(severity).automaticMax ?? .max, automaticBeforeEscalationMax)
    }
}

extension Incident {
    /// Executions without a person's approval. Rollbacks never count.
    package var automaticExecutions: [Mitigation.Attempt] {
        mitigations.filter { mitigation in
            mitigation.proposal.rollbackOf == nil && mitigation.approver?.isPerson != true
        }.flatMap(\.attempts)
    }

    /// The services that this incident's actions were run on, in order of their names.
    package var servicesTouched: [String] {
        var names: [String] = []
        for attempt in attempts where !names.contains(where: { NameRule.same($0, attempt.target) })
        {
            names.append(attempt.target)
        }
        return names.sorted()
    }
}
