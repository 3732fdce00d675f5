import Basics

/// The constant and varying parts of one pattern.
struct PatternTemplate: Sendable {
    private(set) var parts: [MessageShape.Part]
    /// The message it was born with, as far as it was looked at.
    let line: [UInt8]

    init(_ shape: borrowing MessageShape, _ line: Span<UInt8>) {
        parts = shape.parts
        self.line = ByteScan.bytes(line, 0..<(parts.last.map { Int($0.end) } ?? 0))
    }

    /// A template of anything.
    init(text: String) {
        parts = []
        line = Array(text.utf8)
    }

    /// As it was saved.
    init(parts: [MessageShape.Part], line: [UInt8]) {
        self.parts = parts
        self.line = line
    }

    /// The constant words, with `<num>`, `<ip>`, `<*>` and so on for what varies, and `…` where a
    /// part may be there several times.
    var text: String {
        guard !parts.isEmpty else {
            return line.isEmpty ? "<empty>" : String(decoding: line, as: UTF8.self)
        }
        var text = ""
        for part in parts {
            let range = part.range
            if !text.isEmpty, range.lowerBound > 0, ByteScan.isBlank(line[range.lowerBound - 1]) {
                text += " "
            }
            text += Self.text(of: part, line.span)
            if part.isRepeated { text += "…" }
        }
        return text
    }

    private static func text(of part: MessageShape.Part, _ line: Span<UInt8>) -> String {
        if part.isWildcard { return "<*>" }
        switch part.kind {
        case .value where part.valueClass == .quantity: return withUnit(line, part.range)
        case .value: return mask(part.valueClass)
        case .mixed: return withoutNumber(line, part.range)
        case .word, .delimiter: return ByteScan.text(line, part.range)
        }
    }

    /// What it would cost to take the message in: 0 is equal, up to 1 is alike. `lines` is how many
    /// lines the template stands for. Looks no further when it is more than `limit` for certain.
    func cost(
        of shape: borrowing MessageShape, lines: Int, words: borrowing WordSketch, limit: Float
    ) -> Comparison {
        var comparison = Comparison()
        var equal: Float = 0
        var bad: Float = 0
        var halves = 0
        let count = min(parts.count, shape.parts.count)
        let badMax = limit * Self.worth(Float(count))
        for index in 0..<count {
            let mine = parts[index]
            if mine.kind == .delimiter { continue }
            let other = shape.parts[index]
            if mine.hash == other.hash {
                equal += Self.worth(mine)
                halves += mine.kind == .value ? 1 : 2
            } else if mine.isWildcard {
                bad += Judgement.varying
                halves += 2
            } else {
                comparison.differences += 1
                if mine.kind.isVariable, other.kind.isVariable {
                    bad +=
                        mine.kind != other.kind
                        ? Judgement.otherValue
                        : Judgement.otherName * Judgement.beginning(after: halves)
                } else {
                    comparison.place = index
                    bad +=
                        Self.difference(mine, other, lines, words)
                        * Judgement.beginning(after: halves)
                    halves += 2
                }
                if comparison.differences > 1, bad > badMax {
                    comparison.cost = .infinity
                    return comparison
                }
            }
        }
        if equal == 0 {
            comparison.cost = bad == 0 ? 0 : bad > 0.3 ? .infinity : 1
        } else if bad > 0 {
            comparison.cost = bad / Self.worth(equal)
        }
        return comparison
    }

    /// The cost that so many equal words pay for.
    private static func worth(_ equal: Float) -> Float {
        Judgement.tolerance
            * (min(equal, Judgement.enough) + 0.1 * max(0, equal - Judgement.enough))
    }

    struct Comparison {
        /// Infinite when nothing speaks for it.
        var cost: Float = 0
        /// Places where words or values differ and did not before.
        var differences = 0
        /// The last place where words differ, when `differences` > 0.
        var place = -1
    }

