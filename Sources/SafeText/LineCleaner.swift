/// Makes the lines of one source safe to keep: sanitised, then redacted, with private keys that
/// span lines followed from line to line.
package struct LineCleaner: Sendable {
    /// Lines after which a private key whose end never came is over.
    package static let keyLinesMax = 64

    private let redactor: Redactor
    private let lineBytesMax: Int
    /// Lines left of an open private key, 0 when none is open.
    private var keyLinesLeft = 0

    /// Lines are cut, and marked so, behind `lineBytesMax` bytes.
    package init(redactor: Redactor = .standard, lineBytesMax: Int = Sanitiser.textBytesMax) {
        self.redactor = redactor
        self.lineBytesMax = lineBytesMax
    }

    /// One line without its end; a trailing carriage return is dropped.
    package mutating func clean(_ bytes: some Collection<UInt8>)
        -> (text: String, findings: [Redactor.Finding])
    {
        let done = bytes.withContiguousStorageIfAvailable { text(of: $0) }
        return done ?? Array(bytes).withUnsafeBufferPointer { text(of: $0) }
    }

    /// One line without its end; a trailing carriage return is dropped.
    package mutating func clean(_ line: Span<UInt8>)
        -> (text: String, findings: [Redactor.Finding])
    {
        line.withUnsafeBufferPointer { text(of: $0) }
    }

    /// Appends one cleaned line, without an end, to `out`.
    /// - Returns: what was removed.
    package mutating func append(_ line: UnsafeBufferPointer<UInt8>, to out: inout [UInt8])
        -> [Redactor.Finding]
    {
        let line = Self.withoutReturn(line)
        guard let changed = process(line) else {
            out.append(contentsOf: line)
            return []
        }
        out += changed.bytes
        return changed.findings
    }

    private mutating func text(of line: UnsafeBufferPointer<UInt8>)
        -> (text: String, findings: [Redactor.Finding])
    {
        let line = Self.withoutReturn(line)
        guard let changed = process(line) else {
            return (String(decoding: line, as: UTF8.self), [])
        }
        return (String(decoding: changed.bytes, as: UTF8.self), changed.findings)
    }

    private static func withoutReturn(_ line: UnsafeBufferPointer<UInt8>)
        -> UnsafeBufferPointer<UInt8>
    {
        line.last == 0x0D ? UnsafeBufferPointer(rebasing: line.dropLast()) : line
    }

    /// The cleaned line; nil when it may stay as it is, which is most often so.
    private mutating func process(_ line: UnsafeBufferPointer<UInt8>)
        -> (bytes: [UInt8], findings: [Redactor.Finding])?
    {
        let isPlain = line.count <= lineBytesMax && ByteClass.areAllPrintable(line)
        if isPlain, keyLinesLeft == 0, !redactor.mayHoldSecrets(line) { return nil }
        let bytes = isPlain ? Array(line) : Sanitiser.bytes(line, limit: kept(of: line))
        if keyLinesLeft > 0, let found = insideKey(bytes) { return found }
        guard let redacted = redactor.redact(bytes) else { return isPlain ? nil : (bytes, []) }
        if redacted.opensKey { keyLinesLeft = Self.keyLinesMax }
        return (redacted.bytes, redacted.findings)
    }

    /// Where an over-long line is cut: at a blank, so that no credential is cut in two.
    private func kept(of line: UnsafeBufferPointer<UInt8>) -> Int {
        guard line.count > lineBytesMax else { return line.count }
        let tail = max(0, lineBytesMax - 1024)..<lineBytesMax
        return line[tail].lastIndex(of: 0x20) ?? lineBytesMax
    }

    /// A line while a private key is open: its body is removed. Nil for a log line in between,
    /// which is redacted as usual.
    private mutating func insideKey(_ bytes: [UInt8]) -> ([UInt8], [Redactor.Finding])? {
        keyLinesLeft -= 1
        if let foot = PrivateKey.footStart(bytes[...]) {
            keyLinesLeft = 0
            guard foot > 0, Self.isBody(bytes[..<foot]) else { return nil }
            let finding = redactor.finding("pem", bytes[..<foot])
            return (Array(finding.marker.utf8) + bytes[foot...], [finding])
        }
        guard Self.isBody(bytes[...]) else { return nil }
        let finding = redactor.finding("pem", bytes[...])
        return (Array(finding.marker.utf8), [finding])
    }

    /// Whether a line ends in a word of base64 that is long, or stands alone.
    private static func isBody(_ bytes: ArraySlice<UInt8>) -> Bool {
        var line = bytes
        while let last = line.last, ByteClass.isSpace(last) { line.removeLast() }
        let word = line.suffix { !ByteClass.isSpace($0) && !ByteClass.isQuote($0) }
        let body = word.prefix { $0 != 0x3D }
        let isBase64 = body.allSatisfy {
            ByteClass.isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2F
        }
        guard !body.isEmpty, isBase64, word.dropFirst(body.count).allSatisfy({ $0 == 0x3D }) else {
            return false
        }
        let isFilled = word.count >= 4 && word.last == 0x3D
        return word.count >= 16 || word.count == line.count || isFilled
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

/// Text where no rules of a room are at hand: errors and other talk of the command line.
package enum Clean {
    /// Sanitised and redacted with the built-in rules.
    package static func text(_ text: String) -> String { Redactor.standard.clean(text) }
}
