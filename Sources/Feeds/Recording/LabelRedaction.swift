import Metrics
import SafeText
import Synchronization

/// Blanks secrets in label values: when a series is read, so that none is kept or shown, and again
/// when it is recorded, so that none reaches the disk whatever brought it here.
struct LabelRedaction {
    private let redactor: Redactor
    /// Values remembered, because one value stands in many series.
    private static let rememberedMax = 20_000

    private var known: [Labels.Entry: ByteText] = [:]

    init(redactor: Redactor = .standard) { self.redactor = redactor }

    /// What a reader of dumps asks of every series that it meets.
    static func filter(_ redactor: Redactor) -> LabelFilter {
        let redaction = Mutex(LabelRedaction(redactor: redactor))
        return LabelFilter(
            mayChange: { redactor.mayHoldSecrets($0) },
            change: { labels in
                redaction.withLock { redaction in
                    var changed = labels
                    for entry in redaction.entries(of: labels)
                    where labels.value(of: entry.name) != entry.value {
                        changed = changed.setting(entry.name, to: entry.value)
                    }
                    return changed
                }
            })
    }

    /// The labels of a series as they may be written.
    mutating func entries(of labels: Labels) -> [Labels.Entry] {
        labels.entries.map { entry in
            // Shorter than any secret that the rules know.
            guard entry.value.count >= 6, !Self.isNumber(entry.value) else { return entry }
            if let known = known[entry] { return Labels.Entry(name: entry.name, value: known) }
            let value = redacted(entry)
            if known.count >= Self.rememberedMax { known = [:] }
            known[entry] = value
            return Labels.Entry(name: entry.name, value: value)
        }
    }

    /// A value may be a secret by what it is (`ghp_…`) or by its label's name (`password`).
    private func redacted(_ entry: Labels.Entry) -> ByteText {
        let value = redactor.redact(entry.value.string)
        if !value.findings.isEmpty { return ByteText(value.text) }
        let name = entry.name.string + "="
        let pair = redactor.redact(name + entry.value.string)
        guard !pair.findings.isEmpty else { return entry.value }
        let text = pair.text.hasPrefix(name) ? String(pair.text.dropFirst(name.count)) : pair.text
        return ByteText(text)
    }

    private static func isNumber(_ value: ByteText) -> Bool {
        value.bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    }

    /// Whether a value was blanked when these labels were written: the live series joins such a
    /// one only when the tags were made with the same key.
    static func isRedacted(_ labels: Labels) -> Bool {
        labels.entries.contains { entry in
            guard entry.value.count > 10 else { return false }
            return entry.value.string.contains("[REDACTED:")
        }
    }
}
