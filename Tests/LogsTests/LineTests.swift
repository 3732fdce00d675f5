import Basics
import Support
import Testing

@testable import Logs

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Cutting lines")
struct LineTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    @Test("19: an unfinished line is provisional, then one line")
    func provisional() {
        box.write("a.log", "one\ntw")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["one"])
        #expect(reader.follower.provisional?.bytes == Array("tw".utf8))
        #expect(reader.follower.provisional?.offset == 4)
        box.append("a.log", "o")
        #expect(reader.take() == [])
        box.append("a.log", "\nthree\n")
        #expect(reader.take() == ["two", "three"])
        #expect(reader.follower.provisional == nil)
    }

    @Test("19: the unfinished line of a vanished file comes out")
    func flushedWhenGone() {
        box.write("a.log", "one\nlast words")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.unlink("a.log")
        #expect(reader.take() == [])
        reader.wait(.seconds(6))
        #expect(reader.take() == ["last words"])
    }

    @Test("20: a character split between two reads")
    func splitCharacter() {
        let bytes = Array("grün €\n".utf8)
        box.write("a.log", Array(bytes.prefix(3)))
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == [])
        box.append("a.log", Array(bytes[3..<8]))
        #expect(reader.take() == [])
        box.append("a.log", Array(bytes[8...]))
        #expect(reader.take() == ["grün €"])
    }

    @Test(
        "21: line ends",
        arguments: [
            ("a\r\nb\r\n", ["a", "b"]), ("10%\r20%\r30%\n", ["10%", "20%", "30%"]),
            ("a\n\nb\n", ["a", "", "b"]), ("\r\n", [""]), ("a\r\r\n", ["a"]),
        ])
    func lineEnds(written: String, expected: [String]) {
        box.write("a.log", written)
        #expect(Reader(box.file("a.log")).take() == expected)
    }

    @Test("21: CR and LF in different reads are one end")
    func splitLineEnd() {
        box.write("a.log", "one\r")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == [])
        box.append("a.log", "\ntwo\r\n")
        #expect(reader.take() == ["one", "two"])
    }

    @Test("22: a line of 20 MB is cut, the next ones are whole")
    func longLine() {
        let block = [UInt8](repeating: 0x78, count: 1 << 20)
        let writer = Writer(box.file("a.log"))
        writer.write("before\n")
        for _ in 0..<20 { writer.write(block) }
        writer.write("\nafter 1\nafter 2\n")
        let reader = Reader(box.file("a.log"), start: .beginning)
        reader.read()
        #expect(reader.lines.count == 4)
        #expect(reader.lines.first == "before")
        #expect(reader.lines.suffix(2) == ["after 1", "after 2"])
        #expect(reader.lines[1].utf8.count == reader.follower.limits.lineBytesMax)
        #expect(reader.omitted[1] == 20 * (1 << 20) - reader.follower.limits.lineBytesMax)
        #expect(reader.follower.totals.cutLines == 1)
    }

    @Test("24: a hole is skipped and counted")
    func hole() {
        box.write("a.log", "before\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        let writer = Writer(box.file("a.log"), O_WRONLY)
        writer.seek(to: 50_000_000)
        writer.write("after\nmore\n")
        #expect(reader.take() == ["after", "more"])
        let totals = reader.follower.totals
        #expect(totals.holeBytes + totals.nulsSkipped == 50_000_000 - 7)
        #expect(totals.holeBytes > 49_000_000, "most of the hole is not read")
    }

    @Test("25: a writer without O_APPEND goes on at its offset after a truncation")
    func truncatedUnderWriter() {
        let writer = Writer(box.file("a.log"), O_CREAT | O_WRONLY)
        writer.write(String(repeating: "x", count: 20_000) + "\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.truncate("a.log", to: 0)
        writer.write("next\n")
        #expect(reader.take() == ["next"])
        #expect(reader.follower.totals.possibleLosses == 1)
    }

    @Test("34: what is no log says so and never hangs")
    func notALog() {
        mkfifo(box.file("fifo"), 0o644)
        box.mkdir("dir")
        box.write("binary", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &* $0) })
        box.write("gzip", [0x1F, 0x8B, 8, 0, 0, 0])
        box.write("sparse", "")
        box.truncate("sparse", to: 1 << 33)
        let expected = [
            ("fifo", "it is a FIFO"), ("dir", "it is a directory"),
            ("binary", "it holds binary data"), ("gzip", "it holds a gzip archive"),
        ]
        for (name, why) in expected {
            let reader = Reader(box.file(name))
            #expect(reader.take() == [])
            let sentence = reader.follower.problem?.sentence(path: box.file(name)) ?? ""
            #expect(sentence.contains(why) && sentence.hasSuffix("."), "\(name): \(sentence)")
        }
        let device = Reader("/dev/zero")
        #expect(device.take() == [])
        #expect(device.follower.problem?.sentence(path: "").contains("a device") == true)
        #expect(Reader(box.file("sparse")).take() == [])
    }

    @Test("Opening at the end shows the newest lines and leaves the rest to history")
    func opensAtTheEnd() throws {
        let all = (1...40_000).map { "entry number \($0) of many" }
        box.write("a.log", text(all))
        var limits = FollowLimits()
        limits.openingHistoryBytesMax = 64 * 1024
        let reader = Reader(box.file("a.log"), limits: limits)
        reader.read()
        #expect(reader.lines.last == all.last)
        #expect(reader.lines.count < 4_000)
        let history = try #require(reader.follower.historyReader())
        var older: [String] = []
        while !history.isAtStart {
            var block: [String] = []
            history.previous(bytes: 100_000) { line, _, _ in
                block.append(String(decoding: (0..<line.count).map { line[$0] }, as: UTF8.self))
            }
            older = block + older
        }
        #expect(older + reader.lines == all, "nothing lost, nothing twice")
    }

    @Test("Offsets are those of the lines in the file")
    func offsets() {
        box.write("a.log", "one\ntwo\r\n\nfour\n")
        let follower = LogFollower(path: box.file("a.log"), start: .beginning)
        var offsets: [Int64] = []
        _ = follower.turn(now: Reader.start) { _, offset, _ in offsets.append(offset) }
        #expect(offsets == [0, 4, 9, 10])
    }
}
