/// Finds the level a line names, by whole words and the marks of known formats.
enum LevelScanner {
    struct Found {
        var level: LogLevel
        var start: Int
        var end: Int
    }

    /// Words behind this many bytes of the head belong to the message.
    static let reachMax = 140

    /// The level named in the head of a line.
    ///
    /// Capital words (`ERROR`) count anywhere in the head; small ones (`error`, `Error`) only where
    /// a format puts them: in brackets or bars, before a colon at the head's start, or as the first
    /// word after the time.
    /// - Parameter timeEnd: where the line's time ends, 0 when there is none.
    static func find(_ line: Span<UInt8>, timeEnd: Int, timeStart: Int) -> Found? {
        let end = min(line.count, max(timeEnd, 0) + reachMax)
        var index = 0
        var words = 0
        while index < end {
            if index >= timeStart, index < timeEnd {
                index = timeEnd
                words = 0
                continue
            }
            guard ByteScan.isLetter(line[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < end, ByteScan.isLetter(line[index]) { index += 1 }
            let before = start > 0 ? line[start - 1] : 0x20
            let after = ByteScan.at(line, index)
            // A digit or a joining mark makes it part of a larger word.
            guard !joins(before), !joins(after), index - start <= 10 else { continue }
            if let level = word(line, start, index - start),
                placed(line, start, index, before, after, words: words, timeEnd: timeEnd)
            {
                return Found(level: level, start: start, end: index)
            }
            words += 1
            if words > 12 { return nil }
        }
        return nil
    }

    private static func joins(_ byte: UInt8) -> Bool {
        ByteScan.isDigit(byte) || byte == 0x5F || byte == 0x2D || byte == 0x2F || byte == 0x24
            || byte >= 0x80
    }

    private static func placed(
        _ line: Span<UInt8>, _ start: Int, _ end: Int, _ before: UInt8, _ after: UInt8,
        words: Int, timeEnd: Int
    ) -> Bool {
        let length = end - start
        let isCapital =
            length > 1 && ByteScan.isUpper(line[start]) && ByteScan.isUpper(line[end - 1])
        let closed = closes(after) || (after == 0x20 && barred(line, end))
        let opened = opens(before) || (before == 0x20 && barredBefore(line, start))
        if length == 1 {
            return (opened && closed) || (words == 0 && after == 0x20 && start == timeEnd + 1)
        }
        if isCapital { return after != 0x2E || before == 0x2E }
        if before == 0x2E { return words <= 3 && after == 0x20 }  // facility.level
        if opened && (closed || after == 0x20) { return true }
        if words == 0, timeEnd > 0 {
            if after == 0x20, isOrdinary(line, start, length) { return false }
            return after == 0x20 || after == 0x09 || after == 0x3A || after == 0x2C || closed
        }
        return words == 0 && after == 0x3A && start <= 1
    }

    /// Words that as well begin a sentence in small letters: `log rotated`, `trace id 7`.
    private static func isOrdinary(_ line: Span<UInt8>, _ start: Int, _ length: Int) -> Bool {
        guard !ByteScan.isUpper(line[start]) else { return false }
        return ByteScan.has(line, "log", at: start) || ByteScan.has(line, "note", at: start)
            || ByteScan.has(line, "fine", at: start) || ByteScan.has(line, "trace", at: start)
            || ByteScan.has(line, "alert", at: start) || ByteScan.has(line, "failure", at: start)
    }

    /// `]`, `|`, `>`, `)`, `}`.
    private static func closes(_ byte: UInt8) -> Bool {
        byte == 0x5D || byte == 0x7C || byte == 0x3E || byte == 0x29 || byte == 0x7D
    }

    /// `[`, `|`, `<`, `(`, `:`, `{`.
    private static func opens(_ byte: UInt8) -> Bool {
        byte == 0x5B || byte == 0x7C || byte == 0x3C || byte == 0x28 || byte == 0x3A || byte == 0x7B
    }

    private static func barred(_ line: Span<UInt8>, _ index: Int) -> Bool {
        let next = ByteScan.skipBlanks(line, index)
        let byte = ByteScan.at(line, next)
        return byte == 0x7C || byte == 0x5D
    }

    private static func barredBefore(_ line: Span<UInt8>, _ index: Int) -> Bool {
        guard index > 0 else { return false }
        var previous = index - 1
        while previous > 0, ByteScan.isBlank(line[previous]) { previous -= 1 }
        return line[previous] == 0x7C || line[previous] == 0x5B
    }

    /// The level that the `count` letters at `start` name in any case, or nil.
    static func word(_ line: Span<UInt8>, _ start: Int, _ count: Int) -> LogLevel? {
        guard count <= 8 else { return longWords[ByteScan.packedWord(line, start, 8)] }
        return words[ByteScan.packedWord(line, start, count)]
    }

    /// The level that `text` names in any case, or nil.
    static func level(named text: some Sequence<UInt8>) -> LogLevel? {
        var packed: UInt64 = 0
        var count = 0
        for byte in text {
            count += 1
            if count <= 8 { packed = packed << 8 | UInt64(byte | 0x20) }
        }
        return count <= 8 ? words[packed] : longWords[packed]
    }

    // Told by their first eight letters.
    private static let longWords = LevelWords([(.info, ["informat"]), (.fatal, ["emergenc"])])

    private static let words = LevelWords([
        (.trace, ["trace", "finest", "finer", "verbose", "v", "t"]),
        (.debug, ["debug", "dbg", "fine", "d", "dbug"]),
        (.info, ["info", "inf", "i", "log", "note"]),
        (.notice, ["notice"]),
        (.warning, ["warn", "warning", "wrn", "w"]),
        (.error, ["error", "err", "e", "severe", "failure"]),
        (.critical, ["critical", "crit", "alert", "c"]),
        (.fatal, ["fatal", "panic", "emerg", "f", "ftl"]),
    ])

    /// syslog's severity 0…7 (RFC 5424, 6.2.1).
    static func syslog(_ severity: Int) -> LogLevel? {
        switch severity {
        case 0: .fatal
        case 1, 2: .critical
        case 3: .error
        case 4: .warning
        case 5: .notice
        case 6: .info
        case 7: .debug
        default: nil
        }
    }

    /// OpenTelemetry's 1…24.
    static func otlp(_ number: Int) -> LogLevel? {
        switch number {
        case 1...4: .trace
        case 5...8: .debug
        case 9...12: .info
        case 13...16: .warning
        case 17...20: .error
        case 21...24: .fatal
        default: nil
        }
    }

    /// Levels between bunyan's: those a program defined for itself, by the nearest one below.
    static func python(_ value: Int) -> LogLevel? {
        value > 10 && value < 60 ? bunyan(value / 10 * 10) : nil
    }

    /// bunyan's and pino's 10…60.
    static func bunyan(_ value: Int) -> LogLevel? {
        switch value {
        case 10: .trace
        case 20: .debug
        case 30: .info
        case 40: .warning
        case 50: .error
        case 60: .fatal
        default: nil
        }
    }
}

/// Levels by packed words, in a table with open addressing: asked for nearly every word of a head.
private struct LevelWords: Sendable {
    private var keys = [UInt64](repeating: 0, count: 128)
    private var levels = [LogLevel](repeating: .info, count: 128)

    init(_ rows: [(LogLevel, [StaticString])]) {
        for (level, names) in rows {
            for name in names {
                let key = ByteScan.packed(name)
                var slot = Self.slot(key)
                while keys[slot] != 0 { slot = (slot + 1) & 127 }
                keys[slot] = key
                levels[slot] = level
            }
        }
    }

    private static func slot(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> 57) }

    subscript(key: UInt64) -> LogLevel? {
        var slot = Self.slot(key)
        while keys[slot] != 0 {
            if keys[slot] == key { return levels[slot] }
            slot = (slot + 1) & 127
        }
        return nil
    }
}
