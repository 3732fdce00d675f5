import Basics
import Diagnosis
import Incidents
import Playbooks
import Safety

// Commands about people and halts: who is called, who leads, what a person lets go on.
extension Model {
    mutating func callOrHalt(_ command: Command, _ argument: String) -> [Effect]? {
        switch command {
        case .acknowledge: return acknowledge(argument)
        case .escalate:
            guard argument.isEmpty else { return escalate(argument) }
            ask(.escalate, "Why must somebody be called?", hint: nextRungText)
        case .resetBreaker:
            guard argument.isEmpty else { return closeBreaker(reason: argument) }
            ask(
                .resetBreaker, "Why may rollbacks run again?",
                hint: incident.breaker ?? "")
        case .keepConfiguration:
            guard argument.isEmpty else { return acknowledgeConfiguration(reason: argument) }
            ask(
                .keepConfiguration, "Why is the loaded configuration still right?",
                hint: "what lies on the disk is not used until the room is opened again")
        case .ticket: return stateTicket(argument)
        case .handOver: return handOver(argument)
        case .object: return object(argument)
        default: return nil
        }
        return []
    }

    // MARK: Acknowledging

    /// `:acknowledge`, `:acknowledge A1 it took effect`, `:acknowledge E1 Ana has it`. Without an
    /// id the unknown outcome comes first: it holds every action.
    private mutating func acknowledge(_ argument: String) -> [Effect] {
        let (word, rest) = argument.firstWord
        let calls = incident.escalations.filter(\.isOpen).map(\.raised.id)
        let unknowns = incident.unacknowledgedUnknowns
        if let call = calls.first(where: { NameRule.same($0, word) }) {
            return acknowledge(call: call, rest)
        }
        if let unknown = unknowns.first(where: { NameRule.same($0.id, word) }) {
            return acknowledge(unknown, rest)
        }
        if Self.looksLikeID(word) {
            let open = (unknowns.map(\.id) + calls).joined(separator: ", ")
            say("acknowledge: \(word) waits for nobody; open: \(open)", isError: true)
            return []
        }
        if let unknown = unknowns.first { return acknowledge(unknown, argument) }
        return calls.last.map { acknowledge(call: $0, argument) } ?? []
    }

