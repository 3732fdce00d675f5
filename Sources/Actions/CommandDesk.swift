import Basics
import Incidents
import Playbooks
import Processes
import Safety

/// A command beside actions: evidence, a diagnostic, a check, a notification. It is meant to change
/// nothing, so the emergency stop lets it pass.
package struct SideCommand: Sendable {
    package static let deadlineDefault: Duration = .seconds(30)

    package var purpose: CommandRan.Purpose
    /// Every slot filled; the program is an absolute path.
    package var argv: [String]
    /// How long it may run, at most.
    package var deadline: Duration
    /// The child's variables beyond the fixed ones.
    package var variables: [String: String] = [:]
    package var proposal: String?
    package var hypothesis: String?
    package var escalation: String?

    package init(
        _ purpose: CommandRan.Purpose, _ argv: [String],
        deadline: Duration = SideCommand.deadlineDefault
    ) {
        self.purpose = purpose
        self.argv = argv
        self.deadline = deadline
    }
}

/// Runs commands beside actions as actions are run, the program checked, the environment built from
/// nothing, output capped and redacted, and writes each into the journal.
package struct CommandDesk: Sendable {
    private let journal: any EventSink
    private let clock: any TimeSource
    private let runner: any ProgramRunning
    private let programs: any ProgramChecking
    private let kubeconfigExec: [String]
    private let makeScrub: @Sendable () -> Executor.LineScrub

    package init(
        journal: any EventSink, clock: any TimeSource, runner: any ProgramRunning,
        programs: any ProgramChecking, kubeconfigExec: [String] = [],
        scrub makeScrub: @escaping @Sendable () -> Executor.LineScrub
    ) {
        self.journal = journal
        self.clock = clock
        self.runner = runner
        self.programs = programs
        self.kubeconfigExec = kubeconfigExec
        self.makeScrub = makeScrub
    }

    /// How one command ended.
    package struct Ending: Sendable {
        /// As it stands in the journal, if the journal took it.
        package var ran: CommandRan
        /// The program's exit code, when it exited by itself.
        package var exitCode: Int32?
    }

    /// Runs `command` to its end on the calling thread and journals how that was.
    ///
    /// - Parameters:
    ///   - shouldStop: asked every 250 ms; an answer ends the command.
    ///   - onFailure: told what could not be kept or recorded.
    ///   - onEvent: told every event once it is in the journal.
    @discardableResult
    package func run(
        _ command: SideCommand, by actor: Actor = .automation,
        shouldStop: @escaping @Sendable () -> StopRequest? = { nil },
        onFailure: (Failure) -> Void = { _ in }, onEvent: (Event) -> Void = { _ in }
    ) -> Ending {
        let begin = clock.now.boot
        var ran = CommandRan(
            purpose: command.purpose, argv: command.argv, outcome: "", isOK: false, seconds: 0,
            proposal: command.proposal, hypothesis: command.hypothesis,
            escalation: command.escalation)
        var code: Int32?
        var seen: [ScrubbedLine.Credential] = []
        do throws(Failure) {
            let result = try carriedOut(command, shouldStop)
            ran.outcome = Self.words(result.outcome)
            ran.isOK = result.outcome == .ok
            if case .ok = result.outcome { code = 0 }
            if case .failed(let exitCode) = result.outcome { code = exitCode }
            seen = keep(result.output, in: &ran, onFailure)
        } catch {
            ran.outcome = "not started: " + (error.why.isEmpty ? error.what : error.why)
        }
        ran.seconds = (clock.now.boot - begin).inSeconds
        record(ran, by: actor, onFailure, onEvent)
        for credential in seen {
            record(
                CredentialSeen(
                    credentialClass: credential.credentialClass, tag: credential.tag,
                    source: "output of \(command.argv.first ?? "")"), by: .automation, onFailure,
                onEvent)
        }
        return Ending(ran: ran, exitCode: code)
    }

    private func carriedOut(
        _ command: SideCommand, _ shouldStop: @escaping @Sendable () -> StopRequest?
    ) throws(Failure) -> ProcessResult {
        let defect =
            ArgvRule.defect(of: command.argv, kubeconfigExec: kubeconfigExec)
            ?? ChildEnvironment.defect(of: command.variables, kubeconfigExec: kubeconfigExec)
        if let defect {
            throw Failure(
                "command.refused", "This command is not run", subject: command.argv.first ?? "",
                why: defect, unchanged: "Nothing was run", exit: .refusedByGate)
        }
        _ = try programs.pins(of: [command.argv])
        let home = try PrivateHome()
        defer { home.remove() }
        var run = Command(
            command.argv[0], Array(command.argv.dropFirst()),
            environment: ChildEnvironment.build(declared: command.variables, home: home.path),
            deadline: command.deadline)
        run.processesMax = ChildEnvironment.processesMax
        run.terminateGrace = .seconds(2)
        return runner.run(run, shouldStop: shouldStop, started: { _ in })
    }

    private func keep(
        _ output: CapturedOutput, in ran: inout CommandRan, _ onFailure: (Failure) -> Void
    ) -> [ScrubbedLine.Credential] {
        let clean = OutputCleaner.clean(output, scrub: makeScrub())
        ran.lastLine = clean.lastLine
        guard !clean.bytes.isEmpty else { return clean.credentials }
        do throws(Failure) {
            ran.blob = try journal.storeBlob(clean.bytes)
            ran.bytesKept = clean.bytes.count
            ran.bytesDropped = clean.bytesDropped
        } catch {
            ran.bytesDropped = clean.bytesDropped + clean.bytes.count
            onFailure(error)
        }
        return clean.credentials
    }

    private func record(
        _ payload: any EventPayload, by actor: Actor, _ onFailure: (Failure) -> Void,
        _ onEvent: (Event) -> Void
    ) {
        do throws(Failure) {
            onEvent(try journal.append(EventDraft(payload, by: actor), sync: false))
        } catch { onFailure(error) }
    }

    private static func words(_ outcome: ProcessResult.Outcome) -> String {
        switch outcome {
        case .ok: "ok"
        case .failed(let code): "exit \(code)"
        case .killed(0): "ended, nobody saw how"
        case .killed(let signal): "ended by signal \(signal)"
        case .timedOut: "timed out"
        case .stopped(let reason): "ended: \(reason)"
        case .failedToStart(let error): "not started: \(error)"
        }
    }
}

