import SafeText
import Testing

@Suite struct SanitiserTests {
    static let cases: [(bytes: [UInt8], shown: String)] = [
        (Array("plain text".utf8), "plain text"),
        ([], ""),
        ([0x61, 0x80, 0x62], "a\\x80b"),
        ([0xE2, 0x82, 0x0A, 0x1B], "\\xe2\\x82^J^["),
        ([0xC0, 0xAF], "\\xc0\\xaf"),
        ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
        ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),
        ([0x00, 0x07, 0x7F], "^@^G^?"),
        (Array("\u{9B}31m".utf8), "\\u009b31m"),
        (Array("a\u{2028}b".utf8), "a\\u2028b"),
        (Array("x\u{202E}y".utf8), "x‹U+202E›y"),
        (Array("\u{FEFF}a\u{200B}\u{AD}".utf8), "‹U+FEFF›a‹U+200B›‹U+00AD›"),
        (Array("\u{E0041}".utf8), "‹U+E0041›"),
        (Array("\u{3164}\u{2800}\u{115F}".utf8), "‹U+3164›‹U+2800›‹U+115F›"),
        (Array("a\tb".utf8), "a       b"),
        (Array("1234567\tb".utf8), "1234567 b"),
        (Array("界\tb".utf8), "界      b"),
        (Array("\u{1B}[1;31mred\u{1B}[0m".utf8), "red"),
        (Array("\u{1B}[m\u{1B}[38:2::1:2:3mx".utf8), "x"),
        (Array("\u{1B}[2Jx".utf8), "^[[2Jx"),
        (Array("\u{1B}[31".utf8), "^[[31"),
        (Array("\u{1B}[?1m".utf8), "^[[?1m"),
        (Array("e\u{301}".utf8), "e\u{301}"),
        (Array("\u{301}x".utf8), "\u{25CC}\u{301}x"),
        (
            Array("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}b".utf8),
            "a\u{301}\u{301}\u{301}\u{301}‹+2 marks›b"
        ),
        (Array("👩\u{200D}💻".utf8), "👩\u{200D}💻"),
        (Array("a\u{200D}b".utf8), "a‹U+200D›b"),
        (Array("❤\u{FE0F}".utf8), "❤\u{FE0F}"),
        (Array("x\u{FE0F}".utf8), "x‹U+FE0F›"),
        (Array("नमस्ते".utf8), "नमस्ते"),
    ]

    @Test(arguments: cases)
    func shows(_ bytes: [UInt8], _ shown: String) {
        // Compared by scalars: Swift's equality would let canonical forms pass.
        #expect(
            Sanitiser.clean(bytes).unicodeScalars.elementsEqual(shown.unicodeScalars),
            "\(Sanitiser.clean(bytes).debugDescription)")
    }

    @Test func cleaningTwiceChangesNothing() {
        for (bytes, _) in Self.cases {
            let once = Sanitiser.clean(bytes)
            #expect(Sanitiser.clean(once).utf8.elementsEqual(once.utf8), "\(once)")
            #expect(Sanitiser.visible(once).utf8.elementsEqual(once.utf8), "\(once)")
        }
    }

    /// The fast path looks at eight bytes at a time.
    @Test func everyByteAtEveryPlaceIsNoticed() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<11 {
                var bytes = [UInt8](repeating: 0x61, count: 11)
                bytes[place] = byte
                let isKept = Sanitiser.clean(bytes).utf8.elementsEqual(bytes)
                #expect(isKept == (byte >= 0x20 && byte < 0x7F), "\(byte) at \(place)")
            }
        }
    }

    @Test func cutsLongTexts() {
        let text = Sanitiser.clean([UInt8](repeating: 0x61, count: Sanitiser.textBytesMax + 5))
        #expect(text.hasSuffix("a‹+5 bytes›"))
    }

    @Test func identifiersAreASCII() {
        #expect(Sanitiser.identifier("checkout-7") == "checkout-7")
        #expect(Sanitiser.identifier("\u{212A}8s") == "\\u{212A}8s")
        #expect(Sanitiser.identifier("a\n") == "a\\u{A}")
    }

    /// What the sanitiser lets through can neither command the terminal nor hide.
    private func offence(in text: String) -> Unicode.Scalar? {
        text.unicodeScalars.first { scalar in
            let value = scalar.value
            if value < 0x20 || (0x7F...0x9F).contains(value) { return true }
            if (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value) {
                return true
            }
            let isEmojiPart = value == 0x200D || value == 0xFE0E || value == 0xFE0F
            return scalar.properties.generalCategory == .format && !isEmojiPart
        }
    }

    @Test func survivesHostileText() throws {
        guard let lines = suiteLines("terminal/injection.txt") else { return }
        var count = 0
        for line in lines {
            let fields = line.split(separator: "\t")
            guard fields.count == 2 else { continue }
            count += 1
            let bytes = base64(String(fields[1]))
            let cleaned = Sanitiser.clean(bytes)
            #expect(offence(in: cleaned) == nil, "\(fields[0]): \(cleaned.debugDescription)")
            if fields[0].hasPrefix("benign"), !fields[0].contains("tab") {
                #expect(cleaned.utf8.elementsEqual(bytes), "\(fields[0])")
            }
        }
        #expect(count > 100)
    }

    @Test func survivesRandomBytes() {
        var generator = Seeded(state: 42)
        for _ in 0..<400 {
            let bytes = (0..<200).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let cleaned = Sanitiser.clean(bytes)
            #expect(offence(in: cleaned) == nil, "\(bytes)")
            #expect(Sanitiser.clean(cleaned) == cleaned)
        }
    }
}

struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

@Suite struct CellWidthTests {
    static let widths: [(text: String, width: Int)] = [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("世界", 4), ("ｱ", 1), ("Ａ", 2), ("🚀", 2),
        ("✅", 2), ("✓", 1), ("▁█", 2), ("╭─╮", 3), ("👩\u{200D}💻", 4), ("❤\u{FE0F}", 1),
        ("👍🏽", 2), ("🇩🇪", 2), ("한글", 4), ("\u{1100}\u{1161}", 2), ("नमस्ते", 4), ("→", 1),
        ("◷", 1), ("\u{1F6D1}", 2), ("…", 1), ("─", 1), ("▲", 1),
    ]

    @Test(arguments: widths)
    func width(_ text: String, _ width: Int) {
        #expect(CellWidth.of(text) == width)
        #expect(Clusters(text).reduce(0) { $0 + $1.width } == width)
    }

    @Test func truncates() {
        #expect(CellWidth.truncated("abcdef", to: 4) == "abc…")
        #expect(CellWidth.truncated("abcd", to: 4) == "abcd")
        #expect(CellWidth.truncated("世界世界", to: 4) == "世…")
        #expect(CellWidth.truncated("abc", to: 0) == "")
        #expect(CellWidth.truncated("abc", to: -3) == "")
        #expect(CellWidth.padded("世", to: 4) == "世  ")
        #expect(CellWidth.padded("7", to: 3, right: true) == "  7")
    }

    @Test func everyScalarTakesUpToTwoCells() {
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect((0...2).contains(CellWidth.of(scalar)))
        }
    }
}
