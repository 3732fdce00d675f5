import SafeText
import Testing

@Suite struct CleanStreamTests {
    private func clean(_ input: [UInt8], pieces: [Int] = []) -> [UInt8] {
        var stream = CleanStream(redactor: Redactor(key: TagKey(1, 0)))
        var out: [UInt8] = []
        var start = 0
        for size in pieces + [input.count] {
            let end = min(input.count, start + max(0, size))
            Array(input[start..<end]).withUnsafeBufferPointer { stream.feed($0, into: &out) }
            start = end
        }
        stream.finish(into: &out)
        return out
    }

    private func clean(_ text: String) -> String {
        String(decoding: clean(Array(text.utf8)), as: UTF8.self)
    }

    @Test(
        arguments: [
            ("", ""), ("a", "a"), ("a\n", "a\n"), ("\n\n", "\n\n"), ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb\n", "a^Mb\n"), ("tab\there\n", "tab     here\n"), ("\u{1B}[2Jx\n", "^[[2Jx\n"),
            ("\u{1B}[31mred\u{1B}[0m\u{1B}[K\n", "red\n"), ("x\u{2028}y\n", "x\\u2028y\n"),
        ])
    func lines(input: String, expected: String) { #expect(clean(input) == expected) }

    @Test func anyBytesGiveValidTextAndTheSameNumberOfLines() {
        var generator = Seeded(state: 2026)
        for round in 0..<300 {
            let size = Int.random(in: 0...700, using: &generator)
            let input = (0..<size).map { _ -> UInt8 in
                let byte = UInt8.random(in: 0...255, using: &generator)
                return byte % 11 == 0 ? 0x0A : round % 2 == 0 ? byte : byte & 0x7F
            }
            let whole = clean(input)
            #expect(String(validating: whole, as: UTF8.self) != nil)
            #expect(whole.count { $0 == 0x0A } == input.count { $0 == 0x0A })
            #expect(!whole.contains { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7F })
            let sizes = (0..<6).map { _ in Int.random(in: 0...200, using: &generator) }
            #expect(clean(input, pieces: sizes) == whole, "however the bytes come")
        }
    }

    @Test func secretsSplitBetweenReads() {
        let line = Array("url=x password=hunter2 ghp_abcdefghijklmnop0123456789ABCDEFGHIJ\n".utf8)
        for place in 0..<line.count {
            let text = String(decoding: clean(line, pieces: [place]), as: UTF8.self)
            #expect(!text.contains("hunter2") && !text.contains("ghp_"), "\(text)")
        }
    }

    @Test func aLongLineIsCutAndSaysSo() {
        var input = [UInt8](repeating: 0x61, count: CleanStream.lineBytesMax)
        input += Array(" password=hunter2secret\nnext\n".utf8)
        let out = clean(input, pieces: [1000, 300_000, 700_000])
        #expect(out.count < CleanStream.lineBytesMax + 100)
        let tail = String(decoding: out.suffix(60), as: UTF8.self)
        #expect(tail.hasSuffix("‹+23 bytes›\nnext\n"), "\(tail)")
    }

    @Test func aCutNeverLeavesHalfACredential() {
        let secret = "k7Q" + String(repeating: "x9", count: 30)
        for place in stride(from: 1, through: 60, by: 7) {
            let filler = String(repeating: "b ", count: (CleanStream.lineBytesMax - place) / 2)
            let text = clean(filler + "token=" + secret + " end\n")
            #expect(!text.contains("k7Qx9"), "\(place)")
        }
    }

    @Test func anUnclosedKeyEndsAfter64Lines() {
        let body = "MIIEpAIBAAKCAQEA7bq3vXkzJ0Yt0Qh1x2y3z4"
        let lines = ["-----BEGIN RSA PRIVATE KEY-----"] + [String](repeating: body, count: 70)
        let out = clean(lines.joined(separator: "\n") + "\n").split(separator: "\n")
        #expect(out.count == 71)
        #expect(out[1...64].allSatisfy { $0.hasPrefix("[REDACTED:pem#") })
        #expect(out[65...].allSatisfy { $0 == body })
    }

    @Test func countsByClass() {
        var stream = CleanStream(redactor: Redactor(key: TagKey(1, 0)))
        var out: [UInt8] = []
        Array("password=a1b2c3\ntoken=abcdef9 https://u:pw12@h\n".utf8).withUnsafeBufferPointer {
            stream.feed($0, into: &out)
        }
        #expect(stream.removed == ["kv": 2, "url": 1])
    }
}
