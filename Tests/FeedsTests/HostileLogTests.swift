import Basics
import Logs
import SafeText
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Logs that are no good")
struct HostileLogTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    static let hostile: [[UInt8]] =
        [
            "\u{1B}[2J", "\u{1B}]0;owned\u{07}", "\u{1B}]8;;http://example\u{1B}\\link",
            "\u{1B}]52;c;ZXZpbA==\u{07}", "\u{1B}P$q\u{1B}\\", "\u{9B}2J", "\u{90}q\u{9C}",
            "\u{202E}evil\u{2066}", "a\u{2028}b\u{2029}c", "\u{07}\u{08}\u{0E}\u{7F}",
            "\u{FEFF}\u{200B}",
        ].map { Array($0.utf8) } + [
            [0x9B, 0x32, 0x4A], [0x90, 0x71, 0x9C], [0x1B], [0xC2, 0x1B],
        ]

    @Test("27: nothing of a hostile line is kept as it came, in no encoding, provisional or not")
    func hostileLines() {
        var plain: [UInt8] = []
        var wide: [UInt8] = [0xFF, 0xFE]
        for sequence in Self.hostile {
            plain += Array("x ".utf8) + sequence + Array(" y\n".utf8)
            let text = "x " + String(decoding: sequence, as: UTF8.self) + " y\n"
            for unit in text.utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        }
        plain += Array("ends \u{1B}[2J".utf8)
        bench.box.write("a.log", plain)
        bench.box.write("b.log", wide)
        let snapshot = bench.hub([bench.logs("*.log")]).drainNow()
        #expect(snapshot.recent.count == 2 * Self.hostile.count + 1)
        #expect(snapshot.recent.last?.isProvisional == true)
        let kept =
            snapshot.recent.flatMap { [$0.message, $0.raw ?? ""] }
            + snapshot.patterns.flatMap { [$0.template, $0.example] }
        for text in kept {
            #expect(Sanitiser.visible(text) == text, "\(text)")
            #expect(!text.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "\(text)")
        }
        let messages = snapshot.recent.map(\.message)
        #expect(messages.contains { $0.hasPrefix("x ") && $0.hasSuffix(" y") })
    }

    @Test("22: a line of 20 MB is cut with a marker; the next ones are whole")
    func longLine() {
        let writer = Writer(bench.box.file("a.log"))
        writer.write("first\n")
        let hub = bench.hub([bench.logs("a.log")])
        _ = hub.drainNow()
        for _ in 0..<20 { writer.write([UInt8](repeating: 0x78, count: 1 << 20)) }
        writer.write("\nnext 1\nnext 2\n")
        let messages = hub.drainNow().recent.map(\.message)
        #expect(messages.count == 4)
        #expect(messages.suffix(2) == ["next 1", "next 2"])
        let cut = messages.count > 1 ? messages[1] : ""
        #expect(cut.utf8.count < 64 * 1024, "bounded")
        #expect(cut.hasSuffix("of this line left out]"), "\(cut.suffix(60))")
    }

    @Test("34: what is no log is refused with a sentence, the others are read")
    func noLogs() throws {
        let box = bench.box
        mkfifo(box.file("fifo"), 0o644)
        box.mkdir("directory")
        box.write("binary", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &* $0) })
        box.write("lastlog", "")
        // One entry of lastlog(8) in a hole of 8 GB, as a large user id makes it.
        let entry = Writer(box.file("lastlog"), O_WRONLY)
        entry.seek(to: 1 << 33)
        entry.write(
            [0x12, 0x34, 0x87, 0x6A] + Array("pts/0".utf8) + [UInt8](repeating: 0, count: 283))
        box.write("good", "a line\n")
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        box.symlink("/proc/self/fd/\(ends[0])", "stdin")
        let names = ["fifo", "directory", "binary", "lastlog", "stdin", "good"]
        let specs = names.map { SourceSpec(id: $0, kind: .logs(path: box.file($0))) }
        let snapshot = bench.hub(specs).drainNow()
        #expect(snapshot.recent.map(\.message) == ["a line"])
        let words = [
            "it is a FIFO", "it is a directory", "it holds binary data", "it holds binary data",
            "it is a FIFO",
        ]
        for (source, why) in zip(snapshot.sources, words) {
            guard case .error(let sentence) = source.state else {
                Issue.record("\(source.id) is \(source.state)")
                continue
            }
            #expect(sentence.contains(why) && sentence.hasSuffix("."), "\(source.id): \(sentence)")
        }
        #expect(snapshot.sources.last?.state.word == "ok")
    }
}
