/// Places other than `key=value` where credentials stand: URLs, headers, flags, private keys.
extension SecretScanner {
    /// `scheme://user:password@host`: the password.
    func userInfo(at index: Int) -> Match? {
        let start = index + 3
        let stop = end(from: start, limit: 512) { byte in
            byte > 0x20 && byte < 0x7F && byte != 0x2F && byte != 0x3F && byte != 0x23
                && byte != 0x22 && byte != 0x27 && byte != 0x3C && byte != 0x3E
        }
        guard let at = bytes[start..<stop].lastIndex(of: 0x40) else {
            return unescapedUserInfo(start, stop)
        }
        guard let colon = bytes[start..<at].firstIndex(of: 0x3A) else {
            // A token alone: long, and mixed.
            let token = bytes[start..<at]
            guard token.count >= 20, token.allSatisfy(ByteClass.isKey),
                token.contains(where: ByteClass.isDigit)
            else { return nil }
            return Match(range: start..<at, cls: "url")
        }
        guard colon + 1 < at, !SecretWords.isHarmless(bytes[colon + 1..<at], .password) else {
            return nil
        }
        return Match(range: colon + 1..<at, cls: "url")
    }

    /// `scheme://user:pass/word@host`: a password that should have been percent-encoded.
    ///
    /// - Parameter stop: where the host would end; `host:80/path@x` is a host and a port.
    private func unescapedUserInfo(_ start: Int, _ stop: Int) -> Match? {
        guard let colon = bytes[start..<stop].firstIndex(of: 0x3A), colon > start,
            colon + 1 < stop, !bytes[colon + 1..<stop].allSatisfy(ByteClass.isDigit)
        else { return nil }
        let limit = end(from: stop, limit: 256) {
            $0 > 0x20 && $0 < 0x7F && !ByteClass.isQuote($0) && $0 != 0x3C && $0 != 0x3E
        }
        guard let at = bytes[stop..<limit].lastIndex(of: 0x40),
            ByteClass.isAlphanumeric(byte(at + 1)),
            !SecretWords.isHarmless(bytes[colon + 1..<at], .password)
        else { return nil }
        return Match(range: colon + 1..<at, cls: "url")
    }

    /// An Authorization header's value: the credentials after the scheme.
    func authorization(at index: Int) -> Match? {
        let word = end(from: index) { ByteClass.isBase64($0) || $0 == 0x2E || $0 == 0x7E }
        var start = index
        var stop = word
        if byte(word) == 0x20 {
            let next = skipSpaces(word)
            let nextEnd = end(from: next) { byte in
                byte > 0x20 && !ByteClass.isQuote(byte) && byte != 0x5C && byte != 0x2C
                    && byte != 0x5D
            }
            if isScheme(index..<word) {
                (start, stop) = (next, nextEnd)
            } else if nextEnd - next >= 20 {
                stop = nextEnd  // A scheme of somebody's own: neither part can be trusted.
            } else if byte(nextEnd) == 0x20 {
                let last = end(from: nextEnd + 1, while: ByteClass.isBase64)
                if last - nextEnd > 20 { stop = last }
            }
        }
        guard stop - start >= 4, !SecretWords.isHarmless(bytes[start..<stop], .password) else {
            return nil
        }
        return Match(range: start..<stop, cls: "auth")
    }

    private func isScheme(_ range: Range<Int>) -> Bool {
        guard range.count <= 10 else { return false }
        let schemes = [
            "bearer", "basic", "token", "digest", "negotiate", "apikey", "key", "ntlm", "sso-key",
        ]
        let word = String(decoding: bytes[range], as: UTF8.self).lowercased()
        return schemes.contains(word)
    }

