/// What a sample's text means, for those who have not met it before.
extension ExpositionScanner {
    func bytes(_ range: Range<Int>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// The labels of a series that stands at `range`, with `le` and `quantile` in canonical form
    /// when `normalised`, and those of `extra` that it does not have. The text was checked when its
    /// sample was read.
    mutating func labels(
        in range: Range<Int>, normalised: Bool, adding extra: ExtraLabels = .none
    ) -> Labels {
        let isRead = readAgain(range) { (scanner) throws(LineError) in
            _ = try scanner.series()
        }
        guard isRead else { return .empty }
        if let labels = plainLabels(normalised: normalised, adding: extra) { return labels }
        var entries = entries
        if normalised {
            for index in entries.indices where Self.isBound(entries[index].name) {
                entries[index].value = Self.canonicalBound(entries[index].value)
            }
        }
        let name = Labels.Entry(
            name: LabelName.metricName, value: ByteText(unescaped(nameRange)))
        entries.insert(name, at: 0)
        entries.sort { $0.name < $1.name }
        var labels = Labels(entries: entries)
        for entry in extra.entries where labels.value(of: entry.name) == nil {
            labels = labels.setting(entry.name, to: entry.value)
        }
        return labels
    }

    private static func isBound(_ name: ByteText) -> Bool {
        name == LabelName.upperBound || name == LabelName.quantile
    }

    /// The labels of an exemplar.
    mutating func labels(of exemplar: RawExemplar) -> Labels {
        let isRead = readAgain(exemplar.labels) { (scanner) throws(LineError) in
            scanner.index += 1
            var hasName = true
            try scanner.labels(hasName: &hasName)
        }
        return isRead ? Labels(entries: entries) : .empty
    }

    /// Reads a stretch again, this time keeping where its labels stand.
    private mutating func readAgain(
        _ range: Range<Int>,
        _ body: (inout ExpositionScanner) throws(LineError) -> Void
    ) -> Bool {
        let kept = index
        keepsRanges = true
        labelRanges.removeAll(keepingCapacity: true)
        defer {
            index = kept
            keepsRanges = false
        }
        index = range.lowerBound
        do throws(LineError) {
            try body(&self)
            return true
        } catch {
            return false
        }
    }

    private var entries: [Labels.Entry] {
        labelRanges.map {
            Labels.Entry(
                name: ByteText(unescaped($0.name)), value: ByteText(unescaped($0.value)))
        }
    }

    /// `1` → `1.0`, `0.50` → `0.5`, `0.00001` → `1e-05`; what is no number stays as it is.
    static func canonicalBound(_ text: ByteText) -> ByteText {
        guard let value = GoNumber.parseFloat(text.bytes) else { return text }
        if value.isInfinite { return ByteText(value < 0 ? "-Inf" : "+Inf") }
        if value.isNaN { return ByteText("NaN") }
        let plain = GoNumber.format(value, .g)
        let isInteger = !plain.contains { $0 == "." || $0 == "e" }
        return ByteText(isInteger ? plain + ".0" : plain)
    }

    /// Resolves `\\`, `\"` and `\n`; any other escape stays as written.
    func unescaped(_ range: TextRange) -> [UInt8] {
        let plain = bytes(range.start..<range.end)
        guard range.hasEscapes else { return plain }
        return Self.unescaped(plain)
    }

    static func unescaped(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let byte = text[position]
            position += 1
            guard byte == 0x5C, position < text.count else {
                out.append(byte)
                continue
            }
            switch text[position] {
            case 0x5C: out.append(0x5C)
            case 0x22: out.append(0x22)
            case 0x6E: out.append(0x0A)
            default: out += [0x5C, text[position]]
            }
            position += 1
        }
        return out
    }
}

/// A stretch of the dump, without its quotes.
struct TextRange: Hashable, Sendable {
    var start: Int
    var end: Int
    var hasEscapes: Bool
}

struct LabelRange: Hashable, Sendable {
    var name: TextRange
    var value: TextRange
}

/// Why a line cannot be used: facts now, words only when somebody asks, because a dump may consist
/// of bad lines.
struct LineError: Error {
    private enum Shown {
        case nothing
        case byte(Int)
        case text(Range<Int>)
    }

    /// Bytes of the dump that a reason quotes at most.
    private static let quotedBytesMax = 80

    private let words: StaticString
    private let shown: Shown

    init(_ words: StaticString) {
        self.words = words
        shown = .nothing
    }

    /// What stands at a position ends the sentence.
    init(_ words: StaticString, at position: Int) {
        self.words = words
        shown = .byte(position)
    }

    /// A quoted stretch ends the sentence.
    init(_ words: StaticString, quoting range: Range<Int>) {
        self.words = words
        shown = .text(range)
    }

    func reason(_ base: UnsafePointer<UInt8>, _ count: Int) -> String {
        switch shown {
        case .nothing: return "\(words)"
        case .byte(let position) where position >= count: return "\(words)the end of the dump"
        case .byte(let position) where base[position] == 0x0A: return "\(words)the end of the line"
        case .byte(let position): return "\(words)\(QuotedText.goQuote([base[position]]))"
        case .text(let range):
            let length = min(range.count, Self.quotedBytesMax)
            let bytes = UnsafeBufferPointer(start: base + range.lowerBound, count: length)
            let dots = length < range.count ? "…" : ""
            return "\(words)\(QuotedText.goQuote(Array(bytes)))\(dots)"
        }
    }
}