extension SideCommand {
    /// A catalogued diagnostic with its slots filled and checked.
    ///
    /// - Throws: `diagnostic.refused`, saying which slot and why.
    package static func diagnostic(
        _ diagnostic: Diagnostic, slots: [String: String], hypothesis: String?,
        configuration: Configuration, incident: Incident
    ) throws(Failure) -> SideCommand {
        func refusal(_ why: String) -> Failure {
            Failure(
                "diagnostic.refused", "The diagnostic cannot be run", subject: diagnostic.id,
                why: why, unchanged: "Nothing was run", exit: .refusedByGate)
        }
        for name in slots.keys.sorted()
        where !diagnostic.slots.contains(where: { NameRule.same($0.key, name) }) {
            throw refusal("it has no slot \(JSONText.quoted(name))")
        }
        let service = diagnostic.slots.first { $0.value == .service }.flatMap { slots[$0.key] }
        for (name, type) in diagnostic.slots.sorted(by: { $0.key < $1.key }) {
            guard let value = slots.first(where: { NameRule.same($0.key, name) })?.value else {
                throw refusal("the slot {\(name)} has no value")
            }
            let why = SlotRule.validate(
                value, type: type, configuration: configuration, service: service,
                deployed: service.map { incident.deployedVersions(of: $0, configuration) } ?? [])
            if let why { throw refusal("\(name) \(JSONText.quoted(value)) \(why)") }
        }
        let filled: [[String]]
        do throws(ArgvTemplate.Defect) {
            filled = try ArgvTemplate.fill([diagnostic.command], slots: slots)
        } catch { throw refusal(error.reason) }
        var command = SideCommand(.diagnostic, filled[0], deadline: diagnostic.timeout)
        command.hypothesis = hypothesis
        return command
    }

    /// One configured notification with `{contact}` and `{text}` filled.
    ///
    /// - Throws: `notify.refused`.
    package static func notification(
        _ template: [String], contact: String, text: String, escalation: String
    ) throws(Failure) -> SideCommand {
        func refusal(_ why: String) -> Failure {
            Failure(
                "notify.refused", "Nobody can be notified this way", subject: template.first ?? "",
                why: why, next: "Call \(contact.isEmpty ? "them" : contact) yourself",
                exit: .refusedByGate)
        }
        // A program would take it for an option.
        if contact.utf8.first == 0x2D { throw refusal("the contact begins with \"-\"") }
        if contact.isEmpty,
            template.contains(where: { ArgvTemplate.names(in: $0).contains("contact") })
        {
            throw refusal("this person has no contact")
        }
        let line = String(
            decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
        do throws(ArgvTemplate.Defect) {
            let filled = try ArgvTemplate.fill(
                [template],
                slots: ["contact": contact, "text": line.utf8.first == 0x2D ? " " + line : line])
            var command = SideCommand(.notify, filled[0])
            command.escalation = escalation
            return command
        } catch { throw refusal(error.reason) }
    }
}

extension CommandDesk {
    /// Whether `check`, filled with the ticket's name, says that it is open: it ends with 0.
    /// It is not: 1. Anything else, its output included, is no answer.
    package func ticketIsOpen(
        _ ticket: String, check: [String],
        shouldStop: @escaping @Sendable () -> StopRequest? = { nil },
        onFailure: (Failure) -> Void = { _ in }
    ) -> Bool? {
        let isPlain =
            !ticket.isEmpty && ticket.utf8.count <= SlotRule.nameBytesMax
            && ticket.utf8.first != 0x2D
            && ticket.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlain, let argv = try? ArgvTemplate.fill([check], slots: ["ticket": ticket]).first
        else {
            onFailure(
                Failure(
                    "ticket.notChecked", "The ticket was not looked up", subject: ticket,
                    why: "it is no plain name, or the command does not fit",
                    unchanged: "It does not count as open", exit: .refusedByGate))
            return nil
        }
        switch run(
            SideCommand(.ticket, argv), shouldStop: shouldStop, onFailure: onFailure
        ).exitCode {
        case 0: return true
        case 1: return false
        default: return nil
        }
    }
}
