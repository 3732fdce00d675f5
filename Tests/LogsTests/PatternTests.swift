import Basics
import Testing

@testable import Logs

@Suite("Patterns of lines")
struct PatternTests {
    private func ids(_ lines: [String], miner: inout PatternMiner) -> [PatternID] {
        lines.map { miner.observe($0, level: nil, service: nil, time: .epoch) }
    }

    private func ids(_ lines: [String]) -> [PatternID] {
        var miner = PatternMiner()
        return ids(lines, miner: &miner)
    }

    @Test(
        "Lines that differ in values alone are one pattern",
        arguments: [
            ["took 17 ms", "took 0.5 ms", "took 3 s", "took 12ms"],
            ["read 17 bytes (1.2 KB) from disk", "read 9 bytes from disk"],
            ["lifetime <1 sec", "lifetime 00:15"],
            ["peer 10.0.0.1:80 gone", "peer fe80::1c2:3ff gone", "peer abcd:ef01::2 gone"],
            ["open www.example.org:443 ok", "open 10.1.2.3:443 ok"],
            ["at 0x7ffe and deadbeefcafe", "at 0x01 and 0123456789ab"],
            ["id 6ba7b810-9dad-11d1-80b4-00c04fd430c8 used", "id 7 used"],
            ["load /etc/a.conf now", "load C:\\Program Files\\a.conf now"],
            ["get https://example.org/a?b=c done", "get http://x/ done", "get /a?b=c&d=e done"],
            ["wait state=up mode = fast", "wait state=down mode = slow"],
            ["set name=\"a b\" done", "set name=\"c\" done"],
            ["is true now", "is false now", "is null now"],
            ["codes 1 2 3", "codes 4", "codes 5 6 7 8 9"],
            ["stack (a=1, a=2, a=3)", "stack (a=1, a=2)"],
            ["users [bob, eve] left", "users [bob, eve, joe, kim] left"],
            ["since Thu Aug 04 15:31:25 PDT 2005 up", "since Sat Sep 17 07:49:04 UTC 2005 up"],
            ["fans ( 35 **** 36 )", "fans ( 35 34 36 )"],
            ["link on eth0 lost again", "link on eth12 lost again"],
            ["Killed the process 7635 (httpd).", "Killed the process 7636 (python)."],
            ["Using class org.example.Blue for it", "Using class org.example.v2.Red for it"],
            ["nodes n1 0x1 <ok> n2 0x1 <ok>", "nodes n1 0x1 <ok> n2 0x1 <ok> n3 0x1 <ok>"],
            ["retry host-7:80 in 3 s", "retry host:80 in 3 s"],
        ])
    func values(lines: [String]) {
        #expect(Set(ids(lines)).count == 1, "\(lines)")
    }

    @Test(
        "Lines with other words are other patterns",
        arguments: [
            ["session opened for 7", "session closed for 7"],
            ["user unknown", "user root"],
            ["state changed from UP to DOWN", "state changed from DOWN to UP"],
            ["send failed", "send failed.", "send: failed"],
            ["GET /a 200", "POST /a 200"],
            ["level=info msg=\"started server\"", "level=info msg=\"lost the disk\""],
            ["{\"level\":1,\"text\":\"disk full\"}", "{\"level\":1,\"reason\":\"disk full\"}"],
            ["got org.example.SCREEN_ON", "got org.example.SCREEN_OFF"],
            ["is ready", "is not ready", "ready"],
            ["driver2::start: done", "driver2::halt: done"],
            ["retry", "stop", ""],
        ])
    func words(lines: [String]) {
        #expect(Set(ids(lines)).count == lines.count, "\(lines)")
    }

