import Basics
import Testing

@testable import Logs

@Suite("Patterns on disk")
struct PatternSnapshotTests {
    /// Lines with values, names, rare words and repetition; more shapes than a small miner holds.
    static func lines(_ count: Int) -> [String] {
        let verbs = ["opened", "closed", "failed", "retried", "skipped", "moved"]
        let things = ["session", "file", "socket", "lease", "shard", "page", "lock", "job"]
        return (0..<count).map { index in
            var state = UInt64(index) &* 0x9E37_79B9_7F4A_7C15
            func next(_ limit: Int) -> Int {
                state ^= state >> 29
                state = state &* 0xBF58_476D_1CE4_E5B9
                return Int(state >> 33) % limit
            }
            let thing = things[next(things.count)]
            let verb = verbs[next(verbs.count)]
            return switch next(5) {
            case 0: "\(thing) \(next(9999)) \(verb) for user u\(next(40)) after \(next(500)) ms"
            case 1: "\(verb) \(thing) /var/lib/\(thing)/\(next(50)) from 10.0.\(next(9)).\(next(9))"
            case 2:
                "worker w\(next(7)): \(thing)=\(verb), tries=\(next(9)), peer=h\(next(9)).example"
            case 3: "word\(["a", "b", "c", "d", "e", "f", "g"][next(7)]) \(thing) is \(verb)"
            default: "rare \(String(next(4_000), radix: 26, uppercase: false)) \(thing)"
            }
        }
    }

    private func time(_ index: Int) -> Timestamp {
        Timestamp(seconds: 1_787_306_400 + Double(index))
    }

    private func observe(_ miner: inout PatternMiner, _ lines: [String], from first: Int = 0)
        -> [PatternID]
    {
        lines.enumerated().map { index, line in
            miner.observe(
                line, level: index % 9 == 0 ? .error : nil, service: "s\(index % 3)",
                time: time(first + index))
        }
    }

    private func expectEqual(_ one: PatternMiner, _ two: PatternMiner, at now: Timestamp) {
        let left = one.summaries(now: now, incidentStart: time(300), limit: .max)
        let right = two.summaries(now: now, incidentStart: time(300), limit: .max)
        #expect(left.map(\.id) == right.map(\.id))
        for (a, b) in zip(left, right) {
            #expect(a.template == b.template)
            #expect(a.count == b.count)
            #expect(a.firstSeen == b.firstSeen)
            #expect(a.lastSeen == b.lastSeen)
            #expect(a.spark == b.spark)
            #expect(a.level == b.level)
            #expect(a.services == b.services)
            #expect(a.example == b.example)
            #expect(a.change == b.change)
        }
    }

    @Test(
        "Ids, templates and counts go on as if there had been no restart", arguments: [64, 2_000])
    func restarts(patternsMax: Int) throws {
        let lines = Self.lines(3_000)
        var whole = PatternMiner(patternsMax: patternsMax)
        let expected = observe(&whole, lines)
        var parts = PatternMiner(patternsMax: patternsMax)
        var found: [PatternID] = []
        for start in stride(from: 0, to: lines.count, by: 500) {
            found += observe(&parts, Array(lines[start..<start + 500]), from: start)
            parts = try PatternMiner(snapshot: parts.snapshot(), patternsMax: patternsMax)
        }
        // The calls count levels and services by the place in each part: 500 is no multiple of 9.
        #expect(found == expected)
        #expect(parts.count == whole.count)
        #expect(parts.merged == whole.merged)
        #expect(found.map { parts.current($0) } == expected.map { whole.current($0) })
    }

    @Test("Everything that is shown of a pattern is the same after a restart")
    func summaries() throws {
        var miner = PatternMiner()
        _ = observe(&miner, Self.lines(3_000))
        let copy = try PatternMiner(snapshot: miner.snapshot())
        expectEqual(miner, copy, at: time(3_000))
    }

    @Test("Recognising counts nothing, and finds what counting finds")
    func recognise() throws {
        var miner = PatternMiner()
        let lines = Self.lines(2_000)
        _ = observe(&miner, lines)
        let before = miner.snapshot()
        var found = 0
        for line in lines.suffix(300) {
            let id = miner.recognise(line)
            var other = miner
            let counted = other.observe(line, level: nil, service: nil, time: time(0))
            if id == counted { found += 1 }
        }
        #expect(found == 300)
        #expect(miner.recognise("nothing of the kind, ever (seen) here") == nil)
        #expect(miner.snapshot() == before)
    }

    @Test("Damaged, cut and foreign bytes are refused with a reason")
    func refused() {
        var miner = PatternMiner()
        _ = observe(&miner, Self.lines(60))
        let bytes = miner.snapshot()
        func why(_ bytes: [UInt8]) -> String? {
            do throws(Failure) {
                _ = try PatternMiner(snapshot: bytes)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(why([])?.contains("it is no file of patterns") == true)
        #expect(why(Array("journal".utf8))?.contains("it is no file of patterns") == true)
        var other = bytes
        other[4] = 9
        #expect(why(other)?.contains("another version") == true)
        for index in stride(from: 5, to: bytes.count, by: 61) {
            for bit in [0, 7] {
                var flipped = bytes
                flipped[index] ^= 1 << bit
                #expect(why(flipped)?.contains("damaged") == true)
            }
        }
        for count in stride(from: 0, to: bytes.count - 1, by: 211) {
            #expect(why(Array(bytes.prefix(count))) != nil)
        }
        #expect(why(bytes) == nil)
    }

    @Test("Bytes that are damaged before the checksum is made never stop the program")
    func hostile() {
        var miner = PatternMiner()
        _ = observe(&miner, Self.lines(100))
        let body = Array(miner.snapshot().dropLast(4))
        var state: UInt64 = 7
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var accepted = 0
        for round in 0..<400 {
            var bytes = body
            for _ in 0..<1 + next(3) {
                let place = 5 + next(min(bytes.count - 5, round % 2 == 0 ? 4_000 : .max))
                bytes[place] = UInt8(truncatingIfNeeded: next(4) == 0 ? 0xFF : next(256))
            }
            if round % 5 == 0 { bytes.removeLast(next(bytes.count - 5)) }
            bytes.appendFixed(bytes[...].checksum)
            guard var read = try? PatternMiner(snapshot: bytes) else { continue }
            accepted += 1
            _ = observe(&read, Self.lines(40))
            _ = read.summaries(now: time(100), incidentStart: time(0), limit: .max)
            _ = read.snapshot()
        }
        #expect(accepted > 20)
    }

    @Test("What another program counted is known, and not counted")
    func learn() throws {
        var other = PatternMiner()
        let lines = Self.lines(1_000)
        let ids = observe(&other, lines)
        var miner = PatternMiner()
        miner.learn(other)
        #expect(miner.summaries(now: time(1_000), incidentStart: nil, limit: .max).isEmpty)
        let later = miner.observe(lines[5], level: nil, service: nil, time: time(5_000))
        #expect(later == other.current(ids[5]))
        _ = miner.observe("quite new here", level: nil, service: nil, time: time(5_000))
        let found = miner.summaries(now: time(5_001), incidentStart: time(4_000), limit: .max)
        #expect(found.map(\.count) == [1, 1])
        #expect(found.first { $0.id == later }?.isNew == false)
    }
}
