import Basics

/// What the operator must do to approve, by the class of the action.
package enum ApprovalClass: String, Sendable, Codable, CaseIterable {
    /// Non-production: Enter on the focused button.
    case enter
    /// Production and reversible: `Y`; Enter never approves.
    case yes
    /// Destructive, irreversible or fleet-wide: the typed word CONFIRM and the target's name.
    case confirm
}

/// The frozen identity of one proposed use of one action on one target.
///
/// Everything that will run stands here; approval is bound to `digest`, so what was shown is what
/// runs.
package struct MitigationProposed: EventPayload, Hashable {
    package static let kind = "mitigation.proposed"
    /// Unique within the incident: `M1`, `M2`, …
    package var id: String
    package var action: String
    package var title: String
    /// The service it acts on.
    package var target: String
    package var environment: DeploymentEnvironment
    package var slots: [String: String]
    /// The exact argv lists, in order, with every slot filled.
    package var steps: [[String]]
    /// The exact argv lists that undo it; empty when nothing does.
    package var rollbackSteps: [[String]]
    /// The proposal this one undoes.
    package var rollbackOf: String?
    package var risk: String
    package var tier: String
    package var approvalClass: ApprovalClass
    package var onStop: String
    /// Seconds.
    package var timeout: Double
    package var blastRadius: String
    package var reason: String
    /// SHA-256 of action, argv, environment, target and incident, hex.
    package var digest: String
    /// For an action that spans services: which of `steps` belong to which service, edge first.
    /// nil for an action on one service.
    package var stages: [ActionStage]?
    /// Read-only commands whose output is kept before the first step runs.
    package var capture: [[String]]?
    /// Commands that say whether the rollback would work; all must end with 0 before an approval.
    package var readyCheck: [[String]]?
    /// What cannot be undone, in words for the card.
    package var cannotUndo: String?

    package init(
        id: String, action: String, title: String, target: String,
        environment: DeploymentEnvironment, slots: [String: String], steps: [[String]],
        rollbackSteps: [[String]], rollbackOf: String?, risk: String, tier: String,
        approvalClass: ApprovalClass, onStop: String, timeout: Double, blastRadius: String,
        reason: String, digest: String, stages: [ActionStage]? = nil, capture: [[String]]? = nil,
        readyCheck: [[String]]? = nil, cannotUndo: String? = nil
    ) {
        self.id = id
        self.action = action
        self.title = title
        self.target = target
        self.environment = environment
        self.slots = slots
        self.steps = steps
        self.rollbackSteps = rollbackSteps
        self.rollbackOf = rollbackOf
        self.risk = risk
        self.tier = tier
        self.approvalClass = approvalClass
        self.onStop = onStop
        self.timeout = timeout
        self.blastRadius = blastRadius
        self.reason = reason
        self.digest = digest
        self.stages = stages
        self.capture = capture
        self.readyCheck = readyCheck
        self.cannotUndo = cannotUndo
    }
}

/// The part of an action that touches one service.
package struct ActionStage: Sendable, Codable, Hashable {
    package var service: String
    /// Indices into `MitigationProposed.steps`, from 0.
    package var steps: [Int]
    package init(service: String, steps: [Int]) {
        self.service = service
        self.steps = steps
    }
}

package struct MitigationObjected: EventPayload {
    package static let kind = "mitigation.objected"
    package var proposal: String
    package var reason: String
    package init(proposal: String, reason: String) {
        self.proposal = proposal
        self.reason = reason
    }
}

/// Single use, bound to the digest, valid for five minutes.
package struct MitigationApproved: EventPayload, Hashable {
    package static let kind = "mitigation.approved"
    package var proposal: String
    package var digest: String
    package var approvalClass: ApprovalClass
    /// Review gates that were passed over, by name.
    package var reviewed: [String]
    /// The reason typed for all of them.
    package var reviewReason: String?
    /// One line per program as it was at the approval; another one at the run refuses. nil when
    /// nobody looked.
    package var executables: [String]?
    /// Why one person went on where two are asked for; nil when that was not so.
    package var breakGlass: String?
    /// How long others could object, in seconds; nil or 0 when nobody else was connected.
    package var objectionWindow: Double?
    /// Who was connected meanwhile.
    package var connected: [String]?
    /// The window was cut short by the approver.
    package var proceededEarly: Bool?
    /// SHA-256 over the configuration files as they were, hex; another one at the run refuses.
    package var policy: String?
    package init(
        proposal: String, digest: String, approvalClass: ApprovalClass, reviewed: [String],
        reviewReason: String?, executables: [String]? = nil, breakGlass: String? = nil,
        objectionWindow: Double? = nil, connected: [String]? = nil,
        proceededEarly: Bool? = nil, policy: String? = nil
    ) {
        self.proposal = proposal
        self.digest = digest
        self.approvalClass = approvalClass
        self.reviewed = reviewed
        self.reviewReason = reviewReason
        self.executables = executables
        self.breakGlass = breakGlass
        self.objectionWindow = objectionWindow
        self.connected = connected
        self.proceededEarly = proceededEarly
        self.policy = policy
    }
}

package struct MitigationDenied: EventPayload {
    package static let kind = "mitigation.denied"
    package var proposal: String
    package var reason: String
    package init(proposal: String, reason: String) {
        self.proposal = proposal
        self.reason = reason
    }
}

