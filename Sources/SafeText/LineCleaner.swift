/// Makes the lines of one source safe to keep: sanitised, then redacted, with private keys that
/// span lines followed from line to line.
package struct LineCleaner: Sendable {
    /// Lines after which a private key whose end never came is over.
    package static let keyLinesMax = 64

    private let redactor: Redactor
    /// Lines left of an open private key, 0 when none is open.
    private var keyLinesLeft = 0

    package init(redactor: Redactor = .standard) { self.redactor = redactor }

    /// One line without its end; a trailing carriage return is dropped.
    package mutating func clean(_ bytes: some Collection<UInt8>)
        -> (text: String, findings: [Redactor.Finding])
    {
        var line = Array(bytes)[...]
        if line.last == 0x0D { line.removeLast() }
        let text = Sanitiser.clean(line)
        let (cleaned, findings) = keyLinesLeft > 0 ? insideKey(text) : redactor.redact(text)
        if Self.hasDashes(text), PrivateKey.staysOpen(Array(text.utf8)[...]) {
            keyLinesLeft = Self.keyLinesMax
        }
        return (cleaned, findings)
    }

    /// Whether five dashes stand in a row, as every PEM mark begins.
    private static func hasDashes(_ text: String) -> Bool {
        let found = text.utf8.withContiguousStorageIfAvailable { bytes in
            var run = 0
            for byte in bytes {
                run = byte == 0x2D ? run + 1 : 0
                if run == 5 { return true }
            }
            return false
        }
        return found ?? true
    }

    /// A line while a private key is open: its body is removed, a log line in between is redacted
    /// as usual.
    private mutating func insideKey(_ text: String) -> (String, [Redactor.Finding]) {
        keyLinesLeft -= 1
        let bytes = Array(text.utf8)
        if let foot = PrivateKey.footStart(bytes[...]) {
            keyLinesLeft = 0
            guard foot > 0, Self.isBody(bytes[..<foot]) else { return redactor.redact(text) }
            let finding = redactor.finding("pem", bytes[..<foot])
            let rest = String(decoding: bytes[foot...], as: UTF8.self)
            return (finding.marker + rest, [finding])
        }
        guard Self.isBody(bytes[...]) else { return redactor.redact(text) }
        let finding = redactor.finding("pem", bytes[...])
        return (finding.marker, [finding])
    }

    /// Whether a line ends in a word of base64 that is long, or stands alone.
    private static func isBody(_ bytes: ArraySlice<UInt8>) -> Bool {
        var line = bytes
        while let last = line.last, ByteClass.isSpace(last) { line.removeLast() }
        let word = line.suffix { !ByteClass.isSpace($0) && !ByteClass.isQuote($0) }
        guard !word.isEmpty, word.allSatisfy(ByteClass.isBase64) else { return false }
        return word.count >= 16 || word.count == line.count
    }
}

extension ArraySlice {
    /// The longest end whose elements all satisfy `condition`.
    fileprivate func suffix(while condition: (Element) -> Bool) -> ArraySlice {
        var start = endIndex
        while start > startIndex, condition(self[start - 1]) { start -= 1 }
        return self[start...]
    }
}

/// Text that people typed or programs gave, made safe to keep and to show.
package enum Clean {
    /// Sanitised and redacted with the standard rules.
    package static func text(_ text: String) -> String {
        Redactor.standard.redact(Sanitiser.clean(text)).text
    }
}
