import App
import Basics
import Canvas
import Incidents
import Journals
import Playbooks
import Room
import Safety
import Synchronization

/// One random life of a machine with one or two incidents, of 20 to 60 moves. The same seed gives
/// the same history.
///
/// `@unchecked Sendable`: the main loop may have a turn on the queue of actions, in the middle of a
/// run; the main thread then waits for that queue, so that only one of them is ever at work.
final class History: @unchecked Sendable {
    let seed: UInt64
    let world: World
    private var random: SplitMix
    private let environment: DeploymentEnvironment
    private var rooms: [Dashboard] = []
    private var processes = 0
    private var isTurn = false
    private static let incidents = ["INC-2041", "INC-2042"]

    init(seed: UInt64, sabotage: Sabotage? = nil, isLogging: Bool = false) {
        self.seed = seed
        world = World(sabotage: sabotage)
        random = SplitMix(state: seed)
        environment = random.chance(70) ? .production : .staging
        world.state.withLock { $0.isLogging = isLogging }
    }

    /// Plays it to its end, or to the first thing that must not happen.
    func play() {
        world.turn.withLock { $0 = { [weak self] process in self?.turn(process) } }
        open(person: 0, incident: 0)
        for _ in 0..<(20 + random.below(41)) {
            guard world.checker.violations.isEmpty else { break }
            move()
            reap()
            world.checker.read(world)
            world.pass(.milliseconds(Int64(random.below(3_000))))
        }
        for room in rooms { room.backend.finish() }
        world.checker.read(world)
        world.turn.withLock { $0 = nil }
    }

    // MARK: Rooms

    @discardableResult
    private func open(person: Int, incident: Int) -> Dashboard? {
        processes += 1
        let name = Self.incidents[incident]
        if world.sabotage == .recoveryForgets { forgetUnknowns(name) }
        do throws(Failure) {
            let room = try Dashboard(
                world, process: processes, person: Scene.people[person], incident: name,
                environment: environment)
            world.note("opened \(room.name)")
            world.checker.count(room.isViewer ? "viewer opened" : "writer opened")
            rooms.append(room)
            room.take(.tick(world.now))
            room.backend.watchStopFiles()
            room.settle()
            observe(room)
            return room
        } catch {
            world.note("p\(processes) could not open \(name): \(error)")
            world.checker.count("open failed: " + error.code)
            world.disk.kill(processes)
            return nil
        }
    }

    /// Rooms whose process was killed are gone.
    private func reap() {
        for room in rooms where room.isDead { world.note("\(room.name) is dead") }
        rooms.removeAll { $0.isDead }
        if rooms.isEmpty {
            if random.chance(30) { world.disk.repair() }
            open(person: random.below(10) == 0 ? 1 : 0, incident: 0)
        }
    }

    /// What a recovery would do that does not know the unknown.
    private func forgetUnknowns(_ incident: String) {
        var options = JournalOptions()
        options.fileSystem = world.disk.files(of: processes, nil)
        let directory = Scene.directory(of: incident)
        guard let id = IncidentID(incident),
            let events = try? JournalReader.open(directory, fileSystem: options.fileSystem)
                .readNew(),
            let writer = try? JournalWriter.open(
                directory: directory, incident: incident, clock: SimulatedClock(world: world),
                options: options, scrub: { $0 })
        else { return }
        for attempt in Incident(id: id, events: events).attempts where !attempt.outcome.isOver {
            let draft = EventDraft(
                ActionFailed(attempt: attempt.id, detail: "ended"), by: .automation)
            _ = try? writer.append(draft, sync: true)
        }
        writer.close()
    }

    // MARK: Moves

    /// The main loop goes on while an action of `process` runs.
    private func turn(_ process: Int) {
        guard !isTurn, let room = rooms.first(where: { $0.process == process }) else { return }
        isTurn = true
        room.isInRun = true
        world.note("meanwhile:")
        world.checker.count("turn in a run")
        if random.chance(20) { world.happen(.stopAppears) }
        for _ in 0..<(1 + random.below(5)) where !room.isDead { move() }
        world.note("the run goes on")
        room.isInRun = false
        isTurn = false
    }

