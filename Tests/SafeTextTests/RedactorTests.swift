import SafeText
import Testing

@Suite struct RedactorTests {
    private let redactor = Redactor(.knowing(["swordfish-9", "pa ss/w0rd"]), key: TagKey(7, 0))

    /// Line, and the secret that must not survive.
    static let secrets: [(line: String, secret: String)] = [
        ("dial postgres://app:hunter2@db:5432/x", "hunter2"),
        ("password=hunter2", "hunter2"),
        ("password = \"hunter two\" next", "hunter two"),
        (#"{"dbPassword": "hun\"ter2", "a": 1}"#, "ter2"),
        (#"msg="{\"password\":\"hunter2\"}""#, "hunter2"),
        ("{'token': 'abc123def'}", "abc123def"),
        (":password=>\"hunter2\"", "hunter2"),
        ("<password>hunter2</password>", "hunter2"),
        ("GET /x?api_key=hunter2a&y=1", "hunter2a"),
        ("a%3D1%26password%3Dhunter2%26x", "hunter2"),
        ("%22secret%22%3A%22hunter2a%22", "hunter2a"),
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ("authorization: hunter2secretvalue", "hunter2secretvalue"),
        ("using bearer AbCdEf0123456789xyz", "AbCdEf0123456789xyz"),
        ("Cookie: sid=hunter2; theme=dark", "hunter2"),
        ("Set-Cookie: id=hunter2; Path=/; HttpOnly", "hunter2"),
        ("curl --user svc:hunter2 https://x", "hunter2"),
        ("curl -u svc:hunter2 https://x", "hunter2"),
        ("mysql -h db -phunter2 orders", "hunter2"),
        ("redis-cli -a hunter2 ping", "hunter2"),
        ("app --db-password hunter2 --port 80", "hunter2"),
        ("aws_secret_access_key zUNAWjKyRSnIsZ3jCl", "zUNAWjKyRSnIsZ3jCl"),
        ("key AKIAX4WTREUGQVNLNDIT used", "AKIAX4WTREUGQVNLNDIT"),
        ("PGPASSWORD=hunter2; pg_dump", "hunter2"),
        ("url=x password_new=hunter2 ok", "hunter2"),
        ("swordfish-9 was typed", "swordfish-9"),
        ("q=pa%20ss%2Fw0rd", "pa%20ss%2Fw0rd"),
        ("basic dXNlcjpzd29yZGZpc2gtOQ==", "d29yZGZpc2gt"),
        ("xxc3dvcmRmaXNoLTl4", "c3dvcmRmaXNo"),
        ("password=a,b;c", "a,b"),
        ("password=/zn1r/yk+dlr", "/zn1r/yk"),
        ("password=$ecret123", "$ecret123"),
        ("ldap password: {SSHA}W6ph5Mm5Pz8", "W6ph5Mm5Pz8"),
        ("pwd=hunter2", "hunter2"),
        ("password: <hunter2!", "hunter2"),
    ]

    @Test(arguments: secrets)
    func removesSecret(_ line: String, _ secret: String) {
        let result = redactor.redact(line)
        #expect(!result.text.contains(secret), "\(result.text)")
        #expect(!result.findings.isEmpty)
        #expect(result.text.contains("[REDACTED:"))
    }

    /// Vendors' prefixes, and the length and alphabet of what follows. The bodies are made up here.
    static let vendors: [(prefix: String, length: Int, alphabet: String)] = [
        ("AKIA", 16, "ABCDEFGHIJKLMNOP234567"), ("ghp_", 36, "a1B2c3D4"),
        ("github_pat_", 82, "a1B2_c3D4"), ("glpat-", 20, "a1B2-c3"), ("xoxb-", 50, "1234567890-aB"),
        ("sk_live_", 24, "a1B2c3"), ("whsec_", 32, "a1B2c3"), ("sk-ant-", 90, "a1B2-c3_"),
        ("sk-proj-", 48, "a1B2c3_"), ("AIza", 35, "a1B2-c3_"), ("ya29.", 60, "a1B2-c3_"),
        ("GOCSPX-", 28, "a1B2-c3"), ("npm_", 36, "a1B2c3"), ("pypi-AgEI", 90, "a1B2-c3_"),
        ("dckr_pat_", 27, "a1B2-c3"), ("dop_v1_", 64, "0123456789abcdef"),
        ("SG.", 66, "a1B2-c3_"), ("hf_", 34, "a1B2c3"), ("tskey-", 40, "a1B2c3-"),
        ("shpat_", 32, "0123456789abcdef"), ("hvs.", 90, "a1B2c3_"), ("glsa_", 41, "a1B2c3_"),
        ("dapi", 32, "0123456789abcdef"), ("sha256~", 43, "a1B2-c3_"), ("NRAK-", 27, "A1B2C3"),
        ("PMAK-", 59, "0123456789abcdef-"), ("LTAI", 20, "a1B2c3"), ("ATATT3", 180, "a1B2-c3_="),
        ("AGE-SECRET-KEY-1", 58, "QPZRY9X8GF2TVDW0"), ("sntrys_", 80, "a1B2c3+/"),
    ]

    @Test(arguments: vendors)
    func removesVendorTokens(_ prefix: String, _ length: Int, _ alphabet: String) {
        var generator = Seeded(state: UInt64(length))
        for _ in 0..<20 {
            let body = String(
                (0..<length - 1).map { _ in alphabet.randomElement(using: &generator) ?? "1" })
            let token = prefix + "7" + body
            // A trailing mark of punctuation belongs to the sentence.
            let core = String(token.reversed().drop { $0 == "-" || $0 == "." }.reversed())
            let result = redactor.redact("upstream refused \(token) (401)")
            #expect(!result.text.contains(core), "\(result.text)")
        }
    }

    static let harmless = [
        "password=", "password: \"\"", "secret: null", "token=${TOKEN}", "password=****",
        "Authorization: Bearer ${TOKEN}", "api_key=<redacted>", "token: expired at noon",
        "max_tokens=4096", "next_token=abc123456", "id=12 user=alice path=/v1/pay",
        "sha256:06bdfe7f68de82e68390a06bc16785404160ac52010a5da0ab406da15a39ea77",
        "password=%s", "password=$DB_PASSWORD", "password={{ vault }}", "secret={name}",
        "OLDPWD=/root", "docker run -u 1000:1000 image", "PWD=/var/lib/app", "http://host:80/a@b",
        "token::Kind", "if password == nil {", "unexpected token: '}'", "bypass=on compass=210",
        "mysql -h db -P 3306 --protocol=tcp --port 1", "sk-learn is a library",
        "npm_config_registry=x",
        "2026-03-01T12:00:00Z INFO started in 12ms", "",
    ]

    @Test(arguments: harmless)
    func keepsHarmless(_ line: String) {
        #expect(redactor.redact(line).text == line)
    }

    @Test func markerKeepsClassAndTag() {
        let result = redactor.redact("password=hunter2 then password=hunter2, token=other99")
        #expect(result.findings.map(\.cls) == ["kv", "kv", "kv"])
        #expect(result.findings[0] == result.findings[1])
        #expect(result.findings[0].tag != result.findings[2].tag)
        #expect(result.findings[0].tag.count == 4)
        #expect(result.text.hasPrefix("password=[REDACTED:kv#\(result.findings[0].tag)] then"))
    }

    @Test func anotherKeyGivesAnotherTag() {
        let tags = (0..<8).map {
            Redactor(key: TagKey($0, 0)).redact("password=hunter2").findings.first?.tag
        }
        #expect(Set(tags).count > 4)
    }

    @Test func redactingTwiceChangesNothing() {
        for (line, _) in Self.secrets {
            let once = redactor.redact(line).text
            #expect(redactor.redact(once).text == once)
        }
    }

    @Test func holdsTheFloorOnLogLines() throws {
        guard let lines = suiteLines("secrets/loglike.tsv") else { return }
        let redactor = Redactor(key: TagKey(1, 0))
        var found = 0
        var secrets = 0
        var missed: [String] = []
        var wrong: [String] = []
        for line in lines {
            let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
            try #require(fields.count == 4)
            let text = String(fields[3])
            let cleaned = redactor.redact(text).text
            if fields[0] == "pos" {
                secrets += 1
                if cleaned.contains(fields[2]) { missed.append(text) } else { found += 1 }
            } else if cleaned != text {
                wrong.append(cleaned)
            }
        }
        print("redaction: \(found) of \(secrets) found, \(wrong.count) wrong", missed)
        #expect(secrets > 50)
        #expect(Double(found) >= 0.98 * Double(secrets), "\(missed.joined(separator: "\n"))")
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    /// Public logs hold no credentials: at most one line in a thousand may be changed.
    @Test func leavesOrdinaryLogsAlone() {
        let redactor = Redactor(key: TagKey(1, 0))
        var total = 0
        var changed: [String] = []
        for set in [
            "Apache", "BGL", "HDFS", "HealthApp", "OpenSSH", "Proxifier", "Spark", "Windows",
        ] {
            guard let lines = suiteLines("logs/loghub/\(set)/\(set)_2k.log") else { return }
            total += lines.count
            for line in lines.map({ Sanitiser.clean($0) }) {
                let text = redactor.redact(line).text
                if text != line { changed.append(text) }
            }
        }
        print("redaction: \(changed.count) of \(total) public lines changed")
        #expect(total > 15_000)
        #expect(changed.count * 1_000 <= total, "\(changed.joined(separator: "\n"))")
    }
}

@Suite struct LineCleanerTests {
    private func clean(_ lines: [String]) -> [String] {
        var cleaner = LineCleaner(redactor: Redactor(key: TagKey(1, 0)))
        return lines.map { cleaner.clean(Array($0.utf8)).text }
    }

    @Test func followsAPrivateKeyOverLines() {
        let body = "MIIEpAIBAAKCAQEA7bq3vXkzJ0Yt0Qh1x2y3z4"
        let result = clean([
            "loading", "x -----BEGIN RSA PRIVATE KEY-----", body, body + "==", "AbC=",
            "-----END RSA PRIVATE KEY-----", "next line",
        ])
        #expect(result[0] == "loading")
        #expect(result[1].hasPrefix("x -----BEGIN RSA PRIVATE KEY-----"))
        #expect(!result.joined().contains("MIIE"))
        #expect(!result.joined().contains("AbC="))
        #expect(result[2] == result[2] && result[2].hasPrefix("[REDACTED:pem#"))
        #expect(result[6] == "next line")
    }

    @Test func keepsOtherLinesWhileAKeyIsOpen() {
        let result = clean([
            "-----BEGIN PRIVATE KEY-----", "12:00:01 worker: connection was refused",
        ])
        #expect(result[1] == "12:00:01 worker: connection was refused")
    }

    @Test func endsAnUnclosedKey() {
        let body = "MIIEpAIBAAKCAQEA7bq3vXkzJ0Yt0Qh1x2y3z4"
        let lines = ["-----BEGIN PRIVATE KEY-----"] + [String](repeating: body, count: 70)
        let result = clean(lines)
        #expect(result[64].hasPrefix("[REDACTED"))
        #expect(result[65] == body)
    }

    @Test func oneLineKey() {
        let result = clean([
            #"bad: -----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY----- ok"#, "word",
        ])
        #expect(!result[0].contains("AAAA"))
        #expect(result[0].hasSuffix("-----END PRIVATE KEY----- ok"))
        #expect(result[1] == "word")
    }

    @Test func leavesCertificatesAlone() {
        let lines = ["-----BEGIN CERTIFICATE-----", "MIIEpAIBAAKCAQEA7bq3vXkzJ0Yt0Qh1x2y3z4"]
        #expect(clean(lines) == lines)
    }

    @Test func dropsTheCarriageReturn() {
        #expect(clean(["windows line\r"]) == ["windows line"])
    }

    @Test func removesColourBeforeMatching() {
        let result = clean(["pass\u{1B}[31mword=\u{1B}[0mhunter2"])
        #expect(!result[0].contains("hunter2"))
    }

    @Test func cleanTextIsSafe() {
        #expect(Clean.text("a\u{1B}]0;x\u{07}b") == "a^[]0;x^Gb")
        #expect(!Clean.text("token=abcdef99").contains("abcdef99"))
    }
}
