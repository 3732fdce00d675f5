import Basics
import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct HistoryTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func oneSeedGivesOneHistory() throws {
        func log(_ seed: UInt64) -> [String] {
            let history = History(seed: seed, isLogging: true)
            history.play()
            return history.world.state.withLock { $0.log }
        }
        for seed in 1...40 as ClosedRange<UInt64> {
            let (first, second) = (log(seed), log(seed))
            let place = zip(first, second).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            guard let place else { continue }
            let text: String = "seed \(seed)\n" + first[max(0, place - 25)...place].joined(separator: "\n") + "\nbut\n" + second[place]
            Issue.record(Comment(rawValue: text))
            break
        }
    }

    @Test func randomHistoriesKeepThePromises() throws {
        let count = Self.environment["WARROOM_HISTORIES"].flatMap(UInt64.init) ?? 200
        let clock = ContinuousClock()
        let begin = clock.now
        var seen: [String: Int] = [:]
        var played = 0
        for seed in 1...count {
            played += 1
            let history = History(seed: seed)
            history.play()
            seen.merge(history.world.checker.seen, uniquingKeysWith: +)
            if let first = history.world.checker.violations.first {
                let again = History(seed: seed, isLogging: true)
                again.play()
                if again.world.checker.violations.first != first {
                    print("NOT DETERMINISTIC", again.world.checker.violations)
                }
                let log = again.world.state.withLock { $0.log }.joined(separator: "\n")
                let text: String = "seed \(seed): \(first)\n" + log
                Issue.record(Comment(rawValue: text))
                break
            }
        }
        print("\(played) histories in \(clock.now - begin)")
        for (what, count) in seen.sorted(by: { $0.key < $1.key }) { print(what, count) }
    }
}
