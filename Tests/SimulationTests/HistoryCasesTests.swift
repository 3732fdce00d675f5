import App
import Basics
import Canvas
import Incidents
import Playbooks
import Room
import Safety
import Synchronization
import Testing

/// Single histories that the negative tests ask for, on the simulated machine.
@Suite struct HistoryCasesTests {
    private static let incident = "INC-2041"

    /// A machine, its rooms, and what they started.
    private final class Case {
        let world = World(sabotage: nil)
        private var processes = 0

        func open(_ person: Int = 0, incident: String = HistoryCasesTests.incident) throws
            -> Dashboard
        {
            processes += 1
            let room = try Dashboard(
                world, process: processes, person: Scene.people[person], incident: incident,
                environment: .production)
            room.backend.watchStopFiles()
            room.settle()
            observe(room)
            return room
        }

        func observe(_ room: Dashboard) {
            room.take(
                .observed(
                    Scene.findings(
                        room.model.incident, room.model.configuration, at: world.now.wall)))
            room.settle()
        }

        /// Proposes and returns the approval that the card would make, with a reason for whatever
        /// the gates ask to review.
        func approval(
            of action: CatalogueAction, in room: Dashboard, reviewing: Bool = true
        ) throws -> MitigationApproved {
            room.perform(
                .propose(
                    ProposalRequest(
                        basis: .action(action.id, target: "checkout", slots: [:]), reason: "test"))
            )
            room.settle()
            let proposal = try #require(room.model.incident.mitigations.last).proposal
            let reviews = room.model.gates(for: proposal, stage: .approval).needReview
                .map(\.gate.rawValue).filter { reviewing || $0 != "loop" }
            return MitigationApproved(
                proposal: proposal.id, digest: proposal.digest,
                approvalClass: proposal.approvalClass, reviewed: reviews,
                reviewReason: reviews.isEmpty ? nil : "looked at it")
        }

        func approve(_ approval: MitigationApproved, in room: Dashboard) {
            room.perform(.approve(approval))
            room.settle()
        }

        func kill(_ room: Dashboard) { world.happen(.kill(room.process)) }

        var spawns: Int { world.checker.seen["spawn", default: 0] }
        var refusals: Int { world.checker.seen["told approval.refused", default: 0] }

        func check() {
            world.checker.read(world)
            #expect(world.checker.violations == [])
        }
    }

    @Test("N51: an approval that was used is refused, also by the room after a restart")
    func replayedApproval() throws {
        let it = Case()
        let first = try it.open()
        let approval = try it.approval(of: Scene.flag, in: first)
        it.approve(approval, in: first)
        #expect(it.spawns == 2)
        it.approve(approval, in: first)
        #expect(it.refusals == 1)
        it.kill(first)
        let second = try it.open()
        it.approve(approval, in: second)
        #expect(it.refusals == 2)
        #expect(it.spawns == 2)
        it.check()
    }

    @Test("N51: what was approved before a kill -9 and not begun is run by no later room")
    func approvalBeforeKill() throws {
        let it = Case()
        let first = try it.open()
        let approval = try it.approval(of: Scene.flag, in: first)
        it.world.turn.withLock { turn in
            turn = { [world = it.world] process in world.happen(.kill(process)) }
        }
        it.world.planTurn(afterCalls: 1)
        it.approve(approval, in: first)
        it.world.turn.withLock { $0 = nil }
        #expect(first.isDead)
        let second = try it.open()
        let mitigation = try #require(second.model.incident.mitigation(approval.proposal))
        #expect(mitigation.state == .approved)
        #expect(mitigation.attempts.isEmpty)
        it.world.pass(.seconds(5))
        second.take(.tick(it.world.now))
        it.observe(second)
        it.approve(approval, in: second)
        #expect(it.spawns == 0)
        it.check()
    }

    @Test("N51: an approval that waited for more than 5 min behind another run is refused")
    func lateApproval() throws {
        let it = Case()
        let room = try it.open()
        let first = try it.approval(of: Scene.rollback, in: room)
        let second = try it.approval(of: Scene.flag, in: room)
        it.world.state.withLock { state in
            state.behaviours = [World.Behaviour(quarters: 4), World.Behaviour(quarters: 4)]
        }
        // The second approval is given before the first action begins: while one runs, the gates
        // take none. Then that one takes six minutes.
        it.world.turn.withLock { turn in
            let (isApproved, isDone) = (Flag(), Flag())
            turn = { [unowned room, world = it.world] _ in
                if isApproved.raise() {
                    room.isInRun = true
                    room.perform(.approve(second))
                    room.isInRun = false
                    world.planTurn(afterCalls: 5)
                } else if isDone.raise() {
                    world.pass(.minutes(6))
                }
            }
        }
        it.world.planTurn(afterCalls: 1)
        it.approve(first, in: room)
        it.world.turn.withLock { $0 = nil }
        let mitigation = try #require(room.model.incident.mitigation(second.proposal))
        #expect(mitigation.state == .approved)
        #expect(mitigation.attempts.isEmpty)
        it.check()
        #expect(it.world.checker.seen["gate.blocked", default: 0] >= 1)
    }

