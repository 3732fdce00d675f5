import Actions
import App
import Basics
import Dispatch
import Incidents
import Journals
import Safety
import Support
import Synchronization

@testable import Processes

/// The machine on which a history takes place: clocks, disk, stop file, programs. What happens to
/// it by itself is due after so many calls, so that it falls between any two of them.
final class World: Sendable {
    /// Something that no room asked for.
    enum Happening: Hashable, Sendable {
        case stopAppears, stopVanishes, stopUnprovable
        case wallSteps(seconds: Int)
        case fault(SimulatedDisk.Fault)
        case programReplaced
        /// kill -9 of this process.
        case kill(Int)
        /// It dies in the middle of its next write to the journal.
        case tear(Int, bytes: Int)
    }

    struct State {
        var clock = ClockReading(
            wall: Timestamp(nanoseconds: 1_790_000_000_000_000_000),
            boot: BootTime(nanoseconds: 5_000_000_000_000))
        var boots = 1
        var stop = StopState.FileState.Presence.absent
        var isProgramReplaced = false
        var due: [(calls: Int, happening: Happening)] = []
        /// Calls until the next turn of the main loop in the middle of a run.
        var turnIn: Int?
        var behaviours: [Behaviour] = []
        var log: [String] = []
        var isLogging = false
    }

    /// What a program does when it is started.
    struct Behaviour: Sendable, Hashable {
        /// How often 250 ms pass before it ends.
        var quarters = 1
        var exitCode: Int32 = 0
        var isSignalled = false
        /// Its room is killed after so many quarters.
        var roomDiesAfter: Int?
    }

    /// Whether anything can happen while a program is looked at just before it is started.
    static let verifyTakesTime = false
    /// Whether anything can happen while programs are hashed between the gates and the intent.
    static let pinsTakeTime = false

    let state = Mutex(State())
    let disk = SimulatedDisk()
    let sabotage: Sabotage?
    let checker: Checker
    /// The main loop's turn while an action runs; only called from the queue of actions.
    let turn = Mutex<(@Sendable (_ process: Int) -> Void)?>(nil)

    init(sabotage: Sabotage?) {
        self.sabotage = sabotage
        checker = Checker()
    }

    // MARK: Clock

    var now: ClockReading { state.withLock { $0.clock } }
    var bootID: String { state.withLock { Self.bootID($0.boots) } }

    private static func bootID(_ number: Int) -> String {
        "00000000-0000-4000-8000-00000000\(1000 + number)"
    }

    /// Both clocks; a suspended machine is the same, only longer.
    func pass(_ span: Duration) {
        state.withLock {
            $0.clock = ClockReading(wall: $0.clock.wall + span, boot: $0.clock.boot + span)
        }
    }

    func reboot() {
        state.withLock {
            $0.boots += 1
            $0.clock.boot = BootTime(nanoseconds: 30_000_000_000)
            $0.clock.wall = $0.clock.wall + .seconds(45)
            $0.due = []
            $0.turnIn = nil
        }
    }

    // MARK: What happens by itself

    func plan(_ happening: Happening, afterCalls calls: Int) {
        note("in \(calls) calls: \(happening)")
        state.withLock { $0.due.append((calls, happening)) }
    }

    func planTurn(afterCalls calls: Int) {
        note("in \(calls) calls of a run: the main loop goes on meanwhile")
        state.withLock { $0.turnIn = calls }
    }

    /// Every call of a room to the machine comes by here.
    func touched(by process: Int) {
        // The dead are cleared away whenever the runtime likes.
        guard !disk.isDead(process) else { return }
        let happenings = state.withLock { state -> [Happening] in
            guard !state.due.isEmpty else { return [] }
            for index in state.due.indices { state.due[index].calls -= 1 }
            let now = state.due.filter { $0.calls <= 0 }.map(\.happening)
            state.due.removeAll { $0.calls <= 0 }
            return now
        }
        for happening in happenings { happen(happening) }
    }

    /// A call in the middle of a run, with no lock held: the main loop may have its turn.
    func touchedInRun(by process: Int) {
        touched(by: process)
        guard Self.isOnActionQueue else { return }
        let isTurn = state.withLock { state -> Bool in
            guard let left = state.turnIn else { return false }
            state.turnIn = left > 1 ? left - 1 : nil
            return left <= 1
        }
        if isTurn { turn.withLock { $0 }?(process) }
    }

    /// Set on the queue of actions of every room.
    static let actionQueueKey = DispatchSpecificKey<Bool>()

    static var isOnActionQueue: Bool {
        DispatchQueue.getSpecific(key: actionQueueKey) == true
    }

    func happen(_ happening: Happening) {
        note("!! \(happening)")
        switch happening {
        case .stopAppears: state.withLock { $0.stop = .present(reason: "wrong host") }
        case .stopVanishes: state.withLock { $0.stop = .absent }
        case .stopUnprovable: state.withLock { $0.stop = .unproven("EIO") }
        case .wallSteps(let seconds):
            state.withLock { $0.clock.wall = $0.clock.wall + .seconds(seconds) }
        case .fault(.full): disk.arm(.full, times: 200)
        case .fault(let fault): disk.arm(fault)
        case .programReplaced: state.withLock { $0.isProgramReplaced = true }
        case .kill(let process): disk.kill(process)
        case .tear(let process, let bytes): disk.tearNextWrite(of: process, after: bytes)
        }
    }