    private func move() {
        let living = rooms.filter { !$0.isDead }
        guard !living.isEmpty else { return }
        let room = living[random.chance(70) ? 0 : random.below(living.count)]
        if room.lag > 0 { room.lag -= 1 }
        switch random.below(100) {
        case ..<45: keys(room)
        case ..<52: observe(room)
        case ..<56: propose(room)
        case ..<62: people(room)
        case ..<66: again(room)
        case ..<71: stopFile(room)
        case ..<79: look(room)
        case ..<86: time()
        case ..<88: disk(room)
        case ..<90: ahead(room, callsMax: 60)
        case ..<96: mend(room)
        default: lives(room)
        }
    }

    private func keys(_ room: Dashboard) {
        for _ in 0..<(1 + random.below(12)) {
            let key =
                random.chance(93)
                ? room.usefulKey(&random) : Self.keys[random.below(Self.keys.count)]
            if isAboutToApprove(room, key) { beforeApproval(room) }
            world.note("\(room.name): key \(key)")
            if room.isViewer { world.checker.count("key in a viewer") }
            room.press(key)
            guard !room.isDead else { return }
        }
    }

    private func isAboutToApprove(_ room: Dashboard, _ key: Key) -> Bool {
        guard case .card(let card) = room.model.overlay else { return false }
        return key == .character("Y") || key == .enter && card.focus == .approve
    }

    /// What a run meets is decided before it.
    private func beforeApproval(_ room: Dashboard) {
        if random.chance(60) { planBehaviour() }
        if random.chance(30) { world.planTurn(afterCalls: 1 + random.below(8)) }
        if random.chance(25) { ahead(room, callsMax: 30) }
        // From here to the spawn it takes about 25 calls.
        if random.chance(15) { world.plan(.stopAppears, afterCalls: 5 + random.below(30)) }
    }

    /// What stands in the way is put right, as a crew would.
    private func mend(_ room: Dashboard) {
        if room.model.journalProblem != nil {
            world.disk.repair()
            return world.happen(.kill(room.process))
        }
        world.state.withLock { $0.isProgramReplaced = false }
        if room.model.stop.isOn {
            world.happen(.stopVanishes)
            look(room)
            room.take(.command(.clearStop, argument: "safe again"))
        }
        if !room.model.incident.unacknowledgedUnknowns.isEmpty {
            room.take(.command(.acknowledge, argument: "it did"))
        }
        if room.model.incident.status.isOver { room.take(.command(.reopen, argument: "again")) }
        room.settle()
    }

    private static let keys: [Key] = [
        .character("a"), .character("Y"), .character("x"), .character("r"), .character("m"),
        .character("!"), .control("X"), .enter, .escape, .tab, .down, .up, .character("n"),
        .character("3"), .character("5"), .character("+"), .paste("CONFIRM checkout"),
        .character(" "), .control("D"), .character("y"),
    ]

    /// What the next program will do.
    private func planBehaviour() {
        var behaviour = World.Behaviour()
        switch random.below(10) {
        case ..<3: behaviour.quarters = 1 + random.below(12)
        case ..<5: behaviour.exitCode = 1
        case 5: behaviour.isSignalled = true
        case 6: behaviour.quarters = 1_150 + random.below(200)
        case 7:
            behaviour.quarters = 8
            behaviour.roomDiesAfter = random.below(8)
        default: behaviour.quarters = 4
        }
        world.note("the next program: \(behaviour)")
        world.state.withLock { $0.behaviours.append(behaviour) }
    }

    private func observe(_ room: Dashboard) {
        let findings = Scene.findings(
            room.model.incident, room.model.configuration, at: world.now.wall)
        room.take(.observed(findings))
        room.settle()
    }

    /// As over the palette or the socket.
    private func propose(_ room: Dashboard) {
        guard !room.isViewer || random.chance(30) else { return }
        let actions = [Scene.flag, Scene.rollback, Scene.restart, Scene.drop]
        let target = random.chance(85) ? "checkout" : "payments"
        world.note("\(room.name): propose")
        room.perform(
            .propose(
                ProposalRequest(
                    basis: .action(
                        actions[random.below(actions.count)].id, target: target, slots: [:]),
                    reason: "test")))
        room.settle()
    }

    private func people(_ room: Dashboard) {
        let commands: [(Command, String)] = [
            (.acknowledge, "it did"), (.acknowledge, "it did"), (.clearStop, "safe again"),
            (.clearStop, "safe again"), (.undo, ""), (.stop, "pressed"), (.object, "wait"),
            (.byHand, "disable-flag on checkout"), (.resolve, "good enough"), (.reopen, "again"),
            (.severity, "SEV1 worse"), (.ic, random.chance(70) ? "ops1" : "ops2"),
        ]
        let (command, argument) = commands[random.below(commands.count)]
        world.note("\(room.name): :\(command.rawValue) \(argument)")
        room.take(.command(command, argument: argument))
        room.settle()
    }