    @Test("Names behind words that name are values from the second one on")
    func names() {
        let lines = ["root", "bob", "alice", "root", "carol"].map {
            "Failed password for \($0) from 10.0.0.1 port 22"
        }
        var miner = PatternMiner()
        #expect(Set(ids(lines, miner: &miner)).count == 1)
        #expect(
            miner.summaries(now: .epoch, incidentStart: nil, limit: 1).first?.template
                == "Failed password for <*> from <ip> port <num>")
    }

    @Test("An id does not depend on the values and names of the line it was born with")
    func otherBeginning() {
        let first = ids(["Failed password for root from 10.0.0.1 port 22"])
        #expect(first == ids(["Failed password for bob from 192.168.7.1 port 9"]))
        #expect(first != ids(["Failed password for root over 10.0.0.1 port 22"]))
    }

    @Test("A place that shows many words varies, and its patterns become one")
    func siblings() {
        let names = ["amber", "birch", "cedar", "daisy", "elm", "fern", "grape", "hazel", "iris"]
        var miner = PatternMiner()
        let found = ids(names.map { "\($0) entered quiet mode" }, miner: &miner)
        #expect(Set(found.map { miner.current($0) }).count == 1)
        let next = miner.observe(
            "juniper entered quiet mode", level: nil, service: nil, time: .epoch)
        #expect(next == miner.current(found[0]))
        #expect(miner.template(found[3]) == "<*> entered quiet mode")
        #expect(
            miner.summaries(now: .epoch, incidentStart: nil, limit: 9).reduce(0) { $0 + $1.count }
                == 10)
    }

    // MARK: - Properties

    /// Lines as a program writes them, from a seed.
    private func lines(_ count: Int, seed: UInt64) -> [String] {
        var state = seed
        func draw(_ below: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % below)
        }
        let words = [
            "cache", "node", "is", "read", "from", "lost", "=", ":", "[", "x1", "7", "/a/b",
        ]
        return (0..<count).map { _ in
            (0...draw(9)).map { _ in words[draw(UInt64(words.count))] }.joined(separator: " ")
        }
    }

    @Test("The same lines in the same order have the same ids, from String and from bytes")
    func stable() {
        let lines = lines(3_000, seed: 7)
        let first = ids(lines)
        #expect(first == ids(lines))
        var miner = PatternMiner()
        let bytes = lines.map { line in
            miner.observe(Array(line.utf8).span, level: nil, service: nil, time: .epoch)
        }
        #expect(first == bytes)
    }

    @Test("Equal lines have one id at one time, wherever they stand")
    func order() {
        let shapes = ["a 1", "b c 2", "lost d", "[x] y", "k=v", "deep in thought"]
        for seed in 1...6 as ClosedRange<UInt64> {
            var state = seed
            let mixed = (0..<200).map { _ -> String in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return shapes[Int((state >> 33) % UInt64(shapes.count))]
            }
            let found = ids(mixed)
            var known: [String: PatternID] = [:]
            for (line, id) in zip(mixed, found) {
                #expect(known[line, default: id] == id)
                known[line] = id
            }
            #expect(known == Dictionary(uniqueKeysWithValues: zip(shapes, ids(shapes))))
        }
    }

    @Test("Patterns stay within their bound, no line is left out and no count is lost")
    func bound() {
        var miner = PatternMiner(patternsMax: 64)
        var state: UInt64 = 3
        let count = 20_000
        for index in 0..<count {
            var line = ""
            for _ in 0...index % 7 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                var word = state >> 20
                for _ in 0..<6 {
                    line.unicodeScalars.append(Unicode.Scalar(UInt8(0x67 + word % 20)))
                    word /= 20
                }
                line += " "
            }
            let id = miner.observe(line, level: nil, service: nil, time: .epoch)
            #expect(miner.template(id) != nil)
            if miner.count > 72 { Issue.record("\(miner.count) patterns") }
        }
        let summaries = miner.summaries(now: .epoch, incidentStart: nil, limit: .max)
        #expect(summaries.reduce(0) { $0 + $1.count } == count)
        #expect(Set(summaries.map(\.id)).count == summaries.count)
        #expect(miner.merged > 0)
    }

    @Test("A pattern that was given up comes back with its id and is not new")
    func comesBack() {
        var miner = PatternMiner(patternsMax: 32)
        let start = Timestamp(seconds: 1_000)
        let first = miner.observe("pump primed", level: nil, service: nil, time: start)
        for index in 0..<200 {
            let word = String(repeating: "z", count: index + 1)
            _ = miner.observe(
                "\(word)[\(String(repeating: "q", count: index))]", level: nil, service: nil,
                time: start + .seconds(1))
        }
        #expect(miner.current(first) != first)
        let again = miner.observe(
            "pump primed", level: nil, service: nil, time: start + .seconds(500))
        #expect(again == first)
        let summary = miner.summaries(
            now: start + .seconds(500), incidentStart: start + .seconds(400), limit: .max
        ).first { $0.id == first }
        #expect(summary?.isNew == false)
        #expect(summary?.firstSeen == start)
    }

    @Test("A flood of rare lines does not push out what is established")
    func established() {
        var miner = PatternMiner(patternsMax: 64)
        var known: PatternID?
        for _ in 0..<50 {
            known = miner.observe("heart beats 7", level: nil, service: nil, time: .epoch)
        }
        for line in lines(5_000, seed: 11) {
            _ = miner.observe(line, level: nil, service: nil, time: .epoch)
        }
        #expect(known.map { miner.current($0) } == known)
    }

    @Test("Any bytes are a message: empty, binary, broken, enormous")
    func anyBytes() {
        var miner = PatternMiner()
        var lines: [[UInt8]] = [
            [], [0], [0xFF], [0x20], [0x09, 0x20], Array(repeating: 0x20, count: 100_000),
            Array(repeating: 0x61, count: 100_000), Array(repeating: 0x22, count: 10_000),
            Array(repeating: 0x2E, count: 10_000), Array(repeating: 0x28, count: 10_000),
            Array("a:".utf8), Array(":".utf8), Array("=".utf8), Array("a=".utf8), Array("<1".utf8),
            Array("0x".utf8), Array("-".utf8), Array("..".utf8), Array("a..".utf8),
            Array("://".utf8), Array("a://".utf8), Array("'".utf8), Array("''".utf8),
        ]
        for unit in [".:", "a:", "a1:b", "a=b ", "\"a\" ", "a..b", "1,", "(a,b)", "é", "\u{1b}[0m"]
        {
            lines.append(Array(String(repeating: unit, count: 5_000).utf8))
            for length in 0..<unit.utf8.count { lines.append(Array(unit.utf8.prefix(length))) }
        }
        var state: UInt64 = 5
        for length in 0..<2_000 {
            lines.append(
                (0..<length % 61).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: state >> 40)
                })
        }
        for line in lines {
            let id = miner.observe(line.span, level: nil, service: nil, time: .epoch)
            #expect(miner.template(id) != nil)
        }
        let empty = miner.observe([UInt8]().span, level: nil, service: nil, time: .epoch)
        #expect(miner.template(empty) == "<empty>")
    }
}
