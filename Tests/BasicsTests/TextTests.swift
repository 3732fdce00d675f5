import Basics
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        (0.0, "0"), (7, "7"), (0.16, "0.16"), (1_234, "1.23k"), (99.95, "100"), (999.6, "1000"),
        (34_500_000, "34.5M"), (-1_500, "-1.5k"), (0.00016, "0.00016"), (1e-9, "0"),
        (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (2.5e12, "2.5T"),
    ])
    func numbers(_ value: Double, _ text: String) {
        #expect(UnitText.number(value) == text)
    }

    @Test func units() {
        #expect(UnitText.percent(0.072) == "7.2 %")
        #expect(UnitText.percent(0.0011) == "0.11 %")
        #expect(UnitText.seconds(2.3) == "2.3 s")
        #expect(UnitText.seconds(0.41) == "410 ms")
        #expect(UnitText.seconds(0.000085) == "85 µs")
        #expect(UnitText.bytes(512) == "512 B")
        #expect(UnitText.bytes(1536) == "1.5 KiB")
        #expect(UnitText.bytes(25 * 1024 * 1024) == "25 MiB")
    }

    @Test func failuresAnswerInOrder() {
        let failure = Failure(
            "a.b", "Journal not writable", subject: "/x", why: "EIO", unchanged: "Nothing was run",
            next: "Look at the disk.")
        #expect(
            failure.description
                == "Journal not writable: /x (EIO). Nothing was run. Look at the disk.")
        #expect(Failure("a.b", "Odd").description == "Odd.")
    }

    @Test func jsonIsSortedAndPlain() throws {
        struct Value: Codable, Equatable {
            var b: String
            var a: Double
        }
        let value = Value(b: "a/b \"ü\" \u{1F600}", a: -.infinity)
        let bytes = try JSONText.encode(value)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\"a\":\"-Inf\",\"b\":\"a/b \\\"ü\\\" \u{1F600}\"}")
        let ascii = JSONText.asciiOnly(bytes)
        #expect(ascii.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(String(decoding: ascii, as: UTF8.self).contains("\\ud83d\\ude00"))
        #expect(try JSONText.decode(Value.self, from: ascii) == value)
    }

    @Test(arguments: ["", "plain", "\"\\\n\t\u{0}\u{7F}", "ü€\u{1F600}", "\u{2028}"])
    func quotedTextIsReadBack(_ text: String) throws {
        let quoted = JSONText.quoted(text)
        #expect(quoted.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(try JSONText.decode([String].self, from: Array("[\(quoted)]".utf8)) == [text])
    }
}
