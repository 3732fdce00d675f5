import Basics
import Control
import Incidents
import Playbooks
import Room
import Safety
import Support
import Synchronization
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

/// A room of this process's user with a second person and an agent in it.
struct SharedRoom {
    static let second = Actor(uid: 4_201, name: "ops2")
    static let third = Actor(uid: 4_202, name: "ops3")
    static let agent = Actor(uid: 4_203, name: "bot")
    static let stranger = Actor(uid: 4_204, name: "stranger")

    let room: SmallRoom
    var owner: Actor { room.backend.setup.actor }

    init(configure: (inout Configuration) -> Void = { _ in }) throws {
        let owner = try CurrentUser.actor()
        room = try SmallRoom { configuration in
            configuration.safety.people = [
                owner.name: Person(user: owner.name, rights: Set(Person.Right.allCases)),
                "ops2": Person(user: "ops2", rights: [.note, .propose, .object, .approve]),
                "ops3": Person(user: "ops3", rights: [.object, .command]),
                "bot": Person(
                    user: "bot", rights: Set(Person.Right.allCases), isAgent: true),
            ]
            configure(&configuration)
        }
    }

    /// Asks as `actor` would over the socket, and waits for the answer.
    func ask(_ request: Request, _ actor: Actor) throws -> Answer {
        let answer = Mutex<Answer?>(nil)
        room.backend.handle(request, by: Peer(actor: actor, pid: 1)) { given in
            answer.withLock { $0 = given }
        }
        try poll("an answer") {
            room.settle()
            return answer.withLock { $0 != nil }
        }
        return try #require(answer.withLock { $0 })
    }

    func card(_ id: String, _ actor: Actor) throws -> ProposalCard {
        let answer = try ask(Request(.card, proposal: id), actor)
        return try #require(answer.card?.value(ProposalCard.self))
    }

    /// An approval with everything that the card of `actor` asks for.
    func approval(_ id: String, _ actor: Actor) throws -> Request {
        let card = try card(id, actor)
        var request = Request(.approve, proposal: id)
        request.digest = card.digest
        request.reviewed = card.reviews.map(\.gate)
        request.reviewReason = card.reviews.isEmpty ? nil : "looked"
        if card.approvalClass == .confirm { request.confirm = "CONFIRM \(card.target)" }
        return request
    }

    func propose() {
        room.propose()
        room.settle()
    }

    func connect(_ people: Actor...) {
        room.backend.attendanceChanged(people.map { Peer(actor: $0, pid: 1) })
        room.settle()
    }

    func command(_ person: Actor) throws {
        room.backend.perform(
            .journal(
                [EventDraft(RoleAssigned(role: .commander, person: person.name), by: owner)],
                sync: true), room.model)
        room.settle()
    }
}

@Suite struct SecondPersonTests {
    @Test func aSecondPersonApprovesAndItRuns() throws {
        let shared = try SharedRoom()
        shared.propose()
        try shared.command(SharedRoom.second)
        let answer = try shared.ask(try shared.approval("M1", SharedRoom.second), SharedRoom.second)
        #expect(answer.ok, "\(String(describing: answer.failure))")
        shared.room.settle()
        #expect(shared.room.done == "off\n")
        let mitigation = try #require(shared.room.model.incident.mitigation("M1"))
        #expect(mitigation.approver == SharedRoom.second)
        #expect(mitigation.proposer == shared.owner)
        // It is used up.
        var again = Request(.approve, proposal: "M1")
        again.digest = mitigation.proposal.digest
        #expect(try shared.ask(again, SharedRoom.second).failure?.code == "control.tooLate")
        #expect(shared.room.done == "off\n")
        shared.room.close()
    }

