// Levels that stand in a format's own mark instead of a plain word.
extension LevelScanner {
    /// The level in the first mark behind `index`, the end of the line's time.
    static func marked(_ line: Span<UInt8>, from index: Int) -> LogLevel? {
        let start = ByteScan.skipBlanks(line, index)
        if let level = abbreviated(line, start) { return level }
        if let level = php(line, start) { return level }
        let signs = signs(line, from: start)
        if signs.isNumbered, let level = numbered(line, start) { return level }
        if signs.isMasked, let level = masked(line, start) { return level }
        return signs.isRequest ? status(line, from: start) : nil
    }

    /// Which of the marks below can be in the line at all, in one pass.
    private static func signs(_ line: Span<UInt8>, from start: Int)
        -> (isNumbered: Bool, isMasked: Bool, isRequest: Bool)
    {
        var signs = (isNumbered: false, isMasked: false, isRequest: false)
        let end = min(line.count, start + 400)
        if ByteScan.isUpper(ByteScan.at(line, start)) {
            var word = start
            while word < end, ByteScan.isUpper(line[word]) { word += 1 }
            signs.isNumbered = word - start >= 3 && ByteScan.isDigit(ByteScan.at(line, word))
        }
        line.withUnsafeBufferPointer { bytes in
            var index = start
            while index < end {
                if index + 8 <= end, !mayHoldSign(bytes, index) {
                    index += 8
                    continue
                }
                let stop = min(end, index + 8)
                while index < stop {
                    note(bytes, index, &signs)
                    index += 1
                }
            }
        }
        return signs
    }

    /// Whether any of the bytes that begin a sign may be among the eight at `index`.
    private static func mayHoldSign(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UnsafeRawBufferPointer(bytes)
            .loadUnaligned(fromByteOffset: index, as: UInt64.self)
        // The high bit of a zero byte is set by the borrow (and of one behind it, now and then).
        let quote = word ^ 0x22 &* ones
        let colon = word ^ 0x3A &* ones
        let paren = word ^ 0x28 &* ones
        let letter = word ^ 0x54 &* ones
        let hits =
            (quote &- ones) & ~quote | (colon &- ones) & ~colon | (paren &- ones) & ~paren
            | (letter &- ones) & ~letter
        return hits & 0x8080_8080_8080_8080 != 0
    }

    private static func note(
        _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int,
        _ signs: inout (isNumbered: Bool, isMasked: Bool, isRequest: Bool)
    ) {
        func next(_ distance: Int) -> UInt8 {
            index + distance < bytes.count ? bytes[index + distance] : 0
        }
        switch bytes[index] {
        case 0x22: signs.isRequest = true
        case 0x3A: if next(1) == 0x20, next(2) == 0x20 { signs.isNumbered = true }
        case 0x28: if next(2) == 0x78 { signs.isMasked = true }
        case 0x54: if next(1) == 0x20 { signs.isRequest = true }  // GET, POST, PUT
        default: break
        }
    }

    /// VMware's `In(14)`, `Wa(180)`, `Db(167)`.
    private static func abbreviated(_ line: Span<UInt8>, _ index: Int) -> LogLevel? {
        guard ByteScan.at(line, index + 2) == 0x28 else { return nil }
        let run = ByteScan.digitRun(line, index + 3, limit: 4)
        guard run > 0, ByteScan.at(line, index + 3 + run) == 0x29 else { return nil }
        switch ByteScan.packedWord(line, index, 2) {
        case ByteScan.packed("in"): return .info
        case ByteScan.packed("no"): return .notice
        case ByteScan.packed("wa"): return .warning
        case ByteScan.packed("er"): return .error
        case ByteScan.packed("cr"), ByteScan.packed("al"): return .critical
        case ByteScan.packed("em"): return .fatal
        case ByteScan.packed("db"): return .debug
        default: return nil
        }
    }

    /// `] PHP Fatal error:  …`
    private static func php(_ line: Span<UInt8>, _ index: Int) -> LogLevel? {
        var start = index
        if ByteScan.at(line, start) == 0x5D { start = ByteScan.skipBlanks(line, start + 1) }
        guard ByteScan.has(line, "PHP ", at: start) else { return nil }
        start += 4
        let end = RecordParser.tokenEnd(line, start)
        if ByteScan.has(line, " error:", at: end) {
            return ByteScan.has(line, "Fatal", at: start) ? .fatal : .error
        }
        if ByteScan.has(line, "Warning:", at: start) { return .warning }
        if ByteScan.has(line, "Notice:", at: start) { return .notice }
        return ByteScan.has(line, "Deprecated:", at: start) ? .notice : nil
    }

    /// `WARN574240[Thread-35]` at the start, and PostgreSQL's `5LOG:  ` anywhere in the head.
    private static func numbered(_ line: Span<UInt8>, _ start: Int) -> LogLevel? {
        var end = start
        while end < line.count, ByteScan.isUpper(line[end]) { end += 1 }
        if end - start >= 3, ByteScan.isDigit(ByteScan.at(line, end)) {
            return word(line, start, end - start)
        }
        let limit = min(line.count, start + reachMax)
        var index = start
        while let colon = ByteScan.find(line, 0x3A, from: index, limit: limit - index) {
            index = colon + 1
            guard ByteScan.has(line, "  ", at: index) else { continue }
            var first = colon
            while first > start, ByteScan.isUpper(line[first - 1]) { first -= 1 }
            if colon - first >= 3, ByteScan.isDigit(line[first - 1]) {
                return word(line, first, colon - first)
            }
        }
        return nil
    }

