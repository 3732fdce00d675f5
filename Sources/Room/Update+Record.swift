import Basics
import Diagnosis
import Incidents
import Playbooks

extension Model {
    /// Commands that only write something down.
    mutating func record(_ command: Command, _ argument: String) -> [Effect]? {
        switch command {
        case .note: return askOr(argument, .note, "Note")
        case .followUp: return askOr(argument, .followUp, "Follow-up")
        case .title: return askOr(argument, .title, "Title", prefill: incident.title)
        case .hypothesis:
            return askOr(
                argument, .hypothesis, "New hypothesis",
                hint: "a statement about the cause that could be proven wrong")
        case .evidence: return askEvidence(argument)
        case .update:
            return askOr(
                argument, .update, "Status update", hint: "no resolution time, no host names",
                prefill: SituationText.updateDraft(self))
        case .byHand:
            return askOr(
                argument, .byHand, "What was done by hand?", hint: "it counts for the gates")
        case .test: return test()
        case .rank: return rank(argument)
        case .severity: return setSeverity(argument)
        case .phase: return setPhase(argument)
        case .status: return setStatus(argument)
        case .ic: return assignCommander(argument)
        case .onset: return setOnset(argument)
        case .baseline: return setBaseline(argument)
        case .environment:
            overlay = .declaration(prefilledDeclaration)
            return []
        case .checked: return checkByHand(argument)
        case .notApplicable: return markNotApplicable(argument)
        case .close: return write(IncidentClosed())
        case .reopen:
            return write(IncidentReopened(reason: argument.isEmpty ? "reopened" : argument))
        default: return nil
        }
    }

    /// Takes the palette's argument as the answer, or asks for one.
    private mutating func askOr(
        _ argument: String, _ kind: Prompt.Kind, _ title: String, hint: String = "",
        prefill: String = ""
    ) -> [Effect] {
        if !argument.isEmpty { return answered(kind, argument) }
        ask(kind, title, hint: hint, text: prefill)
        return []
    }

    // MARK: Hypotheses

    func addHypothesis(_ text: String) -> [Effect] {
        let number = incident.hypotheses.filter { $0.origin == "operator" }.count + 1
        return write(HypothesisAdded(id: "H\(number)", statement: text, origin: "operator"))
    }

    /// `:rank refuted it also fails on the old version`.
    private mutating func rank(_ argument: String) -> [Effect] {
        guard let hypothesis = selectedHypothesis else { return [] }
        let (word, reason) = argument.firstWord
        guard let status = HypothesisStatus(rawValue: word) else {
            say(
                "rank STATUS REASON: "
                    + HypothesisStatus.allCases.map(\.rawValue).joined(separator: ", "),
                isError: true)
            return []
        }
        guard !reason.isEmpty else {
            say("rank \(word) needs a reason", isError: true)
            return []
        }
        return write(
            HypothesisStatusChanged(id: hypothesis.id, status: status, reason: reason))
    }

    // MARK: Communication

    func publish(_ text: String) -> [Effect] {
        let interval: Duration = incident.severity >= .sev2 ? .seconds(20 * 60) : .seconds(60 * 60)
        return write(UpdatePublished(text: text, nextDue: now.wall + interval))
    }

    func recordByHand(_ text: String) -> [Effect] {
        let words = Set(text.split(separator: " ").map(String.init))
        let action = configuration.actions.keys.sorted().first { words.contains($0) }
        let target = configuration.services.keys.sorted().first { words.contains($0) }
        let numbers = incident.manualActions.compactMap { Int(($0.id ?? "").dropFirst()) }
        let id = "H\((numbers.max() ?? 0) + 1)"
        return write(ActionManual(text: text, action: action, target: target, id: id))
    }

    // MARK: Facts

    private mutating func setSeverity(_ argument: String) -> [Effect] {
        let (word, reason) = argument.firstWord
        guard let severity = Severity(name: word) else {
            say(
                "severity SEV1|SEV2|SEV3|SEV4 REASON (now \(incident.severity.name))", isError: true
            )
            return []
        }
        return write(SeverityChanged(severity: severity, reason: reason))
    }

