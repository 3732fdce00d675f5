import Basics

// Lines of text: a time, a level and a few separators in front of the message.
extension RecordParser {
    static func plain(
        _ line: Span<UInt8>, from start: Int, found: FoundTime?, priority: Int?
    ) -> ParsedLine {
        var parsed = ParsedLine(
            format: found == nil ? .plain : .timed, body: .range(start..<line.count))
        parsed.time = found?.time
        parsed.assumes = found?.assumes ?? []
        parsed.dayFirst = found?.dayFirst
        if let priority { parsed.level = LevelScanner.syslog(priority & 7) }
        guard let found else {
            untimed(line, from: start, into: &parsed)
            return parsed
        }
        switch found.shape {
        case .klog:
            klog(line, found, into: &parsed)
        case .dayMonthName where access(line, found, into: &parsed): break
        case .syslog where heading(line, found, into: &parsed): break
        case .syslog where found.start <= start + 1:
            syslogTag(line, found, hostExpected: true, into: &parsed)
        case .iso, .epoch:
            guard startsLine(line, found, start), syslogTagFollows(line, found.end) else {
                general(line, found, into: &parsed)
                break
            }
            syslogTag(line, found, hostExpected: true, into: &parsed)
        default:
            general(line, found, into: &parsed)
        }
        takeObject(line, &parsed)
        return parsed
    }

    /// Whether a time begins the line, journalctl's day of the week aside.
    private static func startsLine(_ line: Span<UInt8>, _ found: FoundTime, _ start: Int) -> Bool {
        found.start == start || found.start == start + 4 && TimeScanner.isWeekday(line, start)
    }

    private static func untimed(_ line: Span<UInt8>, from start: Int, into parsed: inout ParsedLine)
    {
        if let level = brief(line, start) {
            if parsed.level == nil { parsed.level = level }
            parsed.body = .range(start + 2..<line.count)
            return
        }
        guard let level = LevelScanner.find(line, timeEnd: 0, timeStart: 0),
            level.start <= start + 24
        else { return }
        if parsed.level == nil { parsed.level = level.level }
        if level.start <= start + 1 {
            parsed.body = .range(skipSeparators(line, level.end)..<line.count)
        }
    }

    /// Time, then maybe a thread or process id, a level, and separators.
    private static func general(
        _ line: Span<UInt8>, _ found: FoundTime, into parsed: inout ParsedLine
    ) {
        var cursor = found.end
        let level = logcatLevel(line, found) ?? level(line, found)
        if let mark = redisLevel(line, found.end) {
            parsed.level = mark
            cursor = found.end + 2
        } else if let level {
            if parsed.level == nil { parsed.level = level.level }
            if level.start >= found.end, isHeaderGap(line, found.end..<level.start) {
                cursor = level.end
            }
        }
        cursor = skipSeparators(line, cursor)
        cursor = skipIds(line, cursor)
        parsed.body = .range(cursor..<line.count)
        if parsed.level == nil { parsed.level = LevelScanner.marked(line, from: found.end) }
        if isAddition(line, found.end) { parsed.continues = true }
        if found.shape == .epoch { epochColumns(line, found, into: &parsed) }
        if found.shape == .iso { isoColumns(line, found, into: &parsed) }
    }

    /// PostgreSQL writes `DETAIL:` and its like as lines of their own behind the statement's error.
    private static func isAddition(_ line: Span<UInt8>, _ start: Int) -> Bool {
        let limit = min(line.count, start + LevelScanner.reachMax)
        var index = start
        while let colon = ByteScan.find(line, 0x3A, from: index, limit: limit - index) {
            index = colon + 1
            guard ByteScan.has(line, "  ", at: index) else { continue }
            return ByteScan.has(line, "DETAIL", at: colon - 6)
                || ByteScan.has(line, "HINT", at: colon - 4)
                || ByteScan.has(line, "STATEMENT", at: colon - 9)
                || ByteScan.has(line, "CONTEXT", at: colon - 7)
                || ByteScan.has(line, "QUERY", at: colon - 5)
                || ByteScan.has(line, "LOCATION", at: colon - 8)
        }
        return false
    }

