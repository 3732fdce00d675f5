import Basics

extension TimelineLine {
    static func guarding(_ payload: any EventPayload) -> Parts? {
        people(payload) ?? commands(payload) ?? rollback(payload) ?? halts(payload)
            ?? journal(payload)
    }

    private static func people(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as CommandTransferred:
            Parts(
                "▲", it.isTakeover ? "TAKEOVER" : "command",
                "\(it.to) is IC\(it.from.map { ", before: \($0)" } ?? "")\(because(it.reason))",
                it.isTakeover ? .alarm : .decision)
        case let it as GateReviewed:
            Parts(
                "▲", "review",
                "\(it.proposal): \(it.gates.joined(separator: ", ")) passed over"
                    + because(it.reason),
                .decision)
        case let it as TicketStated:
            Parts("▸", "ticket", "\(it.ticket) is \(it.isOpen ? "open" : "not open")")
        case let it as EscalationRaised:
            Parts(
                "!", "escalated",
                "\(it.id) to \(it.rung): \(it.person)"
                    + (it.contact.isEmpty ? "" : " (\(it.contact))") + because(it.reason), .alarm)
        case let it as EscalationAcknowledged:
            Parts("✓", "escalated", "\(it.id) acknowledged\(because(it.text))", .decision)
        case let it as EscalationExpired:
            Parts(
                "!", "escalated",
                "\(it.id) not acknowledged in time" + (it.next.map { ", next: \($0)" } ?? ""),
                .alarm)
        default: nil
        }
    }

    private static func commands(_ payload: any EventPayload) -> Parts? {
        guard let it = payload as? CommandRan else { return nil }
        let name = it.argv.joined(separator: " ")
        let tail = it.lastLine.isEmpty ? "" : ": " + it.lastLine
        let word =
            switch it.purpose {
            case .evidence: "evidence"
            case .diagnostic: "test"
            case .readyCheck: "ready?"
            case .ticket: "ticket"
            case .notify: "notified"
            }
        return Parts(it.isOK ? "▸" : "✗", word, "\(name) (\(it.outcome))\(tail)", .normal)
    }

    private static func rollback(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as RollbackArmed:
            Parts(
                "▲", "armed",
                "automatic rollback of \(it.proposal), baseline of \(it.baseline.count) min",
                .decision)
        case let it as RollbackNotArmed:
            Parts("–", "not armed", "no automatic rollback of \(it.proposal)\(because(it.reason))")
        case let it as RollbackMinute:
            Parts(
                "·", "minute",
                "\(it.proposal) +\(it.minute.index): \(UnitText.number(it.minute.errors)) of "
                    + "\(UnitText.number(it.minute.requests)) failed", .detail)
        case let it as RollbackJudged:
            Parts(
                it.finding == .worse ? "✗" : "◆", "rollback?",
                "\(it.proposal) \(it.finding.words)\(because(it.detail))",
                it.finding == .worse || it.finding == .ask ? .alarm : .normal)
        case let it as RollbackDisarmed:
            Parts("–", "disarmed", "\(it.proposal)\(because(it.reason))")
        case let it as CanaryWatched:
            Parts(
                it.isStable ? "✓" : "✗", "canary",
                "\(it.attempt) after \(it.service)\(because(it.detail))",
                it.isStable ? .normal : .alarm)
        default: nil
        }
    }

    private static func halts(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as BreakerOpened:
            Parts("■", "breaker", "the breaker opened\(because(it.reason))", .alarm)
        case let it as BreakerClosed:
            Parts("■", "breaker", "the breaker was reset\(because(it.reason))", .decision)
        case let it as ConfigurationChanged:
            Parts(
                "!", "policy",
                "the configuration on the disk is not the loaded one" + because(it.problem), .alarm)
        case let it as ConfigurationAcknowledged:
            Parts(
                "▲", "policy", "going on with the loaded configuration\(because(it.reason))",
                .decision)
        default: nil
        }
    }

    /// What the record says about itself.
    private static func journal(_ payload: any EventPayload) -> Parts? {
        switch payload {
        case let it as JournalKinds.Recovered:
            Parts(
                "!", "record",
                "the end was torn by a crash: \(bytes(it.length)) that were never acknowledged "
                    + (it.copy.isEmpty ? "were written again" : "are kept in \(it.copy)"))
        case let it as JournalKinds.Continued:
            Parts(
                "!", "record",
                "goes on behind damage after entry \(it.sequence), \(bytes(it.length)) lost"
                    + because(it.reason), .alarm)
        case let it as JournalKinds.Adopted:
            Parts(
                "!", "record",
                "\(it.entries) \(it.entries == 1 ? "entry" : "entries") taken over from "
                    + "\(it.path), where an outcome was kept" + because(it.reason), .alarm)
        case let it as JournalKinds.AnchorSkipped:
            Parts(
                "–", "record",
                "its heads are not kept in the system log (\(it.socket))\(because(it.reason))")
        default: nil
        }
    }

    private static func bytes(_ count: Int) -> String { UnitText.bytes(Double(count)) }

    static func because(_ reason: String) -> String { reason.isEmpty ? "" : ": " + reason }
}
