/// What identifies a series: sorted name and value pairs, the metric name as `__name__`.
///
/// A label with an empty value does not exist. Equality, hashing and order go byte by byte. The
/// pairs live in one flat array (for each: name length, name, value length, value; lengths in
/// LEB128), so that comparing two series is one `memcmp`.
package struct Labels: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// One label.
    package struct Entry: Hashable, Sendable {
        package var name: ByteText
        package var value: ByteText

        package init(name: ByteText, value: ByteText) {
            self.name = name
            self.value = value
        }
    }

    private let blob: [UInt8]

    package static let empty = Labels(sorted: [])

    /// Takes `entries` in any order; empty values are left out, of equal names the last one wins.
    package init(entries: [Entry]) {
        var isSorted = true
        for index in entries.indices {
            if entries[index].value.isEmpty { isSorted = false }
            if index > 0, !(entries[index - 1].name < entries[index].name) { isSorted = false }
        }
        if isSorted {
            self.init(sorted: entries)
            return
        }
        var latest: [ByteText: ByteText] = [:]
        for entry in entries { latest[entry.name] = entry.value }
        let kept = latest.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        self.init(sorted: kept.map { Entry(name: $0.key, value: $0.value) })
    }

    package init(_ pairs: [(name: String, value: String)]) {
        self.init(
            entries: pairs.map { Entry(name: ByteText($0.name), value: ByteText($0.value)) })
    }

    package init(_ dictionary: [String: String]) {
        self.init(
            entries: dictionary.map { Entry(name: ByteText($0.key), value: ByteText($0.value)) })
    }

    private init(sorted entries: [Entry]) {
        var blob: [UInt8] = []
        for entry in entries {
            Self.appendLength(entry.name.count, to: &blob)
            blob += entry.name.bytes
            Self.appendLength(entry.value.count, to: &blob)
            blob += entry.value.bytes
        }
        self.blob = blob
    }

    private init(blob: [UInt8]) { self.blob = blob }

    /// - Parameter encoded: pairs in the form and order of `encoded`.
    init(encoded: [UInt8]) { blob = encoded }

    /// The pairs as they are kept: sorted by name, for each name length, name, value length, value;
    /// lengths in LEB128. Whoever projects thousands of label sets reads these bytes.
    var encoded: [UInt8] { blob }

    // MARK: Reading

    package var isEmpty: Bool { blob.isEmpty }

    package var count: Int {
        var cursor = Cursor()
        var count = 0
        while cursor.next(in: blob) != nil { count += 1 }
        return count
    }

    /// Bytes this value keeps on the heap, for estimates.
    package var byteCount: Int { blob.count }

    package var entries: [Entry] {
        var cursor = Cursor()
        var result: [Entry] = []
        while let pair = cursor.next(in: blob) {
            result.append(
                Entry(name: ByteText(blob[pair.name]), value: ByteText(blob[pair.value])))
        }
        return result
    }

    package var pairs: [(name: String, value: String)] {
        entries.map { ($0.name.string, $0.value.string) }
    }

    package subscript(name: String) -> String? { value(of: ByteText(name))?.string }

    /// The metric name, or nil.
    package var name: String? { value(of: LabelName.metricName)?.string }

    /// The value of the label called `name`, or nil.
    package func value(of name: ByteText) -> ByteText? {
        var cursor = Cursor()
        while let pair = cursor.next(in: blob) {
            if pair.name.count == name.count,
                ByteText.order(blob[pair.name], name.bytes[...]) == 0
            {
                return ByteText(blob[pair.value])
            }
        }
        return nil
    }

    // MARK: Deriving

    /// The same labels with `name` set to `value`; an empty value removes it.
    package func with(_ name: String, _ value: String) -> Labels {
        setting(ByteText(name), to: ByteText(value))
    }

    package func setting(_ name: ByteText, to value: ByteText) -> Labels {
        var entries = entries.filter { $0.name != name }
        entries.append(Entry(name: name, value: value))
        return Labels(entries: entries)
    }

    /// Only the labels whose names are in `names`.
    package func keeping(_ names: Set<ByteText>) -> Labels { filtered { names.contains($0) } }

    /// All but the labels whose names are in `names`.
    package func dropping(_ names: Set<ByteText>) -> Labels { filtered { !names.contains($0) } }

    package func keeping(_ names: [String]) -> Labels { keeping(Set(names.map { ByteText($0) })) }
    package func dropping(_ names: [String]) -> Labels { dropping(Set(names.map { ByteText($0) })) }

    /// Without `__name__`, `__type__` and `__unit__`.
    package var withoutMetricName: Labels { dropping(LabelName.reserved) }

    private func filtered(_ isKept: (ByteText) -> Bool) -> Labels {
        var cursor = Cursor()
        var result: [UInt8] = []
        var start = 0
        var removed = false
        while let pair = cursor.next(in: blob) {
            if isKept(ByteText(blob[pair.name])) {
                result += blob[start..<cursor.offset]
            } else {
                removed = true
            }
            start = cursor.offset
        }
        return removed ? Labels(blob: result) : self
    }

    // MARK: Comparing

    package static func == (left: Labels, right: Labels) -> Bool {
        ByteText.areEqual(left.blob, right.blob)
    }

    package func hash(into hasher: inout Hasher) {
        blob.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// Pair by pair: name, then value; fewer labels first.
    package static func < (left: Labels, right: Labels) -> Bool {
        var first = Cursor()
        var second = Cursor()
        while true {
            let one = first.next(in: left.blob)
            let two = second.next(in: right.blob)
            guard let one, let two else { return one == nil && two != nil }
            var order = ByteText.order(left.blob[one.name], right.blob[two.name])
            if order == 0 { order = ByteText.order(left.blob[one.value], right.blob[two.value]) }
            if order != 0 { return order < 0 }
        }
    }

    // MARK: Encoding

    private struct Cursor {
        var offset = 0

        mutating func next(in blob: [UInt8]) -> (name: Range<Int>, value: Range<Int>)? {
            guard offset < blob.count else { return nil }
            let name = text(in: blob)
            let value = text(in: blob)
            return (name, value)
        }

        private mutating func text(in blob: [UInt8]) -> Range<Int> {
            var length = 0
            var shift = 0
            while true {
                let byte = blob[offset]
                offset += 1
                length |= Int(byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            offset += length
            return offset - length..<offset
        }
    }

    private static func appendLength(_ length: Int, to blob: inout [UInt8]) {
        var rest = length
        while rest >= 0x80 {
            blob.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        blob.append(UInt8(rest))
    }
}

extension Labels {
    /// PromQL notation: `name{label="value"}`, `{label="value"}`, `{}`.
    package var description: String {
        let all = entries
        guard let name = value(of: LabelName.metricName) else { return "{" + Self.list(all) + "}" }
        guard Identifier.isMetricName(name.bytes) else {
            let rest = all.filter { $0.name != LabelName.metricName }
            let quoted = QuotedText.goQuote(name.bytes)
            return "{" + quoted + (rest.isEmpty ? "" : ", " + Self.list(rest)) + "}"
        }
        let rest = all.filter { $0.name != LabelName.metricName }
        return name.string + (rest.isEmpty ? "" : "{" + Self.list(rest) + "}")
    }

    /// Every label in braces, the metric name as `__name__`: the form the reference engine uses in
    /// its messages.
    package var bracedDescription: String { "{" + Self.list(entries) + "}" }

    private static func list(_ entries: [Entry]) -> String {
        entries.map { entry in
            let name =
                Identifier.isLabelName(entry.name.bytes)
                ? entry.name.string : QuotedText.goQuote(entry.name.bytes)
            return name + "=" + QuotedText.goQuote(entry.value.bytes)
        }.joined(separator: ", ")
    }
}
