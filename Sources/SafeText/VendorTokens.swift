/// Tokens that vendors mark with a prefix, and JSON Web Tokens.
enum VendorTokens {
    private struct Rule {
        let prefix: [UInt8]
        /// Fewest bytes after the prefix.
        let tailMin: Int
        /// Most bytes after the prefix; longer runs are something else.
        let tailMax: Int
        let allowed: @Sendable (UInt8) -> Bool
        let cls: String
    }

    /// What every token begins with.
    static var prefixes: [[UInt8]] { rules.map(\.prefix) + [Array("eyJ".utf8)] }

    /// The match of a token that begins at `index`.
    static func match(_ bytes: [UInt8], at index: Int) -> SecretScanner.Match? {
        for rule in byFirstByte[Int(bytes[index])]
        where bytes[index...].starts(with: rule.prefix) {
            let start = index + rule.prefix.count
            var stop = start
            let limit = min(bytes.count, start + rule.tailMax + 2)
            while stop < limit, rule.allowed(bytes[stop]) { stop += 1 }
            while stop > start, bytes[stop - 1] == 0x2E || bytes[stop - 1] == 0x2D { stop -= 1 }
            let tail = bytes[start..<stop]
            guard tail.count >= rule.tailMin, tail.count <= rule.tailMax,
                tail.contains(where: ByteClass.isDigit) || isMixed(tail, after: rule.prefix)
            else { continue }
            return SecretScanner.Match(range: index..<stop, cls: rule.cls)
        }
        return nil
    }

    /// A tail without digits behind a prefix that no word begins with.
    private static func isMixed(_ tail: ArraySlice<UInt8>, after prefix: [UInt8]) -> Bool {
        guard prefix.count >= 4 else { return false }
        let upper = tail.count { $0 >= 0x41 && $0 <= 0x5A }
        let lower = tail.count { $0 >= 0x61 && $0 <= 0x7A }
        return upper >= 16 || (upper >= 3 && lower >= 3)
    }

    /// `eyJ….eyJ….signature`: base64url of a JSON object, a dot, and so on (RFC 7519); and where
    /// its run of base64 ends. An object alone counts when it is long (Grafana's old keys).
    static func webToken(_ bytes: [UInt8], at index: Int) -> (SecretScanner.Match?, end: Int) {
        guard index + 20 < bytes.count, bytes[index] == 0x65, bytes[index + 1] == 0x79,
            bytes[index + 2] == 0x4A
        else { return (nil, index) }
        var stop = index
        var parts = 0
        while true {
            let start = stop
            while stop < bytes.count, isURLBase64(bytes[stop]) { stop += 1 }
            guard stop - start >= (parts < 2 ? 8 : 0) else { break }
            parts += 1
            guard parts < 5, stop < bytes.count, bytes[stop] == 0x2E else { break }
            stop += 1
        }
        let run = bytes[index..<stop]
        guard parts >= 2 || (run.count >= 60 && run.contains(where: ByteClass.isDigit)) else {
            return (nil, stop)
        }
        return (SecretScanner.Match(range: index..<stop, cls: "jwt"), stop)
    }

    /// Tokens told by a mark inside them: `123456789:AA…` (Telegram), `…8Q~…` (Azure) and
    /// `…T3BlbkFJ…` (OpenAI).
    static func inner(_ bytes: [UInt8], anchor: Range<Int>) -> SecretScanner.Match? {
        var start = anchor.lowerBound
        var stop = anchor.upperBound
        func isInner(_ byte: UInt8) -> Bool { isDotted(byte) || byte == 0x7E }
        while stop < bytes.count, stop - anchor.upperBound < 64, isInner(bytes[stop]) { stop += 1 }
        while start > 0, anchor.lowerBound - start < 64, isInner(bytes[start - 1]) { start -= 1 }
        if bytes[anchor.lowerBound] == 0x3A {
            // `/bot123456789:AA…`: the name ends where the number begins.
            let name = bytes[start..<anchor.lowerBound]
            start = name.lastIndex { !ByteClass.isDigit($0) }.map { $0 + 1 } ?? start
        }
        let before = anchor.lowerBound - start
        let after = stop - anchor.upperBound
        switch bytes[anchor.lowerBound] {
        case 0x3A:
            guard bytes[start..<anchor.lowerBound].allSatisfy(ByteClass.isDigit),
                (8...10).contains(before), (31...34).contains(after),
                bytes[anchor.lowerBound + 1] == 0x41, bytes[anchor.lowerBound + 2] == 0x41
            else { return nil }
            return SecretScanner.Match(range: start..<stop, cls: "telegram")
        case 0x38:
            guard before == 3, (31...34).contains(after), bytes[anchor.lowerBound + 1] == 0x51
            else { return nil }
            return SecretScanner.Match(range: start..<stop, cls: "azure")
        default:
            guard before >= 16, after >= 16 else { return nil }
            return SecretScanner.Match(range: start..<stop, cls: "openai")
        }
    }

