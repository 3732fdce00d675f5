import Basics
import Feeds
import Incidents
import Logs
import Playbooks
import Safety

/// Whether a command can be used now; if not, the reason a person is told.
package enum Availability: Sendable, Hashable {
    case enabled
    case disabled(because: String)

    package var isEnabled: Bool { self == .enabled }
}

extension Model {
    /// Every shown key works or says why not.
    package func availability(of command: Command) -> Availability {
        if Self.writes(command), let reason = readOnlyReason, !isAskedElsewhere(command) {
            return .disabled(because: reason)
        }
        switch command {
        case .approve: return approveAvailability
        case .refuse:
            guard case .proposal(let it)? = selectedMitigation?.content, it.state == .proposed
            else { return .disabled(because: "the selected row is not an open proposal") }
        case .undo:
            if incident.undoCandidate == nil {
                return .disabled(because: "no action of this room is there to undo")
            }
        case .samePattern, .hidePattern:
            if focus != .logs || chosenPattern == nil {
                return .disabled(because: "no log line with a pattern is selected: press 6")
            }
        case .sameService:
            if focus != .logs || logs.filter.service == nil && logs.selected?.service == nil {
                return .disabled(because: "the selected line names no service")
            }
        case .removeFilter:
            if logs.filter.isEmpty { return .disabled(because: "no filter is set: press /") }
        case .test, .evidence, .rank:
            if selectedHypothesis == nil {
                return .disabled(because: "there is no hypothesis yet: h adds one")
            }
        case .resolve:
            if incident.status.isOver {
                return .disabled(because: "the incident is \(incident.status.rawValue)")
            }
            if let running = incident.runningAttempt {
                return .disabled(because: "\(running.id) is still running")
            }
        case .close:
            if incident.status != .resolved {
                return .disabled(because: "only a resolved incident can be closed")
            }
            if let running = incident.runningAttempt {
                return .disabled(because: "\(running.id) is still running")
            }
        case .reopen:
            if !incident.status.isOver { return .disabled(because: "the incident is open") }
        case .clearStop, .resetBreaker, .keepConfiguration, .handOver, .acknowledge, .object,
            .inverse:
            if let why = guardingObstacle(command) { return .disabled(because: why) }
        case .suspend:
            if incident.runningAttempt != nil {
                return .disabled(because: "an action is running and is being watched")
            }
            if incident.mitigations.contains(where: { $0.state == .approved && $0.attempts.isEmpty }
            ) {
                return .disabled(because: "an approved action is about to run")
            }
        case .nextMatch, .previousMatch:
            if focus == .logs ? logs.sought.isEmpty : find.isEmpty {
                return .disabled(because: "nothing was searched for: press / first")
            }
        default: break
        }
        return .enabled
    }

    /// Why a command about people, halts and the way back has nothing to do now.
    private func guardingObstacle(_ command: Command) -> String? {
        let commanderOnly = "only the IC (\(incident.commander ?? "nobody"))"
        switch command {
        case .clearStop:
            if !stop.isOn { return "the emergency stop is off" }
            return isCommander ? nil : commanderOnly + " clears it"
        case .resetBreaker:
            if incident.breaker == nil { return "the breaker is closed" }
            return isCommander ? nil : commanderOnly + " resets it"
        case .keepConfiguration:
            if incident.configurationChange == nil { return "the configuration is unchanged" }
            return isCommander ? nil : commanderOnly + " goes on with it"
        case .handOver: return isCommander ? nil : commanderOnly + " hands over"
        case .acknowledge:
            let waits =
                !incident.unacknowledgedUnknowns.isEmpty
                || incident.escalations.contains(where: \.isOpen)
            return waits ? nil : "no outcome is unknown and no call is unanswered"
        case .object:
            let isOpen = incident.mitigations.contains { $0.state == .proposed }
            return isOpen ? nil : "no proposal is open"
        case .inverse:
            return inverseCandidate == nil
                ? "no rollback was run whose inverse the catalogue names" : nil
        default: return nil
        }
    }

    private var approveAvailability: Availability {
        switch selectedMitigation?.content {
        case .planned(let planned):
            if let problem = planned.problem { return .disabled(because: problem) }
            return .enabled
        case .proposal(let mitigation):
            if mitigation.state == .proposed { return .enabled }
            return .disabled(
                because: "\(mitigation.proposal.id) is \(mitigation.state.rawValue)")
        case .doNothing, nil:
            return .disabled(because: "no mitigation is selected: press 3 and choose one")
        }
    }

    private var readOnlyReason: String? {
        if let problem = journalProblem { return "the journal is not writable: \(problem.why)" }
        if case .viewer(let why) = access { return "this room is read-only: \(why)" }
        return nil
    }

    /// A room that only reads asks the one that writes for these, in its user's name.
    private func isAskedElsewhere(_ command: Command) -> Bool {
        guard case .viewer = access, journalProblem == nil else { return false }
        return command == .note || command == .object || command == .refuse
    }

    /// Commands that end in a journal entry. The emergency stop is not among them: it must work
    /// from every room, also a read-only one.
    private static func writes(_ command: Command) -> Bool {
        switch command {
        case .approve, .refuse, .undo, .byHand, .test, .hypothesis, .evidence, .note, .update,
            .resolve, .severity, .phase, .status, .title, .environment, .ic, .onset, .baseline,
            .close, .reopen, .clearStop, .checked, .notApplicable, .acknowledge, .rank, .object,
            .followUp, .export, .inverse, .escalate, .ticket, .handOver, .resetBreaker,
            .keepConfiguration:
            true
        default: false
        }
    }
}