    @Test func whatTheSecondPersonProposesIsTheirs() throws {
        let shared = try SharedRoom()
        var request = Request(.propose, text: "the flag did it")
        request.action = "flip"
        request.target = "checkout"
        let answer = try shared.ask(request, SharedRoom.second)
        #expect(answer.proposal == "M1")
        #expect(shared.room.model.incident.mitigation("M1")?.proposer == SharedRoom.second)
        #expect(shared.room.model.incident.mitigation("M1")?.proposal.reason == "the flag did it")
        // No card takes the screen: nobody in the room asked for one.
        #expect(shared.room.cards.isEmpty)
        #expect(shared.room.model.overlay == nil)
        #expect(try shared.ask(request, SharedRoom.second).did?.contains("already") == true)
        shared.room.close()
    }

    @Test func anotherDigestIsRefused() throws {
        let shared = try SharedRoom()
        shared.propose()
        var request = try shared.approval("M1", SharedRoom.second)
        for digest in [nil, "", String(repeating: "0", count: 64), request.digest.map { $0 + " " }]
        {
            request.digest = digest
            let failure = try shared.ask(request, SharedRoom.second).failure
            #expect(failure?.code == "approval.refused")
        }
        #expect(shared.room.done.isEmpty)
        #expect(shared.room.model.incident.mitigation("M1")?.state == .proposed)
        shared.room.close()
    }

    @Test(
        "N06: CONFIRM over the socket is exact, to the byte",
        arguments: [
            nil, "", "CONFIRM", "CONFIRM checkout ", " CONFIRM checkout", "confirm checkout",
            "CONFIRM\u{200B} checkout", "CONFIRM  checkout", "CONFIRM Checkout",
            "CONFIRM checkout\n", "\u{FF23}ONFIRM checkout", "CONFIRM che\u{63}\u{327}kout",
        ])
    func confirmIsExact(_ typed: String?) throws {
        let shared = try SharedRoom { $0.actions["flip"]?.isDestructive = true }
        shared.propose()
        try shared.command(SharedRoom.second)
        var request = try shared.approval("M1", SharedRoom.second)
        request.confirm = typed
        #expect(
            try shared.ask(request, SharedRoom.second).failure?.code == "approval.notTyped")
        #expect(shared.room.model.incident.mitigation("M1")?.state == .proposed)
        request.confirm = "CONFIRM checkout"
        #expect(try shared.ask(request, SharedRoom.second).ok)
        shared.room.settle()
        #expect(shared.room.done == "off\n")
        shared.room.close()
    }

    @Test func aReviewNeedsItsReasonAndTheGatesThatWereShown() throws {
        let shared = try SharedRoom()
        shared.propose()
        try shared.command(SharedRoom.second)
        let whole = try shared.approval("M1", SharedRoom.second)
        try #require(whole.reviewed?.isEmpty == false)
        for change in [
            { $0.reviewed = [] }, { $0.reviewReason = nil },
        ] as [(inout Request) -> Void] {
            var request = whole
            change(&request)
            let failure = try shared.ask(request, SharedRoom.second).failure
            #expect(failure?.code == "approval.refused", "\(String(describing: failure))")
        }
        // A reason of spaces is none.
        var request = whole
        request.reviewReason = "  \t "
        #expect(try shared.ask(request, SharedRoom.second).ok == false)
        #expect(shared.room.done.isEmpty)
        shared.room.close()
    }

    @Test("N67: a stop file set while the approval is typed lets nothing run")
    func aStopWhileTyping() throws {
        let shared = try SharedRoom()
        shared.propose()
        try shared.command(SharedRoom.second)
        let request = try shared.approval("M1", SharedRoom.second)
        try shared.room.folder.write("hold\n", to: "STOP")
        let failure = try shared.ask(request, SharedRoom.second).failure
        #expect(failure?.why.hasPrefix("stop:") == true, "\(String(describing: failure))")
        #expect(failure?.exit == .refusedByGate)
        shared.room.settle()
        #expect(shared.room.done.isEmpty)
        #expect(shared.room.journal.contains("\"kind\":\"gate.blocked\""))
        #expect(!shared.room.journal.contains("\"kind\":\"action.intent\""))
        shared.room.close()
    }
}

