import Basics
import Incidents

/// The twelve gates, in the order they are shown.
package enum GateID: String, Sendable, CaseIterable {
    case stop, incident, input, runbook, loop, limits, containment, progression
    case rollbackReady = "rollback ready"
    case tested, approval, journal
}

/// What one gate says about one proposal.
package struct GateVerdict: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case pass
        /// Refused; the IC may pass it with a reason (review gates only).
        case review
        /// Refused for good (hard gates).
        case blocked
        /// The environment has no such thing; noted.
        case skipped
        /// Settled later: approval and journal, at the run.
        case atRun
    }
    package var gate: GateID
    package var outcome: Outcome
    /// A sentence a tired person understands.
    package var reason: String
    /// The setting or step that changes the verdict.
    package var remedy: String

    package init(_ gate: GateID, _ outcome: Outcome, _ reason: String, remedy: String = "") {
        self.gate = gate
        self.outcome = outcome
        self.reason = reason
        self.remedy = remedy
    }
}

/// All twelve for one proposal.
package struct GateReport: Sendable, Hashable {
    package var verdicts: [GateVerdict]
    package init(verdicts: [GateVerdict]) { self.verdicts = verdicts }

    package var blocked: [GateVerdict] { verdicts.filter { $0.outcome == .blocked } }
    package var needReview: [GateVerdict] { verdicts.filter { $0.outcome == .review } }
    package var passing: Int {
        verdicts.filter { $0.outcome == .pass || $0.outcome == .skipped }.count
    }
    /// Whether a person may approve it now (after a review where one is needed).
    package var mayProceed: Bool { blocked.isEmpty }
}

/// What is known about the emergency-stop files. Anything but proven absence means stop.
package struct StopState: Sendable, Hashable {
    package struct FileState: Sendable, Hashable {
        package enum Presence: Sendable, Hashable {
            case absent
            /// Present, with its text as the reason (sanitised), empty when unreadable.
            case present(reason: String)
            /// Absence could not be proven, and why.
            case unproven(String)
        }
        package var path: String
        package var presence: Presence
        package init(path: String, presence: Presence) {
            self.path = path
            self.presence = presence
        }
    }
    package var files: [FileState]
    /// Set once seen, until the IC clears it.
    package var isLatched: Bool
    package init(files: [FileState], isLatched: Bool) {
        self.files = files
        self.isLatched = isLatched
    }

    /// True when nothing may run.
    package var isOn: Bool {
        isLatched || files.isEmpty || files.contains { $0.presence != .absent }
    }
    /// Why, for header and gate.
    package var reason: String {
        for file in files {
            switch file.presence {
            case .present(let reason):
                return reason.isEmpty ? file.path : "\(reason) (\(file.path))"
            case .unproven(let why): return "absence not proven: \(file.path): \(why)"
            case .absent: continue
            }
        }
        return isLatched ? "set earlier and not cleared by the IC" : ""
    }
}
