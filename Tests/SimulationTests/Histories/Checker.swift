import Basics
import Incidents
import Journals
import Safety
import Synchronization

/// Looks at a history from outside: what was started, and what a power cut at that moment would
/// have left of the journals. It asks no model and no gate.
final class Checker: Sendable {
    private struct Room {
        var directory: String
        var isViewer: Bool
        /// How often the stop had been cleared when this room pressed it.
        var pressedAt: Int?
        /// The same when its watch saw a stop file last.
        var sawStopAt: Int?
    }

    private struct Book {
        var reader: JournalReader?
        var ledger = Ledger()
    }

    private struct State {
        var rooms: [Int: Room] = [:]
        var books: [String: Book] = [:]
        var violations: [String] = []
        var spawns = 0
        var seen: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var violations: [String] { state.withLock { $0.violations } }
    /// How often something worth checking came about; a simulation in which nothing happens proves
    /// nothing.
    var seen: [String: Int] { state.withLock { $0.seen } }

    func count(_ what: String) { state.withLock { $0.seen[what, default: 0] += 1 } }

    func opened(_ process: Int, in directory: String, isViewer: Bool) {
        state.withLock {
            $0.rooms[process] = Room(directory: directory, isViewer: isViewer)
        }
    }

    func violated(_ text: String) { state.withLock { $0.violations.append(text) } }

    // MARK: Journals

    /// Reads what is durable in every journal by now.
    func read(_ world: World) {
        let view = world.disk.durableView
        state.withLock { state in
            for directory in Set(state.rooms.values.map(\.directory)).sorted() {
                Self.read(directory, view, &state)
            }
        }
    }

    private static func read(_ directory: String, _ view: SimulatedFiles, _ state: inout State) {
        var book = state.books[directory] ?? Book()
        defer { state.books[directory] = book }
        do throws(Failure) {
            if book.reader == nil {
                guard (try? view.status(JournalDirectory(directory).segment(1))) != nil else {
                    return
                }
                book.reader = try JournalReader.open(directory, fileSystem: view)
            }
            let elsewhere = state.books.filter { $0.key != directory }
                .flatMap(\.value.ledger.attempts)
            for event in try book.reader?.readNew() ?? [] {
                let wrong = book.ledger.apply(event, elsewhere: elsewhere)
                state.violations += wrong.map { "\(event.sequence) \($0)" }
                state.seen[event.kind, default: 0] += 1
            }
        } catch {
            state.violations.append("the durable journal cannot be read: \(error)")
        }
    }

    /// A room writes again: every attempt before it has an outcome.
    func reopened(_ process: Int, _ world: World) {
        read(world)
        state.withLock { state in
            guard let directory = state.rooms[process]?.directory,
                let ledger = state.books[directory]?.ledger
            else { return }
            for attempt in ledger.attempts where attempt.end == nil {
                state.violations.append("\(attempt.id) has no outcome after a restart")
            }
        }
    }

    // MARK: Programs

    func spawned(_ argv: [String], by process: Int, in world: World) {
        read(world)
        let stop = world.state.withLock { $0.stop }
        let holder = state.withLock { $0.rooms[process]?.directory }.flatMap(world.disk.holder)
        let isReplaced = world.state.withLock { $0.isProgramReplaced }
        let isPoisoned = world.disk.isPoisoned(process)
        state.withLock { state in
            state.spawns += 1
            state.seen["spawn", default: 0] += 1
            let what = "p\(process) started \(argv.dropFirst().joined(separator: " "))"
            guard let room = state.rooms[process] else { return }
            if room.isViewer || holder != process {
                state.violations.append("\(what), but it does not hold the journal")
            }
            guard var book = state.books[room.directory], let open = book.ledger.open else {
                state.violations.append("\(what), but no intent is on the disk")
                return
            }
            let attempt = book.ledger.attempts[open]
            let step = attempt.spawns
            book.ledger.attempts[open].spawns += 1
            state.books[room.directory] = book
            guard step < attempt.intent.steps.count, attempt.intent.steps[step] == argv else {
                state.violations.append("\(what), which is not step \(step + 1) of \(attempt.id)")
                return
            }
            if isReplaced { state.violations.append("\(what), whose program was replaced") }
            let mayFinish =
                book.ledger.proposals[attempt.intent.proposal]?.payload.onStop == "finish"
            if step > 0, mayFinish { return }
            if let why = Self.stopReason(stop, room, book.ledger) {
                state.violations.append("\(what) under an emergency stop (\(why))")
            }
            // A journal that broke takes no intent any more; this one was on the disk before.
            if isPoisoned { state.seen["spawn after the journal broke", default: 0] += 1 }
        }
    }

    private static func stopReason(
        _ stop: StopState.FileState.Presence, _ room: Room, _ ledger: Ledger
    ) -> String? {
        if stop != .absent { return "\(stop)" }
        if room.pressedAt == ledger.clears { return "pressed in this room" }
        if room.sawStopAt == ledger.clears { return "seen earlier and not cleared" }
        return ledger.isLatched ? "latched" : nil
    }

    /// A program goes on after its room was asked whether it may.
    func wentOn(_ process: Int, in world: World) {
        guard !world.disk.isDead(process) else { return }
        read(world)
        let stop = world.state.withLock { $0.stop }
        state.withLock { state in
            guard let room = state.rooms[process], let book = state.books[room.directory],
                let open = book.ledger.open
            else { return }
            let attempt = book.ledger.attempts[open]
            let mayFinish =
                book.ledger.proposals[attempt.intent.proposal]?.payload.onStop == "finish"
            guard !mayFinish, stop != .absent || room.pressedAt == book.ledger.clears else {
                return
            }
            state.violations.append("\(attempt.id) was left running under an emergency stop")
        }
    }

    func isOpenWithoutSpawn(_ process: Int) -> Bool {
        state.withLock { state in
            guard let directory = state.rooms[process]?.directory,
                let ledger = state.books[directory]?.ledger, let open = ledger.open
            else { return false }
            return ledger.attempts[open].spawns == 0
        }
    }

    /// Its room is dead; what it did nobody knows.
    func crashed(_ process: Int) {
        state.withLock { state in
            guard let directory = state.rooms[process]?.directory,
                let open = state.books[directory]?.ledger.open
            else { return }
            state.books[directory]?.ledger.attempts[open].hasCrashed = true
            state.seen["crash in a run", default: 0] += 1
        }
    }

    func sawStop(_ process: Int, in world: World) {
        read(world)
        state.withLock { state in
            guard let directory = state.rooms[process]?.directory else { return }
            state.rooms[process]?.sawStopAt = state.books[directory]?.ledger.clears ?? 0
        }
    }

    func pressedStop(_ process: Int, in world: World) {
        read(world)
        state.withLock { state in
            guard let directory = state.rooms[process]?.directory else { return }
            state.rooms[process]?.pressedAt = state.books[directory]?.ledger.clears ?? 0
        }
    }
}

extension Checker {
    /// Whether the newest intent of this room has not led to anything yet.
    func waitsForSpawn(_ process: Int, in world: World) -> Bool {
        guard World.isOnActionQueue else { return false }
        read(world)
        return isOpenWithoutSpawn(process)
    }
}
