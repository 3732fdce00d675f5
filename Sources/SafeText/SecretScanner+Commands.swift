/// Credentials among the arguments of commands.
extension SecretScanner {
    /// A command's flag and its value.
    func dash(at index: Int) -> Match? {
        guard index == 0 || !ByteClass.isKey(bytes[index - 1]) else { return nil }
        let name = end(from: index, limit: 2) { $0 == 0x2D }
        let stop = end(from: name, limit: 64) { ByteClass.isKey($0) }
        guard byte(stop) == 0x20 || stop > name else { return nil }
        if let match = attachedPassword(name..<stop) { return match }
        guard byte(stop) == 0x20 else { return nil }
        let value = argument(skipSpaces(stop))
        guard byte(value.lowerBound) != 0x2D, !value.isEmpty else { return nil }
        if isUserFlag(name..<stop) { return userAndPassword(value) }
        let isSecret = stop - name > 1 && isStrong(bytes[name..<stop])
        guard isSecret || isShortSecretFlag(name..<stop, at: index) else { return nil }
        guard !isHarmless(bytes[value], .token) else { return nil }
        return Match(range: value, cls: "flag")
    }

    /// `mysql -psecret`: the password joined to its flag.
    private func attachedPassword(_ flag: Range<Int>) -> Match? {
        let isQuoted = flag.count == 1 && ByteClass.isQuote(byte(flag.upperBound))
        guard flag.count > 4 || isQuoted, byte(flag.lowerBound) == 0x70,
            byte(flag.lowerBound - 2) != 0x2D,
            isAfter("mysql", flag.lowerBound) || isAfter("mariadb", flag.lowerBound)
                || isAfter("7z", flag.lowerBound) || isAfter("rar", flag.lowerBound)
        else { return nil }
        return flagged(argument(flag.lowerBound + 1))
    }

    /// One argument of a command: up to a blank, or what stands between quotes.
    func argument(_ index: Int) -> Range<Int> {
        let quote = byte(index)
        if ByteClass.isQuote(quote) {
            let stop = end(from: index + 1) { $0 != quote }
            if stop < bytes.count { return index + 1..<stop }
        }
        return index..<end(from: index) { $0 > 0x20 && !ByteClass.isQuote($0) }
    }

    /// An argument that is a secret, unless it says that there is none.
    private func flagged(_ value: Range<Int>) -> Match? {
        guard !isHarmless(bytes[value], .token) else { return nil }
        return Match(range: value, cls: "flag")
    }

    /// Flags of one letter that carry a password in the named commands.
    private func isShortSecretFlag(_ flag: Range<Int>, at index: Int) -> Bool {
        guard flag.count == 1 else { return false }
        switch bytes[flag.lowerBound] {
        case 0x61: return isAfter("redis-cli", index)
        case 0x70:
            return isAfter("sshpass", index) || isAfter("docker login", index)
                || isAfter("podman login", index) || isAfter("mongo", index)
                || isAfter("az login", index) || isAfter("oc login", index)
                || isAfter("cqlsh", index) || isAfter("helm registry login", index)
                || isAfter("skopeo", index)
        case 0x50:
            return isAfter("sqlcmd", index) || isAfter("mosquitto", index) || isAfter("zip", index)
                || isAfter("unzip", index)
        case 0x41, 0x58, 0x63: return isAfter("snmp", index)
        case 0x6B: return isAfter("openssl enc", index)
        case 0x77: return isAfter("ldapsearch", index) || isAfter("ldapmodify", index)
        default: return false
        }
    }

    private func isUserFlag(_ flag: Range<Int>) -> Bool {
        bytes[flag].elementsEqual([0x75]) || bytes[flag].elementsEqual([0x55])
            || bytes[flag].elementsEqual(Array("user".utf8))
            || bytes[flag].elementsEqual(Array("proxy-user".utf8))
    }

    /// `name:password` as curl takes it; `1000:1000` is a user and a group.
    private func userAndPassword(_ range: Range<Int>) -> Match? {
        let mark = bytes[range].firstIndex(of: 0x3A) ?? bytes[range].firstIndex(of: 0x25)
        guard let colon = mark, colon > range.lowerBound, colon + 1 < range.upperBound else {
            return nil
        }
        let password = colon + 1..<range.upperBound
        let isGroup = bytes[password].allSatisfy(ByteClass.isDigit)
        guard !isGroup, !isHarmless(bytes[password], .token) else { return nil }
        return Match(range: password, cls: "flag")
    }

    /// A scheme and credentials, or a login.
    func scheme(at index: Int) -> Match? {
        if hasText("vault login ", at: index) { return loginToken(at: index + 12) }
        if hasText("add_user ", at: index) { return secondArgument(index + 9) }
        if hasText("change_password ", at: index) { return secondArgument(index + 16) }
        if hasText("htpasswd -", at: index) { return htpasswd(index + 10) }
        if hasText("thin:", at: index) { return slashed(at: index + 5) }
        if hasText("sqlplus ", at: index) { return slashed(at: skipSpaces(index + 8)) }
        if hasText("/user:", at: index), isAfter("net use", index) {
            return secondArgument(index + 6)
        }
        if hasText("login ", at: index), isShouted(index, 5) {
            return secondArgument(index + 6, isRandom: true)
        }
        return schemeCredentials(at: index)
    }

    /// `Bearer …` and `Basic …` outside a header's line.
    private func schemeCredentials(at index: Int) -> Match? {
        let isBearer = hasText("bearer ", at: index)
        guard isBearer || hasText("basic ", at: index) else { return nil }
        let start = skipSpaces(index + (isBearer ? 7 : 6))
        let stop = end(from: start) { ByteClass.isBase64($0) || $0 == 0x2E || $0 == 0x7E }
        let value = bytes[start..<stop]
        let hasDigit = value.contains(where: ByteClass.isDigit)
        let hasUpper = value.contains { $0 >= 0x41 && $0 <= 0x5A }
        guard value.count >= 16, hasDigit || (hasUpper && value.count >= 20) else { return nil }
        return Match(range: start..<stop, cls: "auth")
    }

    /// `add_user NAME PASSWORD`.
    ///
    /// - Parameter isRandom: believed only when the argument is no word.
    private func secondArgument(_ index: Int, isRandom: Bool = false) -> Match? {
        let name = end(from: index, limit: 128) { $0 > 0x20 }
        guard byte(name) == 0x20 else { return nil }
        let value = argument(skipSpaces(name))
        if isRandom, !ByteClass.isRandom(bytes[value], least: 8) { return nil }
        return flagged(value)
    }

    /// Whether a word stands in upper case.
    func isShouted(_ index: Int, _ count: Int) -> Bool {
        bytes[index..<index + count].allSatisfy { $0 >= 0x41 && $0 <= 0x5A }
    }

    /// `htpasswd -b FILE NAME PASSWORD`.
    private func htpasswd(_ index: Int) -> Match? {
        let flags = end(from: index, limit: 8, while: ByteClass.isLetter)
        guard bytes[index..<flags].contains(0x62), byte(flags) == 0x20 else { return nil }
        let file = end(from: skipSpaces(flags), limit: 256) { $0 > 0x20 }
        return byte(file) == 0x20 ? secondArgument(skipSpaces(file)) : nil
    }

    private func loginToken(at start: Int) -> Match? {
        let stop = end(from: start) { $0 > 0x20 && !ByteClass.isQuote($0) }
        let token = bytes[start..<stop]
        guard byte(start) != 0x2D, !token.contains(0x3D), ByteClass.isRandom(token, least: 8) else {
            return nil
        }
        return Match(range: start..<stop, cls: "flag")
    }
}