    private mutating func setPhase(_ argument: String) -> [Effect] {
        guard let phase = Phase(rawValue: argument.firstWord.word), phase != .closed else {
            say(
                "phase triage|diagnose|fix|verify|harden (now \(incident.phase.rawValue))",
                isError: true)
            return []
        }
        return write(PhaseChanged(phase: phase))
    }

    private mutating func setStatus(_ argument: String) -> [Effect] {
        let (word, reason) = argument.firstWord
        let settable: [Status] = [.triage, .active, .mitigated, .monitoring, .cancelled, .merged]
        guard let status = Status(rawValue: word), settable.contains(status) else {
            say(
                "status \(settable.map(\.rawValue).joined(separator: "|")) REASON "
                    + "(resolved has its own command)", isError: true)
            return []
        }
        return write(StatusChanged(status: status, reason: reason))
    }

    private mutating func assignCommander(_ argument: String) -> [Effect] {
        guard !argument.isEmpty else {
            say(
                "ic NAME: an operating-system user (now \(incident.commander ?? "nobody"))",
                isError: true)
            return []
        }
        if let why = commandObstacle(argument) {
            say("ic: \(why)", isError: true)
            return []
        }
        guard let commander = incident.commander, !NameRule.same(commander, actor.name) else {
            return write(RoleAssigned(role: .commander, person: argument))
        }
        guard !NameRule.same(commander, argument) else {
            say("\(argument) is the IC already", isError: true)
            return []
        }
        // The commander did not hand it over.
        return write(
            CommandTransferred(
                from: commander, to: argument, reason: "by \(actor.name), with :ic",
                isTakeover: true))
    }

    /// Why this room's user may not make `person` IC, or nil. Only the IC hands the role over; who
    /// may command may take it.
    private func commandObstacle(_ person: String) -> String? {
        if !isCommander, !rights(of: actor).contains(.command) {
            return "only the IC (\(incident.commander ?? "nobody")) or who may command does that"
        }
        guard let people = configuration.safety.people else { return nil }
        let known = people.first { NameRule.same($0.key, person) }?.value
        guard known?.rights.contains(.command) == true, known?.isAgent != true else {
            return "\(person) may not command here (people: in the configuration)"
        }
        return nil
    }

    private mutating func setOnset(_ argument: String) -> [Effect] {
        guard let time = Timestamp(rfc3339: argument) else {
            say("onset needs a time such as \(TimeText.rfc3339(now.wall))", isError: true)
            return []
        }
        return write(MilestoneSet(milestone: .started, at: time, source: "typed by \(actor.name)"))
    }

    /// `:baseline error_ratio 0.002`, in the signal's own unit (ratio 1 = 100 %, seconds, counts).
    private mutating func setBaseline(_ argument: String) -> [Effect] {
        let (name, number) = argument.firstWord
        guard let signal = observation?.signals.first(where: { $0.definition.name == name }),
            let value = Double(number), value.isFinite
        else {
            let names = observation?.signals.map(\.definition.name).joined(separator: ", ") ?? ""
            say("baseline SIGNAL NUMBER, where SIGNAL is one of: \(names)", isError: true)
            return []
        }
        return write(
            BaselineFrozen(
                signal: signal.definition.name, median: value, mad: 0, points: 0,
                origin: "typed by \(actor.name)"))
    }

    // MARK: Conditions

    /// By-hand checks expire: whoever vouched looks again.
    package static let handCheckLifetime: Duration = .seconds(30 * 60)

    private mutating func checkByHand(_ argument: String) -> [Effect] {
        guard let condition = selectedCondition, !argument.isEmpty else {
            say("select a condition (4), then :checked WHAT YOU SAW", isError: true)
            return []
        }
        return write(
            ConditionCheckedByHand(
                condition: condition.id, detail: argument,
                expires: now.wall + Self.handCheckLifetime))
    }