    /// An approval comes a second time: from this room, or from another one that saw it.
    private func again(_ room: Dashboard) {
        if random.chance(50) { return approveBlindly(room) }
        let known =
            rooms.flatMap(\.approvals)
            + room.model.incident.mitigations.compactMap(\.approval)
        guard !known.isEmpty else { return }
        world.checker.count("approval sent again")
        room.perform(.approve(known[random.below(known.count)]))
        room.settle()
    }

    /// As somebody would who asks no card: over the socket, or with a model that lags far behind.
    private func approveBlindly(_ room: Dashboard) {
        let open = room.model.incident.mitigations.filter { $0.state == .proposed }
        guard !open.isEmpty else { return }
        let proposal = open[random.below(open.count)].proposal
        let reviewed = random.chance(50) ? GateID.allCases.map(\.rawValue) : []
        world.checker.count("approved without a card")
        room.perform(
            .approve(
                MitigationApproved(
                    proposal: proposal.id, digest: proposal.digest,
                    approvalClass: proposal.approvalClass, reviewed: reviewed,
                    reviewReason: reviewed.isEmpty ? nil : "no time")))
        room.settle()
    }

    private func stopFile(_ room: Dashboard) {
        let happenings: [World.Happening] = [.stopAppears, .stopVanishes, .stopUnprovable]
        world.happen(happenings[random.below(3)])
        if random.chance(60) { look(room) }
    }

    /// What the timers of a room do.
    private func look(_ room: Dashboard) {
        room.look()
        if random.chance(50) { room.backend.journal.sync() }
        room.take(.tick(world.now))
        room.settle()
        if random.chance(10) { room.lag = 1 + random.below(4) }
    }

    private func time() {
        switch random.below(8) {
        case 0: world.happen(.wallSteps(seconds: -3_600))
        case 1: world.happen(.wallSteps(seconds: 86_400))
        case 2: world.happen(.wallSteps(seconds: random.below(3) - 1))
        case 3: pass(.minutes(10))
        case 4: pass(.minutes(Double(1 + random.below(20))))
        default: pass(.seconds(Double(random.below(90))))
        }
        for room in rooms where !room.isDead {
            room.take(.tick(world.now))
            room.settle()
        }
    }

    private func pass(_ span: Duration) {
        world.note("\(TimeText.span(span)) pass")
        world.pass(span)
    }

    private func disk(_ room: Dashboard) {
        if random.chance(15) {
            world.happen(.programReplaced)
        } else if random.chance(50) {
            world.note("the disk is repaired")
            world.disk.repair()
        } else {
            let faults = SimulatedDisk.Fault.allCases
            world.happen(.fault(faults[random.below(faults.count)]))
        }
    }

    /// Something is going to happen between two calls.
    private func ahead(_ room: Dashboard, callsMax: Int) {
        let calls = 1 + random.below(callsMax)
        let faults = SimulatedDisk.Fault.allCases
        let happenings: [World.Happening] = [
            .stopAppears, .stopAppears, .stopVanishes, .stopUnprovable,
            .wallSteps(seconds: -3_600), .fault(faults[random.below(faults.count)]),
            .programReplaced, .kill(room.process), .tear(room.process, bytes: random.below(600)),
        ]
        world.plan(happenings[random.below(happenings.count)], afterCalls: calls)
    }

    /// Rooms come and go.
    private func lives(_ room: Dashboard) {
        switch random.below(8) {
        case ..<2: world.happen(.kill(room.process))
        case 2 where !isTurn:
            world.note("the power goes")
            for room in rooms { room.settle() }
            world.disk.cutPower(&random)
            world.reboot()
            world.checker.count("power cut")
        case 3 where !isTurn:
            world.note("\(room.name) leaves")
            room.backend.finish()
            world.disk.kill(room.process)
        case ..<6 where rooms.count < 4: open(person: random.below(2), incident: 0)
        default:
            guard rooms.count < 4 else { return }
            open(person: random.below(2), incident: 1)
        }
    }
}

extension SplitMix {
    /// 0..<count.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
    /// In so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