    private static func level(_ line: Span<UInt8>, _ found: FoundTime) -> LevelScanner.Found? {
        if let level = LevelScanner.find(line, timeEnd: found.end, timeStart: found.start) {
            return level
        }
        // cups and logcat's brief form put one letter in front: `E [04/Nov/2010:…`.
        guard found.start >= 2, found.start <= 3, ByteScan.isUpper(line[0]), line[1] == 0x20,
            let level = LevelScanner.word(line, 0, 1)
        else { return nil }
        return LevelScanner.Found(level: level, start: 0, end: 1)
    }

    /// logcat: `08-21 10:00:00.123 [uid] pid tid D Tag: …` or `… D/Tag( 123): …`.
    private static func logcatLevel(_ line: Span<UInt8>, _ found: FoundTime)
        -> LevelScanner.Found?
    {
        guard found.shape == .monthDay else { return nil }
        var index = ByteScan.skipBlanks(line, found.end)
        for _ in 0..<4 {
            let end = tokenEnd(line, index)
            let isLetter = "VDIWEF".utf8.contains(ByteScan.at(line, index))
            if isLetter, end == index + 1 || ByteScan.at(line, index + 1) == 0x2F,
                let level = LevelScanner.word(line, index, 1)
            {
                return LevelScanner.Found(level: level, start: index, end: index + 1)
            }
            index = ByteScan.skipBlanks(line, end)
        }
        return nil
    }

    /// redis: `.` debug, `-` verbose, `*` notice, `#` warning, between blanks behind the time.
    private static func redisLevel(_ line: Span<UInt8>, _ end: Int) -> LogLevel? {
        guard ByteScan.at(line, end) == 0x20, ByteScan.at(line, end + 2) == 0x20 else { return nil }
        switch ByteScan.at(line, end + 1) {
        case 0x2E: return .debug
        case 0x2D: return nil  // also a common separator
        case 0x2A: return .notice
        case 0x23: return .warning
        default: return nil
        }
    }

    /// Whether what stands between time and level is ids and brackets, not a message: at most one
    /// word in small letters, at most eight in all.
    private static func isHeaderGap(_ line: Span<UInt8>, _ gap: Range<Int>) -> Bool {
        guard gap.count <= 160 else { return false }
        var index = gap.lowerBound
        var tokens = 0
        var prose = 0
        var depth = 0
        while index < gap.upperBound {
            index = ByteScan.skipBlanks(line, index)
            guard index < gap.upperBound else { break }
            let end = min(tokenEnd(line, index), gap.upperBound)
            let isInside = depth > 0
            var isSmall = end - index >= 2
            for position in index..<end {
                let byte = line[position]
                if byte == 0x5B || byte == 0x28 { depth += 1 }
                if byte == 0x5D || byte == 0x29 { depth -= 1 }
                if !ByteScan.isLetter(byte) || ByteScan.isUpper(byte) { isSmall = false }
            }
            if !isInside {
                tokens += 1
                if isSmall { prose += 1 }
            }
            index = end
        }
        return prose <= 1 && tokens <= 8
    }

    /// Skips blanks, bars, colons, closing brackets, and dashes that stand alone.
    static func skipSeparators(_ line: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < line.count {
            let byte = line[index]
            let isDash =
                byte == 0x2D && (index + 1 >= line.count || ByteScan.isBlank(line[index + 1]))
            guard
                ByteScan.isBlank(byte) || byte == 0x7C || byte == 0x3A || byte == 0x5D
                    || byte == 0x2C || isDash
            else { break }
            index += 1
        }
        return index
    }

    /// Skips nginx's `12#12: *3 ` and Apache's `[pid 1:tid 2] `.
    private static func skipIds(_ line: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        if ByteScan.has(line, "[pid ", at: index), let end = ByteScan.find(line, 0x5D, from: index)
        {
            return ByteScan.skipBlanks(line, end + 1)
        }
        let run = ByteScan.digitRun(line, index)
        guard run > 0, ByteScan.at(line, index + run) == 0x23 else { return index }
        let end = tokenEnd(line, index)
        guard ByteScan.at(line, end - 1) == 0x3A else { return index }
        index = ByteScan.skipBlanks(line, end)
        if ByteScan.at(line, index) == 0x2A, ByteScan.isDigit(ByteScan.at(line, index + 1)) {
            index = ByteScan.skipBlanks(line, tokenEnd(line, index))
        }
        return index
    }