    /// The value of the first cookie; the rest follows as ordinary `name=value` pairs.
    ///
    /// All pairs up to the end of the header are one match: names of cookies tell little.
    func cookie(at index: Int) -> Match? {
        let name = end(from: index, limit: 128) { ByteClass.isKey($0) }
        guard name > index, byte(name) == 0x3D else { return nil }
        var stop = end(from: name + 1) { $0 > 0x20 && $0 != 0x3B && !ByteClass.isQuote($0) }
        while byte(stop) == 0x3B {
            let next = skipSpaces(stop + 1, limit: 1)
            let nextName = end(from: next, limit: 128) { ByteClass.isKey($0) }
            let isAttribute = ["path", "domain", "expires", "max-age", "samesite"].contains(
                String(decoding: bytes[next..<nextName], as: UTF8.self).lowercased())
            guard nextName > next, byte(nextName) == 0x3D, !isAttribute else { break }
            stop = end(from: nextName + 1) { $0 > 0x20 && $0 != 0x3B && !ByteClass.isQuote($0) }
        }
        let value = bytes[name + 1..<stop]
        guard !value.isEmpty, !SecretWords.isHarmless(value, .password) else { return nil }
        // `theme=dark` is a setting.
        let isPlain = value.count < 12 && value.allSatisfy(ByteClass.isLetter)
        return isPlain ? nil : Match(range: name + 1..<stop, cls: "cookie")
    }

    /// A command's flag and its value.
    func dash(at index: Int) -> Match? {
        guard index == 0 || !ByteClass.isKey(bytes[index - 1]) else { return nil }
        let name = end(from: index, limit: 2) { $0 == 0x2D }
        let stop = end(from: name, limit: 64) { ByteClass.isKey($0) }
        guard byte(stop) == 0x20 || stop > name else { return nil }
        if let match = attachedPassword(name..<stop) { return match }
        guard byte(stop) == 0x20 else { return nil }
        let start = skipSpaces(stop)
        let value = start..<end(from: start) { $0 > 0x20 && !ByteClass.isQuote($0) }
        guard byte(start) != 0x2D, !value.isEmpty else { return nil }
        if isUserFlag(name..<stop) { return userAndPassword(value) }
        let isSecret = stop - name > 1 && SecretWords.isStrong(bytes[name..<stop])
        guard isSecret || isShortSecretFlag(name..<stop, at: index) else { return nil }
        guard !SecretWords.isHarmless(bytes[value], .token) else { return nil }
        return Match(range: value, cls: "flag")
    }

    /// `mysql -psecret`: the password joined to its flag.
    private func attachedPassword(_ flag: Range<Int>) -> Match? {
        guard flag.count > 4, bytes[flag.lowerBound] == 0x70, byte(flag.lowerBound - 2) != 0x2D,
            isAfter("mysql", flag.lowerBound) || isAfter("mariadb", flag.lowerBound)
                || isAfter("7z", flag.lowerBound) || isAfter("rar", flag.lowerBound)
        else { return nil }
        let stop = end(from: flag.lowerBound + 1) { $0 > 0x20 && !ByteClass.isQuote($0) }
        return Match(range: flag.lowerBound + 1..<stop, cls: "flag")
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
        case 0x41, 0x58: return isAfter("snmp", index)
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
        guard !isGroup, !SecretWords.isHarmless(bytes[password], .token) else { return nil }
        return Match(range: password, cls: "flag")
    }

    /// A private key written in one line: everything between its two marks, or to the end.
    func privateKey(at index: Int) -> Match? {
        guard let head = PrivateKey.headEnd(bytes[index...]) else { return nil }
        let stop = PrivateKey.footStart(bytes[head...]) ?? bytes.count
        return head < stop ? Match(range: head..<stop, cls: "pem") : nil
    }