    // MARK: The history in words

    func note(_ text: @autoclosure () -> String) {
        let reading = state.withLock { $0.isLogging ? ($0.clock, $0.boots) : nil }
        guard let (clock, boots) = reading else { return }
        let up = TimeText.span(clock.boot - BootTime(nanoseconds: 0))
        let line = "\(TimeText.rfc3339(clock.wall)) boot \(boots) +\(up)  " + text()
        state.withLock { $0.log.append(line) }
    }
}

/// The machine's clocks as one process reads them.
struct SimulatedClock: TimeSource {
    let world: World
    var now: ClockReading { world.now }
    var bootID: String { world.bootID }
}

/// The one stop file.
struct SimulatedStop: StopKeeping {
    static let path = "/etc/incident-response/EMERGENCY_STOP"
    let world: World
    let process: Int
    /// An executor that is not the room's own: what it sees, no watch has seen.
    var isApart = false

    func read() -> [StopState.FileState] {
        world.touchedInRun(by: process)
        let isLie = world.sabotage.map { $0.hidesStop(world, process) } ?? false
        let presence = isLie ? .absent : world.state.withLock { $0.stop }
        if presence != .absent, !World.isOnActionQueue, !isApart {
            world.checker.sawStop(process, in: world)
        }
        return [StopState.FileState(path: Self.path, presence: presence)]
    }

    func set(reason: String, by actor: Actor, at time: Timestamp) -> (
        written: [String], unreached: [String]
    ) {
        world.touched(by: process)
        guard !world.disk.isDead(process) else { return ([], [Self.path]) }
        world.state.withLock { if $0.stop == .absent { $0.stop = .present(reason: reason) } }
        return ([Self.path], [])
    }

    func clear() -> [String] {
        world.touched(by: process)
        guard !world.disk.isDead(process) else { return [Self.path] }
        return world.state.withLock { state in
            if case .unproven = state.stop { return [Self.path] }
            state.stop = .absent
            return []
        }
    }
}

/// Real checks of a real file, which somebody may have replaced.
struct SimulatedPrograms: ProgramChecking {
    let world: World
    let process: Int

    func pins(of steps: [[String]]) throws(Failure) -> [PinnedExecutable] {
        if World.pinsTakeTime { world.touchedInRun(by: process) }
        var pins = try InstalledPrograms().pins(of: steps)
        if world.state.withLock({ $0.isProgramReplaced }) {
            for index in pins.indices {
                pins[index].inode += 1
                pins[index].sha256 = String(repeating: "0", count: 64)
            }
        }
        return pins
    }

    func verify(_ pin: PinnedExecutable) throws(Failure) {
        if World.verifyTakesTime { world.touchedInRun(by: process) }
        var pin = pin
        // The real file is still the old one.
        if world.state.withLock({ $0.isProgramReplaced }) { pin.inode -= 1 }
        try InstalledPrograms().verify(pin)
    }
}

/// Starts nothing, and tells the checker what it would have started.
struct SimulatedRunner: ProgramRunning {
    let world: World
    let process: Int

    func run(
        _ command: Command, shouldStop: @Sendable () -> StopRequest?,
        started: @Sendable (Int32) -> Void
    ) -> ProcessResult {
        let begin = world.now.boot
        guard !world.disk.isDead(process) else { return result(.killed(signal: 9), since: begin) }
        let argv = [command.executable] + command.arguments
        world.note("spawn by p\(process): \(argv.dropFirst().joined(separator: " "))")
        world.checker.spawned(argv, by: process, in: world)
        if world.sabotage == .startedTwice {
            world.checker.spawned(argv, by: process, in: world)
        }
        started(4242)
        let behaviour = world.state.withLock {
            $0.behaviours.isEmpty ? World.Behaviour() : $0.behaviours.removeFirst()
        }
        for quarter in 0..<behaviour.quarters {
            if behaviour.roomDiesAfter == quarter { world.happen(.kill(process)) }
            world.touchedInRun(by: process)
            if world.disk.isDead(process) {
                world.checker.crashed(process)
                return result(.killed(signal: 9), since: begin)
            }
            if let stop = shouldStop() {
                world.note("terminated: \(stop.reason)")
                return result(.stopped(reason: stop.reason), since: begin)
            }
            world.checker.wentOn(process, in: world)
            if world.now.boot - begin >= command.deadline {
                return result(.timedOut, since: begin)
            }
            world.pass(.milliseconds(250))
        }
        if behaviour.isSignalled { return result(.killed(signal: 11), since: begin) }
        return result(
            behaviour.exitCode == 0 ? .ok : .failed(exitCode: behaviour.exitCode), since: begin)
    }

    private func result(_ outcome: ProcessResult.Outcome, since begin: BootTime) -> ProcessResult {
        ProcessResult(
            outcome: outcome, output: CapturedOutput(head: Array("done\n".utf8)), started: begin,
            ended: world.now.boot, pid: 4242)
    }
}
