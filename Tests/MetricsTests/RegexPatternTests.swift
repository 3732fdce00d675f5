import Metrics
import Testing

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
    ])
    func matchesLikeRE2(pattern: String, text: String, matches: Bool) throws {
        let compiled = try RegexPattern(anchored: Array(pattern.utf8))
        #expect(compiled.matches(Array(text.utf8)) == matches)
        #expect((compiled.captures(Array(text.utf8)) != nil) == matches)
    }

    @Test(arguments: [
        "(", ")", "a)", "(a", "[", "[a", "[z-a]", "*", "a**", "+a", "a{1001}", "a{3,2}", #"\"#,
        #"\1"#, #"\C"#, #"\pL"#, "(?=a)", "(?!a)", "(?<=a)b", "(?i)é", "(?P<1>a)", "(?x)a",
        "(?P<a>x)(?P<a>y)", #"\8"#, "[[:nope:]]", "((((a{100}){100}){100}){100}){100}",
        "((?:){1000}){2}",
    ])
    func whatIsNotSupportedIsAnError(pattern: String) {
        #expect(throws: RegexPattern.SyntaxError.self) {
            try RegexPattern(anchored: Array(pattern.utf8))
        }
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

    @Test func exponentialPatternsStayLinear() throws {
        let compiled = try RegexPattern(anchored: Array("(a*)*b".utf8))
        #expect(!compiled.matches(Array(repeating: 0x61, count: 2000)))
    }
}
