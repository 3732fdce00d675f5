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
        guard colon + 1 < at, !isHarmless(bytes[colon + 1..<at], .password) else {
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
            !isHarmless(bytes[colon + 1..<at], .password)
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
            if isListScheme(index..<word) {
                // `Digest username="…", response="…"`: which parts are secret, schemes differ in.
                (start, stop) = (next, end(from: next, limit: 2048) { $0 != 0x5C })
            } else if isScheme(index..<word) {
                (start, stop) = (next, nextEnd)
            } else if nextEnd - next >= 20 {
                stop = nextEnd  // A scheme of somebody's own: neither part can be trusted.
            } else if byte(nextEnd) == 0x20 {
                let last = end(from: nextEnd + 1, while: ByteClass.isBase64)
                if last - nextEnd > 20 { stop = last }
            }
        }
        guard stop - start >= 4, !isHarmless(bytes[start..<stop], .password) else {
            return nil
        }
        return Match(range: start..<stop, cls: "auth")
    }

    private func isListScheme(_ range: Range<Int>) -> Bool {
        let isList =
            (range.count == 6 && hasText("digest", at: range.lowerBound))
            || (range.count == 5 && hasText("oauth", at: range.lowerBound))
            || (range.count == 4 && hasText("hawk", at: range.lowerBound))
        return isList && end(from: range.upperBound + 1, while: ByteClass.isKey) < bytes.count
            && byte(end(from: range.upperBound + 1, while: ByteClass.isKey)) == 0x3D
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
        guard !value.isEmpty, !isHarmless(value, .password) else { return nil }
        // `theme=dark` is a setting.
        let isPlain = value.count < 12 && value.allSatisfy(ByteClass.isLetter)
        return isPlain ? nil : Match(range: name + 1..<stop, cls: "cookie")
    }

    /// `user:password@tcp(host:3306)/name`, a data source of Go.
    func dataSource(at sign: Int) -> Match? {
        var start = sign
        let limit = max(0, sign - 256)
        while start > limit {
            let byte = bytes[start - 1]
            if byte <= 0x20 || byte >= 0x7F || byte == 0x3D || ByteClass.isQuote(byte) { break }
            start -= 1
        }
        guard let colon = bytes[start..<sign].firstIndex(of: 0x3A), colon > start, colon + 1 < sign,
            !isHarmless(bytes[colon + 1..<sign], .password)
        else { return nil }
        return Match(range: colon + 1..<sign, cls: "url")
    }

    /// `name/password@database`, as Oracle's tools and its driver take it.
    func slashed(at index: Int) -> Match? {
        let name = end(from: index, limit: 64) { ByteClass.isKey($0) }
        guard name > index, byte(name) == 0x2F, byte(name + 1) != 0x2F else { return nil }
        let stop = end(from: name + 1, limit: 128) {
            $0 > 0x20 && $0 < 0x7F && $0 != 0x40 && !ByteClass.isQuote($0)
        }
        guard byte(stop) == 0x40, !isHarmless(bytes[name + 1..<stop], .password) else { return nil }
        return Match(range: name + 1..<stop, cls: "url")
    }

    /// `$6$salt$hash`: a password's hash as crypt(3) writes it; whoever has it can try passwords.
    func passwordHash(at index: Int) -> Match? {
        let stop = end(from: index, limit: 256) {
            ByteClass.isBase64($0) || $0 == 0x24 || $0 == 0x2E || $0 == 0x2C
        }
        let parts = bytes[index..<stop].split(separator: 0x24)
        guard parts.count >= 2, let hash = parts.last, hash.count >= 20 else { return nil }
        return Match(range: index..<stop, cls: "hash")
    }

    /// A private key written in one line: everything between its two marks, or to the end.
    func privateKey(at index: Int) -> Match? {
        guard let head = PrivateKey.headEnd(bytes[index...]) else { return nil }
        let stop = PrivateKey.footStart(bytes[head...]) ?? bytes.count
        return head < stop ? Match(range: head..<stop, cls: "pem") : nil
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
