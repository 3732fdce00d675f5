/// What people add to the built-in rules. Nothing here takes away from those.
package struct RedactionRules: Sendable {
    /// Exact values to remove wherever they occur, whatever stands around them.
    package var values: [String] = []
    /// Ends of names, in any case and without `_`, `-` and `.`, that announce a secret:
    /// `customer_pin` is announced by `pin` and by `customerpin`.
    package var names: [String] = []
    /// Beginnings of tokens.
    package var prefixes: [String] = []
    package var patterns: [Pattern] = []
    /// Names and values that none of the added names, prefixes and patterns means.
    package var exceptions: Set<String> = []

    package init() {}

    package var isEmpty: Bool {
        values.isEmpty && names.isEmpty && prefixes.isEmpty && patterns.isEmpty
    }

    /// A rule of somebody's own: where its literal stands, the bytes from there are looked at.
    package struct Pattern: Sendable {
        /// Bytes behind the literal's start that a pattern sees: what it finds is not longer.
        package static let bytesMax = 256
        /// Fewest bytes of the literal that every match begins with.
        package static let literalBytesMin = 3

        let literal: [UInt8]
        let find: @Sendable (ArraySlice<UInt8>) -> Range<Int>?

        /// - Parameters:
        ///   - literal: what every match begins with, in this case.
        ///   - find: what to remove of bytes that begin with the literal, as indices into them;
        ///     nil when they do not match. Its time must be linear in the bytes.
        package init(
            literal: String, find: @escaping @Sendable (ArraySlice<UInt8>) -> Range<Int>?
        ) {
            self.literal = Array(literal.utf8)
            self.find = find
        }
    }
}

/// The added rules in the form in which the scanner asks them.
struct AddedRules: Sendable {
    static let cls = "added"
    /// Fewest and most bytes behind an added prefix.
    private static let tail = 8...400

    /// Ends of names, in lower case and without marks.
    let names: [[UInt8]]
    private let prefixes: [[UInt8]]
    private let patterns: [RedactionRules.Pattern]
    private let exceptions: Set<[UInt8]>

    init?(_ rules: RedactionRules) {
        names = rules.names.map(Self.compact).filter { $0.count >= 2 }
        prefixes = rules.prefixes.map { Array($0.utf8) }.filter { $0.count >= 3 }
        patterns = rules.patterns.filter {
            $0.literal.count >= RedactionRules.Pattern.literalBytesMin
        }
        exceptions = Set(rules.exceptions.map { Array($0.utf8) })
        if names.isEmpty && prefixes.isEmpty && patterns.isEmpty { return nil }
    }

    private static func compact(_ name: String) -> [UInt8] { compact(Array(name.utf8)[...]) }

    private static func compact(_ name: ArraySlice<UInt8>) -> [UInt8] {
        name.filter(ByteClass.isAlphanumeric).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    }

    /// What the filter in front of all rules must let through.
    var anchors: [(bytes: [UInt8], kind: UInt8)] {
        var words: [(bytes: [UInt8], kind: UInt8)] = []
        for name in names {
            // Marks may stand between the words of a name: its longest end within one word cannot
            // be known, its last bytes are looked for.
            words.append((Array(name.suffix(2)), SecretAnchors.Kind.name))
        }
        for prefix in prefixes { words.append((prefix, SecretAnchors.Kind.vendor)) }
        for pattern in patterns { words.append((pattern.literal, SecretAnchors.Kind.pattern)) }
        return words
    }

    /// Whether an added name announces the value of this one.
    func announces(_ name: ArraySlice<UInt8>) -> Bool {
        guard !exceptions.contains(Array(name)) else { return false }
        let compact = Self.compact(name)
        return names.contains { compact.count >= $0.count && compact.suffix($0.count) == $0[...] }
    }

    func isException(_ value: ArraySlice<UInt8>) -> Bool {
        !exceptions.isEmpty && exceptions.contains(Array(value))
    }

    /// A token that begins at `index`.
    func token(_ bytes: [UInt8], at index: Int) -> SecretScanner.Match? {
        for prefix in prefixes where bytes[index...].starts(with: prefix) {
            let start = index + prefix.count
            var stop = start
            while stop < bytes.count, stop - start <= Self.tail.upperBound,
                ByteClass.isKey(bytes[stop])
            {
                stop += 1
            }
            guard Self.tail.contains(stop - start), !isException(bytes[index..<stop]) else {
                continue
            }
            return SecretScanner.Match(range: index..<stop, cls: Self.cls)
        }
        return nil
    }

    /// What a pattern whose literal begins at `index` removes.
    func pattern(_ bytes: [UInt8], at index: Int) -> SecretScanner.Match? {
        for pattern in patterns where bytes[index...].starts(with: pattern.literal) {
            let end = min(bytes.count, index + RedactionRules.Pattern.bytesMax)
            guard let found = pattern.find(bytes[index..<end]), !found.isEmpty,
                found.lowerBound >= index, found.upperBound <= end, !isException(bytes[found])
            else { continue }
            return SecretScanner.Match(range: found, cls: Self.cls)
        }
        return nil
    }
}
