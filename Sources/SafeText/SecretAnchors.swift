/// The short words at which rules are tried; every credential that a rule can find has one.
enum SecretAnchors {
    enum Kind {
        /// Part of a name such as `api_key`.
        static let name: UInt8 = 0
        /// The beginning of a vendor's token.
        static let vendor: UInt8 = 1
        /// `://`.
        static let url: UInt8 = 2
        /// ` -p` and other flags whose meaning depends on the command.
        static let flag: UInt8 = 3
        /// `-----BEGIN`.
        static let key: UInt8 = 4
        /// `Bearer`, `Basic`, `vault login`.
        static let scheme: UInt8 = 5
        /// Marks inside a token: a Telegram bot's, an Azure client secret.
        static let inner: UInt8 = 6
        /// The beginning of a value that is known exactly; looked at apart from the other rules.
        static let known: UInt8 = 7
        /// The literal of a pattern that somebody added.
        static let pattern: UInt8 = 8
        /// `@tcp(` of a data source.
        static let dataSource: UInt8 = 9
        /// `$6$` and its like.
        static let hash: UInt8 = 10
    }

    /// Bytes of a vendor's prefix that are looked for; the rule compares the rest.
    private static let vendorBytes = 4

    /// The built-in words.
    static let machine = AnchorMachine(words)

    private static let words: [(bytes: [UInt8], kind: UInt8)] = {
        var words: [(bytes: [UInt8], kind: UInt8)] = []
        func add(_ text: String, _ kind: UInt8) {
            words += text.split(separator: " ").map { (Array($0.utf8), kind) }
        }
        add(
            """
            pass pw psk pat saml secr toke cred auth cook sign sig key conn code iden sess \
            kennwort senha art-api contrase motdepasse
            """, Kind.name)
        add("://", Kind.url)
        add("-begi", Kind.key)
        add("beare basi vault add_u change_p htpas thin: sqlpl /user: login", Kind.scheme)
        add(":aa 8q~ t3blbkfj", Kind.inner)
        add("@tcp( @unix(", Kind.dataSource)
        add("$1$ $5$ $6$ $y$ $2a$ $2b$ $2y$ $apr1$ $argon2", Kind.hash)
        for flag in [" -k", " -x", " -c", " -p", " -a", " -w", " -u", "--us", "--pr", "\t-p"] {
            words.append((Array(flag.utf8), Kind.flag))
        }
        let vendors = Set(VendorTokens.prefixes.map { Array($0.prefix(vendorBytes)) })
        for prefix in vendors.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            words.append((prefix, Kind.vendor))
        }
        return words
    }()

    /// The built-in words and more.
    static func machine(with more: [(bytes: [UInt8], kind: UInt8)]) -> AnchorMachine {
        more.isEmpty ? machine : AnchorMachine(words + more)
    }
}
