/// One pass over a text that collects the ranges of credentials.
///
/// Rules run only where the automaton found an anchor. Each looks at a bounded number of bytes, or
/// at bytes that its match then consumes, so that time is linear in the text.
struct SecretScanner {
    struct Match: Hashable {
        var range: Range<Int>
        var cls: String
        /// Which of the known values it is, in whatever form it stands there.
        var known: Int?
    }

    /// A value longer than this is never a placeholder, and is a match at once.
    static let placeholderBytesMax = 1024

    /// Most blanks between a name and its separator, where values stand in a column.
    static let alignmentMax = 40

    let bytes: [UInt8]
    private let machine: AnchorMachine
    private let known: KnownSecrets
    private let added: AddedRules?
    private var matches: [Match] = []
    /// A private key's first line was seen.
    private(set) var sawKeyHead = false
    /// Where the last name that was looked at ends: several anchors stand in one name.
    private var nameEnd = -1
    /// A run of base64 that is no web token, nor is any end of it.
    private var notWebToken = 0..<0

    /// - Parameter machine: finds the anchors of all these rules.
    init(_ bytes: [UInt8], machine: AnchorMachine, known: KnownSecrets, added: AddedRules?) {
        self.bytes = bytes
        self.machine = machine
        self.known = known
        self.added = added
    }

    /// The matches in ascending order, none overlapping another.
    mutating func scan() -> [Match] {
        let exact = known.isEmpty ? [] : known.matches(bytes)
        var index = 0
        var state: UInt32 = 0
        while index < bytes.count {
            let found = bytes.withUnsafeBufferPointer {
                machine.find($0, &index, &state)
            }
            guard let found else { break }
            for anchor in found {
                guard let match = match(at: anchor, end: index) else { continue }
                add(match.range, match.cls)
                if match.range.upperBound > index {
                    index = match.range.upperBound
                    state = 0
                }
                break
            }
        }
        return exact.isEmpty ? matches : Self.merged(exact, matches)
    }

    private mutating func match(at anchor: AnchorMachine.Anchor, end: Int) -> Match? {
        let start = end - anchor.length
        switch anchor.kind {
        case SecretAnchors.Kind.name: return name(end)
        case SecretAnchors.Kind.vendor: return isTokenStart(start) ? vendor(at: start) : nil
        case SecretAnchors.Kind.url: return userInfo(at: start)
        case SecretAnchors.Kind.flag: return dash(at: bytes[start] == 0x2D ? start : start + 1)
        case SecretAnchors.Kind.key:
            guard hasText("-----begin ", at: end - 9) else { return nil }
            sawKeyHead = true
            return privateKey(at: end - 9)
        case SecretAnchors.Kind.scheme: return isWordStart(start) ? scheme(at: start) : nil
        case SecretAnchors.Kind.known: return nil
        case SecretAnchors.Kind.dataSource: return dataSource(at: start)
        case SecretAnchors.Kind.hash: return passwordHash(at: start)
        case SecretAnchors.Kind.pattern: return added?.pattern(bytes, at: start)
        default: return VendorTokens.inner(bytes, anchor: start..<end)
        }
    }