package struct MitigationExpired: EventPayload {
    package static let kind = "mitigation.expired"
    package var proposal: String
    package init(proposal: String) { self.proposal = proposal }
}

package struct GateBlocked: EventPayload {
    package static let kind = "gate.blocked"
    package var proposal: String
    package var gate: String
    package var reason: String
    package init(proposal: String, gate: String, reason: String) {
        self.proposal = proposal
        self.gate = gate
        self.reason = reason
    }
}

/// Synced before anything is spawned.
package struct ActionIntent: EventPayload {
    package static let kind = "action.intent"
    package var proposal: String
    /// Unique within the incident: `A1`, `A2`, …
    package var attempt: String
    package var action: String
    package var target: String
    package var environment: DeploymentEnvironment
    package var steps: [[String]]
    package var digest: String
    package var rollbackOf: String?
    /// One line per executable: path, device, inode, modification time, SHA-256.
    package var executables: [String]
    package init(
        proposal: String, attempt: String, action: String, target: String,
        environment: DeploymentEnvironment, steps: [[String]], digest: String,
        rollbackOf: String?, executables: [String]
    ) {
        self.proposal = proposal
        self.attempt = attempt
        self.action = action
        self.target = target
        self.environment = environment
        self.steps = steps
        self.digest = digest
        self.rollbackOf = rollbackOf
        self.executables = executables
    }
}

package struct ActionStarted: EventPayload {
    package static let kind = "action.started"
    package var attempt: String
    /// 1-based.
    package var step: Int
    package var pid: Int32
    package init(attempt: String, step: Int, pid: Int32) {
        self.attempt = attempt
        self.step = step
        self.pid = pid
    }
}

package struct ActionOutput: EventPayload {
    package static let kind = "action.output"
    package var attempt: String
    package var step: Int
    /// SHA-256 of the kept, redacted output in `blobs/`, hex.
    package var blob: String
    package var bytesKept: Int
    package var bytesDropped: Int
    /// The last line, for the timeline.
    package var lastLine: String
    package init(
        attempt: String, step: Int, blob: String, bytesKept: Int, bytesDropped: Int,
        lastLine: String
    ) {
        self.attempt = attempt
        self.step = step
        self.blob = blob
        self.bytesKept = bytesKept
        self.bytesDropped = bytesDropped
        self.lastLine = lastLine
    }
}

package struct ActionSucceeded: EventPayload {
    package static let kind = "action.succeeded"
    package var attempt: String
    package var seconds: Double
    package init(attempt: String, seconds: Double) {
        self.attempt = attempt
        self.seconds = seconds
    }
}

package struct ActionFailed: EventPayload {
    package static let kind = "action.failed"
    package var attempt: String
    package var detail: String
    package init(attempt: String, detail: String) {
        self.attempt = attempt
        self.detail = detail
    }
}

package struct ActionTimedOut: EventPayload {
    package static let kind = "action.timedOut"
    package var attempt: String
    package var detail: String
    package init(attempt: String, detail: String) {
        self.attempt = attempt
        self.detail = detail
    }
}

/// The emergency stop kept it from starting, or ended it.
package struct ActionStopped: EventPayload {
    package static let kind = "action.stopped"
    package var attempt: String
    package var detail: String
    package init(attempt: String, detail: String) {
        self.attempt = attempt
        self.detail = detail
    }
}

/// The room died while it ran: nobody knows whether it took effect.
package struct ActionUnknown: EventPayload {
    package static let kind = "action.unknown"
    package var attempt: String
    package var detail: String
    package init(attempt: String, detail: String) {
        self.attempt = attempt
        self.detail = detail
    }
}

/// A person looked at an unknown outcome and says what is true.
package struct ActionAcknowledged: EventPayload {
    package static let kind = "action.acknowledged"
    package var attempt: String
    package var finding: String
    package init(attempt: String, finding: String) {
        self.attempt = attempt
        self.finding = finding
    }
}

/// Work somebody did outside the room. It counts for loop and breakers.
package struct ActionManual: EventPayload {
    package static let kind = "action.manual"
    package var text: String
    package var action: String?
    package var target: String?
    /// Unique within the incident (`H1`, `H2`, …), so that a verdict can name it; nil in records
    /// of earlier versions.
    package var id: String?
    package init(text: String, action: String?, target: String?, id: String? = nil) {
        self.text = text
        self.action = action
        self.target = target
        self.id = id
    }
}

package struct ActionJudged: EventPayload {
    package static let kind = "action.judged"
    package var attempt: String
    package var verdict: Verdict
    package var detail: String
    package init(attempt: String, verdict: Verdict, detail: String) {
        self.attempt = attempt
        self.verdict = verdict
        self.detail = detail
    }
}

package struct StopSet: EventPayload {
    package static let kind = "stop.set"
    package var reason: String
    /// The files written or found.
    package var paths: [String]
    /// The configured paths that could not be written.
    package var unreached: [String]
    package init(reason: String, paths: [String], unreached: [String]) {
        self.reason = reason
        self.paths = paths
        self.unreached = unreached
    }
}

package struct StopCleared: EventPayload {
    package static let kind = "stop.cleared"
    package var reason: String
    package init(reason: String) { self.reason = reason }
}
