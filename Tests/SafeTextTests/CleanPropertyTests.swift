import SafeText
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What holds of any bytes, tried on texts put together from the pieces that rules look for.
@Suite struct CleanPropertyTests {
    private static let redactor: Redactor = {
        var rules = RedactionRules.knowing(["swordfish-9", "s3cr \"t/ä+x=9"])
        rules.names = ["pin", "kundennummer"]
        rules.prefixes = ["acme_"]
        return Redactor(rules, key: TagKey(0x5EED, 0xFACE))
    }()

    private static let pieces: [String] = [
        "password", "token", "api_key", "Authorization", "Cookie", "Set-Cookie", "pin", "secret",
        "pwd", "pass", "auth", "code", "signature", "=", ": ", ":", "=>", ":=", " ", "  ", ", ",
        ",", ";", "&", "?", "\"", "'", "\\\"", "\\", "`", "[", "]", "{", "}", "(", ")", "<", ">",
        "</", "/", "\n", "\r\n", "\r", "\t", "%3D", "%22", "\\n", "://", "@", "-", "--", " -p",
        " -u ", "--user", "Bearer ", "basic ", "hunter2", "Zx9Kq2Lm8Np4Rt6Vw1Yb3Cd5",
        "swordfish-9", "c3dvcmRmaXNoLTk=", "s3cr%20%22t%2F%C3%A4%2Bx%3D9", "acme_0123456789",
        "ghp_abcdefghijklmnop0123456789ABCDEFGHIJ", "AKIAX4WTREUGQVNLNDIT", "xoxb-1234567890-abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA7bq3vXkzJ0Yt0Qh1x2y3z4", "mysql",
        "redis-cli -a ", "curl ", "name", "value", "is ", "${X}", "%s", "<none>", "null", "****",
        "[REDACTED:kv#a91f]", "[REDACTED:", "\u{1B}[31m", "\u{1B}[0m", "\u{1B}]0;", "\u{202E}",
        "é", "日本", "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}", "12:00:01 ", "x", "7",
        "hooks.slack.com/services/", "T0AB12/B34/xyzxyz9", "identified by ", "{SSHA}", "key-",
    ]

    private static func clean(_ input: [UInt8], pieces: [Int] = []) -> [UInt8] {
        var stream = CleanStream(redactor: redactor)
        var out: [UInt8] = []
        var start = 0
        for size in pieces + [input.count] {
            let end = min(input.count, start + size)
            input[start..<end].withUnsafeBufferPointer { stream.feed($0, into: &out) }
            start = end
        }
        stream.finish(into: &out)
        return out
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func check(_ input: [UInt8], _ generator: inout Seeded) {
        let whole = clean(input)
        #expect(String(validating: whole, as: UTF8.self) != nil)
        #expect(whole.count { $0 == 0x0A } == input.count { $0 == 0x0A }, "\(text(input))")
        #expect(!whole.contains { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7F })
        let sizes = (0..<5).map { _ in Int.random(in: 0...40, using: &generator) }
        #expect(clean(input, pieces: sizes) == whole, "however the bytes come")
        let twice = clean(whole)
        #expect(twice == whole, "in \(text(input))\nonce \(text(whole))\ntwice \(text(twice))")
    }

    @Test func putTogether() {
        var generator = Seeded(state: 77)
        let rounds = getenv("WARROOM_SLOW") == nil ? 4_000 : 2_000_000
        for _ in 0..<rounds {
            let count = Int.random(in: 1...14, using: &generator)
            var input: [UInt8] = []
            for _ in 0..<count {
                input += (Self.pieces.randomElement(using: &generator) ?? "").utf8
                if Int.random(in: 0...40, using: &generator) == 0 {
                    input.append(UInt8.random(in: 0...255, using: &generator))
                }
            }
            Self.check(input, &generator)
        }
    }

    @Test(arguments: ["secrets/loglike.tsv", "logs/lnav_samples.jsonl", "terminal/injection.txt"])
    func linesOfTheSuites(_ path: String) {
        guard let lines = suiteLines(path) else { return }
        var generator = Seeded(state: 5)
        for line in lines {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            let last = fields.last.map(String.init) ?? ""
            Self.check(path.hasSuffix(".txt") ? base64(last) : Array(last.utf8), &generator)
        }
    }
}