    private mutating func markNotApplicable(_ argument: String) -> [Effect] {
        guard let condition = selectedCondition, !argument.isEmpty else {
            say("select a condition (4), then :not-applicable WHY", isError: true)
            return []
        }
        guard isCommander else {
            say("only the IC (\(incident.commander ?? "nobody")) says so", isError: true)
            return []
        }
        return write(ConditionNotApplicable(condition: condition.id, detail: argument))
    }

    // MARK: Declaration

    var prefilledDeclaration: Declaration {
        var form = Declaration()
        form.prefill(.what, incident.title)
        form.prefill(.service, incident.service ?? "")
        form.prefill(.since, incident.startedAt.map { TimeText.rfc3339($0) } ?? "")
        form.prefill(.severity, incident.severity.name)
        form.prefill(.environment, incident.environment.rawValue)
        form.prefill(.tickets, incident.hasTickets ? "yes" : "no")
        form.prefill(.onCall, incident.hasOnCall ? "yes" : "no")
        return form
    }

    /// The form a new incident opens with: severity and environment as assumed, the rest from the
    /// data.
    package var openingDeclaration: Declaration {
        var form = prefilledDeclaration
        guard configuration.environmentIsDeclared else { return form }
        form.prefill(.environment, configuration.environment.rawValue)
        form.prefill(.tickets, configuration.hasTickets ? "yes" : "no")
        form.prefill(.onCall, configuration.hasOnCall ? "yes" : "no")
        return form
    }

    /// Writes what was declared; what stays empty stays unknown.
    mutating func declare(_ old: Declaration) -> [Effect] {
        var form = old
        guard let answer = answers(&form) else {
            overlay = .declaration(form)
            return []
        }
        overlay = nil
        var drafts = [draft(answer.environment)]
        if !form[.what].isEmpty, form[.what] != incident.title {
            drafts.append(draft(TitleChanged(title: form[.what])))
        }
        if answer.severity != incident.severity {
            drafts.append(draft(SeverityChanged(severity: answer.severity, reason: "declared")))
        }
        if let since = answer.since, since != incident.startedAt {
            drafts.append(
                draft(
                    MilestoneSet(
                        milestone: .started, at: since, source: "declared by \(actor.name)")))
        }
        if !form[.service].isEmpty, form[.service] != incident.service {
            drafts.append(draft(NoteAdded(text: "declared: the service is \(form[.service])")))
        }
        return [.journal(drafts, sync: true)]
    }

    private func answers(_ form: inout Declaration)
        -> (environment: EnvironmentAnswered, severity: Severity, since: Timestamp?)?
    {
        func refuse(_ field: Declaration.Field, _ why: String) {
            form.focus = field
            form.error = why
        }
        guard let severity = Severity(name: form[.severity].isEmpty ? "SEV2" : form[.severity])
        else {
            refuse(.severity, "SEV1, SEV2, SEV3 or SEV4")
            return nil
        }
        let typed = form[.environment].isEmpty ? "production" : form[.environment]
        guard let environment = DeploymentEnvironment(exactly: typed) else {
            refuse(.environment, "dev, staging, canary or production, exactly")
            return nil
        }
        let since = Timestamp(rfc3339: form[.since])
        if since == nil, !form[.since].isEmpty {
            refuse(.since, "a time such as \(TimeText.rfc3339(now.wall)), or empty")
            return nil
        }
        guard let tickets = Self.yesOrNo(form[.tickets]) else {
            refuse(.tickets, "yes or no")
            return nil
        }
        guard let onCall = Self.yesOrNo(form[.onCall]) else {
            refuse(.onCall, "yes or no")
            return nil
        }
        return (
            EnvironmentAnswered(environment: environment, hasTickets: tickets, hasOnCall: onCall),
            severity, since
        )
    }

    /// Empty means yes: unanswered is treated as everything required.
    private static func yesOrNo(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "", "y", "yes": true
        case "n", "no": false
        default: nil
        }
    }
}

extension String {
    /// The first word, and the rest without the spaces between.
    var firstWord: (word: String, rest: String) {
        let trimmed = trimmingSpaces
        let word = trimmed.prefix { $0 != " " }
        return (String(word), String(trimmed.dropFirst(word.count)).trimmingSpaces)
    }
}
