/// Removes credentials from text before it is kept or shown.
///
/// In this order: values that were loaded and are known exactly (also percent- and base64-encoded),
/// private keys, places where credentials stand (URLs, headers, `key=value` in its many forms,
/// command-line flags), and tokens that vendors mark with a prefix. There are no entropy rules: a
/// digest or a trace id is not a secret. Text is sanitised first, so that no colour sequence can
/// split a credential. Time is linear in the text.
package struct Redactor: Sendable {
    /// One removed credential: what class of rule found it and a keyed tag, never its value.
    package struct Finding: Hashable, Sendable {
        /// `known`, `pem`, `url`, `auth`, `cookie`, `kv`, `flag`, `jwt`, `added`, or a vendor's
        /// name.
        package var cls: String
        /// Four hexadecimal digits; equal secrets have equal tags under one key.
        package var tag: String

        package init(cls: String, tag: String) {
            self.cls = cls
            self.tag = tag
        }

        /// `[REDACTED:kv#a91f]`.
        package var marker: String { "[REDACTED:\(cls)#\(tag)]" }
    }

    /// The built-in rules alone, and a tag key of this process.
    package static let standard = Redactor(key: .random())

    let key: TagKey
    private let machine: AnchorMachine
    private let known: KnownSecrets
    private let added: AddedRules?

    /// The built-in rules and what was added to them. Values shorter than
    /// `KnownSecrets.secretBytesMin` are not looked for, because removing them would only damage
    /// text.
    package init(_ rules: RedactionRules = RedactionRules(), key: TagKey) {
        self.key = key
        known = KnownSecrets(rules.values)
        added = AddedRules(rules)
        machine = SecretAnchors.machine(with: known.anchors + (added?.anchors ?? []))
    }

    /// Shorter values are not looked for.
    package static let valueBytesMin = KnownSecrets.secretBytesMin

    /// The values that would be removed from `text`, for a program that looks for its own secrets.
    /// They are for `RedactionRules.values` and must go nowhere else.
    package func secrets(in text: String) -> [String] {
        let bytes = Array(text.utf8)
        var scanner = SecretScanner(bytes, machine: machine, known: known, added: added)
        return scanner.scan().map { String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    /// How many values are known exactly.
    package var knownValues: Int { known.values.count }

    /// Sanitised, then redacted: text that people typed or programs gave, made safe to keep and to
    /// show.
    package func clean(_ text: String) -> String { redact(Sanitiser.clean(text)).text }

    /// `text` cleaned line by line, so that its line breaks stay; private keys are followed from
    /// line to line.
    package func cleanDocument(_ text: String) -> String {
        var cleaner = LineCleaner(redactor: self)
        return text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { cleaner.clean($0).text }.joined(separator: "\n")
    }

    /// `text` with each credential replaced by its marker.
    package func redact(_ text: String) -> (text: String, findings: [Finding]) {
        var text = text
        let isClean = text.withUTF8 { !mayHoldSecrets($0) }
        guard !isClean, let result = redact(Array(text.utf8)) else { return (text, []) }
        return (String(decoding: result.bytes, as: UTF8.self), result.findings)
    }

    /// Whether any rule needs to look at the bytes: the filter in front of all rules.
    package func mayHoldSecrets(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        machine.matches(bytes)
    }

    struct Redacted {
        var bytes: [UInt8]
        var findings: [Finding]
        /// A private key begins in the bytes and does not end in them.
        var opensKey: Bool
    }

    /// Passes over a text that holds credentials. What one pass removed can lay bare another
    /// place; nothing but a text made for it needs a third.
    private static let passesMax = 4

    /// The bytes with each credential replaced by its marker; nil when there is none.
    func redact(_ bytes: [UInt8]) -> Redacted? {
        guard var result = pass(bytes) else { return nil }
        for _ in 1..<Self.passesMax {
            guard !result.findings.isEmpty, let more = pass(result.bytes), !more.findings.isEmpty
            else { break }
            result.bytes = more.bytes
            result.findings += more.findings
            result.opensKey = result.opensKey || more.opensKey
        }
        return result
    }

    private func pass(_ bytes: [UInt8]) -> Redacted? {
        var scanner = SecretScanner(bytes, machine: machine, known: known, added: added)
        let matches = scanner.scan()
        let opensKey = scanner.sawKeyHead && PrivateKey.staysOpen(bytes[...])
        guard !matches.isEmpty || opensKey else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 32 * matches.count)
        var findings: [Finding] = []
        var copied = 0
        for match in matches {
            out += bytes[copied..<match.range.lowerBound]
            let finding =
                match.known.map { self.finding(match.cls, known.values[$0][...]) }
                ?? self.finding(match.cls, bytes[match.range])
            out += finding.marker.utf8
            findings.append(finding)
            copied = match.range.upperBound
        }
        out += bytes[copied...]
        return Redacted(bytes: out, findings: findings, opensKey: opensKey)
    }

    func finding(_ cls: String, _ secret: ArraySlice<UInt8>) -> Finding {
        Finding(cls: cls, tag: key.tag(secret))
    }
}

/// What stands where a credential was removed: `[REDACTED:kv#a91f]`.
enum Mark {
    private static let head = Array("[REDACTED:".utf8)

    /// The end of a mark that begins the bytes, or nil.
    static func end(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.starts(with: head) else { return nil }
        let cls = bytes.dropFirst(head.count).prefix(16)
        guard let hash = cls.firstIndex(of: 0x23), hash > cls.startIndex,
            cls[..<hash].allSatisfy(ByteClass.isAlphanumeric)
        else { return nil }
        let tag = bytes[(hash + 1)...].prefix(5)
        guard tag.count == 5, tag.last == 0x5D, tag.dropLast().allSatisfy(ByteClass.isHexadecimal)
        else { return nil }
        return tag.endIndex
    }

    /// Whether the bytes are marks and nothing else.
    static func fills(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let end = end(rest) { rest = rest[end...] }
        return rest.isEmpty
    }
}