    /// SSSD's `(0x0020):` behind a bracket.
    private static func masked(_ line: Span<UInt8>, _ start: Int) -> LogLevel? {
        let limit = min(line.count, start + 160)
        var index = start
        while let open = ByteScan.find(line, 0x28, from: index, limit: limit - index) {
            index = open + 1
            guard ByteScan.has(line, "0x", at: open + 1), ByteScan.has(line, "):", at: open + 7),
                ByteScan.at(line, open - 2) == 0x5D
            else { continue }
            switch ByteScan.packedWord(line, open + 3, 4) {
            case ByteScan.packed("0010"): return .fatal
            case ByteScan.packed("0020"): return .critical
            case ByteScan.packed("0040"): return .error
            case ByteScan.packed("0080"): return .warning
            case ByteScan.packed("0100"), ByteScan.packed("0200"): return .info
            case ByteScan.packed("0400"): return .debug
            default: return .trace
            }
        }
        return nil
    }

    /// The level that the status of an HTTP request makes.
    static func http(_ status: Int) -> LogLevel? {
        switch status {
        case 100..<400: .info
        case 400..<500: .warning
        case 500..<600: .error
        default: nil
        }
    }

    /// Access lines in other orders than the common log format: S3, load balancers, HAProxy, uWSGI.
    static func status(_ line: Span<UInt8>, from start: Int) -> LogLevel? {
        if let code = proxied(line, from: start) { return http(code) }
        guard let request = request(line, from: start) else { return balancer(line, from: start) }
        if request.isQuoted, let close = ByteScan.find(line, 0x22, from: request.start) {
            if let code = code(line, ByteScan.skipBlanks(line, close + 1)) { return http(code) }
            return balancer(line, from: start)
        }
        // `GET /path -1 200 5778`, `GET /x => generated 9 bytes in 1 msecs (HTTP/1.1 200)`.
        var index = request.start
        for _ in 0..<12 {
            index = ByteScan.skipBlanks(line, RecordParser.tokenEnd(line, index))
            // 443 is a port: W3C logs write it in front of the status.
            if let code = code(line, index), code != 443 { return http(code) }
            if index >= line.count { break }
        }
        return nil
    }

    /// The status in Squid's `374 10.0.0.1 TCP_MISS/504`.
    private static func proxied(_ line: Span<UInt8>, from start: Int) -> Int? {
        let run = ByteScan.digitRun(line, start)
        guard run > 0, ByteScan.at(line, start + run) == 0x20 else { return nil }
        let client = RecordParser.tokenEnd(line, start + run + 1)
        let result = client + 1
        guard ByteScan.isUpper(ByteScan.at(line, result)) else { return nil }
        let end = RecordParser.tokenEnd(line, result)
        guard end - result >= 5, line[end - 4] == 0x2F else { return nil }
        return code(line, end - 3)
    }

    private static let methods: [StaticString] = [
        "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "PATCH ", "OPTIONS ",
    ]

    /// Where a request's method stands, at the start of a word or behind a quote.
    private static func request(_ line: Span<UInt8>, from start: Int)
        -> (start: Int, isQuoted: Bool)?
    {
        let limit = min(line.count, start + 400)
        var index = start
        while index + 8 < limit {
            let byte = line[index]
            let before = index > 0 ? line[index - 1] : 0x20
            if byte == 0x47 || byte == 0x50 || byte == 0x48 || byte == 0x44 || byte == 0x4F,
                before == 0x20 || before == 0x22,
                let method = methods.first(where: { ByteScan.has(line, $0, at: index) })
            {
                let target = ByteScan.at(line, index + method.utf8CodeUnitCount)
                if target == 0x2F || target == 0x68 || target == 0x22 {
                    return (index, before == 0x22)
                }
            }
            index += 1
        }
        return nil
    }

    /// A three-digit token in front of or behind a run of numbers: `0.000 200 200 34`,
    /// `0/0/1/48/49 200 3313`.
    private static func balancer(_ line: Span<UInt8>, from start: Int) -> LogLevel? {
        var index = start
        var previous = 0..<0
        for _ in 0..<14 where index < line.count {
            let end = RecordParser.tokenEnd(line, index)
            if end - index == 3, let code = code(line, index), isTimers(line, previous) {
                return http(code)
            }
            previous = index..<end
            index = ByteScan.skipBlanks(line, end)
        }
        return nil
    }

    /// `0/0/1/48/49` or a fraction of a second such as `0.000`.
    private static func isTimers(_ line: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if range.count == 2, ByteScan.has(line, "-1", at: range.lowerBound) { return true }
        var slashes = 0
        var dots = 0
        for index in range {
            switch line[index] {
            case 0x2F: slashes += 1
            case 0x2E: dots += 1
            case 0x2D, 0x2B: break
            case let byte where ByteScan.isDigit(byte): break
            default: return false
            }
        }
        return slashes == 4 || (dots == 1 && slashes == 0 && range.count >= 5)
    }

    private static func code(_ line: Span<UInt8>, _ index: Int) -> Int? {
        guard ByteScan.digitRun(line, index) == 3, let code = ByteScan.number(line, index, 3),
            (100..<600).contains(code)
        else { return nil }
        let next = ByteScan.at(line, index + 3)
        return next == 0 || next == 0x20 || next == 0x29 || next == 0x09 ? code : nil
    }
}
