import Actions
import Basics
import Incidents
import Playbooks
import Room
import SafeText
import Safety

// Commands beside actions: diagnostics, notifications, checks before an approval. They change
// nothing, so the emergency stop lets them pass. Each stands in the journal as `command.ran`.
extension Backend {
    /// Runs the diagnostic of a hypothesis' test; never in the way of a running action.
    func runDiagnostic(_ request: DiagnosticRequest) {
        let configuration = setup.configuration
        do throws(Failure) {
            if let why = journal.readOnlyReason { throw Self.refused(request.diagnostic, why) }
            let known = configuration.safety.diagnostics.first {
                NameRule.same($0.key, request.diagnostic)
            }
            guard let diagnostic = known?.value else {
                throw Self.refused(request.diagnostic, "it is not among the diagnostics")
            }
            let command = try SideCommand.diagnostic(
                diagnostic, slots: request.slots, hypothesis: request.hypothesis,
                configuration: configuration, incident: journal.incident)
            let isQueued = executor.commands.diagnose { [self] in
                run(command, by: setup.actor, stopsWithRoom: true)
            }
            if !isQueued { throw Self.refused(request.diagnostic, "too many wait already") }
        } catch {
            post(.failed(error))
        }
    }

    /// Calls whom an escalation names by every configured command.
    func notify(escalation: String) {
        guard !setup.configuration.notify.isEmpty, journal.readOnlyReason == nil else { return }
        executor.commands.notify { [self] in
            let incident = journal.incident
            let called = incident.escalations.first {
                NameRule.same($0.raised.id, escalation)
            }
            guard let raised = called?.raised else {
                post(.failed(Self.notNotified(escalation, "no such escalation is in the journal")))
                return
            }
            for template in setup.configuration.notify {
                deliver(template, raised, incident)
            }
        }
    }

    private func deliver(_ template: [String], _ raised: EscalationRaised, _ incident: Incident) {
        let text = setup.redaction.redactor.clean(
            (setup.isDrill ? "DRILL " : "") + "\(incident.id) \(incident.severity.rawValue) "
                + "\(incident.title): \(raised.reason)")
        do throws(Failure) {
            let command = try SideCommand.notification(
                template, contact: raised.contact.isEmpty ? raised.person : raised.contact,
                text: text, escalation: raised.id)
            let ran = run(command, by: .automation, stopsWithRoom: false).ran
            if !ran.isOK {
                throw Self.notNotified("\(raised.person) by \(template[0])", ran.outcome)
            }
        } catch {
            post(.failed(error))
        }
    }

    /// Runs the proposal's ready-check; on the queue of approvals.
    /// - Throws: `rollback.notReady` when the rollback would not work.
    func checkReadiness(of proposal: MitigationProposed) throws(Failure) {
        for argv in proposal.readyCheck ?? [] {
            var command = SideCommand(.readyCheck, argv)
            command.proposal = proposal.id
            command.variables =
                setup.configuration.actions[proposal.action]?.environment ?? [:]
            let ran = run(command, by: .automation, stopsWithRoom: true).ran
            guard ran.isOK else {
                throw Failure(
                    "rollback.notReady", "The rollback would not work",
                    subject: argv.joined(separator: " "),
                    why: ran.lastLine.isEmpty ? ran.outcome : "\(ran.outcome): \(ran.lastLine)",
                    unchanged: "Nothing was approved and nothing was run",
                    next: "Make this command end with 0, or correct rollback.check",
                    exit: .refusedByGate)
            }
        }
    }

    /// Asks the configured command whether the incident's ticket is open, and journals the answer
    /// when it is a new one. Blocks up to 30 s: not for the main thread or the journal queue.
    ///
    /// - Returns: nil when nothing is configured, no ticket is known, or the command did not say:
    ///   an error is not a pass.
    @discardableResult
    func ticketIsOpen() -> Bool? {
        let template = setup.configuration.safety.ticketCheck
        guard !template.isEmpty, let ticket = journal.incident.ticket else { return nil }
        let answer = executor.desk.ticketIsOpen(
            ticket.ticket, check: template,
            shouldStop: { [executor] in executor.commands.stopRequest },
            onFailure: { post(.failed($0)) })
        if let answer, answer != ticket.isOpen {
            let stated = TicketStated(ticket: ticket.ticket, isOpen: answer)
            _ = try? journal.append(EventDraft(stated, by: .automation), sync: true)
        }
        return answer
    }

    /// One line in `blocked.jsonl` for an action that was refused before the executor had it.
    func logBlocked(_ proposal: MitigationProposed, gate: String, reason: String) {
        if let failure = blockedLog.write(proposal, gate: gate, reason: reason) {
            post(.failed(failure))
        }
    }

    var blockedLog: BlockedLog {
        let redactor = setup.redaction.redactor
        return BlockedLog(
            directory: setup.directory, incident: "\(setup.id)", clock: clock,
            scrub: { redactor.clean($0) })
    }

    @discardableResult
    private func run(_ command: SideCommand, by actor: Actor, stopsWithRoom: Bool)
        -> CommandDesk.Ending
    {
        executor.desk.run(
            command, by: actor,
            shouldStop: { [executor] in stopsWithRoom ? executor.commands.stopRequest : nil },
            onFailure: { post(.failed($0)) })
    }

    private static func refused(_ diagnostic: String, _ why: String) -> Failure {
        Failure(
            "diagnostic.refused", "The diagnostic cannot be run", subject: diagnostic, why: why,
            unchanged: "Nothing was run", exit: .refusedByGate)
    }

    private static func notNotified(_ subject: String, _ why: String) -> Failure {
        Failure(
            "notify.failed", "Nobody was notified", subject: subject, why: why,
            next: "Call them yourself")
    }
}
