import Basics
import SafeText
import Support
import Testing

@testable import Logs

@Suite("The index of a log")
struct IndexTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    private struct Line: Hashable {
        var offset: Int64
        var time: Timestamp
        var level: LogLevel?
    }

    private func limits(_ pieceBytes: Int64) -> IndexLimits {
        var limits = IndexLimits()
        limits.pieceBytes = pieceBytes
        limits.lineBytesMax = 256 * 1024
        return limits
    }

    /// As the plain reader of files sees it, from beginning to end.
    private func read(_ path: String) throws -> [Line] {
        let file = try RecordFile(path: path, zoneOffset: 0)
        var lines: [Line] = []
        while let record = try file.next() {
            lines.append(Line(offset: record.offset, time: record.time, level: record.level))
        }
        return lines
    }

    private func entries(_ index: LogIndex) throws -> [Line] {
        var lines: [Line] = []
        for number in 0..<index.count {
            let piece = try #require(index.piece(number))
            let carried = index.carried(into: number)
            var left = piece.untimed
            piece.forEach { entry in
                let time = left > 0 ? carried ?? entry.time : entry.time
                left -= 1
                lines.append(Line(offset: entry.offset, time: time, level: entry.level))
            }
        }
        return lines
    }

    @Test(
        "Pieces of any size hold the records that reading from the start finds", arguments: 0..<60)
    func sameAsReading(_ seed: Int) throws {
        var log = RandomLog(seed: UInt64(seed))
        log.disorder = seed % 3 == 0 ? 4_000 : 0
        log.ending = seed % 7 == 0 ? "\r\n" : "\n"
        var text = (0..<200 + log.number(300)).map { _ in log.record() }.joined()
        if seed % 4 == 0 { text = "banner one\nbanner two\n" + text }
        box.write("a.log", text)
        let path = box.file("a.log")
        let expected = try read(path)
        for size in [300, 1_000, 4_096, 20_000, 1 << 20] as [Int64] {
            let index = try LogIndex(
                path: path, zoneOffset: 0, includesUnfinished: true, limits: limits(size))
            #expect(try entries(index) == expected, "pieces of \(size)")
            for number in 0..<index.count {
                let piece = try #require(index.known(number))
                #expect(index.times(of: number) == piece.earliest...piece.latest)
            }
        }
    }

    @Test("Built by two threads it is the same", arguments: [1, 3, 8])
    func threads(_ seed: Int) throws {
        var log = RandomLog(seed: UInt64(seed), form: .iso)
        box.write("a.log", (0..<3_000).map { _ in log.record() }.joined())
        let path = box.file("a.log")
        let index = try LogIndex(path: path, zoneOffset: 0, limits: limits(4_096))
        #expect(IndexBuilder.build(index))
        #expect(try entries(index) == read(path))
        #expect(index.bytes < 6 * 3_000)
        let other = try LogIndex(path: path, zoneOffset: 0, limits: limits(4_096))
        var asked = 0
        let isWhole = IndexBuilder.build(other) {
            asked += 1
            return asked > 1
        }
        #expect(!isWhole)
        #expect(other.known(0) == nil)
        #expect(other.known(other.count - 1) != nil)
    }

    @Test("A growing file's index follows; another content ends it", arguments: 0..<8)
    func growing(_ seed: Int) throws {
        // A file without times has that of its last change, which the index keeps.
        var log = RandomLog(seed: UInt64(seed), form: RandomLog.Form.allCases[seed % 4])
        box.write("a.log", log.record())
        let path = box.file("a.log")
        let index = try LogIndex(path: path, zoneOffset: 0, limits: limits(2_000))
        for round in 0..<40 {
            var text = (0..<log.number(12)).map { _ in log.record() }.joined()
            let cut = text.utf8.count - log.number(20)
            if cut > 0, round % 2 == 0 {
                box.append("a.log", String(decoding: text.utf8.prefix(cut), as: UTF8.self))
                text = String(decoding: text.utf8.dropFirst(cut), as: UTF8.self)
                #expect(index.refresh())
                _ = index.piece(index.count - 1)
            }
            box.append("a.log", text)
            #expect(index.refresh())
            if round % 5 == 0 { _ = index.piece(log.number(index.count)) }
        }
        #expect(try entries(index) == read(path))
        box.truncate("a.log", to: 10)
        #expect(!index.refresh())
        box.write("a.log", "other content\n" + String(repeating: "x", count: 1 << 16) + "\n")
        #expect(!index.refresh())
    }

    @Test("Lines larger than a piece, NULs and no line at all")
    func oddFiles() throws {
        let long = String(repeating: "x", count: 300_000)
        let time = "2026-08-21T10:00:00Z "
        box.write("a.log", time + "ERROR one\n" + time + long + "\n" + time + "INFO two\n")
        let index = try LogIndex(
            path: box.file("a.log"), zoneOffset: 0, limits: limits(4_096))
        #expect(try entries(index).map(\.offset) == [0, 31, 31 + 21 + 300_001])
        box.write(
            "b.log", Array("a\n".utf8) + [UInt8](repeating: 0, count: 20_000) + Array("b\n".utf8))
        let holes = try LogIndex(path: box.file("b.log"), zoneOffset: 0, limits: limits(4_096))
        #expect(try entries(holes).map(\.offset) == [0, 20_002])
        box.write("c.log", long)
        let none = try LogIndex(path: box.file("c.log"), zoneOffset: 0)
        #expect(none.count == 0)
        box.write("d.log", "")
        #expect(try LogIndex(path: box.file("d.log"), zoneOffset: 0).count == 0)
        #expect(throws: Failure.self) { try LogIndex(path: box.path, zoneOffset: 0) }
        #expect(throws: Failure.self) { try LogIndex(path: box.file("none"), zoneOffset: 0) }
    }

    @Test("Beyond its bound the oldest pieces become coarse, and it says so")
    func bounded() throws {
        var log = RandomLog(seed: 5, form: .iso)
        box.write("a.log", (0..<2_000).map { _ in log.record() }.joined())
        var limits = limits(8_192)
        limits.bytesMax = 3_000
        let index = try LogIndex(path: box.file("a.log"), zoneOffset: 0, limits: limits)
        #expect(IndexBuilder.build(index))
        #expect(index.bytes <= 3_000)
        #expect(index.note.hasPrefix("index coarse for the oldest "))
        #expect(index.known(0)?.isCoarse == true)
        #expect(index.known(0)?.records ?? 0 > 0)
        #expect(try entries(index) == read(box.file("a.log")))
    }

    @Test("Before a piece is indexed its times are bounded by those at its seams")
    func bounds() throws {
        var log = RandomLog(seed: 9, form: .iso)
        log.disorder = 5_000
        box.write("a.log", (0..<3_000).map { _ in log.record() }.joined())
        let index = try LogIndex(path: box.file("a.log"), zoneOffset: 0, limits: limits(8_192))
        for number in 0..<index.count {
            let estimate = index.times(of: number)
            let piece = try #require(index.piece(number))
            #expect(estimate.contains(piece.earliest))
            #expect(estimate.contains(piece.latest))
        }
    }

    @Test("Records read at their places are those of the whole file, secrets removed")
    func placed() throws {
        var log = RandomLog(seed: 11, form: .iso)
        var text = (0..<300).map { _ in log.record() }.joined()
        let head = "2026-08-21T10:00:00.000Z INFO [main] key -----BEGIN RSA " + "PRIVATE KEY-----\n"
        let body = String(
            repeating: "MIIEpAIBAAKCAQEA7bq3xkQJm2Yy9vT0sNfLw8dPqRsTuVwXyZaBcDeFgHiJkLmN\n",
            count: 30)
        let start = Int64(text.utf8.count + head.utf8.count)
        text += head + body + "-----END RSA " + "PRIVATE KEY-----\n"
        text += (0..<300).map { _ in log.record() }.joined()
        box.write("a.log", text)
        let path = box.file("a.log")
        let redactor = Redactor(key: TagKey(7, 0))
        let file = try RecordFile(path: path, zoneOffset: 0, redactor: redactor)
        var expected: [JoinedRecord] = []
        while let record = try file.next() { expected.append(record) }
        let index = try LogIndex(path: path, zoneOffset: 0, limits: limits(1_500))
        let reader = PlacedRecords(index, redactor: redactor)
        let order = expected.indices.sorted { $0 * 37 % 101 < $1 * 37 % 101 }
        for number in order {
            let wanted = expected[number]
            let next = number + 1 < expected.count ? expected[number + 1].offset : index.end
            let read = reader.records(in: wanted.offset..<next, time: wanted.time)
            let record = try #require(read.first?.record)
            #expect(read.count == 1)
            #expect(record.message == wanted.message)
            #expect(record.head == wanted.head)
            #expect(record.time == wanted.time)
            #expect(record.lines == wanted.lines)
        }
        // Also from the middle of the key, where a record does not begin.
        let line = start + 66 * 20
        let read = reader.records(in: line..<line + 66, time: .epoch)
        #expect(
            read.first.map { String(decoding: $0.record.head, as: UTF8.self) }?
                .hasPrefix("[REDACTED:pem#") == true)
    }

    @Test("Text is found in any case wherever it stands", arguments: 0..<40)
    func finder(_ seed: Int) {
        var log = RandomLog(seed: UInt64(seed + 1))
        let alphabet = Array("aAbB@`[{01 ".utf8)
        let bytes = (0..<log.number(200)).map { _ in alphabet[log.number(alphabet.count)] }
        let needle = (0..<1 + log.number(4)).map { _ in alphabet[log.number(alphabet.count)] }
        func fold(_ bytes: some Collection<UInt8>) -> [UInt8] {
            bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        }
        let expected = bytes.indices.filter {
            fold(bytes[$0...].prefix(needle.count)) == fold(needle)
        }
        var found: [Int] = []
        bytes.withUnsafeBytes { raw in
            TextFinder(String(decoding: needle, as: UTF8.self)).each(in: raw) {
                found.append($0)
                return true
            }
        }
        #expect(found == expected)
    }
}

