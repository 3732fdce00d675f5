/// Which names announce a credential, and which values are none.
enum SecretWords {
    /// What a name says about its value.
    enum Kind {
        /// A password: anything but an absence may be one.
        case password
        /// `PWD`: a password in some programs, the working directory in every shell.
        case directory
        /// A token, secret or key: short numbers are counts, not secrets.
        case token
        /// Believed only for long mixed values (`auth`, `signature`).
        case doubtful
        /// `code`: as `doubtful`, and only in a query.
        case code
        case authorization
        case cookie
        /// A word that somebody added: as a token.
        case added
    }

    /// Longest name that is looked at, in bytes.
    static let keyBytesMax = 64

    private static let passwords = words(
        "password passwd passphrase passcode pwd passwort kennwort senha contrasena motdepasse psk")
    private static let passwordWords = words("pass pw")
    /// Words that end in `pass` and are none.
    private static let otherPasses = words("bypass compass trespass surpass overpass underpass")
    private static let directories = words("pwd oldpwd")
    private static let authorizations = words("authorization")
    private static let cookies = words("cookie")
    private static let codes = words("code")
    private static let tokens = words(
        """
        secret token apikey accesskey secretkey privatekey authkey accountkey sharedkey \
        encryptionkey signingkey masterkey credential credentials secretkeybase connectionstring \
        sharedaccesskey apitoken securitytoken subscriptionkey functionskey storagekey sessionkey \
        hmackey cryptkey encryptkey decryptionkey sshkey rsakey aeskey appkey serverkey licensekey \
        servicekey adminkey writekey deploykey jwtkey secretaccess authpass storepass keypass \
        artapi applicationkey presharedkey samlresponse samlassertion masterauth
        """)
    private static let doubtful = words(
        """
        auth signature sig xamzsignature xgoogsignature sharedaccesssignature jsessionid phpsessid \
        authkey crumb
        """)
    private static let doubtfulWords = words("auth pat sig signature")
    /// Ends of names that only qualify: `password_new`, `secret2`.
    private static let qualifiers = words(
        "hash new old current confirmation confirm repeat value plain base64 b64 text string data")
    private static let harmlessNames = words(
        "nexttoken pagetoken nextpagetoken continuationtoken synctoken resumetoken canceltoken")
    private static let harmlessValues: Set<String> = [
        "null", "nil", "none", "true", "false", "yes", "no", "on", "off", "undefined", "empty",
        "unset", "missing", "required", "invalid", "expired", "redacted", "hidden", "masked",
        "filtered", "removed", "not", "is", "was", "has", "n/a", "na", "string", "str", "int",
        "bool", "text", "object", "optional", "default", "disabled", "enabled", "changed",
        "rotated", "revoked", "mismatch", "failed", "ok", "unknown", "denied", "incorrect", "wrong",
        "accepted", "refused", "error", "found", "and", "all", "any", "with", "without", "absent",
        "present", "changeme?", "anonymous", "stdin", "prompt", "<nil>", "(null)", "nan",
        "external",
        "internal", "bearer", "basic", "x509", "jwt", "oidc", "oauth", "oauth2", "token",
        "password", "or", "for", "the", "set", "must", "should",
    ]

    private static func words(_ text: String) -> [[UInt8]] {
        text.split(separator: " ").map { Array($0.utf8) }
    }

    /// Whether a name ends in a letter that one of the words above ends in. Most do not, and the
    /// parts of a time of day have no letter at all.
    private static func mayAnnounce(_ name: ArraySlice<UInt8>) -> Bool {
        guard let last = name.last(where: { !ByteClass.isDigit($0) }) else { return false }
        return lastLetters[Int(last | 0x20)]
    }

