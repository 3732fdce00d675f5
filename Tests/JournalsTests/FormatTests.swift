import Basics
import Incidents
import Testing

@testable import Journals

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct FormatTests {
    @Test func checksumIsCRC32C() {
        // RFC 3720, B.4, and the usual check value.
        #expect(Digests.crc32c(Array("123456789".utf8)[...]) == 0xE306_9283)
        #expect(Digests.crc32c([UInt8](repeating: 0, count: 32)[...]) == 0x8A91_36AA)
        #expect(Digests.crc32c([UInt8](repeating: 0xFF, count: 32)[...]) == 0x62A8_AB43)
        #expect(Digests.crc32c(Array("1234".utf8)[...], Array("56789".utf8)[...]) == 0xE306_9283)
    }

    @Test func digestIsSHA256() {
        #expect(
            Digests.sha256(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func lineHasExactlyTheseBytes() throws {
        let payload = Array("{\"v\":1}".utf8)
        let line = RecordFrame.line(sequence: 42, payload: payload)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasPrefix("WJ1 0000000042 000007 "))
        #expect(text.hasSuffix(" {\"v\":1}\n"))
        #expect(line.count == RecordFrame.headerBytes + 7 + 1)
        let parsed = try RecordFrame.parse(line[...])
        #expect(parsed.sequence == 42)
        #expect(Array(parsed.payload) == payload)
        let crc = Digests.crc32c(Array("WJ1 0000000042 000007 {\"v\":1}".utf8)[...])
        let hex = String(crc, radix: 16)
        #expect(text.dropFirst(22).prefix(8) == String(repeating: "0", count: 8 - hex.count) + hex)
    }

    @Test func payloadHasItsKeysInOrder() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        _ = try writer.append(
            EventDraft(
                NoteAdded(text: "Z\u{FC}rich \"\u{1B}[31m\u{202E}"),
                at: Timestamp(nanoseconds: -5), by: ops), sync: true)
        let text = String(decoding: bytes(of: directory.segment), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").last)
        let head = try #require(text.split(separator: "\n").first)
        let previous = Digests.sha256(Array((head + "\n").utf8))
        let expected =
            #"{"v":1,"kind":"note.added","t":"-5","entry":"1787300000123456789","#
            + #""boot":"1000000000000","bootId":"00000000-0000-4000-8000-000000000000","#
            + #""actor":{"uid":1000,"name":"ops1"},"#
            + #""data":{"text":"Z\u00fcrich \"\u001b[31m\u202e"},"#
            + #""prev":"\#(previous)","synced":{"segment":1,"offset":\#(head.utf8.count + 1)}}"#
        #expect(line.dropFirst(RecordFrame.headerBytes) == expected)
    }

    @Test func firstRecordSaysWhichFileThisIs() throws {
        let directory = try TemporaryDirectory()
        _ = try openWriter(directory)
        let line = String(decoding: bytes(of: directory.segment), as: UTF8.self)
        #expect(line.hasPrefix("WJ1 0000000001 "))
        #expect(line.contains(#""kind":"journal.opened""#))
        #expect(line.contains(#""prev":"\#(String(repeating: "0", count: 64))""#))
        for part in [
            #""incident":"INC-2041""#, #""version":"1.2.3""#, #""host":""#, #""boot":"000"#,
        ] {
            #expect(line.contains(part), "\(part)")
        }
        #expect(line.contains(#"\"#) == false)
    }

    @Test func everyByteIsPrintableASCII() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let everything = String(
            String.UnicodeScalarView((0...0x24F).compactMap { UnicodeScalar($0) }))
        _ = try writer.append(note(everything + "\u{1F525}\u{2028}\u{FEFF}"), sync: true)
        _ = try writer.append(
            EventDraft(NoteAdded(text: "x"), by: Actor(uid: 1, name: "\u{E9}\u{7}")), sync: true)
        let all = bytes(of: directory.segment)
        #expect(all.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(texts(events).first == everything + "\u{1F525}\u{2028}\u{FEFF}")
        #expect(events.last?.actor.name == "\u{E9}\u{7}")
    }

    @Test func jqReadsIt() throws {
        guard system("command -v jq >/dev/null") == 0 else { return print("skipped: no jq here") }
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 5)
        let out = directory.path + "/out"
        #expect(
            system("cut -d' ' -f5- '\(directory.segment)' | jq -r '.data.text // .kind' > \(out)")
                == 0)
        #expect(
            String(decoding: bytes(of: out), as: UTF8.self)
                == "journal.opened\nnote 1\nnote 2\nnote 3\nnote 4\nnote 5\n")
    }

    @Test(arguments: [
        "WJ1 0000000042 000007  c0ffee00 {\"v\":1}", "WJ1  000000042 000007 c0ffee00 {\"v\":1}",
        "wj1 0000000042 000007 c0ffee00 {\"v\":1}", "WJ1 +000000042 000007 c0ffee00 {\"v\":1}",
        "WJ1 0000000042 000007 C0FFEE00 {\"v\":1}", "WJ1 0000000042 999999 c0ffee00 {\"v\":1}", "",
        "WJ1", "WJ2 0000000042 000007 c0ffee00 {\"v\":1}",
    ])
    func refusesOtherSpellings(_ line: String) {
        #expect(throws: RecordFrame.Fault.self) {
            try RecordFrame.parse(Array((line + "\n").utf8)[...])
        }
    }

    @Test func headFileHasOneSpelling() {
        let head = JournalHead(
            sequence: 42, position: JournalPosition(segment: 1, offset: 18_230),
            hash: Digests.zeros)
        #expect(
            String(decoding: head.bytes, as: UTF8.self)
                == #"{"seq":42,"segment":1,"offset":18230,"hash":"\#(Digests.zeros)"}"# + "\n")
        #expect(JournalHead(bytes: head.bytes) == head)
        #expect(JournalHead(bytes: Array(head.bytes.dropLast())) == nil)
        #expect(JournalHead(bytes: [0x20] + head.bytes) == nil)
    }

    @Test(arguments: [
        (
            #"{"a":"x","b":["y",{"c":"z"}],"n":-1.5e3,"t":true,"u":null}"#,
            #"{"A":"X","B":["Y",{"C":"Z"}],"N":-1.5e3,"T":true,"U":null}"#
        ),
        (#" { "a" : [ ] } "#, #"{"A":[]}"#), (#""\u00e9\n\/""#, #""\u00c9\n/""#),
        (#""\ud83d\udd25""#, #""\ud83d\udd25""#), ("[]", "[]"), ("7", "7"),
    ])
    func rewritesEveryString(_ json: String, _ expected: String) {
        let out = JSONRewriter.rewrite(Array(json.utf8)) { $0.uppercased() }
        #expect(out.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test(arguments: [
        "", "{", "}", "[1,]", "{\"a\"}", "{a:1}", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "nul",
        "1 2",
        "--1", "[1 2]", String(repeating: "[", count: 5000),
    ])
    func refusesWhatIsNotJSON(_ json: String) {
        #expect(JSONRewriter.rewrite(Array(json.utf8)) { $0 } == nil)
    }
}
