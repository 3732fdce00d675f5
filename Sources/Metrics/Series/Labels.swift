/// What identifies a series: sorted name and value pairs, the metric name as `__name__`.
///
/// A label with an empty value does not exist. Equality, hashing and order go byte by byte. The
/// pairs live in one flat array (eight bytes of hash, then for each pair: name length, name, value
/// length, value; lengths in LEB128), so that comparing two series is one `memcmp` and hashing them
/// reads one number. All copies share the array. No labels at all are an empty array.
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
        guard !entries.isEmpty else {
            self.init(blob: [])
            return
        }
        var blob: [UInt8] = []
        let size = entries.reduce(0) { $0 + $1.name.count + $1.value.count + 2 }
        blob.reserveCapacity(Self.hashSize + size)
        blob += repeatElement(0, count: Self.hashSize)
        for entry in entries {
            Self.appendLength(entry.name.count, to: &blob)
            blob += entry.name.bytes
            Self.appendLength(entry.value.count, to: &blob)
            blob += entry.value.bytes
        }
        self.init(hashing: blob)
    }

    private static let hashSize = 8

    /// - Parameter blob: pairs behind eight bytes of room for their hash.
    private init(hashing blob: [UInt8]) {
        var blob = blob
        blob.withUnsafeMutableBytes { bytes in
            let pairs = UnsafeRawBufferPointer(rebasing: bytes[Self.hashSize...])
            bytes.storeBytes(of: ByteHash.of(pairs), as: UInt64.self)
        }
        self.init(blob: blob)
    }

    private init(blob: [UInt8]) { self.blob = blob }

    /// - Parameter pairs: in the form and order of `withEncoded`.
    init(encoded pairs: [UInt8]) {
        guard !pairs.isEmpty else {
            self.init(blob: [])
            return
        }
        var blob: [UInt8] = []
        blob.reserveCapacity(Self.hashSize + pairs.count)
        blob += repeatElement(0, count: Self.hashSize)
        blob += pairs
        self.init(hashing: blob)
    }

    /// Calls `body` with the pairs as they are kept: sorted by name, for each name length, name,
    /// value length, value; lengths in LEB128. Whoever projects thousands of label sets reads
    /// these.
    @inline(__always)
    func withEncoded<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        blob.withUnsafeBufferPointer { bytes in
            body(UnsafeBufferPointer(rebasing: bytes.dropFirst(Self.hashSize)))
        }
    }

    // MARK: Reading

    package var isEmpty: Bool { blob.isEmpty }

    package var count: Int {
        var count = 0
        forEachBytes { _, _ in count += 1 }
        return count
    }

    /// Bytes this value keeps on the heap, for estimates.
    package var byteCount: Int { blob.count }

    /// What it takes of the heap: the array with its header of 32 bytes, and the reference to it.
    var footprint: Int { SeriesMemory.footprint(blob.capacity + 32) + 8 }

    /// The same for equal labels within one run of the program; kept, not computed.
    package var hash: UInt64 {
        guard !blob.isEmpty else { return 0 }
        return blob.withUnsafeBytes { $0.load(as: UInt64.self) }
    }

    /// Calls `body` with each name and value, in order. The bytes are valid during the call only.
    @inline(__always)
    func forEachBytes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        blob.withUnsafeBytes { bytes in
            var cursor = Cursor()
            while let pair = cursor.next(in: bytes) {
                body(
                    UnsafeRawBufferPointer(rebasing: bytes[pair.name]),
                    UnsafeRawBufferPointer(rebasing: bytes[pair.value]))
            }
        }
    }

    /// Calls `body` with the bytes of the value of the label called `name`; without any when there
    /// is no such label. They are valid during the call only.
    @inline(__always)
    func withValue<Result>(
        of name: ByteText, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        blob.withUnsafeBytes { bytes in
            var cursor = Cursor()
            while let pair = cursor.next(in: bytes) {
                if name.equals(UnsafeRawBufferPointer(rebasing: bytes[pair.name])) {
                    return body(UnsafeRawBufferPointer(rebasing: bytes[pair.value]))
                }
            }
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    package var entries: [Entry] {
        var result: [Entry] = []
        forEachBytes { name, value in
            result.append(Entry(name: ByteText(Array(name)), value: ByteText(Array(value))))
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
        withValue(of: name) { $0.isEmpty ? nil : ByteText(Array($0)) }
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
    package func keeping(_ names: Set<ByteText>) -> Labels { filtered(names, isKept: true) }

    /// All but the labels whose names are in `names`.
    package func dropping(_ names: Set<ByteText>) -> Labels { filtered(names, isKept: false) }

    package func keeping(_ names: [String]) -> Labels { keeping(Set(names.map { ByteText($0) })) }
    package func dropping(_ names: [String]) -> Labels { dropping(Set(names.map { ByteText($0) })) }

    /// Without `__name__`, `__type__` and `__unit__`.
    package var withoutMetricName: Labels { dropping(LabelName.reserved) }

    /// - Parameter isKept: whether the labels in `names` stay, or the others do.
    private func filtered(_ names: Set<ByteText>, isKept: Bool) -> Labels {
        var result: [UInt8] = []
        let isWhole = blob.withUnsafeBytes { bytes in
            var cursor = Cursor()
            // Nothing is copied before the first label that goes, or when none does.
            var start = Self.hashSize
            var keptUpTo = Self.hashSize
            while let pair = cursor.next(in: bytes) {
                let name = UnsafeRawBufferPointer(rebasing: bytes[pair.name])
                if Self.contains(names, name) == isKept {
                    keptUpTo = cursor.offset
                    continue
                }
                if keptUpTo > start { Self.append(bytes[start..<keptUpTo], to: &result) }
                start = cursor.offset
                keptUpTo = start
                if result.isEmpty { result.reserveCapacity(bytes.count) }
            }
            if start == Self.hashSize { return true }
            if keptUpTo > start { Self.append(bytes[start..<keptUpTo], to: &result) }
            return false
        }
        if isWhole { return self }
        return result.isEmpty ? .empty : Labels(hashing: result)
    }

    private static func append(_ bytes: Slice<UnsafeRawBufferPointer>, to result: inout [UInt8]) {
        if result.isEmpty { result += repeatElement(0, count: hashSize) }
        result += bytes
    }

    /// A few names are compared one by one, which needs no copy of `name` to look for.
    private static func contains(_ names: Set<ByteText>, _ name: UnsafeRawBufferPointer) -> Bool {
        if names.count > 8 { return names.contains(ByteText(Array(name))) }
        return names.contains { $0.equals(name) }
    }

    // MARK: Comparing

    package static func == (left: Labels, right: Labels) -> Bool {
        ByteText.areEqual(left.blob, right.blob)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }

    /// Pair by pair: name, then value; fewer labels first.
    package static func < (left: Labels, right: Labels) -> Bool {
        left.blob.withUnsafeBytes { first in
            right.blob.withUnsafeBytes { second in precedes(first, second) }
        }
    }

    private static func precedes(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        var first = Cursor()
        var second = Cursor()
        while true {
            let one = first.next(in: left)
            let two = second.next(in: right)
            guard let one, let two else { return one == nil && two != nil }
            var order = ByteText.order(
                UnsafeRawBufferPointer(rebasing: left[one.name]),
                UnsafeRawBufferPointer(rebasing: right[two.name]))
            if order == 0 {
                order = ByteText.order(
                    UnsafeRawBufferPointer(rebasing: left[one.value]),
                    UnsafeRawBufferPointer(rebasing: right[two.value]))
            }
            if order != 0 { return order < 0 }
        }
    }

    // MARK: Encoding

    private struct Cursor {
        var offset = Labels.hashSize

        @inline(__always)
        mutating func next(in blob: UnsafeRawBufferPointer) -> (
            name: Range<Int>, value: Range<Int>
        )? {
            guard offset < blob.count else { return nil }
            let name = text(in: blob)
            let value = text(in: blob)
            return (name, value)
        }

        @inline(__always)
        private mutating func text(in blob: UnsafeRawBufferPointer) -> Range<Int> {
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