    /// `I0821 10:00:00.123456 12345 file.go:10] message`.
    private static func klog(
        _ line: Span<UInt8>, _ found: FoundTime, into parsed: inout ParsedLine
    ) {
        parsed.format = .klog
        parsed.level = LevelScanner.word(line, 0, 1)
        let close = ByteScan.find(line, 0x5D, from: found.end, limit: 160)
        let cursor = close.map { $0 + 1 } ?? found.end
        parsed.body = .range(ByteScan.skipBlanks(line, cursor)..<line.count)
    }

    /// `host ident user [time] "request" status bytes …`: the status makes the level.
    private static func access(
        _ line: Span<UInt8>, _ found: FoundTime, into parsed: inout ParsedLine
    ) -> Bool {
        guard found.start >= 6, ByteScan.at(line, found.start - 1) == 0x5B else { return false }
        var index = ByteScan.skipBlanks(line, found.end)
        guard ByteScan.at(line, index) == 0x5D else { return false }
        index = ByteScan.skipBlanks(line, index + 1)
        guard ByteScan.at(line, index) == 0x22 else { return false }
        parsed.format = .access
        parsed.body = .range(index..<line.count)
        guard let close = ByteScan.find(line, 0x22, from: index + 1) else { return true }
        let status = ByteScan.skipBlanks(line, close + 1)
        if ByteScan.digitRun(line, status) == 3, let code = ByteScan.number(line, status, 3) {
            parsed.level = LevelScanner.http(code)
        }
        return true
    }

    /// Whether ` host tag[pid]:` or ` host tag:` follows (rsyslog's ISO header).
    private static func syslogTagFollows(_ line: Span<UInt8>, _ end: Int) -> Bool {
        guard ByteScan.at(line, end) == 0x20 else { return false }
        let host = end + 1
        let hostEnd = tokenEnd(line, host)
        let tagEnd = tokenEnd(line, hostEnd + 1)
        guard hostEnd < line.count, tagEnd > hostEnd + 1, ByteScan.at(line, tagEnd - 1) == 0x3A,
            name(line, host..<hostEnd) != nil, line[hostEnd - 1] != 0x3A,
            ByteScan.isLetter(line[hostEnd + 1])
        else { return false }
        let letters = LevelScanner.level(named: ByteScan.bytes(line, host..<min(hostEnd, host + 9)))
        return letters == nil
    }

    /// ` host tag[pid]: message` behind an RFC 3164 time.
    private static func syslogTag(
        _ line: Span<UInt8>, _ found: FoundTime, hostExpected: Bool, into parsed: inout ParsedLine
    ) {
        parsed.format = .syslog
        var index = ByteScan.skipBlanks(line, found.end)
        if ByteScan.at(line, index) == 0x3A { index = ByteScan.skipBlanks(line, index + 1) }
        if hostExpected, tag(line, index) == nil {
            let end = tokenEnd(line, index)
            parsed.host = name(line, index..<end)
            index = ByteScan.skipBlanks(line, end)
        }
        if let level = facilityLevel(line, index) {
            parsed.level = parsed.level ?? level.level
            index = ByteScan.skipBlanks(line, level.end)
        }
        if let tag = tag(line, index) ?? spacedTag(line, index) {
            parsed.service = name(line, tag.name)
            index = ByteScan.skipBlanks(line, tag.end)
        }
        parsed.body = .range(index..<line.count)
        if parsed.level == nil { parsed.level = LevelScanner.marked(line, from: index) }
        if parsed.level == nil,
            let level = LevelScanner.find(line, timeEnd: index, timeStart: 0),
            level.start <= index + 60
        {
            parsed.level = level.level
        }
    }

