import Basics
import Control
import Incidents
import Playbooks
import Room
import SafeText
import Safety

// Requests that end in an entry: the same ways that keys take, with the peer as the author.
extension Backend {
    /// What people type is as long as in the room's own fields.
    private static let textCharactersMax = 2_000
    private static let textBytesMax = 8 * 1_024

    /// On the journal queue.
    func carryOut(_ request: Request, by actor: Actor) -> Answer {
        do throws(Failure) {
            switch request.deed {
            case .note: return try note(request, actor)
            case .propose: return try propose(request, actor)
            case .object: return try object(request, actor)
            case .refuse: return try refuse(request, actor)
            case .acknowledge: return try acknowledge(request, actor)
            case .takeCommand: return try takeCommand(request, actor)
            case .status, .card, .attend, .approve:
                return Answer(
                    Failure("control.wrongWay", "The room lost its way", subject: "\(request)"))
            }
        } catch {
            return Answer(error)
        }
    }

    /// Sanitised and redacted, not empty and not too long.
    private func text(_ text: String?, _ what: String) throws(Failure) -> String {
        // One line, as in the room's own fields.
        let line = String((text ?? "").map { $0.isNewline || $0 == "\t" ? " " : $0 })
        let clean = setup.redaction.redactor.clean(line).trimmed
        guard !clean.isEmpty else {
            throw Failure(
                "control.noText", "It needs \(what)", unchanged: "Nothing was changed",
                exit: .usage)
        }
        guard clean.count <= Self.textCharactersMax, clean.utf8.count <= Self.textBytesMax else {
            throw Failure(
                "control.textTooLong", "The text is too long", subject: what,
                why: "at most \(Self.textCharactersMax) characters and "
                    + "\(Self.textBytesMax / 1_024) KiB",
                unchanged: "Nothing was changed", exit: .usage)
        }
        return clean
    }

    private func require(
        _ rights: Set<Person.Right>, of actor: Actor, for request: Request
    ) throws(Failure) {
        guard self.rights(of: actor).isDisjoint(with: rights) else { return }
        let names = rights.map(\.rawValue).sorted().joined(separator: " or ")
        throw refuse(actor, request, Self.noRight(names, isAgent: isAgent(actor)))
    }

    static func noRight(_ names: String, isAgent: Bool) -> String {
        isAgent
            ? "they are an agent, and agents read, note, propose and object but never decide"
            : "they have no right to \(names) here"
    }

    private func write(_ payload: some EventPayload, by actor: Actor) throws(Failure) -> Event {
        try journal.append(EventDraft(payload, by: actor), sync: true)
    }

    private func note(_ request: Request, _ actor: Actor) throws(Failure) -> Answer {
        try require([.note], of: actor, for: request)
        let event = try write(NoteAdded(text: text(request.text, "a text")), by: actor)
        return Answer(did: "noted as entry \(event.sequence)")
    }

    private func propose(_ request: Request, _ actor: Actor) throws(Failure) -> Answer {
        try require([.propose], of: actor, for: request)
        let reason = try text(request.text, "a reason")
        guard let action = request.action, let target = request.target else {
            throw Failure(
                "control.noAction", "It needs an action and a target",
                unchanged: "Nothing was proposed", exit: .usage)
        }
        let made = try makeProposal(
            ProposalRequest(
                basis: .action(action, target: target, slots: request.slots ?? [:]),
                reason: reason), by: actor
        ).get()
        return Answer(
            did: made.isNew
                ? "proposed as \(made.id); it waits for somebody to approve it"
                : "it is proposed already, as \(made.id)", proposal: made.id)
    }

    /// The proposal that is meant, still to be decided or about to run.
    private func undecided(_ request: Request) throws(Failure) -> Mitigation {
        let id = request.proposal ?? ""
        guard let mitigation = journal.incident.mitigation(id),
            NameRule.same(id, mitigation.proposal.id)
        else {
            throw Failure(
                "control.noProposal", "There is no such proposal",
                subject: setup.redaction.redactor.clean(String(id.prefix(40))),
                unchanged: "Nothing was changed", next: "See `warroom status`", exit: .usage)
        }
        let waits =
            mitigation.state == .proposed
            || mitigation.state == .approved && mitigation.attempts.isEmpty
        guard waits else {
            throw Failure(
                "control.tooLate", "It comes too late", subject: mitigation.proposal.id,
                why: "it is \(mitigation.state.rawValue)", unchanged: "Nothing was changed",
                next: mitigation.state == .running
                    ? "`warroom stop REASON` halts what runs" : "See `warroom status`",
                exit: .refusedByGate)
        }
        return mitigation
    }

    private func object(_ request: Request, _ actor: Actor) throws(Failure) -> Answer {
        try require([.object, .approve], of: actor, for: request)
        let mitigation = try undecided(request)
        let reason = try text(request.text, "a reason")
        let id = mitigation.proposal.id
        _ = try write(MitigationObjected(proposal: id, reason: reason), by: actor)
        return Answer(did: "the objection to \(id) stands in the record", proposal: id)
    }

