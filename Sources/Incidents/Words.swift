/// How bad it is: SEV1 (worst) to SEV4.
package enum Severity: Int, Sendable, Codable, CaseIterable, Comparable {
    case sev1 = 1
    case sev2, sev3, sev4

    package var name: String { "SEV\(rawValue)" }

    /// Reads `SEV1`, `sev1` or `1`.
    package init?(name: String) {
        let digits = name.uppercased().hasPrefix("SEV") ? String(name.dropFirst(3)) : name
        guard let number = Int(digits), let severity = Severity(rawValue: number) else {
            return nil
        }
        self = severity
    }

    /// Ordered by harm: `sev4 < sev1`.
    package static func < (left: Severity, right: Severity) -> Bool {
        left.rawValue > right.rawValue
    }
}

/// The five phases of the work, then closed.
package enum Phase: String, Sendable, Codable, CaseIterable {
    case triage, diagnose, fix, verify, harden, closed

    /// What must be true before the phase is left.
    package var goal: String {
        switch self {
        case .triage: "severity set, scope and start known or listed as unknown, IC named"
        case .diagnose: "a supported hypothesis, or a mitigation that does not need one"
        case .fix: "an approved action, or work recorded by hand"
        case .verify: "all stop conditions met"
        case .harden: "report complete, follow-ups recorded"
        case .closed: "nothing left"
        }
    }
}

/// The state of the incident as people outside hear it.
package enum Status: String, Sendable, Codable, CaseIterable {
    case triage, active, mitigated, monitoring, resolved, closed, cancelled, merged

    /// The word on a public status page.
    package var publicWord: String {
        switch self {
        case .triage, .active: "investigating"
        case .mitigated: "identified"
        case .monitoring: "monitoring"
        case .resolved, .closed, .cancelled, .merged: "resolved"
        }
    }

    package var isOver: Bool {
        switch self {
        case .resolved, .closed, .cancelled, .merged: true
        default: false
        }
    }
}

/// The five moments the duration figures are made of.
package enum Milestone: String, Sendable, Codable, CaseIterable {
    case started, detected, acknowledged, mitigated, resolved
}

/// Who does what. The IC decides.
package enum Role: String, Sendable, Codable, CaseIterable {
    case commander, deputy, scribe, operations, communications

    package var title: String {
        switch self {
        case .commander: "Incident Commander (IC)"
        case .deputy: "Deputy"
        case .scribe: "Scribe"
        case .operations: "Operations lead"
        case .communications: "Communications lead"
        }
    }
}

/// The fate of a hypothesis. Refuted ones stay listed with their reason.
package enum HypothesisStatus: String, Sendable, Codable, CaseIterable {
    case proposed, investigating, supported, refuted, confirmed
}

/// What an operational change was.
package enum ChangeKind: String, Sendable, Codable, CaseIterable {
    case deploy, flag, config, other
}

/// How an attempt to run an action ended.
package enum AttemptOutcome: String, Sendable, Codable, CaseIterable {
    case running, succeeded, failed, timedOut, stopped, unknown

    package var isOver: Bool { self != .running }
    /// Whether breakers and the loop gate count it as failed.
    package var countsAsFailed: Bool {
        switch self {
        case .failed, .timedOut, .unknown, .stopped: true
        case .running, .succeeded: false
        }
    }
}

/// Did the action help, measured after its watch window?
package enum Verdict: String, Sendable, Codable, CaseIterable {
    case effective, ineffective, worse, inconclusive
}

/// The six stop conditions, in the order they are shown.
package enum ConditionID: String, Sendable, Codable, CaseIterable {
    case errorRate, latency, saturation, queues, alerts, postDeploy

    package var title: String {
        switch self {
        case .errorRate: "error rate at baseline"
        case .latency: "latency at baseline"
        case .saturation: "no saturation alerts"
        case .queues: "queue backlogs cleared"
        case .alerts: "no new alerts for 15 min"
        case .postDeploy: "post-deploy stable"
        }
    }
}
