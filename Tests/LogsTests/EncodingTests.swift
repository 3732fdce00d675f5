import Basics
import SafeText
import Support
import Testing

@testable import Logs

@Suite("26: encodings")
struct EncodingTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    static func utf16(_ text: String, little: Bool, mark: Bool = true) -> [UInt8] {
        ((mark ? "\u{FEFF}" : "") + text).utf16.flatMap { unit -> [UInt8] in
            let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
            return little ? [low, high] : [high, low]
        }
    }

    private static func encoded(_ text: String, _ encoding: LineEncoding) -> [UInt8] {
        switch encoding {
        case .utf8: [0xEF, 0xBB, 0xBF] + Array(text.utf8)
        case .utf16LittleEndian: utf16(text, little: true)
        case .utf16BigEndian: utf16(text, little: false)
        }
    }

    static let encodings: [LineEncoding] = [.utf8, .utf16LittleEndian, .utf16BigEndian]
    static let sample = "plain\r\ngrün € 漢字 𝄞 😀\n\n10%\r20%\r\ntwo\r\r\nĀЊ（\n"
    static let lines = ["plain", "grün € 漢字 𝄞 😀", "", "10%", "20%", "two", "ĀЊ（"]

    /// The lines of `bytes`, read in pieces of `size`, with their offsets.
    private static func cut(_ bytes: [UInt8], by size: Int) -> [(text: String, offset: Int64)] {
        var assembler = LineAssembler(lineBytesMax: 1 << 16)
        var found: [(String, Int64)] = []
        let sink: LineAssembler.Sink = { line, offset, _ in
            found.append((ByteScan.text(line, 0..<line.count), offset))
        }
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            assembler.feed(piece.span, at: Int64(start), sink)
        }
        assembler.flush(sink)
        return found
    }

    @Test("Lines come out as text in pieces of every size", arguments: encodings)
    func pieces(encoding: LineEncoding) {
        let bytes = Self.encoded(Self.sample, encoding)
        for size in 1...bytes.count {
            let found = Self.cut(bytes, by: size)
            #expect(found.map(\.text) == Self.lines, "\(size)")
            for (text, offset) in found where !text.isEmpty {
                let there = Self.encoded(text, encoding).dropFirst(encoding == .utf8 ? 3 : 2)
                #expect(bytes[Int(offset)...].starts(with: there), "\(size): \(text)")
            }
        }
    }

    @Test("Halves of pairs become U+FFFD, wherever they stand")
    func halves() {
        let units: [UInt16] = [
            0xFEFF, 0xD834, 0x41, 0xDD1E, 0x0A, 0x42, 0xD834, 0x0A, 0xD834, 0xD834,
        ]
        var bytes: [UInt8] = []
        for unit in units { bytes += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        bytes.append(0x41)
        for size in 1...bytes.count {
            let found = Self.cut(bytes, by: size).map(\.text)
            #expect(found == ["\u{FFFD}A\u{FFFD}", "B\u{FFFD}", "\u{FFFD}\u{FFFD}"], "\(size)")
        }
    }

    @Test("A file that is no UTF-16 any more is read as what it is")
    func replaced() {
        box.write("a.log", Self.utf16("one\n", little: true))
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["one"])
        box.write("a.log", "two, which is longer\n")
        #expect(reader.take() == ["two, which is longer"])
    }

    @Test("Opened at its end, and then backwards", arguments: encodings)
    func backwards(encoding: LineEncoding) throws {
        // Ċ is U+010A: the byte of a line feed in it ends no line.
        let all = (1...3_000).map { "Eintrag \($0) Ċਊ größer 😀" }
        box.write("a.log", Self.encoded(text(all), encoding))
        for step in [4_096, 4_099, 1_001] {
            var limits = FollowLimits()
            limits.openingHistoryBytesMax = step
            let reader = Reader(box.file("a.log"), limits: limits)
            reader.read()
            #expect(reader.lines.last == all.last)
            #expect(reader.lines.count < 200)
            let history = try #require(reader.follower.historyReader())
            var older: [String] = []
            while !history.isAtStart {
                var block: [String] = []
                history.previous(bytes: step) { line, _, _ in
                    block.append(ByteScan.text(line, 0..<line.count))
                }
                older = block + older
            }
            #expect(older + reader.lines == all, "\(step)")
        }
    }

    @Test("Written unit by unit and split anywhere, followed live")
    func live() {
        let bytes = Self.utf16(Self.sample, little: false)
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        var found: [String] = []
        for byte in bytes {
            box.append("a.log", [byte])
            found += reader.take()
        }
        #expect(found == Self.lines)
    }

    @Test(
        "Invalid UTF-8 is shown byte by byte, and what stands beside it stays",
        arguments: [
            ([0xFF], #"\xff"#), ([0xC0, 0xAF], #"\xc0\xaf"#),
            ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),
            ([0x80], #"\x80"#), ([0xE9], #"\xe9"#), ([0xE4, 0xB8], #"\xe4\xb8"#),
            ([0xF5, 0x80, 0x80, 0x80], #"\xf5\x80\x80\x80"#),
            ([0xF4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
            ([0xE0, 0x80, 0x80], #"\xe0\x80\x80"#), ([0xF0, 0x9F, 0x98], #"\xf0\x9f\x98"#),
        ] as [([UInt8], String)])
    func invalid(bytes: [UInt8], shown: String) {
        box.write("a.log", Array("vor ".utf8) + bytes + Array(" nach\nnächste\n".utf8))
        var cleaner = LineCleaner()
        let found = collect(box.file("a.log")).map { cleaner.clean($0.span).text }
        #expect(found == ["vor \(shown) nach", "nächste"])
    }

    @Test("Latin-1 keeps its ASCII, and its other bytes can be told")
    func latin1() {
        box.write(
            "a.log", Array("caf".utf8) + [0xE9] + Array(" ge".utf8) + [0xF6] + Array("ffnet\n".utf8)
        )
        var cleaner = LineCleaner()
        #expect(
            collect(box.file("a.log")).map { cleaner.clean($0.span).text } == [
                #"caf\xe9 ge\xf6ffnet"#
            ])
    }

    private func collect(_ path: String) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        let follower = LogFollower(path: path, start: .beginning)
        _ = follower.turn(now: Reader.start) { line, _, _ in
            lines.append(ByteScan.bytes(line, 0..<line.count))
        }
        return lines
    }

    @Test("22: a long line is cut behind a word, or at least behind a character")
    func cutPlace() {
        func cut(_ text: String, max: Int) -> (String, Int) {
            var assembler = LineAssembler(lineBytesMax: max)
            var found = ("", -1)
            assembler.feed(Array((text + "\n").utf8).span, at: 1) { line, _, omitted in
                found = (ByteScan.text(line, 0..<line.count), omitted)
            }
            return found
        }
        #expect(cut("one two three", max: 9) == ("one two", 6))
        #expect(cut("eins€uros", max: 5) == ("eins", 7))
        #expect(cut("eins€uros", max: 6) == ("eins", 7))
        #expect(cut("eins€uros", max: 7) == ("eins€", 4))
        #expect(cut("eins", max: 4) == ("eins", 0))
    }
}