    private static let lastLetters: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        let words =
            passwords + passwordWords + tokens + doubtful + doubtfulWords + qualifiers
        let more = ["authorization", "cookie", "code"].map { Array($0.utf8) }
        for word in words + more {
            if let last = word.last(where: { !ByteClass.isDigit($0) }) { table[Int(last)] = true }
        }
        return table
    }()

    /// What a name announces, nil for nothing.
    static func kind(of name: ArraySlice<UInt8>) -> Kind? {
        guard mayAnnounce(name) else { return nil }
        var compact: [UInt8] = []
        var lastWord = 0
        var previous: UInt8 = 0
        for byte in name {
            let isUpper = byte >= 0x41 && byte <= 0x5A
            let wasLower = previous >= 0x61 && previous <= 0x7A
            if byte == 0x5F || byte == 0x2D || byte == 0x2E || (isUpper && wasLower) {
                lastWord = compact.count
            }
            if ByteClass.isAlphanumeric(byte) { compact.append(isUpper ? byte | 0x20 : byte) }
            previous = byte
        }
        while let last = compact.last, ByteClass.isDigit(last) { compact.removeLast() }
        guard compact.count >= 2 else { return nil }
        let tail = compact.dropFirst(min(lastWord, compact.count))
        if lastWord > 0, tail.count >= 3, qualifiers.contains(where: { tail.elementsEqual($0) }) {
            return plainKind(compact.prefix(lastWord), lastWord: compact.prefix(lastWord))
        }
        return plainKind(compact[...], lastWord: tail)
    }

    private static func plainKind(_ compact: ArraySlice<UInt8>, lastWord: ArraySlice<UInt8>)
        -> Kind?
    {
        func ends(_ words: [[UInt8]]) -> Bool {
            words.contains { $0.count <= compact.count && compact.suffix($0.count) == $0[...] }
        }
        func isWhole(_ words: [[UInt8]], _ text: ArraySlice<UInt8>) -> Bool {
            words.contains { text == $0[...] }
        }
        if isWhole(directories, compact) { return .directory }
        if ends(passwords) || isWhole(passwordWords, lastWord) { return .password }
        if compact.count >= 5, ends(passwordWords), !ends(otherPasses) { return .password }
        if ends(tokens) { return isWhole(harmlessNames, compact) ? nil : .token }
        if ends(authorizations) { return .authorization }
        if ends(cookies) { return .cookie }
        if isWhole(codes, compact) { return .code }
        if lastWord.count < compact.count, isWhole(doubtfulWords, lastWord) { return .doubtful }
        return isWhole(doubtful, compact) ? .doubtful : nil
    }

    /// `${VAR}`, `$(cmd`, `$VAR`, `%s`, `{{x}}`, `{name}`, `<none>`, `[FILTERED]`: a place for a
    /// value, the beginning of a structure, or a mark that one was removed. Closing brackets may be
    /// missing, because an unquoted value ends before them.
    private static func isPlaceholder(_ first: UInt8, _ rest: ArraySlice<UInt8>) -> Bool {
        let next = rest.first ?? 0
        func isShout(_ byte: UInt8) -> Bool {
            ByteClass.isWord(byte) && !(0x61...0x7A).contains(byte)
        }
        switch first {
        // `[FILTERED]`, `[object Object]`, a list's beginning.
        case 0x5B:
            if next == 0x5C || ByteClass.isQuote(next) || next == 0x7B || next == 0x5B {
                return true
            }
            return rest.allSatisfy { ByteClass.isLetter($0) || $0 == 0x20 || $0 == 0x5D }
        case 0x24: return next == 0x7B || next == 0x28 || rest.allSatisfy(isShout)
        case 0x25:
            return rest.count <= 2 || next == 0x28
                || (rest.last == 0x25 && rest.dropLast().allSatisfy(isShout))
        case 0x7B:
            return next == 0x7B || next == 0x5C || ByteClass.isQuote(next)
                || (rest.last == 0x7D ? rest.dropLast() : rest).allSatisfy(ByteClass.isWord)
        // A statement's parameter: `:password`, `@p1`.
        case 0x3A, 0x40:
            let name = rest.drop { ByteClass.isLetter($0) || $0 == 0x5F || $0 == 0x2E }
            return rest.count <= 24 && name.count <= 2 && name.allSatisfy(ByteClass.isDigit)
        // `(hidden)`, `(sensitive value)`.
        case 0x28: return rest.allSatisfy { ByteClass.isLetter($0) || $0 == 0x20 || $0 == 0x29 }
        case 0x3C: return rest.allSatisfy { ByteClass.isKey($0) || $0 == 0x20 || $0 == 0x3E }
        default: return false
        }
    }

    /// The name of a file that holds a secret is none.
    private static func isPath(_ value: ArraySlice<UInt8>) -> Bool {
        guard value.first == 0x2F || value.first == 0x7E || value.first == 0x2E,
            value.allSatisfy({ ByteClass.isKey($0) || $0 == 0x2F || $0 == 0x7E })
        else { return false }
        let text = String(decoding: value, as: UTF8.self).lowercased()
        return paths.contains { text.hasPrefix($0) } || endings.contains { text.hasSuffix($0) }
    }

    /// `var.db_password`, `config.secret`: where a value comes from, in a program's words.
    private static func isReference(_ value: ArraySlice<UInt8>) -> Bool {
        guard value.count <= keyBytesMax, let dot = value.lastIndex(of: 0x2E),
            value.allSatisfy({ ByteClass.isLetter($0) || $0 == 0x5F || $0 == 0x2E })
        else { return false }
        return kind(of: value[(dot + 1)...]) != nil
    }

    private static let paths = [
        "/etc/", "/run/", "/var/", "/home/", "/root/", "/opt/", "/usr/", "/tmp/", "/srv/", "/mnt/",
        "/secrets/", "~/", "./", "../",
    ]
    private static let endings = [
        ".json", ".pem", ".key", ".txt", ".yaml", ".yml", ".crt", ".p12", ".jks", ".env",
    ]

    /// Whether a value is a placeholder, a mask, a variable or a word about the value.
    static func isHarmless(_ value: ArraySlice<UInt8>, _ kind: Kind) -> Bool {
        guard let first = value.first else { return true }
        if first == 0x5B, Mark.fills(value) || Mark.fills(value + [0x5D]) { return true }
        if value.count > SecretScanner.placeholderBytesMax { return false }
        if isPlaceholder(first, value.dropFirst()) { return true }
        let masks: [UInt8] = [0x2A, 0x78, 0x58, 0x2E, 0x2D, 0x23, 0x3F]
        if masks.contains(first), value.allSatisfy({ $0 == first }) { return true }
        if value.count <= 10,
            harmlessValues.contains(String(decoding: value, as: UTF8.self).lowercased())
        {
            return true
        }
        if isPath(value) || isReference(value) { return true }
        switch kind {
        case .password: return false
        case .directory: return first == 0x2F
        case .token, .added:
            if value.count < 4 { return true }
            if value.count < 7, value.allSatisfy(ByteClass.isDigit) { return true }
            return value.count < 8 && value.allSatisfy { $0 >= 0x61 && $0 <= 0x7A }
        case .doubtful, .code:
            return value.count < 16
                || !value.allSatisfy { ByteClass.isBase64($0) || $0 == 0x25 || $0 == 0x3A }
                || !value.contains(where: ByteClass.isDigit)
        case .authorization, .cookie: return false
        }
    }
}