@Suite struct RightTests {
    @Test("N49: an empty list of people is nobody, not everybody")
    func emptyIsNobody() throws {
        let shared = try SharedRoom { $0.safety.people = [:] }
        shared.propose()
        let approval = try shared.room.approval(of: "M1")
        shared.room.backend.perform(.approve(approval), shared.room.model)
        shared.room.settle()
        #expect(shared.room.codes == ["approval.refused"])
        for person in [shared.owner, SharedRoom.second] {
            var request = Request(.approve, proposal: "M1")
            request.digest = approval.digest
            request.reviewed = approval.reviewed
            request.reviewReason = "looked"
            #expect(try shared.ask(request, person).failure?.code == "control.noRight")
        }
        #expect(shared.room.done.isEmpty)
        #expect(shared.room.model.incident.mitigation("M1")?.state == .proposed)
        shared.room.close()
    }

    @Test func withoutPeopleOnlyTheOwnerDoesAnything() throws {
        let shared = try SharedRoom { $0.safety.people = nil }
        #expect(try shared.ask(Request(.note, text: "mine"), shared.owner).ok)
        let failure = try shared.ask(Request(.note, text: "no"), SharedRoom.second).failure
        #expect(failure?.code == "control.noRight")
        #expect(try shared.ask(Request(.status), SharedRoom.second).ok == false)
        shared.room.close()
    }

    @Test func anAgentNeverDecides() throws {
        let shared = try SharedRoom()
        var proposal = Request(.propose, text: "the data says so")
        proposal.action = "flip"
        proposal.target = "checkout"
        #expect(try shared.ask(proposal, SharedRoom.agent).ok)
        #expect(try shared.ask(Request(.note, text: "seen"), SharedRoom.agent).ok)
        #expect(try shared.ask(Request(.object, proposal: "M1", text: "no"), SharedRoom.agent).ok)
        #expect(try shared.ask(Request(.status), SharedRoom.agent).status != nil)
        let approval = try shared.approval("M1", SharedRoom.agent)
        for _ in 0..<3 {
            let failure = try shared.ask(approval, SharedRoom.agent).failure
            #expect(failure?.code == "control.noRight")
            #expect(failure?.why.contains("agent") == true)
        }
        let command = try shared.ask(Request(.takeCommand, text: "mine now"), SharedRoom.agent)
        #expect(command.failure?.code == "control.noRight")
        shared.room.settle()
        #expect(shared.room.done.isEmpty)
        // Journalled once a minute, not once a try.
        let refusals = shared.room.journal.ranges(of: "asked to approve").count
        #expect(refusals == 1)
        #expect(shared.room.journal.contains("asked to take-command"))
        shared.room.close()
    }

    @Test func aStrangerHearsNothing() throws {
        let shared = try SharedRoom()
        shared.propose()
        for deed in Request.Deed.allCases {
            let answer = try shared.ask(
                Request(deed, proposal: "M1", text: "let me"), SharedRoom.stranger)
            #expect(answer.failure?.code == "control.noRight", "\(deed)")
            #expect(answer.status == nil && answer.card == nil)
        }
        shared.room.close()
    }

    @Test func theAuthorOfAnEntryIsThePeer() throws {
        let shared = try SharedRoom()
        let answer = try shared.ask(Request(.note, text: "from afar \u{1B}[31m"), SharedRoom.second)
        #expect(answer.did?.hasPrefix("noted as entry") == true)
        let note = try #require(shared.room.model.incident.notes.last)
        #expect(note.author == "ops2")
        #expect(!note.text.contains("\u{1B}"))
        shared.room.close()
    }

    @Test func textsThatAreEmptyOrTooLongAreRefused() throws {
        let shared = try SharedRoom()
        for text in ["", "   ", "\n", String(repeating: "x", count: 2_001)] {
            #expect(try shared.ask(Request(.note, text: text), SharedRoom.second).ok == false)
        }
        #expect(shared.room.model.incident.notes.isEmpty)
        shared.room.close()
    }