    private func refuse(_ request: Request, _ actor: Actor) throws(Failure) -> Answer {
        let mitigation = try undecided(request)
        // Whoever proposed it may take it back.
        if mitigation.proposer.uid != actor.uid {
            try require([.approve], of: actor, for: request)
        }
        let id = mitigation.proposal.id
        guard mitigation.state == .proposed else {
            throw Failure(
                "control.tooLate", "It comes too late", subject: id, why: "it is approved",
                unchanged: "Nothing was changed", next: "`warroom object \(id) REASON`",
                exit: .refusedByGate)
        }
        let reason = try text(request.text, "a reason")
        _ = try write(MitigationDenied(proposal: id, reason: reason), by: actor)
        return Answer(did: "\(id) is refused", proposal: id)
    }

    private func acknowledge(_ request: Request, _ actor: Actor) throws(Failure) -> Answer {
        guard !isAgent(actor) else {
            throw refuse(actor, request, "they are an agent: a person must have been reached")
        }
        try require(Set(Person.Right.allCases), of: actor, for: request)
        let id = request.escalation ?? ""
        guard
            let open = journal.incident.escalations.first(where: {
                NameRule.same($0.raised.id, id)
            }), open.isOpen
        else {
            throw Failure(
                "control.noEscalation", "No such escalation is open",
                subject: setup.redaction.redactor.clean(String(id.prefix(40))),
                unchanged: "Nothing was changed", next: "See `warroom status`", exit: .usage)
        }
        let words = request.text.map { setup.redaction.redactor.clean($0).trimmed } ?? ""
        let text = words.isEmpty ? "acknowledged" : try self.text(words, "a text")
        _ = try write(EscalationAcknowledged(id: open.raised.id, text: text), by: actor)
        return Answer(did: "\(open.raised.id) is acknowledged")
    }

    private func takeCommand(_ request: Request, _ actor: Actor) throws(Failure) -> Answer {
        try require([.command], of: actor, for: request)
        let reason = try text(request.text, "a reason")
        let before = journal.incident.commander
        if let before, NameRule.same(before, actor.name) {
            throw Failure(
                "control.isCommander", "\(actor.name) is IC already", subject: setup.id.text,
                unchanged: "Nothing was changed", exit: .usage)
        }
        _ = try write(
            CommandTransferred(from: before, to: actor.name, reason: reason, isTakeover: true),
            by: actor)
        return Answer(
            did: "\(actor.name) is IC" + (before.map { ", \($0) was; they are not asked" } ?? ""))
    }

    // MARK: Approval

    /// On the queue of approvals.
    func approve(
        _ request: Request, by actor: Actor, _ answer: @escaping @Sendable (Answer) -> Void
    ) {
        do throws(Failure) {
            try require([.approve], of: actor, for: request)
            let approval = try approval(request, actor)
            approve(approval, by: actor) { result in
                switch result {
                case .success(let attempt):
                    answer(
                        Answer(
                            did: "\(approval.proposal) is approved by \(actor.name) and runs as "
                                + attempt, proposal: approval.proposal))
                case .failure(let failure): answer(Answer(failure))
                }
            }
        } catch {
            answer(Answer(error))
        }
    }

    /// What was typed and seen at the other end, as an approval.
    private func approval(_ request: Request, _ actor: Actor) throws(Failure) -> MitigationApproved
    {
        let mitigation = try undecided(request)
        let proposal = mitigation.proposal
        guard let digest = request.digest, NameRule.same(digest, proposal.digest) else {
            throw Failure(
                "approval.refused", "The approval was not taken", subject: proposal.id,
                why: "its digest is not the one that was shown", unchanged: "Nothing was run",
                next: "Look at the card again", exit: .refusedByGate)
        }
        if proposal.approvalClass == .confirm {
            guard ApprovalPolicy.accepts(typed: request.confirm ?? "", target: proposal.target)
            else {
                throw Failure(
                    "approval.notTyped", "The approval was not taken", subject: proposal.id,
                    why: "exactly \"\(ApprovalPolicy.confirmation(for: proposal.target))\" must "
                        + "be typed",
                    unchanged: "Nothing was run", exit: .refusedByGate)
            }
        }
        func cleaned(_ given: String?, _ what: String) throws(Failure) -> String? {
            guard let given else { return nil }
            return try text(given, what)
        }
        return MitigationApproved(
            proposal: proposal.id, digest: proposal.digest, approvalClass: proposal.approvalClass,
            reviewed: request.reviewed ?? [],
            reviewReason: try cleaned(request.reviewReason, "a reason for the review"),
            breakGlass: try cleaned(request.breakGlass, "a reason for break-glass"),
            proceededEarly: request.proceed)
    }
}

extension String {
    /// Without spaces at both ends.
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