extension IndexTests {
    @Test("Reading a span of time alone gives what reading everything gives", arguments: 0..<12)
    func narrowed(_ seed: Int) throws {
        var log = RandomLog(seed: UInt64(seed), form: RandomLog.Form.allCases[seed % 5])
        log.disorder = seed % 2 == 0 ? 3_000 : 0
        while log.time < Timestamp(seconds: 1_787_306_400 + 600) {
            box.append("a.log", (0..<500).map { _ in log.record() }.joined())
        }
        let path = box.file("a.log")
        for (from, to) in [(100, 130), (0, 20), (500, 5_000), (-90, -50), (9_000, 9_999)] {
            let since = Timestamp(seconds: 1_787_306_400 + Double(from))
            let until = Timestamp(seconds: 1_787_306_400 + Double(to))
            var lines: [[String]] = []
            for isNarrow in [false, true] {
                let file = try RecordFile(path: path, zoneOffset: 0)
                if isNarrow { file.narrow(since: since, until: until, countsLines: true) }
                var found: [String] = []
                while let record = try file.next() {
                    guard record.time >= since, record.time < until else { continue }
                    found.append(
                        "\(record.number) \(record.offset) \(record.time.nanoseconds) "
                            + String(decoding: record.message, as: UTF8.self))
                }
                lines.append(found)
            }
            #expect(lines[0] == lines[1], "\(from) to \(to)")
        }
    }
}
