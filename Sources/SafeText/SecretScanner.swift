/// One pass over a text that collects the ranges of credentials.
struct SecretScanner {
    struct Match: Hashable {
        var range: Range<Int>
        var cls: String
    }

    let bytes: [UInt8]
    private let known: KnownSecrets
    private(set) var matches: [Match] = []

    init(_ bytes: [UInt8], known: KnownSecrets) {
        self.bytes = bytes
        self.known = known
    }

    /// What a byte may begin; most bytes begin nothing.
    private enum Trigger: UInt8 {
        case none, separator, percent, angle, dash, word
    }

    private static let triggers: [Trigger] = {
        var table = [Trigger](repeating: .none, count: 256)
        for byte in UInt8(0x30)...0x39 { table[Int(byte)] = .word }
        for byte in UInt8(0x41)...0x5A { table[Int(byte)] = .word }
        for byte in UInt8(0x61)...0x7A { table[Int(byte)] = .word }
        table[0x3A] = .separator
        table[0x3D] = .separator
        table[0x25] = .percent
        table[0x3E] = .angle
        table[0x2D] = .dash
        return table
    }()

    /// The matches in ascending order, none overlapping another.
    mutating func scan() -> [Match] {
        var index = 0
        while index < bytes.count {
            if !known.isEmpty, let end = known.match(bytes, at: index) {
                add(index..<end, "known")
                index = end
                continue
            }
            let found: Match?
            switch Self.triggers[Int(bytes[index])] {
            case .none: found = nil
            case .separator: found = separator(at: index)
            case .percent: found = encodedSeparator(at: index)
            case .angle: found = element(at: index)
            case .dash: found = dash(at: index)
            case .word: found = isWordStart(index) ? word(at: index) : nil
            }
            if let found {
                add(found.range, found.cls)
                index = max(index + 1, found.range.upperBound)
            } else {
                index += 1
            }
        }
        return matches
    }

    private mutating func add(_ range: Range<Int>, _ cls: String) {
        let start = max(range.lowerBound, matches.last?.range.upperBound ?? 0)
        guard start < range.upperBound else { return }
        matches.append(Match(range: start..<range.upperBound, cls: cls))
    }

    // MARK: Looking around

    func byte(_ index: Int) -> UInt8 { index >= 0 && index < bytes.count ? bytes[index] : 0 }

    func isWordStart(_ index: Int) -> Bool { index == 0 || !ByteClass.isWord(bytes[index - 1]) }

    /// Whether `text` (lower case) stands at `index`, in any case.
    func hasText(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, index + count <= bytes.count else { return false }
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: count)
        for offset in 0..<count {
            var byte = bytes[index + offset]
            if byte >= 0x41, byte <= 0x5A { byte |= 0x20 }
            if byte != wanted[offset] { return false }
        }
        return true
    }

    /// The first index from `start` whose byte fails `condition`, at most `limit` bytes on.
    func end(from start: Int, limit: Int = .max, while condition: (UInt8) -> Bool) -> Int {
        let bound = limit > bytes.count - start ? bytes.count : start + limit
        var index = start
        while index < bound, condition(bytes[index]) { index += 1 }
        return index
    }

    func skipSpaces(_ index: Int, limit: Int = 3) -> Int {
        end(from: index, limit: limit, while: ByteClass.isSpace)
    }

    /// Whether `command` occurs in the 200 bytes before `index`, beginning a word.
    func isAfter(_ command: StaticString, _ index: Int) -> Bool {
        var place = index - command.utf8CodeUnitCount
        let limit = max(0, index - 200)
        while place >= limit {
            if hasText(command, at: place), isWordStart(place) { return true }
            place -= 1
        }
        return false
    }
}
