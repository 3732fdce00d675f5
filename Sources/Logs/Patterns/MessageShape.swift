#if canImport(Glibc)
    import Glibc
#endif

/// A message's tokens as templates compare them. Reused from line to line.
struct MessageShape {
    struct Part {
        /// As the token's; 0 where words vary.
        var hash: UInt64
        /// In the line, in bytes.
        var start: UInt16
        var end: UInt16
        var kind: MessageScanner.Kind
        var valueClass: MessageScanner.ValueClass
        var isRepeated: Bool
        /// It must be equal: marks, and words such as `not`, `from`, `is`.
        var isStructure: Bool
        var place: Place
        /// How unlikely it is that a word like this is a value; about 1 for a plain word.
        var constancy: Float

        static let wildcard: UInt64 = 0
        var isWildcard: Bool { hash == Self.wildcard }
        var range: Range<Int> { Int(start)..<Int(end) }
    }

    /// What stands before a word.
    enum Place: UInt8 {
        case plain
        /// `to`, `in` or a colon: a name or a word.
        case leading
        /// `user`, `from`, `for`: a name is expected.
        case naming
    }

    private(set) var parts: [Part] = []
    /// Of the count of parts and of every structural part with its place: messages of one template
    /// share it.
    private(set) var key: UInt64 = 0
    /// Of all parts but names that are likely to vary: what an id is made of.
    private(set) var birth: UInt64 = 0

    mutating func read(_ scanner: borrowing MessageScanner, _ line: Span<UInt8>) {
        parts.removeAll(keepingCapacity: true)
        key = UInt64(scanner.count) &* 0x9E37_79B9_7F4A_7C15
        birth = MessageScanner.seed
        var place = Place.plain
        for index in 0..<scanner.count {
            let token = scanner.tokens[index]
            var part = Part(
                hash: token.hash, start: UInt16(truncatingIfNeeded: token.start),
                end: UInt16(truncatingIfNeeded: token.end), kind: token.kind,
                valueClass: token.valueClass, isRepeated: token.isRepeated,
                isStructure: token.kind == .delimiter, place: place, constancy: 1)
            place = Self.place(behind: token, line, before: place)
            if token.kind == .word || token.kind == .mixed {
                if token.kind == .word, token.range.count <= 8 {
                    part.isStructure = ShortWords.isStructure(
                        ByteScan.packedWord(line, Int(token.start), token.range.count))
                }
                if !part.isStructure { part.constancy = WordMakeup.constancy(line, token.range) }
            }
            if part.isStructure {
                key =
                    (key ^ part.hash ^ UInt64(index) &* 0xD6E8_FEB8_6659_FD93)
                    &* 0x9E37_79B9_7F4A_7C15
                key ^= key >> 31
            }
            let isName =
                part.place == .naming && !part.isStructure && part.constancy <= Judgement.plain
            birth =
                (birth ^ (isName ? MessageScanner.valueHash : part.hash))
                &* 0x9E37_79B9_7F4A_7C15
            birth ^= birth >> 29
            parts.append(part)
        }
        markIsolated(line)
    }
}

extension MessageShape {
    /// `(word)`, `[word]` and `, word (`: what stands alone between marks is a value more often.
    private mutating func markIsolated(_ line: Span<UInt8>) {
        guard parts.count > 2 else { return }
        for index in 1..<parts.count - 1 where parts[index].kind == .word {
            guard parts[index - 1].kind == .delimiter, parts[index + 1].kind == .delimiter
            else { continue }
            let pair = (line[Int(parts[index - 1].start)], line[Int(parts[index + 1].start)])
            switch pair {
            case (0x28, 0x29), (0x5B, 0x5D), (0x2C, 0x28): parts[index].place = .naming
            default: break
            }
        }
    }

    /// What the token makes of the place behind it. A colon leaves `user:` what it is.
    private static func place(
        behind token: MessageScanner.Token, _ line: Span<UInt8>, before: Place
    ) -> Place {
        switch token.kind {
        case .word where token.range.count <= 8:
            let word = ByteScan.packedWord(line, Int(token.start), token.range.count)
            if ShortWords.namesNext(word) { return .naming }
            return ShortWords.leadsToName(word) ? .leading : .plain
        case .delimiter where token.range.count == 1 && line[Int(token.start)] == 0x3A:
            return before == .naming ? .naming : .leading
        case .word, .mixed, .value, .delimiter: return .plain
        }
    }
}