    @Test(
        "N54: the third same attempt is refused, also after a kill -9 in the middle of the second")
    func thirdAttempt() throws {
        let it = Case()
        let first = try it.open()
        it.approve(try it.approval(of: Scene.restart, in: first), in: first)
        let second = try it.approval(of: Scene.restart, in: first)
        it.world.state.withLock {
            $0.behaviours = [World.Behaviour(quarters: 8, roomDiesAfter: 3)]
        }
        it.approve(second, in: first)
        #expect(first.isDead)
        #expect(it.spawns == 2)
        let room = try it.open()
        #expect(room.model.incident.unacknowledgedUnknowns.map(\.id) == ["A2"])
        // Nothing runs before somebody has looked.
        let early = try it.approval(of: Scene.flag, in: room)
        it.approve(early, in: room)
        #expect(it.spawns == 2)
        room.take(.command(.acknowledge, argument: "it did"))
        room.settle()
        it.approve(try it.approval(of: Scene.restart, in: room, reviewing: false), in: room)
        #expect(it.spawns == 2)
        // A second dashboard is no way round.
        let viewer = try it.open()
        #expect(viewer.isViewer)
        it.approve(second, in: viewer)
        #expect(it.spawns == 2)
        it.check()
    }

    @Test(
        "N55: no step of the clock and no reboot opens the loop gate",
        arguments: [-3_600, 86_400, 1]) func clockSteps(_ seconds: Int) throws
    {
        let it = Case()
        var room = try it.open()
        for _ in 0..<2 { it.approve(try it.approval(of: Scene.restart, in: room), in: room) }
        #expect(it.spawns == 2)
        it.world.happen(.wallSteps(seconds: seconds))
        it.approve(try it.approval(of: Scene.restart, in: room, reviewing: false), in: room)
        #expect(it.spawns == 2)
        guard seconds <= 0 else { return it.check() }
        // Another boot: only the wall clock is left, and it was set back.
        it.kill(room)
        it.world.reboot()
        room = try it.open()
        it.approve(try it.approval(of: Scene.restart, in: room, reviewing: false), in: room)
        #expect(it.spawns == 2)
        it.check()
    }

    @Test("N55: two failed rollbacks keep the breaker open whatever the clock does")
    func breakerAndClock() throws {
        let it = Case()
        let room = try it.open()
        for _ in 0..<2 {
            it.world.state.withLock { $0.behaviours = [World.Behaviour(exitCode: 1)] }
            it.approve(try it.approval(of: Scene.rollback, in: room), in: room)
        }
        #expect(it.spawns == 2)
        for seconds in [-3_600, 86_400, 1] {
            it.world.happen(.wallSteps(seconds: seconds))
            it.approve(try it.approval(of: Scene.rollback, in: room), in: room)
        }
        #expect(it.spawns == 2)
        it.check()
    }

    @Test("N66: of two dashboards one acts and one watches; the watching one confirms nothing")
    func twoDashboards() throws {
        for _ in 0..<20 {
            let it = Case()
            let rooms = [try it.open(0), try it.open(1)]
            #expect(rooms.map(\.isViewer) == [false, true])
            _ = try it.approval(of: Scene.drop, in: rooms[0])
            rooms[1].backend.journal.poll()
            rooms[1].settle()
            let id = try #require(rooms[1].model.incident.mitigations.last).proposal.id
            rooms[1].take(.openCard(proposal: id))
            var random = SplitMix(state: 1)
            for _ in 0..<60 { rooms[1].press(rooms[1].usefulKey(&random)) }
            #expect(it.spawns == 0)
            #expect(rooms[0].model.incident.mitigation(id)?.state == .proposed)
            it.check()
        }
    }

    @Test("N67: an approval typed in A while B sets the stop file runs nothing")
    func stopFromTheOtherRoom() throws {
        let it = Case()
        let (a, b) = (try it.open(0), try it.open(1))
        _ = try it.approval(of: Scene.flag, in: a)
        let card = try #require(a.card)
        b.press(.control("X"))
        // A has not looked since; its card still offers it.
        var random = SplitMix(state: 1)
        for _ in 0..<20 where a.card != nil { a.press(a.usefulKey(&random)) }
        #expect(it.spawns == 0)
        #expect(it.world.state.withLock { $0.stop } != .absent)
        // Not even when the approval itself was sent before A saw the file.
        it.approve(
            MitigationApproved(
                proposal: card.proposal.id, digest: card.proposal.digest,
                approvalClass: card.proposal.approvalClass, reviewed: [], reviewReason: nil), in: a)
        #expect(it.spawns == 0)
        a.backend.watchStopFiles()
        a.settle()
        #expect(a.model.incident.stop != nil)
        it.check()
    }
}

/// True the first time.
private final class Flag: Sendable {
    private let isUp = Mutex(false)

    func raise() -> Bool {
        isUp.withLock { isUp in
            defer { isUp = true }
            return !isUp
        }
    }
}
