import Testing

@testable import Metrics

@Suite struct RegexPatternTests {
    @Test(arguments: [
        ("a.c", "abc", true), ("a.c", "a\nc", true), ("abc", "xabc", false), ("", "", true),
        ("a|b", "b", true), ("a|b", "ab", false), ("(a|b)*", "abba", true), ("(a*)*", "aaa", true),
        ("(a*)*", "b", false), ("(|a)+", "aa", true), ("a{2,3}", "aa", true),
        ("a{2,3}", "aaaa", false), ("a{2}", "aa", true), ("a{,2}", "a{,2}", true),
        ("x{2,}", "xxxx", true), ("[a-c]+", "abc", true), ("[^a-c]+", "xyz", true),
        ("[^a-c]+", "xaz", false), ("[]a]+", "]a", true), ("[a-]+", "a-", true),
        (#"\d+\.\d"#, "12.5", true), (#"\w+"#, "a_9", true), (#"\w+"#, "é", false),
        (#"\S+"#, "a b", false), ("[[:alpha:]]+", "abc", true), ("[[:^alpha:]]", "1", true),
        ("(?i)ERROR", "eRRor", true), ("(?i)[a-c]+", "aBC", true), ("(?i:a)b", "AB", false),
        ("(?-s).", "\n", false), ("^abc$", "abc", true), ("a$b", "ab", false),
        (#"\bfoo\b.*"#, "foo bar", true), (#"\bfoo\b.*"#, "foobar", false),
        (#"\Qa.b\E"#, "a.b", true), (#"\Qa.b\E"#, "axb", false), (#"\x41\x{42}"#, "AB", true),
        (".", "é", true), (".+", "日本", true), ("5..", "503", true), ("5..", "5031", false),
        ("a??b", "ab", true), ("(?P<x>a)(?<y>b)", "ab", true), ("server-.*|db", "db", true),
        (#"a\.b"#, "a.b", true), ("(?m)^a$", "a", true), (#"\t"#, "\t", true),
        (#"\pL+"#, "añж日", true), (#"\pL+"#, "a1", false), (#"\PL"#, "1", true),
        (#"\p{Lu}\p{Ll}+"#, "Éa", true), (#"\p{^Lu}"#, "É", false), (#"[\p{Nd}_]+"#, "٣_4", true),
        (#"\p{Greek}+"#, "λόγος", true), (#"\p{Cyrillic}+"#, "журнал", true),
        (#"\p{Han}\p{Hiragana}+\p{Katakana}"#, "日ほんコ", true), (#"\p{Hangul}+"#, "로그", true),
        (#"\p{Latin}+"#, "ж", false), (#"\p{Any}"#, "😀", true), (#"[^\pN]"#, "½", false),
        ("(?i)é", "É", true), ("(?i)ΣΑΣ", "σας", true), ("(?i)straße", "STRAẞE", true),
        ("(?i)[à-ö]", "Ö", true), ("(?i)[^ж]", "Ж", false), ("(?i)k", "\u{212A}", true),
        (#"(?i)\w"#, "\u{17F}", true), (#"(?i)\W"#, "\u{17F}", false), ("(?i)ı", "I", false),
        ("(?i)ǆ", "ǅ", true), (#"(?i)\Qa.É\E"#, "A.é", true), (#"\Qab\E+"#, "abbb", true),
        (#"\Qab\E+"#, "abab", false), ("(?)a", "a", true), ("a*(?i)*B", "aab", true),
        (#"\_\ \-"#, "_ -", true), ("^*a", "a", true), ("(?U)a+?", "aa", true),
        (#"[\d-z]+"#, "4-z", true), ("(?P<a>x)(?P<a>y)", "xy", true), ("(?P<1>a)", "a", true),
        ("[[:word:]]", "_", true), (#"[^\x00-\x{10FFFF}]"#, "a", false), ("pre.*", "pre", true),
        ("pre.*", "pr", false), (".*post", "a post", true), (".*post", "posts", false),
        (".*mid.*", "amidst", true), (".*mid.*", "mi d", false), (".*", "", true),
        (".+", "", false),
        ("a(b|c)?d", "ad", true), ("a[bc]d", "acd", true), ("a[bc]d", "aed", false),
    ])
    func matchesLikeRE2(pattern: String, text: String, matches: Bool) throws {
        let compiled = try RegexPattern(anchored: Array(pattern.utf8))
        #expect(compiled.matches(Array(text.utf8)) == matches)
        #expect((compiled.captures(Array(text.utf8)) != nil) == matches)
    }

    @Test(arguments: [
        ("(", "missing closing ): `(`"), ("(a", "missing closing ): `(a`"),
        (")", "unexpected ): `)`"), ("a)", "unexpected ): `a)`"), ("[a", "missing closing ]: `[a`"),
        ("x[", "missing closing ]: `[`"), ("[z-a]", "invalid character class range: `z-a`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("*?", "missing argument to repetition operator: `*?`"),
        ("(|*)", "missing argument to repetition operator: `*`"),
        (#"\Q\E*"#, "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a*?*", "invalid nested repetition operator: `*?*`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("a{1001}", "invalid repeat count: `{1001}`"), ("a{3,2}", "invalid repeat count: `{3,2}`"),
        ("(a{100}){100}", "invalid repeat count: `{100}`"),
        ("((?:){1000}){2}", "invalid repeat count: `{2}`"),
        ("(a{0,2}){600}", "invalid repeat count: `{600}`"),
        (#"\"#, "trailing backslash at end of expression: ``"),
        (#"\1"#, #"invalid escape sequence: `\1`"#), (#"\8"#, #"invalid escape sequence: `\8`"#),
        (#"\C"#, #"invalid escape sequence: `\C`"#), (#"\e"#, #"invalid escape sequence: `\e`"#),
        (#"\x{110000}"#, #"invalid escape sequence: `\x{110000`"#),
        (#"\xg)"#, #"invalid escape sequence: `\xg)`"#),
        (#"[a-\d]"#, #"invalid escape sequence: `\d`"#),
        (#"\pX"#, #"invalid character class range: `\pX`"#),
        (#"\p{Foo}"#, #"invalid character class range: `\p{Foo}`"#),
        (#"\p{Foo"#, #"invalid character class range: `\p{Foo`"#),
        ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
        ("(?P=x)", "invalid or unsupported Perl syntax: `(?P`"),
        ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
        ("(?-)a", "invalid or unsupported Perl syntax: `(?-)`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("(?P<a b>x)", "invalid named capture: `(?P<a b>`"),
    ])
    func errorsAreThoseOfTheReference(pattern: String, message: String) {
        do throws(RegexPattern.SyntaxError) {
            _ = try RegexPattern(anchored: Array(pattern.utf8))
            Issue.record("accepted")
        } catch {
            #expect(error.message == "error parsing regexp: " + message)
        }
    }

    @Test func manyAlternativesAreAFewLookUps() throws {
        let words = (0..<3000).map { "host-\($0):9100" }
        let pattern = try RegexPattern(anchored: Array(words.joined(separator: "|").utf8))
        #expect(pattern.literals?.count == 3000)
        #expect(pattern.matches(Array("host-2999:9100".utf8)))
        #expect(!pattern.matches(Array("host-3000:9100".utf8)))
    }

    @Test func whatIsTooLargeIsRefused() {
        let deep = String(repeating: "(", count: 100_000)
        for pattern in [deep, deep + "a" + String(repeating: ")", count: 100_000)] {
            #expect(throws: RegexPattern.SyntaxError.self) {
                try RegexPattern(anchored: Array(pattern.utf8))
            }
        }
        #expect(throws: RegexPattern.SyntaxError.self) {
            try RegexPattern(anchored: [0x61, 0xFF])
        }
        #expect(throws: RegexPattern.SyntaxError.self) {
            try RegexPattern(anchored: Array(String(repeating: "(a{1000})", count: 300).utf8))
        }
    }

    @Test(
        arguments: [
            ("abc", ["abc"], "abc"), ("a|bc|", ["", "a", "bc"], ""),
            ("prod-(a|b)", ["prod-a", "prod-b"], "prod-"),
            ("5[01]3", ["503", "513"], "5"), ("ab?", ["a", "ab"], "a"),
        ] as [(String, [String], String)])
    func fewTextsAreKnown(pattern: String, texts: [String], prefix: String) throws {
        let compiled = try RegexPattern(anchored: Array(pattern.utf8))
        #expect(compiled.literals?.map(\.string).sorted() == texts)
        #expect(compiled.literalPrefix.string == prefix)
        for text in texts { #expect(compiled.matches(Array(text.utf8))) }
    }

    @Test(arguments: [
        ("ab.*", "ab"), ("a+", ""), ("(ab)(c|d)x.*", "ab"), (".*", ""), ("ab[^c]", "ab"),
    ])
    func prefixesAreKnown(pattern: String, prefix: String) throws {
        let compiled = try RegexPattern(anchored: Array(pattern.utf8))
        #expect(compiled.literals == nil)
        #expect(compiled.literalPrefix.string == prefix)
    }

    /// A matcher that goes back over the text, over patterns that are built by chance: slow, but
    /// plain enough to be believed.
    @Test func agreesWithAPlainMatcher() throws {
        indirect enum Plain {
            case letter(Character), any, pair(Plain, Plain), either(Plain, Plain), star(Plain)
            case maybe(Plain)

            var text: String {
                switch self {
                case .letter(let letter): String(letter)
                case .any: "."
                case .pair(let a, let b): "\(a.text)\(b.text)"
                case .either(let a, let b): "(\(a.text)|\(b.text))"
                case .star(let a): "(\(a.text))*"
                case .maybe(let a): "(\(a.text))?"
                }
            }

            /// Where a match that begins at `start` may end.
            func ends(_ text: [Character], _ start: Int) -> Set<Int> {
                switch self {
                case .letter(let letter):
                    return start < text.count && text[start] == letter ? [start + 1] : []
                case .any: return start < text.count ? [start + 1] : []
                case .pair(let a, let b):
                    return a.ends(text, start).reduce(into: []) { $0.formUnion(b.ends(text, $1)) }
                case .either(let a, let b): return a.ends(text, start).union(b.ends(text, start))
                case .maybe(let a): return a.ends(text, start).union([start])
                case .star(let a):
                    var found: Set<Int> = [start]
                    var open = [start]
                    while let place = open.popLast() {
                        for end in a.ends(text, place) where found.insert(end).inserted {
                            open.append(end)
                        }
                    }
                    return found
                }
            }
        }
        var state: UInt64 = 11
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let letters: [Character] = ["a", "b", "é"]
        func build(_ depth: Int) -> Plain {
            switch depth == 0 ? random(4) : random(8) {
            case 0, 1, 2: .letter(letters[random(3)])
            case 3: .any
            case 4, 5: .pair(build(depth - 1), build(depth - 1))
            case 6: .either(build(depth - 1), build(depth - 1))
            default: random(2) == 0 ? .star(build(depth - 1)) : .maybe(build(depth - 1))
            }
        }
        var matched = 0
        for _ in 0..<400 {
            let plain = build(4)
            let compiled = try RegexPattern(anchored: Array(plain.text.utf8))
            for _ in 0..<8 {
                let text = (0..<random(7)).map { _ in letters[random(3)] }
                let expected = plain.ends(text, 0).contains(text.count)
                let bytes = Array(String(text).utf8)
                #expect(compiled.matches(bytes) == expected, "\(plain.text) on \(String(text))")
                #expect((compiled.captures(bytes) != nil) == expected)
                if expected { matched += 1 }
            }
        }
        #expect(matched > 300)
    }

    @Test(arguments: [
        ("(.*)-(.*)", "a-b-c", "$1/$2", "a-b/c"), ("(.*?)-(.*)", "a-b-c", "$1/$2", "a/b-c"),
        ("(a)|(b)", "b", "<$1><$2>", "<><b>"), ("(?P<host>[^:]+):(\\d+)", "h:9", "${host}", "h"),
        ("(.+)", "x", "$1_a $$ ${1}_a $", " $ x_a $"), ("a(b)?", "a", "[$1]", "[]"),
        ("(a|ab)(c|bcd)(d*)", "abcd", "$1,$2,$3", "a,bcd,"),
    ])
    func groupsExpand(pattern: String, text: String, template: String, result: String) throws {
        let compiled = try RegexPattern(anchored: Array(pattern.utf8))
        let bytes = Array(text.utf8)
        let captures = try #require(compiled.captures(bytes))
        let expanded = compiled.expand(Array(template.utf8), text: bytes, captures: captures)
        #expect(String(decoding: expanded, as: UTF8.self) == result)
    }

    /// Counted in instructions: twice the text, at most about twice the work.
    @Test(arguments: ["(a*)*b", "(a|a)*b", "(a|b|ab)*bc", "a{0,50}a{0,50}b", "(.*)(.*)(.*)x"])
    func workGrowsWithTheText(pattern: String) throws {
        let compiled = try RegexPattern(anchored: Array(pattern.utf8))
        let short = compiled.steps(Array(repeating: 0x61, count: 500))
        let long = compiled.steps(Array(repeating: 0x61, count: 1000))
        #expect(short > 500)
        #expect(long <= 2 * short + 200)
    }
}