/// Judges words by their letters.
enum WordMakeup {
    /// Words of natural language and names of code are constants more often than plain words.
    static func constancy(_ line: Span<UInt8>, _ range: Range<Int>) -> Float {
        var uppers = 0
        var lowers = 0
        var hasUnderscore = false
        var dots = 0
        /// The part behind the last dot has small letters.
        var endsSmall = false
        var isCamel = false
        var wasLower = false
        for index in range {
            let byte = line[index]
            let isUpper = ByteScan.isUpper(byte)
            if isUpper {
                uppers += 1
                if wasLower { isCamel = true }
            }
            wasLower = !isUpper && ByteScan.isLetter(byte)
            if wasLower { lowers += 1 }
            if byte == 0x5F { hasUnderscore = true }
            if byte == 0x2E {
                dots += 1
                endsSmall = false
            } else if wasLower {
                endsSmall = true
            }
        }
        if dots > 0, uppers == 0, lowers > 0 { return Judgement.dotted }
        if dots > 1, endsSmall { return Judgement.qualified }
        if uppers > 0, lowers == 0, range.count > 1 { return Judgement.capitals }
        if hasUnderscore || isCamel { return Judgement.codeName }
        if range.count > 4, hasEnding(line, range) { return Judgement.inflected }
        return Judgement.plain
    }

    /// Whether the word ends as verbs, adjectives and abstract nouns of English do.
    private static func hasEnding(_ line: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var end = range.upperBound
        if line[end - 1] | 0x20 == 0x73 { end -= 1 }
        return ends(line, range.lowerBound, range.upperBound) || ends(line, range.lowerBound, end)
    }

    private static func ends(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        for length in 2...4 where end - length > start {
            if endings.contains(ByteScan.packedWord(line, end - length, length)) { return true }
        }
        return false
    }

    private static let endings: Set<UInt64> = Set(
        [
            "ed", "ing", "ion", "ment", "able", "ible", "ly", "ful", "ure", "ity", "ness", "ance",
            "ence", "ive",
        ].map { $0.utf8.reduce(0) { $0 << 8 | UInt64($1) } })
}

/// The weights by which a message is held against a template.
///
/// One configuration for all logs. Each weight may be off by a third without any public set
/// falling out of its bounds.
enum Judgement {
    static let plain: Float = 1.2
    static let inflected: Float = 1.7
    static let codeName: Float = 2
    static let capitals: Float = 1.5
    /// `www.example`, `main.conf`.
    static let dotted: Float = 0.3
    /// `org.example.Thing`; not `org.example.THING_DONE`, which is one of a few.
    static let qualified: Float = 0.8
    /// Cost of a name with a number where a value stands.
    static let otherValue: Float = 0.2
    /// Cost of another name before a number.
    static let otherName: Float = 0.35
    /// A word where a value stands, or the other way round.
    static let wordForValue: Float = 0.8
    static let wordForValueSeen: Float = 0.1
    /// Share of it behind a word that names.
    static let namedForValue: Float = 0.5
    /// A word where words are known to vary.
    static let varying: Float = 0.1
    /// Added per natural logarithm of the lines that had the same word there.
    static let seen: Float = 0.3
    /// Share of it behind a word that names.
    static let seenBehindNaming: Float = 0.3
    /// Taken off behind a word that names, and behind one that may.
    static let naming: Float = 0.75
    static let leading: Float = 0.3
    /// Added per natural logarithm of the other templates that hold the word.
    static let known: Float = 0.3
    /// How much more a difference costs at the beginning; halves about every word.
    static let beginning: Float = 3
    /// What equal parts are worth.
    static let structureWord: Float = 0.8
    static let mixed: Float = 0.5
    static let value: Float = 0.4
    /// Equal words beyond this many count a tenth.
    static let enough: Float = 5
    /// Cost allowed for each equal word.
    static let tolerance: Float = 0.28

    static func logarithm(_ value: Int) -> Float {
        value < logarithms.count ? logarithms[max(0, value)] : log(Float(value))
    }

    /// How much more a difference costs behind `halves` half words.
    static func beginning(after halves: Int) -> Float {
        beginnings[min(halves, beginnings.count - 1)]
    }

    private static let logarithms: [Float] = (0..<256).map { $0 <= 1 ? 0 : log(Float($0)) }
    private static let beginnings: [Float] = (0..<64).map { 1 + beginning * exp(-Float($0) / 2) }
}