    /// `daemon.err ` as some syslog daemons write in front of the tag.
    private static func facilityLevel(_ line: Span<UInt8>, _ index: Int) -> LevelScanner.Found? {
        let end = tokenEnd(line, index)
        guard end - index <= 20,
            let dot = ByteScan.find(line, 0x2E, from: index, limit: end - index),
            dot > index, dot + 2 < end,
            let level = LevelScanner.word(line, dot + 1, end - dot - 1)
        else { return nil }
        return LevelScanner.Found(level: level, start: index, end: end)
    }

    /// `tag[pid]:` or `tag:` at `index`.
    private static func tag(_ line: Span<UInt8>, _ index: Int) -> (name: Range<Int>, end: Int)? {
        let end = tokenEnd(line, index)
        guard end > index + 1, line[end - 1] == 0x3A else { return nil }
        let bracket = ByteScan.find(line, 0x5B, from: index, limit: end - index)
        let paren = ByteScan.find(line, 0x28, from: index, limit: end - index)
        let nameEnd = min(bracket ?? end - 1, paren ?? end - 1)
        return nameEnd > index ? (index..<nameEnd, end) : nil
    }

    /// `Setup Assistant[1173]:` and `launchd[1] (com.apple.x[9]):` at `index`.
    private static func spacedTag(_ line: Span<UInt8>, _ index: Int)
        -> (name: Range<Int>, end: Int)?
    {
        guard ByteScan.isLetter(ByteScan.at(line, index)),
            let bracket = ByteScan.find(line, 0x5B, from: index, limit: 48)
        else { return nil }
        let run = ByteScan.digitRun(line, bracket + 1)
        guard run > 0, ByteScan.at(line, bracket + 1 + run) == 0x5D else { return nil }
        var end = bracket + run + 2
        if ByteScan.has(line, " (", at: end), let close = ByteScan.find(line, 0x29, from: end) {
            end = close + 1
        }
        guard ByteScan.at(line, end) == 0x3A else { return nil }
        for position in index..<bracket
        where !ByteScan.isWord(line[position]) && !" ._-".utf8.contains(line[position]) {
            return nil
        }
        return (index..<bracket, end + 1)
    }

    /// `1 time host app pid msgid [sd] message` (RFC 5424) behind its priority and version.
    static func syslog5424(
        _ line: Span<UInt8>, from start: Int, priority: Int, _ context: TimeContext
    ) -> ParsedLine {
        var parsed = ParsedLine(format: .syslog, body: .range(start..<line.count))
        parsed.level = LevelScanner.syslog(priority & 7)
        var index = start
        var fields: [Range<Int>] = []
        while fields.count < 5, index < line.count {
            let end = tokenEnd(line, index)
            fields.append(index..<end)
            index = end + 1
        }
        guard fields.count == 5 else { return parsed }
        let found = TimeScanner.shape(line, fields[0].lowerBound, previous: 0x20, context)
        parsed.time = found?.time
        parsed.assumes = found?.assumes ?? []
        parsed.host = field(line, fields[1])
        parsed.service = field(line, fields[2])
        index = structuredDataEnd(line, min(index, line.count))
        index = ByteScan.skipBlanks(line, index)
        if ByteScan.has(line, "\u{FEFF}", at: index) { index += 3 }
        parsed.body = .range(index..<line.count)
        takeObject(line, &parsed)
        return parsed
    }

    private static func field(_ line: Span<UInt8>, _ range: Range<Int>) -> String? {
        range.count == 1 && line[range.lowerBound] == 0x2D ? nil : name(line, range)
    }

    static func structuredDataEnd(_ line: Span<UInt8>, _ start: Int) -> Int {
        if ByteScan.at(line, start) == 0x2D { return start + 1 }
        var index = start
        while ByteScan.at(line, index) == 0x5B {
            var isQuoted = false
            while index < line.count, isQuoted || line[index] != 0x5D {
                if line[index] == 0x22 { isQuoted.toggle() }
                index += line[index] == 0x5C ? 2 : 1
            }
            index = min(index + 1, line.count)
        }
        return index
    }
}