    /// A scheme and credentials, or a login.
    func scheme(at index: Int) -> Match? {
        if hasText("vault login ", at: index) { return loginToken(at: index + 12) }
        if hasText("add_user ", at: index) { return secondArgument(index + 9) }
        if hasText("change_password ", at: index) { return secondArgument(index + 16) }
        if hasText("htpasswd -", at: index) { return htpasswd(index + 10) }
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
    private func secondArgument(_ index: Int) -> Match? {
        let name = end(from: index, limit: 128) { $0 > 0x20 }
        guard byte(name) == 0x20 else { return nil }
        let start = skipSpaces(name)
        let stop = end(from: start) { $0 > 0x20 && !ByteClass.isQuote($0) }
        guard !SecretWords.isHarmless(bytes[start..<stop], .token) else { return nil }
        return Match(range: start..<stop, cls: "flag")
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
        guard token.count >= 8, byte(start) != 0x2D, !token.contains(0x3D),
            token.contains(where: ByteClass.isDigit)
        else { return nil }
        return Match(range: start..<stop, cls: "flag")
    }

    /// `aws_secret_access_key VALUE`: a name with underscores, a blank, and a mixed value; or SQL's
    /// `PASSWORD 'value'` and `IDENTIFIED BY 'value'`.
    func bareName(_ name: Range<Int>) -> Match? {
        let start = skipSpaces(name.upperBound)
        if byte(start) == 0x27, hasText("password", at: name.lowerBound), name.count == 8 {
            return quotedLiteral(start)
        }
        if hasText("identified", at: name.lowerBound) { return identified(start) }
        if hasText("password", at: name.lowerBound), name.count == 8 { return spoken(start) }
        guard bytes[name].contains(0x5F), bytes[name].allSatisfy(ByteClass.isWord),
            byte(name.upperBound) == 0x20, SecretWords.isStrong(bytes[name])
        else { return nil }
        let end = self.end(from: start) { $0 > 0x20 && !ByteClass.isQuote($0) }
        let value = bytes[start..<end]
        guard value.count >= 12, value.contains(where: ByteClass.isDigit),
            value.contains(where: ByteClass.isLetter), value.allSatisfy(ByteClass.isBase64)
        else { return nil }
        return Match(range: start..<end, cls: "flag")
    }

    /// "password is X", "with password X": believed only of a mixed word.
    private func spoken(_ index: Int) -> Match? {
        let start = hasText("is ", at: index) ? skipSpaces(index + 3) : index
        let stop = end(from: start, limit: 128, while: ByteClass.isBase64)
        let value = bytes[start..<stop]
        guard value.count >= 10, value.contains(where: ByteClass.isDigit),
            value.contains(where: { $0 >= 0x41 && $0 <= 0x5A }),
            value.contains(where: { $0 >= 0x61 && $0 <= 0x7A }), byte(stop) <= 0x20
        else { return nil }
        return Match(range: start..<stop, cls: "kv")
    }

    private func identified(_ index: Int) -> Match? {
        guard hasText("by ", at: index) else { return nil }
        let start = skipSpaces(index + 3)
        return byte(start) == 0x27 || byte(start) == 0x22 ? quotedLiteral(start) : nil
    }

    private func quotedLiteral(_ start: Int) -> Match? {
        let quote = bytes[start]
        let stop = end(from: start + 1) { $0 != quote }
        guard stop > start + 1, !SecretWords.isHarmless(bytes[start + 1..<stop], .password) else {
            return nil
        }
        return Match(range: start + 1..<stop, cls: "kv")
    }
}

/// The marks around a private key in PEM armour (RFC 7468).
enum PrivateKey {
    /// The end of `-----BEGIN … PRIVATE KEY…-----` when that begins the bytes.
    static func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        let head = bytes.prefix(80)
        guard head.starts(with: Array("-----BEGIN ".utf8)),
            let close = find("-----", in: head.dropFirst(11)),
            find("PRIVATE KEY", in: head[..<close]) != nil
        else { return nil }
        return close + 5
    }

    /// Whether a key begins in the bytes and does not end in them.
    static func staysOpen(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let dash = find("-----BEGIN ", in: bytes), let head = headEnd(bytes[dash...]) else {
            return false
        }
        return footStart(bytes[head...]) == nil
    }

    static func footStart(_ bytes: ArraySlice<UInt8>) -> Int? { find("-----END ", in: bytes) }

    /// The first place of `text` in the bytes. O(n × length of `text`).
    static func find(_ text: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(text.utf8)
        var index = bytes.startIndex
        while index + wanted.count <= bytes.endIndex {
            if bytes[index] == wanted[0],
                bytes[index..<index + wanted.count].elementsEqual(wanted)
            {
                return index
            }
            index += 1
        }
        return nil
    }
}
