import Basics
import Dispatch
import Support
import Synchronization
import Testing

@testable import Logs

#if canImport(Glibc)
    import Glibc
#endif

/// Rotations under a writer that does not wait: every line has a number, and is read once.
@Suite("Tailing campaign", .serialized)
struct TailingCampaign {
    private static let isSlow = getenv("WARROOM_SLOW") != nil
    let box: FileBox
    init() throws { box = try FileBox() }

    /// What the writer and the rotator share.
    private final class Stage: Sendable {
        let written = Atomic(0)
        /// Changes when the writer shall open the name anew, as after a SIGHUP.
        let opening = Atomic(0)
        let opened = Atomic(0)
        let isOver = Atomic(false)
        let isRotated = Atomic(false)
        /// The highest number that was read. Nothing is deleted that nobody could have read yet.
        let read = Atomic(0)
        /// The last line before each rename, or a later one.
        let lastLines = Mutex<[Int: Int]>([:])
        static let linesAheadMax = 20_000
    }

    @Test("Rotations by rename, single and in bursts: nothing lost, nothing twice")
    func renames() {
        let rotations = Self.isSlow ? 10_000 : 300
        let (counts, follower) = run { box, stage, random in
            var done = 0
            while done < rotations {
                let burst = Int.random(in: 0..<10, using: &random) == 0 ? 5 : 1
                for _ in 0..<min(burst, rotations - done) {
                    Self.rename(box, stage, number: done, &random)
                    done += 1
                }
                usleep(UInt32.random(in: 0..<6_000, using: &random))
            }
        }
        let totals = follower.totals
        print(
            "renames: \(counts.total) lines, \(rotations) rotations, lost \(counts.lost), "
                + "doubled \(counts.doubled), told \(totals.possibleLosses)")
        #expect(counts.lost == 0)
        #expect(counts.doubled == 0)
        #expect(totals.possibleLosses == 0)
    }

    @Test("Copies and truncations among renames: nothing twice, and no loss untold")
    func copiesAndRenames() {
        let rotations = Self.isSlow ? 2_000 : 100
        let (counts, follower) = run { box, stage, random in
            for number in 0..<rotations {
                if Bool.random(using: &random) {
                    Self.rename(box, stage, number: number, &random)
                } else {
                    let last = stage.written.load(ordering: .sequentiallyConsistent)
                    stage.lastLines.withLock { $0[number] = last }
                    box.copy("a.log", Self.name(number))
                    box.truncate("a.log", to: 0)
                }
                usleep(UInt32.random(in: 1_000..<8_000, using: &random))
            }
        }
        let totals = follower.totals
        print(
            "copies: \(counts.total) lines, \(rotations) rotations, lost \(counts.lost), "
                + "doubled \(counts.doubled), told \(totals.possibleLosses) "
                + "\(totals.losses.byReason)")
        // Less than 256 bytes in common do not prove a copy: rather read twice than not at all.
        #expect(counts.doubled <= 20)
        #expect(counts.lost == 0 || totals.possibleLosses > 0)
    }

    private static func name(_ number: Int) -> String { "a.log-\(10_000_000 + number)" }

    /// The name moves away, then somebody makes a new file, then the writer turns to it.
    private static func rename(
        _ box: FileBox, _ stage: Stage, number: Int, _ random: inout SeededGenerator
    ) {
        box.rename("a.log", name(number))
        if Bool.random(using: &random) { box.append("a.log", "") }
        if Int.random(in: 0..<4, using: &random) == 0 {
            usleep(UInt32.random(in: 0..<2_000, using: &random))
        }
        let wanted = stage.opening.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        while stage.opened.load(ordering: .sequentiallyConsistent) < wanted { usleep(50) }
        let last = stage.written.load(ordering: .sequentiallyConsistent)
        let unread = stage.lastLines.withLock { lines in
            lines[number] = last
            return lines[number - 400] ?? 0
        }
        guard number >= 400 else { return }
        while stage.read.load(ordering: .sequentiallyConsistent) < unread { usleep(1_000) }
        box.unlink(name(number - 400))
    }

    private func run(
        _ rotate: @escaping @Sendable (FileBox, Stage, inout SeededGenerator) -> Void
    ) -> (counts: Counts, follower: LogFollower) {
        let (box, stage) = (box, Stage())
        box.write("a.log", "")
        Self.thread {
            Self.write(box, stage)
            stage.isOver.store(true, ordering: .sequentiallyConsistent)
        }
        Self.thread {
            var random = SeededGenerator(seed: 7)
            rotate(box, stage, &random)
            stage.isRotated.store(true, ordering: .sequentiallyConsistent)
        }
        let reader = Reader(box.file("a.log"), start: .beginning)
        var counts = Counts()
        var random = SeededGenerator(seed: 11)
        let clock = SystemClock()
        while !stage.isOver.load(ordering: .sequentiallyConsistent) {
            reader.now = clock.now
            counts.note(reader.take())
            stage.read.store(counts.highest, ordering: .relaxed)
            usleep(UInt32.random(in: 0..<3_000, using: &random))
        }
        for _ in 0..<3 {
            reader.follower.namesChanged()
            reader.now = clock.now
            counts.note(reader.take())
        }
        counts.total = stage.written.load(ordering: .sequentiallyConsistent)
        return (counts, reader.follower)
    }

    private static func write(_ box: FileBox, _ stage: Stage) {
        var number = 0
        while !stage.isRotated.load(ordering: .sequentiallyConsistent) {
            let wanted = stage.opening.load(ordering: .sequentiallyConsistent)
            let writer = Writer(box.file("a.log"))
            stage.opened.store(wanted, ordering: .sequentiallyConsistent)
            while stage.opening.load(ordering: .sequentiallyConsistent) == wanted,
                !stage.isRotated.load(ordering: .sequentiallyConsistent)
            {
                var lines = ""
                for _ in 0..<(number % 7 + 1) {
                    number += 1
                    lines += "line \(number) " + String(repeating: "x", count: number % 90) + "\n"
                }
                writer.write(lines)
                stage.written.store(number, ordering: .sequentiallyConsistent)
                if number % 5 == 0 { usleep(100) }
                while number - stage.read.load(ordering: .relaxed) > Stage.linesAheadMax,
                    stage.opening.load(ordering: .sequentiallyConsistent) == wanted,
                    !stage.isRotated.load(ordering: .sequentiallyConsistent)
                {
                    usleep(1_000)
                }
            }
        }
        stage.written.store(number, ordering: .sequentiallyConsistent)
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "campaign", attributes: .concurrent)
        queue.async(execute: body)
    }

    /// How often each line was read.
    private struct Counts {
        private var times: [Int: Int] = [:]
        var total = 0
        private(set) var highest = 0

        mutating func note(_ lines: [String]) {
            for line in lines {
                let words = line.split(separator: " ")
                // What a truncation cut in two has no whole number, or no whole filling.
                guard words.count >= 2, words[0] == "line", let number = Int(words[1]),
                    (words.count > 2 ? words[2].count : 0) == number % 90
                else { continue }
                times[number, default: 0] += 1
                highest = max(highest, number)
            }
        }

        var lost: Int { total - times.count }
        var doubled: Int { times.values.reduce(0) { $0 + $1 - 1 } }
    }
}

/// The same numbers in each run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Fingerprint.mixed(state)
    }
}