    @Test func aProgramGoneWildDoesNotBuryTheRecord() throws {
        let shared = try SharedRoom()
        let answers = try (0..<70).map { _ in
            try shared.ask(Request(.note, text: "again"), SharedRoom.agent)
        }
        #expect(answers.count { $0.ok } == RoomControl.entriesPerMinuteMax)
        #expect(answers.last?.failure?.code == "control.tooMany")
        // Others are not held up by it, and it may still look.
        #expect(try shared.ask(Request(.note, text: "mine"), SharedRoom.second).ok)
        #expect(try shared.ask(Request(.status), SharedRoom.agent).ok)
        shared.room.close()
    }

    @Test func refusingTakesTheRightOrTheProposer() throws {
        let shared = try SharedRoom()
        shared.propose()
        let no = Request(.refuse, proposal: "M1", text: "not now")
        #expect(try shared.ask(no, SharedRoom.third).failure?.code == "control.noRight")
        #expect(try shared.ask(no, SharedRoom.second).ok)
        #expect(shared.room.model.incident.mitigation("M1")?.state == .denied)
        #expect(try shared.ask(no, SharedRoom.second).failure?.code == "control.tooLate")
        shared.room.close()
    }

    @Test func commandIsTakenLoudly() throws {
        let shared = try SharedRoom()
        #expect(
            try shared.ask(Request(.takeCommand, text: "x"), SharedRoom.second).ok == false)
        #expect(try shared.ask(Request(.takeCommand), SharedRoom.third).ok == false)
        let answer = try shared.ask(
            Request(.takeCommand, text: "the IC is unreachable"), SharedRoom.third)
        #expect(answer.ok)
        #expect(shared.room.model.incident.commander == "ops3")
        #expect(shared.room.journal.contains("\"isTakeover\":true"))
        #expect(shared.room.model.timeline.last?.weight == .alarm)
        #expect(
            try shared.ask(Request(.takeCommand, text: "again"), SharedRoom.third).failure?.code
                == "control.isCommander")
        shared.room.close()
    }
}

@Suite struct ObjectionTests {
    @Test func thereIsNoWindowWithoutSomebodyWhoMayObject() throws {
        let shared = try SharedRoom()
        shared.propose()
        let approval = try shared.room.approval(of: "M1")
        shared.room.backend.perform(.approve(approval), shared.room.model)
        shared.room.settle()
        let taken = try #require(shared.room.model.incident.mitigation("M1")?.approval)
        #expect(taken.objectionWindow == 0)
        #expect(taken.connected == [])
        #expect(taken.proceededEarly == false)
        shared.room.close()
    }

    @Test func theWindowHoldsAnApprovalBackUntilSomebodyProceeds() throws {
        let shared = try SharedRoom()
        shared.connect(SharedRoom.third)
        #expect(shared.room.model.connected.map(\.actor) == [SharedRoom.third])
        shared.propose()
        let mitigation = try #require(shared.room.model.incident.mitigation("M1"))
        #expect(shared.room.model.objectionTimeLeft(mitigation) > .seconds(20))
        var approval = try shared.room.approval(of: "M1")
        shared.room.backend.perform(.approve(approval), shared.room.model)
        shared.room.settle()
        #expect(shared.room.failures.last?.why.contains("others may still object") == true)
        #expect(shared.room.done.isEmpty)
        approval.proceededEarly = true
        shared.room.backend.perform(.approve(approval), shared.room.model)
        shared.room.settle()
        let taken = try #require(shared.room.model.incident.mitigation("M1")?.approval)
        #expect(taken.objectionWindow == 30)
        #expect(taken.connected == ["ops3"])
        #expect(taken.proceededEarly == true)
        #expect(shared.room.done == "off\n")
        shared.room.close()
    }