    /// What follows a name in which an anchor ends at `end`.
    private mutating func name(_ end: Int) -> Match? {
        let stop = self.end(from: end, limit: SecretWords.keyBytesMax, while: ByteClass.isKey)
        guard stop != nameEnd, stop < bytes.count else { return nil }
        nameEnd = stop
        switch bytes[stop] {
        case 0x3D, 0x3A: return separator(at: stop)
        case 0x25: return encodedSeparator(at: hasText("%22", at: stop) ? stop + 3 : stop)
        case 0x3E: return element(at: stop)
        case 0x20, 0x09, 0x22, 0x27, 0x60, 0x5C, 0x5D, 0x2C: break
        default: return nil
        }
        var next = self.end(from: stop, limit: 12) { $0 == 0x5C }
        if ByteClass.isQuote(byte(next)) { next += 1 }
        if byte(next) == 0x5D || ByteClass.isQuote(byte(next)) { next += 1 }
        next = skipSpaces(next, limit: Self.alignmentMax)
        if byte(next) == 0x3D || byte(next) == 0x3A, let match = separator(at: next) {
            return match
        }
        var start = stop
        let limit = max(0, stop - SecretWords.keyBytesMax)
        while start > limit, ByteClass.isKey(bytes[start - 1]) { start -= 1 }
        if let match = namedValue(start..<stop, next) { return match }
        guard ByteClass.isSpace(bytes[stop]) else { return nil }
        if let match = attributed(start..<stop) { return match }
        return bytes[start] == 0x2D ? dash(at: start) : bareName(start..<stop)
    }

    /// A vendor's token or a web token at `index`.
    private mutating func vendor(at index: Int) -> Match? {
        if hasText("eyj", at: index) {
            guard !notWebToken.contains(index) else { return nil }
            let (match, end) = VendorTokens.webToken(bytes, at: index)
            if match == nil { notWebToken = index..<end }
            return match
        }
        return VendorTokens.match(bytes, at: index) ?? added?.token(bytes, at: index)
    }

    /// What a name announces by the built-in words, or by those that somebody added.
    func kind(of name: ArraySlice<UInt8>) -> SecretWords.Kind? {
        if let kind = SecretWords.kind(of: name) { return kind }
        return added?.announces(name) == true ? .added : nil
    }

    /// Whether a name announces a password or a token beyond doubt.
    func isStrong(_ name: ArraySlice<UInt8>) -> Bool {
        switch kind(of: name) {
        case .password, .directory, .token, .added: true
        default: false
        }
    }

    /// Whether a value says that there is none, or was excepted from the added rules.
    func isHarmless(_ value: ArraySlice<UInt8>, _ kind: SecretWords.Kind) -> Bool {
        if case .added = kind, added?.isException(value) == true { return true }
        return SecretWords.isHarmless(value, kind)
    }

    private mutating func add(_ range: Range<Int>, _ cls: String) {
        let start = max(range.lowerBound, matches.last?.range.upperBound ?? 0)
        guard start < range.upperBound, !Mark.fills(bytes[start..<range.upperBound]) else {
            return
        }
        matches.append(Match(range: start..<range.upperBound, cls: cls))
    }

    /// Exact values and what rules found in one ascending list; what overlaps becomes one.
    private static func merged(_ exact: [Match], _ others: [Match]) -> [Match] {
        let all = (exact + others).sorted { $0.range.lowerBound < $1.range.lowerBound }
        var out: [Match] = []
        for match in all {
            if let last = out.last, match.range.lowerBound < last.range.upperBound {
                let end = max(last.range.upperBound, match.range.upperBound)
                out[out.count - 1].range = last.range.lowerBound..<end
                if match.cls == KnownSecrets.cls, last.known == nil {
                    out[out.count - 1].cls = match.cls
                    out[out.count - 1].known = match.known
                }
            } else {
                out.append(match)
            }
        }
        return out
    }

    // MARK: Looking around

    func byte(_ index: Int) -> UInt8 { index >= 0 && index < bytes.count ? bytes[index] : 0 }

    func isWordStart(_ index: Int) -> Bool { index == 0 || !ByteClass.isWord(bytes[index - 1]) }

    /// As `isWordStart`; also behind an escape such as `\n` or `%3D`.
    func isTokenStart(_ index: Int) -> Bool {
        if isWordStart(index) { return true }
        if byte(index - 2) == 0x5C, "nrt".utf8.contains(bytes[index - 1]) { return true }
        return byte(index - 3) == 0x25
    }

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
            if bytes[place] | 0x20 == command.utf8Start.pointee, hasText(command, at: place),
                isWordStart(place)
            {
                return true
            }
            place -= 1
        }
        return false
    }
}
