import App
import Basics
import Canvas
import Drills
import Feeds
import Incidents
import Journals
import Panes
import Playbooks
import Room
import Safety
import Support
import Testing

/// The whole program but the screen, on a clock that moves when told to, under keys that chance
/// presses. After every step the promises are looked at.
struct Simulation {
    /// Planted in a log; made of parts so that no scanner takes this file for a leak.
    static let secret = "ghp" + "_" + String(repeating: "Zx9Q", count: 9)

    let home: TemporaryFolder
    let session: DrillSession
    let clock: ManualClock
    let backend: Backend
    let inbox = Mailbox<Message>(capacity: nil)
    private let log: Writer
    private(set) var model: Model
    private(set) var events: [Event] = []
    private let reader: JournalReader
    private var random: SplitMix

    init(seed: UInt64) throws {
        home = try TemporaryFolder()
        let start = Timestamp(nanoseconds: 1_787_306_400_000_000_000)
        clock = ManualClock(wall: start)
        random = SplitMix(state: seed)
        session = try DrillSession(
            scenario: try Drill.builtin("bad-deploy"), seed: seed, start: start, speed: 1,
            actuatorOptions: ["--seconds", "0"], stateDirectory: home.path,
            executable: try Repository.program)
        let inbox = inbox
        backend = try Backend(
            setup: session.setup, clock: clock, rules: session.rules, post: { inbox.send($0) })
        model = try backend.openModel(size: Size(width: 120, height: 40))
        reader = try JournalReader.open(session.setup.directory)
        let path = try #require(session.setup.configuration.sources.first { $0.kind == .logs }).path
        log = Writer(path)
        try settle()
    }

    /// One look at the world, then up to eight keys.
    mutating func step(_ number: Int) throws {
        try session.advance(to: clock.now.wall)
        if number % 7 == 0 {
            log.write("{\"level\":\"error\",\"msg\":\"login failed token=\(Self.secret)\"}\n")
            log.write("{\"level\":\"error\",\"msg\":\"clone with \(Self.secret)\"}\n")
        }
        backend.evaluate(backend.hub.drainNow())
        backend.watchStopFiles()
        try take(.tick(clock.now))
        try settle()
        for _ in 0..<Int(random.next() % 8) {
            try press(chooseKey())
            try settle()
            checkTheWayOut()
        }
        try check()
        clock.advance(by: .seconds(10))
    }

    /// Ends it as leaving the room would.
    func finish() {
        backend.finish()
        session.removeFiles()
    }

    mutating func press(_ key: Key) throws {
        guard let message = Bindings.message(for: key, in: model) else { return }
        try take(message)
        // Somebody leaves: the next one sits down before the same screen.
        if model.isLeaving { model.isLeaving = false }
    }

    private mutating func settle() throws {
        while true {
            backend.settle()
            let messages = inbox.receive().values
            guard !messages.isEmpty else { return }
            for message in messages { try take(message) }
        }
    }

    private mutating func take(_ message: Message) throws {
        let effects = model.update(message)
        backend.publish(model)
        for effect in effects {
            if case .approve(let approval) = effect {
                let mitigation = try #require(model.incident.mitigation(approval.proposal))
                let blocked = model.gates(for: mitigation.proposal, stage: .approval).blocked
                #expect(blocked.isEmpty, "approved although refused: \(blocked)")
            }
            backend.perform(effect, model)
        }
    }

    // MARK: Keys

    /// Likely enough to go through a card to its end, else anything.
    private mutating func chooseKey() -> Key {
        let keys = Bindings.all.flatMap(\.keys)
        switch random.next() % 10 {
        case 0...2: return keys[Int(random.next() % UInt64(keys.count))]
        case 3: return [.character("3"), .character("a")][Int(random.next() % 2)]
        case 4: return .character("Y")
        case 5: return [.enter, .tab, .escape][Int(random.next() % 3)]
        case 6: return [.down, .character("j"), .up][Int(random.next() % 3)]
        case 7: return .control("D")
        default:
            let text = Array("abc: resolve CONFIRM checkout ! yY clear-stop 0")
            return .character(text[Int(random.next() % UInt64(text.count))])
        }
    }

    // MARK: Promises

    /// Escape reaches the top within five presses and leaves nothing open.
    private func checkTheWayOut() {
        var copy = model
        for _ in 0..<5 {
            guard let message = Bindings.message(for: .escape, in: copy) else { continue }
            _ = copy.update(message)
        }
        #expect(copy.overlay == nil && !copy.isZoomed && !copy.focus.isScreen && copy.find.isEmpty)
        #expect(!copy.isLeaving)
    }

    private mutating func check() throws {
        events += try reader.readNew()
        #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
        checkOrder()
        let drawn = RoomView.frame(model)
        for row in 0..<drawn.size.height {
            let text = drawn.row(row).map(\.text).joined()
            #expect(!text.contains(Self.secret.prefix(12)), "on screen: \(text)")
        }
        let text = try home.text(
            "incidents/\(session.setup.id)/journal/000001.wj")
        #expect(!text.contains(Self.secret), "in the journal")
    }

    /// Nothing starts without an intent, no intent without an approval, none under a stop.
    private func checkOrder() {
        var approved: Set<String> = []
        var intended: Set<String> = []
        var isStopped = false
        for event in events {
            switch event.payload {
            case let it as MitigationApproved: approved.insert(it.proposal)
            case let it as ActionIntent:
                #expect(approved.remove(it.proposal) != nil, "\(it.attempt) was not approved")
                #expect(!isStopped, "\(it.attempt) ran under an emergency stop")
                intended.insert(it.attempt)
            case let it as ActionStarted:
                #expect(intended.contains(it.attempt), "\(it.attempt) has no intent")
            case is StopSet: isStopped = true
            case is StopCleared: isStopped = false
            default: break
            }
        }
    }
}

/// SplitMix64, as published by Steele, Lea and Flood (2014).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
