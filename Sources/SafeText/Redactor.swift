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
        /// `known`, `pem`, `url`, `auth`, `cookie`, `kv`, `flag`, `jwt`, or a vendor's name.
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

    /// No known values, and a tag key of this process alone.
    package static let standard = Redactor(secrets: [], key: .random(in: .min ... .max))

    private let key: UInt64
    private let known: KnownSecrets

    /// `secrets` are exact values to remove wherever they occur; values shorter than 6 bytes are
    /// ignored, because removing them would only damage text.
    package init(secrets: [String], key: UInt64) {
        self.key = key
        known = KnownSecrets(secrets)
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
        SecretAnchors.machine.matches(bytes) || known.mayOccur(bytes)
    }

    struct Redacted {
        var bytes: [UInt8]
        var findings: [Finding]
        /// A private key begins in the bytes and does not end in them.
        var opensKey: Bool
    }

    /// The bytes with each credential replaced by its marker; nil when there is none.
    func redact(_ bytes: [UInt8]) -> Redacted? {
        var scanner = SecretScanner(bytes, known: known)
        let matches = scanner.scan()
        let opensKey = scanner.sawKeyHead && PrivateKey.staysOpen(bytes[...])
        guard !matches.isEmpty || opensKey else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 32 * matches.count)
        var findings: [Finding] = []
        var copied = 0
        for match in matches {
            out += bytes[copied..<match.range.lowerBound]
            let finding = self.finding(match.cls, bytes[match.range])
            out += finding.marker.utf8
            findings.append(finding)
            copied = match.range.upperBound
        }
        out += bytes[copied...]
        return Redacted(bytes: out, findings: findings, opensKey: opensKey)
    }

    func finding(_ cls: String, _ secret: ArraySlice<UInt8>) -> Finding {
        var hash = key ^ 0xCBF2_9CE4_8422_2325
        for byte in secret {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 32
        }
        hash = (hash ^ key) &* 0x9E37_79B9_7F4A_7C15
        let digits = String(hash >> 48, radix: 16)
        return Finding(cls: cls, tag: String(repeating: "0", count: 4 - digits.count) + digits)
    }
}
