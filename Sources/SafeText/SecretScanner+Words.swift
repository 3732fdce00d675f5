/// Credentials behind a name without a separator: in sentences, statements and old protocols.
extension SecretScanner {
    /// `aws_secret_access_key VALUE`: a name with underscores, a blank, and a mixed value; or SQL's
    /// `PASSWORD 'value'` and `IDENTIFIED BY 'value'`.
    func bareName(_ name: Range<Int>) -> Match? {
        let start = skipSpaces(name.upperBound)
        if name.count == 8, hasText("password", at: name.lowerBound) {
            if byte(start) == 0x27 { return quotedLiteral(start) }
            if hasText("for ", at: start) { return passwordFor(start + 4) }
        }
        if hasText("identified", at: name.lowerBound) { return identified(start) }
        if hasText("by ", at: start), let match = identified(start) { return match }
        if let match = spoken(name, start) { return match }
        guard bytes[name].contains(0x5F), bytes[name].allSatisfy(ByteClass.isWord),
            byte(name.upperBound) == 0x20, isStrong(bytes[name])
        else { return nil }
        let end = self.end(from: start) { $0 > 0x20 && !ByteClass.isQuote($0) }
        guard ByteClass.isRandom(bytes[start..<end], least: 12) else { return nil }
        return Match(range: start..<end, cls: "flag")
    }

    /// "password is X", "token X", "api key X", `PASS X`, `AUTH X`: believed only of what is no
    /// word.
    private func spoken(_ name: Range<Int>, _ index: Int) -> Match? {
        guard let least = randomBytesMin(name) else { return nil }
        let start = hasText("is ", at: index) ? skipSpaces(index + 3) : index
        let stop = end(from: start, limit: 128, while: ByteClass.isBase64)
        guard ByteClass.isRandom(bytes[start..<stop], least: least),
            byte(stop) <= 0x20 || ByteClass.isQuote(byte(stop))
        else { return nil }
        return Match(range: start..<stop, cls: "kv")
    }

    /// How long what follows a word in a sentence must be to be believed; nil for other words.
    private func randomBytesMin(_ name: Range<Int>) -> Int? {
        let start = name.lowerBound
        switch name.count {
        case 3:
            return hasText("key", at: start)
                && (hasText("api ", at: start - 4) || hasText("access ", at: start - 7)
                    || hasText("secret ", at: start - 7))
                ? 20 : nil
        case 4:
            return (hasText("pass", at: start) || hasText("auth", at: start)) && isShouted(start, 4)
                ? 8 : nil
        case 5: return hasText("token", at: start) ? 20 : nil
        case 6: return hasText("secret", at: start) || hasText("passwd", at: start) ? 16 : nil
        case 8: return hasText("password", at: start) ? 10 : nil
        case 10: return hasText("masterauth", at: start) ? 8 : nil
        case 11: return hasText("requirepass", at: start) ? 8 : nil
        default: return nil
        }
    }

    /// `SET PASSWORD FOR 'name'@'host' = 'value'`.
    private func passwordFor(_ index: Int) -> Match? {
        let mark = end(from: index, limit: 128) { $0 != 0x3D }
        let start = skipSpaces(mark + 1)
        return byte(mark) == 0x3D && byte(start) == 0x27 ? quotedLiteral(start) : nil
    }

    private func identified(_ index: Int) -> Match? {
        guard hasText("by ", at: index) else { return nil }
        let start = skipSpaces(index + 3)
        return byte(start) == 0x27 || byte(start) == 0x22 ? quotedLiteral(start) : nil
    }

    private func quotedLiteral(_ start: Int) -> Match? {
        let quote = bytes[start]
        let stop = end(from: start + 1) { $0 != quote }
        guard stop > start + 1, !isHarmless(bytes[start + 1..<stop], .password) else {
            return nil
        }
        return Match(range: start + 1..<stop, cls: "kv")
    }
}