    private static func worth(_ part: MessageShape.Part) -> Float {
        switch part.kind {
        case .word: part.isStructure ? Judgement.structureWord : 1
        case .mixed: Judgement.mixed
        case .value, .delimiter: Judgement.value
        }
    }

    /// The cost of different words, or of a word against a value.
    private static func difference(
        _ mine: MessageShape.Part, _ other: MessageShape.Part, _ lines: Int,
        _ words: borrowing WordSketch
    ) -> Float {
        let history = Judgement.logarithm(lines)
        if mine.kind == .value || other.kind == .value {
            let constancy = mine.kind == .value ? other.constancy : mine.constancy
            let cost = Judgement.wordForValue * constancy + Judgement.wordForValueSeen * history
            return other.place == .naming ? Judgement.namedForValue * cost : cost
        }
        var cost = (mine.constancy + other.constancy) / 2
        cost +=
            Judgement.known
            * Judgement.logarithm(min(words[mine.hash], words[other.hash]))
        switch other.place {
        case .plain: return cost + Judgement.seen * history
        case .leading: return cost - Judgement.leading + Judgement.seen * history
        case .naming:
            return cost - Judgement.naming
                + Judgement.seen * Judgement.seenBehindNaming * history
        }
    }

    /// Takes the message in: places that differ vary from now on.
    mutating func absorb(_ shape: borrowing MessageShape) {
        for index in 0..<min(parts.count, shape.parts.count)
        where parts[index].hash != shape.parts[index].hash && !parts[index].isWildcard {
            vary(at: index)
        }
    }

    mutating func vary(at index: Int) {
        guard index < parts.count, !parts[index].isWildcard else { return }
        parts[index].hash = MessageShape.Part.wildcard
    }

    private static func mask(_ valueClass: MessageScanner.ValueClass) -> String {
        switch valueClass {
        case .number, .quantity: "<num>"
        case .hex: "<hex>"
        case .address: "<ip>"
        case .host: "<host>"
        case .path: "<path>"
        case .url: "<url>"
        case .string: "<str>"
        case .identifier: "<id>"
        case .text: "<val>"
        }
    }

    /// `<num> ms` for `17.5 ms`.
    private static func withUnit(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
        var start = range.lowerBound
        while start < range.upperBound, !ByteScan.isBlank(line[start]),
            !ByteScan.isLetter(line[start])
        {
            start += 1
        }
        return "<num>" + ByteScan.text(line, start..<range.upperBound)
    }

    /// `blk_<num>` for `blk_17`.
    private static func withoutNumber(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
        var text: [UInt8] = []
        var wasDigit = false
        for index in range {
            let isDigit = ByteScan.isDigit(line[index])
            if isDigit {
                if !wasDigit { text += "<num>".utf8 }
            } else {
                text.append(line[index])
            }
            wasDigit = isDigit
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension MessageScanner.Kind {
    var isVariable: Bool { self == .value || self == .mixed }
}

/// How many templates were born with a word, roughly and in fixed memory: different words may
/// share a place, which makes both look better known than they are.
struct WordSketch {
    private static let places = 8_192
    private var counts = [UInt16](repeating: 0, count: places)

    subscript(hash: UInt64) -> Int { Int(counts[Self.place(hash)]) }

    mutating func note(_ shape: borrowing MessageShape) {
        for index in shape.parts.indices where shape.parts[index].kind == .word {
            let place = Self.place(shape.parts[index].hash)
            if counts[place] < .max { counts[place] += 1 }
        }
    }

    private static func place(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: ((hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15) >> 51)
    }
}

extension WordSketch {
    func append(to out: inout [UInt8]) {
        for count in counts { out.appendVarint(Int(count)) }
    }

    init?(_ cursor: inout ByteCursor) {
        for index in counts.indices {
            guard let count = cursor.varint(), let value = UInt16(exactly: count) else {
                return nil
            }
            counts[index] = value
        }
    }
}