    @Test func silenceExecutesNothing() throws {
        let shared = try SharedRoom {
            for severity in Severity.allCases {
                $0.safety.objectionWindow[severity] = .milliseconds(50)
            }
        }
        shared.connect(SharedRoom.third)
        shared.propose()
        usleep(200_000)
        shared.room.take(.tick(shared.room.backend.clock.now))
        shared.room.settle()
        #expect(shared.room.model.incident.mitigation("M1")?.state == .proposed)
        #expect(shared.room.done.isEmpty)
        let approval = try shared.room.approval(of: "M1")
        shared.room.backend.perform(.approve(approval), shared.room.model)
        shared.room.settle()
        let taken = try #require(shared.room.model.incident.mitigation("M1")?.approval)
        #expect(taken.objectionWindow == 0.05)
        #expect(taken.proceededEarly == false)
        shared.room.close()
    }

    @Test func theProposerAndTheApproverDoNotHoldThemselvesUp() throws {
        let shared = try SharedRoom()
        shared.connect(SharedRoom.second)
        shared.propose()
        let mitigation = try #require(shared.room.model.incident.mitigation("M1"))
        // ops2 approves what the room's user proposed: nobody else is there.
        let model = shared.room.model
        #expect(model.objectionTimeLeft(mitigation, approver: SharedRoom.second) == .zero)
        #expect(model.objectionTimeLeft(mitigation, approver: SharedRoom.third) > .zero)
        shared.room.close()
    }

    @Test func anObjectionStopsWhatTheICDoesNotReview() throws {
        let shared = try SharedRoom()
        shared.propose()
        #expect(
            try shared.ask(
                Request(.object, proposal: "M1", text: "the replica lags"),
                SharedRoom.third
            ).ok)
        #expect(
            shared.room.model.incident.mitigation("M1")?.objections == ["the replica lags"])
        var request = try shared.approval("M1", SharedRoom.second)
        request.reviewed = []
        #expect(try shared.ask(request, SharedRoom.second).ok == false)
        #expect(shared.room.done.isEmpty)
        shared.room.close()
    }
}

@Suite struct LivenessTests {
    @Test func aRoomWhoseLoopStandsStillSaysSo() throws {
        let shared = try SharedRoom()
        let control = shared.room.backend.control
        let now = shared.room.backend.clock.now.boot
        control.turned(at: BootTime(nanoseconds: now.nanoseconds - 31_000_000_000))
        for deed in [Request.Deed.status, .note, .approve] {
            let answer = Mutex<Answer?>(nil)
            shared.room.backend.handle(
                Request(deed, text: "x"), by: Peer(actor: shared.owner, pid: 1)
            ) { given in answer.withLock { $0 = given } }
            let failure = answer.withLock { $0 }?.failure
            #expect(failure?.code == "room.notAnswering", "\(deed)")
            #expect(failure?.why.contains("31s") == true, "\(String(describing: failure?.why))")
        }
        control.turned(at: now)
        #expect(try shared.ask(Request(.status), shared.owner).ok)
        shared.room.close()
    }

    @Test func theStatusTellsWhatTheRoomSees() throws {
        let shared = try SharedRoom()
        shared.connect(SharedRoom.third)
        shared.propose()
        let answer = try shared.ask(Request(.status), SharedRoom.agent)
        let status = try #require(answer.status?.value(RoomStatus.self))
        #expect(status.incident == "INC-2041")
        #expect(status.source == "room")
        #expect(status.room.pid == getpid())
        #expect(status.people.map(\.user) == ["ops3"])
        #expect(status.services.map(\.name) == ["checkout"])
        let mitigation = try #require(status.mitigations.first)
        #expect(mitigation.gates.count == GateID.allCases.count)
        #expect(mitigation.objectionSecondsLeft > 20)
        #expect(status.commander == shared.owner.name)
        shared.room.close()
    }
}