    @Sendable private static func isURLBase64(_ byte: UInt8) -> Bool {
        ByteClass.isWord(byte) || byte == 0x2D
    }
    @Sendable private static func isDotted(_ byte: UInt8) -> Bool {
        isURLBase64(byte) || byte == 0x2E
    }
    @Sendable private static func isPlain(_ byte: UInt8) -> Bool {
        ByteClass.isAlphanumeric(byte)
    }
    @Sendable private static func isUpper(_ byte: UInt8) -> Bool {
        ByteClass.isDigit(byte) || (byte >= 0x41 && byte <= 0x5A)
    }
    @Sendable private static func isUUID(_ byte: UInt8) -> Bool {
        ByteClass.isHexadecimal(byte) || byte == 0x2D
    }
    @Sendable private static func isPath(_ byte: UInt8) -> Bool {
        isURLBase64(byte) || byte == 0x2F
    }

    @Sendable private static func isAddress(_ byte: UInt8) -> Bool {
        isPath(byte) || byte == 0x40
    }

    private static let byFirstByte: [[Rule]] = {
        var table = [[Rule]](repeating: [], count: 256)
        for rule in rules { table[Int(rule.prefix[0])].append(rule) }
        return table
    }()

    /// (prefixes, fewest and most bytes after them, the bytes allowed, class)
    private typealias Row = (
        prefixes: String, tailMin: Int, tailMax: Int, allowed: @Sendable (UInt8) -> Bool,
        cls: String
    )

    private static let rules: [Rule] = rows.flatMap { row in
        row.prefixes.split(separator: " ").map {
            Rule(
                prefix: Array($0.utf8), tailMin: row.tailMin, tailMax: row.tailMax,
                allowed: row.allowed, cls: row.cls)
        }
    }

