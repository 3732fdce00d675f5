import Metrics
import SafeText

/// Blanks secrets in label values before they reach the disk. In memory labels stay as they were
/// read, and what is shown is cleaned when it is drawn.
struct LabelRedaction {
    /// Values remembered, because one value stands in many series.
    private static let rememberedMax = 20_000

    private var known: [Labels.Entry: ByteText] = [:]

    /// The labels of a series as they may be written.
    mutating func entries(of labels: Labels) -> [Labels.Entry] {
        labels.entries.map { entry in
            // Shorter than any secret that the rules know.
            guard entry.value.count >= 6, !Self.isNumber(entry.value) else { return entry }
            if let known = known[entry] { return Labels.Entry(name: entry.name, value: known) }
            let value = Self.redacted(entry)
            if known.count >= Self.rememberedMax { known = [:] }
            known[entry] = value
            return Labels.Entry(name: entry.name, value: value)
        }
    }

    /// A value may be a secret by what it is (`ghp_…`) or by its label's name (`password`).
    private static func redacted(_ entry: Labels.Entry) -> ByteText {
        let value = Redactor.standard.redact(entry.value.string)
        if !value.findings.isEmpty { return ByteText(value.text) }
        let name = entry.name.string + "="
        let pair = Redactor.standard.redact(name + entry.value.string)
        guard !pair.findings.isEmpty else { return entry.value }
        let text = pair.text.hasPrefix(name) ? String(pair.text.dropFirst(name.count)) : pair.text
        return ByteText(text)
    }

    private static func isNumber(_ value: ByteText) -> Bool {
        value.bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    }

    /// Whether a value was blanked when these labels were written: such a series is never joined by
    /// the live one.
    static func isRedacted(_ labels: Labels) -> Bool {
        labels.entries.contains { entry in
            guard entry.value.count > 10 else { return false }
            return entry.value.string.contains("[REDACTED:")
        }
    }
}
