import Basics
import Support
import Testing

@testable import Logs

@Suite("Records of several lines, and of files")
struct JoinTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    private func records(_ text: String, zone: Int = 0) throws -> [JoinedRecord] {
        box.write("a.log", text)
        let file = try RecordFile(path: box.file("a.log"), zoneOffset: zone)
        var out: [JoinedRecord] = []
        while let record = try file.next() { out.append(record) }
        return out
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        /// Physical lines of each record.
        var lines: [Int]
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "Java",
            text: """
                2026-08-21 10:00:00,123 ERROR [main] c.a.Pay - failed
                java.lang.IllegalStateException: no
                \tat c.a.Pay.run(Pay.java:10)
                \tat c.a.Pay.main(Pay.java:3)
                Caused by: java.io.IOException: gone
                \t... 2 more
                2026-08-21 10:00:01,000 INFO [main] c.a.Pay - next
                """, lines: [6, 1]),
        Case(
            name: "Python",
            text: """
                2026-08-21 10:00:00,123 ERROR worker failed
                Traceback (most recent call last):
                  File "a.py", line 3, in <module>
                    run()
                ValueError: bad

                During handling of the above exception, another exception occurred:

                Traceback (most recent call last):
                  File "a.py", line 5, in <module>
                KeyError: 'x'
                2026-08-21 10:00:01,000 INFO next
                """, lines: [11, 1]),
        Case(
            name: "Python without times",
            text: """
                starting
                Traceback (most recent call last):
                  File "a.py", line 3, in <module>
                    run()
                app.errors.Bad: no
                stopped
                """, lines: [1, 4, 1]),
        Case(
            name: "Go",
            text: """
                2026/08/21 10:00:00 listening
                panic: runtime error: index out of range

                goroutine 1 [running]:
                main.run(0xc000)
                \t/app/main.go:10 +0x1d
                created by main.main
                \t/app/main.go:4
                2026/08/21 10:00:05 listening
                """, lines: [1, 7, 1]),
        Case(
            name: "Rust",
            text: """
                2026-08-21T10:00:00Z INFO up
                thread 'main' panicked at 'no', src/main.rs:4:5
                stack backtrace:
                   0: rust_begin_unwind
                             at /rustc/x/library/std/src/panicking.rs:5
                   1: app::main
                note: run with `RUST_BACKTRACE=full`
                2026-08-21T10:00:01Z INFO up
                """, lines: [1, 6, 1]),
        Case(
            name: "Ruby",
            text: """
                E, [2026-08-21T10:00:00.1 #7] ERROR -- : no method
                app.rb:3:in `run': undefined (NoMethodError)
                \tfrom app.rb:9:in `<main>'
                I, [2026-08-21T10:00:01.1 #7]  INFO -- : next
                """, lines: [3, 1]),
        Case(
            name: ".NET",
            text: """
                2026-08-21 10:00:00.123 +00:00 [ERR] Request failed
                System.InvalidOperationException: no
                 ---> System.Exception: inner
                   at A.B.C() in /src/B.cs:line 3
                   --- End of inner exception stack trace ---
                   at A.B.D()
                2026-08-21 10:00:01.123 +00:00 [INF] next
                """, lines: [6, 1]),
        Case(
            name: "PHP",
            text: """
                [21-Aug-2026 10:00:00 UTC] PHP Fatal error:  Uncaught Exception: no in /a.php:3
                Stack trace:
                #0 /a.php(9): run()
                #1 {main}
                  thrown in /a.php on line 3
                [21-Aug-2026 10:00:01 UTC] PHP Notice:  next
                """, lines: [5, 1]),
        Case(
            name: "JavaScript",
            text: """
                2026-08-21T10:00:00.000Z error: failed
                TypeError: x is not a function
                    at run (/app/a.js:3:5)
                    at Object.<anonymous> (/app/a.js:9:1)
                2026-08-21T10:00:01.000Z info: next
                """, lines: [4, 1]),
        Case(
            name: "java.util.logging",
            text: """
                Aug 21, 2026 10:00:00 AM c.a.Pay run
                SEVERE: no
                Aug 21, 2026 10:00:01 AM c.a.Pay run
                INFO: yes
                """, lines: [2, 2]),
        Case(
            name: "PostgreSQL",
            text: """
                2026-08-21 10:00:00.123 UTC [9] u@d ERROR:  duplicate key
                2026-08-21 10:00:00.123 UTC [9] u@d DETAIL:  Key (id)=(3) exists.
                2026-08-21 10:00:00.123 UTC [9] u@d STATEMENT:  INSERT INTO t
                \tVALUES (3)
                2026-08-21 10:00:01.123 UTC [9] u@d LOG:  next
                """, lines: [4, 1]),
        Case(name: "no times", text: "one\ntwo\nthree\n", lines: [1, 1, 1]),
        Case(
            name: "untimed levels are records",
            text: "2026-08-21T10:00:00Z INFO a\nERROR: b\n2026-08-21T10:00:01Z INFO c\n",
            lines: [1, 1, 1]),
        Case(
            name: "a line cut by the container runtime",
            text: """
                2026-08-21T10:00:00.1Z stdout P {"level":"warn",
                2026-08-21T10:00:00.1Z stdout F "msg":"long"}
                2026-08-21T10:00:00.2Z stdout F next
                """, lines: [2, 1]),
    ]

    @Test("Lines of one record", arguments: cases)
    func joins(row: Case) throws {
        let found = try records(row.text)
        #expect(
            found.map(\.lines) == row.lines,
            "\(found.map { String(decoding: $0.message, as: UTF8.self) })")
    }

    @Test("The level of a record may stand in its second line")
    func secondLineLevel() throws {
        let found = try records(
            "Aug 21, 2026 10:00:00 AM c.a.Pay run\nSEVERE: no\nAug 21, 2026 10:00:01 AM c run\n")
        #expect(found.map(\.level) == [.error, nil])
    }

    @Test("A record is bounded")
    func bounded() throws {
        let frames = (0..<1200).map { "\tat a.b.C.m(C.java:\($0))" }.joined(separator: "\n")
        let found = try records("2026-08-21T10:00:00Z ERROR x\n" + frames + "\n")
        #expect(found.map(\.lines) == [500, 500, 201])
    }

    @Test("Day and month are decided by the whole file")
    func dayOrder() throws {
        func times(_ text: String) throws -> [String] {
            try records(text).map { TimeText.rfc3339($0.time) }
        }
        #expect(
            try times("03/04/2026 10:00:00 a\n25/04/2026 10:00:00 b\n")
                == ["2026-04-03T10:00:00Z", "2026-04-25T10:00:00Z"])
        #expect(
            try times("03/04/2026 10:00:00 AM a\n04/25/2026 10:00:00 PM b\n")
                == ["2026-03-04T10:00:00Z", "2026-04-25T22:00:00Z"])
        let ambiguous = try records("03/04/2026 10:00:00 a\n")
        #expect(ambiguous.first?.parsed.assumes == [.zone, .order])
    }

    @Test("What a time leaves out is said")
    func assumptions() throws {
        let rows: [(String, TimeAssumptions)] = [
            ("2026-08-21T10:00:00Z x", []), ("2026-08-21 10:00:00 x", .zone),
            ("Aug 21 10:00:00 h a: x", [.zone, .year]), ("10:00:00.5 INFO x", [.zone, .date]),
            ("1787306040 x", []), ("Sat Apr 27 03:33:07 PDT 2013 x", []),
            (#"{"ts":1787306040,"msg":"x"}"#, []), (#"{"time":"2026-08-21 10:00:00"}"#, .zone),
        ]
        for (line, expected) in rows {
            let record = try #require(try records(line + "\n").first)
            #expect(record.timeIsRead && record.parsed.assumes == expected, "\(line)")
        }
    }

    @Test("Lines in front of the first time get it, marked as assumed")
    func untimedHead() throws {
        let found = try records("banner\nINFO hello\n2026-08-21T10:00:00Z INFO a\nERROR: b\n")
        #expect(found.map(\.timeIsRead) == [false, false, true, false])
        #expect(Set(found.map(\.time)).count == 1)
    }

    @Test("A file without any time has that of its last change")
    func untimedFile() throws {
        let found = try records("one\ntwo\n")
        #expect(found.count == 2 && found.allSatisfy { !$0.timeIsRead })
        #expect(found[0].time > (Timestamp(rfc3339: "2020-01-01T00:00:00Z") ?? .epoch))
    }

    @Test("Files are merged by time")
    func merges() throws {
        box.write("b.log", "2026-08-21T10:00:01Z b1\n2026-08-21T10:00:03Z b2\n\tat x\n")
        box.write("c.log", "2026-08-21T12:00:02+02:00 c1\n2026-08-21T10:00:04Z c2\n")
        box.write("d.log", "")
        let files = try ["b.log", "c.log", "d.log"].map {
            try RecordFile(path: box.file($0), zoneOffset: 0, blockBytes: 16)
        }
        var merger = RecordMerger(files)
        var seen: [String] = []
        while let record = try merger.next() {
            seen.append(String(decoding: record.message, as: UTF8.self))
        }
        #expect(
            seen == ["b1", "c1", "b2\n\tat x", "c2"]
                || seen == ["b1", "c1", "b2\n        at x", "c2"])
    }

    private static let packedOne: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0xCF,
        0x4B, 0xE5, 0x02, 0x00, 0x9F, 0xA8, 0x17, 0xF8, 0x04, 0x00, 0x00, 0x00,
    ]
    private static let packedTwo: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x2B, 0x29,
        0xCF, 0xE7, 0x02, 0x00, 0x74, 0x08, 0x17, 0x96, 0x04, 0x00, 0x00, 0x00,
    ]

    @Test("A gzip'd file of two members is one log")
    func packed() throws {
        // `printf 'one\n' | gzip -n; printf 'two\n' | gzip -n`, and a block filled with zeros.
        box.write("b.gz", Self.packedOne + Self.packedTwo + [UInt8](repeating: 0, count: 40))
        let file = try RecordFile(path: box.file("b.gz"), zoneOffset: 0, blockBytes: 7)
        var seen: [String] = []
        while let record = try file.next() {
            seen.append(String(decoding: record.message, as: UTF8.self))
        }
        #expect(seen == ["one", "two"])
    }

    @Test("What cannot be read says so", arguments: ["missing", "dir", "gzip"])
    func unreadable(_ name: String) throws {
        box.mkdir("dir")
        box.write("gzip", [0x1F, 0x8B, 8, 0, 0, 0])
        #expect(throws: Failure.self) {
            let file = try RecordFile(path: box.file(name), zoneOffset: 0)
            while try file.next() != nil {}
        }
    }
}