    private static func looksLikeID(_ word: String) -> Bool {
        guard let first = word.utf8.first, first == 0x41 || first == 0x45 else { return false }
        let digits = word.utf8.dropFirst()
        return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    private mutating func acknowledge(_ unknown: Mitigation.Attempt, _ finding: String) -> [Effect]
    {
        guard finding.isEmpty else {
            return write(ActionAcknowledged(attempt: unknown.id, finding: finding))
        }
        ask(
            .acknowledge(attempt: unknown.id),
            "Did \(unknown.id) \(unknown.action) on \(unknown.target) take effect?",
            hint: "say what you found and how")
        return []
    }

    private mutating func acknowledge(call id: String, _ text: String) -> [Effect] {
        guard text.isEmpty else { return acknowledgeEscalation(id: id, text: text) }
        ask(
            .answer(escalation: id), "Who answered \(id), and what did they say?",
            hint: "this ends the timer; the next rung is not called")
        return []
    }

    // MARK: Calling

    /// The rung that a call by hand goes to: the one after the last that was called.
    private var nextRung: (place: Int, rung: EscalationRung) {
        let ladder = ladderNow
        let called = incident.escalations.map(\.raised.place).max().map { $0 + 1 } ?? 0
        let place = min(called, ladder.count - 1)
        return (place, ladder[place])
    }

    /// The configured ladder; without one the service's on-call, then the IC.
    private var ladderNow: [EscalationRung] {
        let configured = configuration.safety.escalation
        guard configured.isEmpty else { return configured }
        let service = incident.service ?? observation?.situation.affectedService
        let onCall = service.flatMap { configuration.services[$0]?.onCall }
        let commander = incident.commander ?? ""
        let contact = configuration.safety.people?[commander]?.contact ?? ""
        var ladder: [EscalationRung] = []
        if let onCall { ladder.append(EscalationRung(name: "on-call", person: onCall)) }
        return ladder + [EscalationRung(name: "IC", person: commander, contact: contact)]
    }

    private var nextRungText: String {
        let next = nextRung.rung
        let contact = next.contact.isEmpty ? "" : " (\(next.contact))"
        return "goes to \(next.name): \(next.person.isEmpty ? "nobody named" : next.person)"
            + contact
    }

    mutating func escalate(_ reason: String) -> [Effect] {
        let (place, rung) = nextRung
        let raised = EscalationRaised(
            id: nextCall(), rung: rung.name, place: place,
            person: rung.person, contact: rung.contact, reason: reason,
            acknowledgeWithin: rung.acknowledgeWithin.inSeconds)
        return [.journal([draft(raised)], sync: true)]
    }

    // MARK: Ticket and command

    private mutating func stateTicket(_ argument: String) -> [Effect] {
        let (ticket, state) = argument.firstWord
        guard !ticket.isEmpty, state == "open" || state == "closed" else {
            let known = incident.ticket.map {
                " (now \($0.ticket) \($0.isOpen ? "open" : "closed"))"
            }
            say("ticket ID open|closed\(known ?? "")", isError: true)
            return []
        }
        return stateTicket(ticket, isOpen: state == "open")
    }

    private mutating func handOver(_ argument: String) -> [Effect] {
        let (person, reason) = argument.firstWord
        if let why = handOverObstacle(person, reason) {
            say("hand-over: \(why)", isError: true)
            return []
        }
        let transfer = CommandTransferred(
            from: incident.commander, to: person, reason: reason, isTakeover: false)
        return [.journal([draft(transfer)], sync: true)]
    }

    private func handOverObstacle(_ person: String, _ reason: String) -> String? {
        if person.isEmpty || reason.isEmpty { return "hand-over USER REASON" }
        guard Self.isLoginName(person) else {
            return "\(person) is no login name: letters, digits, - _ and ."
        }
        if let commander = incident.commander, NameRule.same(person, commander) {
            return "\(person) is the IC already"
        }
        guard let people = configuration.safety.people else { return nil }
        let known = people.first { NameRule.same($0.key, person) }?.value
        guard known?.rights.contains(.command) == true else {
            return "\(person) may not command here (people: in the configuration)"
        }
        return nil
    }

    /// As in `people:`: a letter or _, then up to 31 of these, digits, - and .
    private static func isLoginName(_ name: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool {
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
        }
        let bytes = Array(name.utf8)
        guard let first = bytes.first, isLetter(first), bytes.count <= 32 else { return false }
        return bytes.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
        }
    }

    // MARK: Objecting

    /// `:object REASON` about the selected proposal, `:object M2 REASON` about any open one.
    private mutating func object(_ argument: String) -> [Effect] {
        let (word, rest) = argument.firstWord
        let named = incident.mitigations.first {
            $0.state == .proposed && NameRule.same($0.proposal.id, word)
        }
        let open = incident.mitigations.filter { $0.state == .proposed }
        guard let it = named ?? selectedOpenProposal ?? (open.count == 1 ? open.first : nil) else {
            let ids = open.map(\.proposal.id).joined(separator: ", ")
            say("object ID REASON, one of: \(ids)", isError: true)
            return []
        }
        let reason = named == nil ? argument : rest
        guard reason.isEmpty else {
            return write(MitigationObjected(proposal: it.proposal.id, reason: reason))
        }
        ask(
            .object(proposal: it.proposal.id), "Why should \(it.proposal.title) not be run?",
            hint: "it stays open; whoever approves it must answer this")
        return []
    }

    /// The selected proposal while nothing is decided about it.
    var selectedOpenProposal: Mitigation? {
        guard case .proposal(let it)? = selectedMitigation?.content, it.state == .proposed else {
            return nil
        }
        return it
    }
}
