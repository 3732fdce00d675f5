import Basics
import Foundation
import Synchronization
import Testing

/// Random histories of keys, faults, clock jumps, restarts and second dashboards, on the real path
/// from key to spawn. `WARROOM_SLOW=1` plays 100,000 of them (`WARROOM_HISTORIES` another number),
/// `WARROOM_SEED=N` one, with everything that happens in it.
@Suite(.serialized) struct HistoryTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let isLong = environment["WARROOM_SLOW"] == "1"
    private static let only = environment["WARROOM_SEED"].flatMap(UInt64.init)
    /// So many seeds from `WARROOM_FIRST` on, else from 1, and one that is new every time.
    private static let count =
        environment["WARROOM_HISTORIES"].flatMap(UInt64.init) ?? (isLong ? 100_000 : 150)
    private static let first = environment["WARROOM_FIRST"].flatMap(UInt64.init) ?? 1
    /// Without `WARROOM_SLOW` no new history begins after this.
    private static let patience: Duration = .seconds(20)

    @Test func randomHistoriesKeepThePromises() throws {
        if let only = Self.only {
            let log = Self.log(of: only)
            Self.say(log.text)
            #expect(log.violations == [], "seed \(only)")
            return
        }
        let new = UInt64.random(in: 1_000_000...999_999_999)
        Self.say("histories: \(Self.count) seeds from \(Self.first), and \(new)")
        let clock = ContinuousClock()
        let begin = clock.now
        var seen: [String: Int] = [:]
        var played = 0
        for seed in [new] + Array(Self.first..<Self.first + Self.count) {
            if !Self.isLong, clock.now - begin > Self.patience { break }
            let history = History(seed: seed)
            history.play()
            played += 1
            seen.merge(history.world.checker.seen, uniquingKeysWith: +)
            if played % 5_000 == 0 { Self.say("\(played) histories in \(clock.now - begin)") }
            guard let first = history.world.checker.violations.first else { continue }
            let text: String = "seed \(seed): \(first)\n" + Self.log(of: seed).text
            Issue.record(Comment(rawValue: text))
            break
        }
        Self.say("\(played) histories in \(clock.now - begin)")
        for (what, count) in seen.sorted(by: { $0.key < $1.key }) { Self.say("  \(count) \(what)") }
        for what in Self.mustBeSeen { #expect(seen[what, default: 0] > 0, "never: \(what)") }
    }

    /// A simulation in which these do not come about proves nothing.
    private static let mustBeSeen = [
        "spawn", "action.unknown", "action.acknowledged", "action.stopped", "gate.blocked",
        "stop.set", "stop.cleared", "key in a viewer", "approval sent again",
        "told approval.refused", "crash in a run", "power cut", "journal.recovered",
        "turn in a run", "writer opened", "viewer opened",
    ]

    /// At once, also into a file.
    private static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    private static func log(of seed: UInt64) -> (text: String, violations: [String]) {
        let history = History(seed: seed, isLogging: true)
        history.play()
        return (
            history.world.state.withLock { $0.log }.joined(separator: "\n"),
            history.world.checker.violations
        )
    }

    /// Every guard, broken on purpose, is missed.
    @Test(arguments: Sabotage.guards) func aBrokenGuardIsFound(_ sabotage: Sabotage) throws {
        for seed in 1...UInt64(400) {
            let history = History(seed: seed, sabotage: sabotage)
            history.play()
            let found = history.world.checker.violations.first { violation in
                sabotage.symptoms.contains { violation.contains($0) }
            }
            guard let found else { continue }
            Self.say("\(sabotage): seed \(seed): \(found)")
            return
        }
        Issue.record("400 histories did not notice \(sabotage)")
    }

    /// The way on which guards are broken is sound while nothing is broken.
    @Test func theBrokenWayIsSoundByItself() {
        for seed in 1...40 as ClosedRange<UInt64> {
            let history = History(seed: seed, sabotage: .nothing)
            history.play()
            #expect(history.world.checker.violations == [], "seed \(seed)")
        }
    }

    @Test func oneSeedGivesOneHistory() {
        for seed in 1...8 as ClosedRange<UInt64> {
            #expect(Self.log(of: seed).text == Self.log(of: seed).text, "seed \(seed)")
        }
    }
}