    private static let rows: [Row] = [
        ("AKIA ASIA ABIA ACCA", 16, 16, isUpper, "aws"),
        ("FwoG IQoJ", 100, 2000, ByteClass.isBase64, "aws"),
        ("amzn.mws.", 36, 36, isURLBase64, "aws"),
        ("ABSK", 80, 400, ByteClass.isBase64, "aws"),
        ("ghp_ gho_ ghu_ ghs_ ghr_", 30, 255, isPlain, "github"),
        ("github_pat_", 22, 255, isURLBase64, "github"),
        ("glpat- gldt- glrt- glptt- glsoat- glcbt- glagent- glimt-", 18, 300, isDotted, "gitlab"),
        ("xoxb- xoxa- xoxp- xoxr- xoxs- xoxe- xapp-", 10, 300, isDotted, "slack"),
        ("hooks.slack.com/services/ hooks.slack.com/workflows/", 20, 100, isPath, "slack"),
        ("discord.com/api/webhooks/ discordapp.com/api/webhooks/", 30, 150, isPath, "discord"),
        ("webhook.office.com/webhookb2/ outlook.office.com/webhook/", 20, 300, isAddress, "teams"),
        ("outlook.office365.com/webhook/", 20, 300, isAddress, "teams"),
        ("hooks.zapier.com/hooks/catch/", 8, 60, isPath, "zapier"),
        ("sk_live_ sk_test_ rk_live_ rk_test_ whsec_", 16, 255, isPlain, "stripe"),
        ("sk-ant-", 20, 255, isURLBase64, "anthropic"),
        ("sk-proj- sk-svcacct- sk-admin-", 20, 255, isURLBase64, "openai"),
        ("sk-", 40, 64, isPlain, "openai"),
        ("AIza", 33, 39, isURLBase64, "google"),
        ("ya29.", 20, 400, isDotted, "google"),
        ("GOCSPX-", 20, 40, isURLBase64, "google"),
        ("npm_", 36, 36, isPlain, "npm"),
        ("pypi-AgE pypi-", 50, 400, isURLBase64, "pypi"),
        ("rubygems_", 48, 48, ByteClass.isHexadecimal, "rubygems"),
        ("dckr_pat_ dckr_oat_", 20, 60, isURLBase64, "docker"),
        ("dop_v1_ doo_v1_ dor_v1_", 64, 64, ByteClass.isHexadecimal, "digitalocean"),
        ("SG.", 40, 90, isDotted, "sendgrid"),
        ("key-", 32, 32, ByteClass.isHexadecimal, "mailgun"),
        ("xkeysib-", 60, 100, isURLBase64, "brevo"),
        ("hf_ api_org_", 30, 60, isPlain, "huggingface"),
        ("r8_", 36, 40, isURLBase64, "replicate"),
        ("tskey-", 16, 100, isURLBase64, "tailscale"),
        ("lin_api_", 32, 60, isPlain, "linear"),
        ("NRAK- NRJS- NRII-", 16, 60, isURLBase64, "newrelic"),
        ("sntrys_ sntryu_", 40, 400, ByteClass.isBase64, "sentry"),
        ("shpat_ shpss_ shpca_ shppa_", 32, 32, isPlain, "shopify"),
        ("sq0atp- sq0csp- EAAAE", 22, 80, isURLBase64, "square"),
        ("hvs. hvb. hvr.", 20, 300, isURLBase64, "vault"),
        ("glsa_ glc_", 32, 300, ByteClass.isBase64, "grafana"),
        ("dapi", 32, 34, ByteClass.isHexadecimal, "databricks"),
        ("sha256~", 40, 50, isURLBase64, "openshift"),
        ("figd_ figo_", 30, 60, isURLBase64, "figma"),
        ("dp.st. dp.pt. dp.ct. dp.sa.", 40, 80, isDotted, "doppler"),
        ("pul-", 40, 40, ByteClass.isHexadecimal, "pulumi"),
        ("PMAK-", 50, 70, isURLBase64, "postman"),
        ("LTAI", 12, 26, isPlain, "alibaba"),
        ("AGE-SECRET-KEY-1", 58, 58, isUpper, "age"),
        ("ATATT3 ATCTT3", 40, 400, ByteClass.isBase64, "atlassian"),
        ("ops_eyJ", 100, 400, isURLBase64, "onepassword"),
        ("cio", 32, 32, isPlain, "cratesio"),
        ("fo1_ fm1_ fm2_", 20, 400, ByteClass.isBase64, "fly"),
        ("ntn_ secret_", 40, 50, isPlain, "notion"),
        ("pscale_tkn_ pscale_pw_ pscale_oauth_", 32, 64, isDotted, "planetscale"),
        ("sbp_", 40, 40, ByteClass.isHexadecimal, "supabase"),
        ("nfp_", 36, 40, isPlain, "netlify"),
        ("rnd_", 28, 40, isPlain, "render"),
        ("HRKU-", 36, 60, isURLBase64, "heroku"),
        ("gsk_", 48, 56, isPlain, "groq"),
        ("pplx-", 40, 60, isPlain, "perplexity"),
        ("xai-", 70, 90, isPlain, "xai"),
        ("sk-or-v1-", 60, 70, ByteClass.isHexadecimal, "openrouter"),
        ("nvapi-", 50, 80, isURLBase64, "nvidia"),
        ("lsv2_pt_ lsv2_sk_", 40, 50, isURLBase64, "langsmith"),
        ("dt0c01. dt0s01.", 80, 100, isDotted, "dynatrace"),
        ("shippo_live_ shippo_test_", 40, 40, ByteClass.isHexadecimal, "shippo"),
        ("EZAK EZTK", 54, 54, isPlain, "easypost"),
        ("duffel_live_ duffel_test_", 40, 60, isURLBase64, "duffel"),
        ("FLWSECK-", 30, 60, isURLBase64, "flutterwave"),
        ("CFPAT-", 40, 60, isURLBase64, "contentful"),
        ("AKCp", 60, 80, isPlain, "artifactory"),
        ("cmVmdGtu", 50, 60, isPlain, "artifactory"),
        ("sl.", 130, 400, isURLBase64, "dropbox"),
        ("EAA", 100, 400, isPlain, "facebook"),
        ("1//0", 38, 110, isURLBase64, "google"),
        ("SK", 32, 32, ByteClass.isHexadecimal, "twilio"),
        ("sdk- mob-", 36, 36, isUUID, "launchdarkly"),
        ("v1.0-", 140, 180, isURLBase64, "cloudflare"),
        ("rdme_", 70, 70, isPlain, "readme"),
        ("CCIPAT_ CCIPRJ_", 40, 80, isURLBase64, "circleci"),
        ("bkua_", 40, 40, ByteClass.isHexadecimal, "buildkite"),
        ("atlasv1.", 60, 70, isURLBase64, "terraform"),
        ("sgp_", 40, 80, isURLBase64, "sourcegraph"),
        ("phx_", 40, 50, isPlain, "posthog"),
    ]
}
