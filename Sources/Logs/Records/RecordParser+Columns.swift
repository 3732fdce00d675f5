import Basics

// Lines of fixed columns, and text whose parts stand where only their own format puts them.
extension RecordParser {
    /// A message that is a JSON object: what its header does not name is taken from its members.
    static func takeObject(_ line: Span<UInt8>, _ parsed: inout ParsedLine) {
        guard case .range(let body) = parsed.body, ByteScan.at(line, body.lowerBound) == 0x7B,
            ByteScan.at(line, body.upperBound - 1) == 0x7D,
            let found = JSONLine.scan(line, from: body.lowerBound)
        else { return }
        let isHeaded = parsed.level
        takeMembers(line, found, into: &parsed)
        if parsed.level == nil { parsed.level = isHeaded }
        parsed.format = .json
    }

    /// logcat's `D/Tag( 123): …` without a time.
    static func brief(_ line: Span<UInt8>, _ start: Int) -> LogLevel? {
        guard ByteScan.at(line, start + 1) == 0x2F, "VDIWEF".utf8.contains(line[start]),
            let open = ByteScan.find(line, 0x28, from: start + 2, limit: 64)
        else { return nil }
        let pid = ByteScan.skipBlanks(line, open + 1)
        let run = ByteScan.digitRun(line, pid)
        guard run > 0, ByteScan.has(line, "):", at: pid + run) else { return nil }
        return LevelScanner.word(line, start, 1)
    }

    /// java.util.logging: `Aug 21, 2026 10:00:00 AM class method`, level and text in the next line.
    static func heading(
        _ line: Span<UInt8>, _ found: FoundTime, into parsed: inout ParsedLine
    ) -> Bool {
        guard ByteScan.find(line, 0x2C, from: found.start, limit: 8) != nil else { return false }
        let start = ByteScan.skipBlanks(line, found.end)
        let end = tokenEnd(line, start)
        let method = ByteScan.skipBlanks(line, end)
        guard found.start == 0, start < end, method < line.count,
            tokenEnd(line, method) == line.count, line[end - 1] != 0x3A,
            LevelScanner.find(line, timeEnd: found.end, timeStart: 0) == nil
        else { return false }
        parsed.logger = name(line, start..<end)
        parsed.body = .range(start..<line.count)
        parsed.isHeading = true
        return true
    }

    /// auditd's records keep their type and their event's number in the message.
    static func epochColumns(
        _ line: Span<UInt8>, _ found: FoundTime, into parsed: inout ParsedLine
    ) {
        guard ByteScan.has(line, "msg=audit(", at: found.start - 10) else { return }
        var start = 0
        if ByteScan.has(line, "node=", at: 0) {
            let end = tokenEnd(line, 0)
            parsed.host = name(line, 5..<end)
            start = ByteScan.skipBlanks(line, end)
        }
        parsed.body = .range(start..<line.count)
    }

    /// PostgreSQL's CSV and the trace of an application load balancer.
    static func isoColumns(
        _ line: Span<UInt8>, _ found: FoundTime, into parsed: inout ParsedLine
    ) {
        if ByteScan.at(line, found.end) == 0x2C {
            postgresColumns(line, found.end, into: &parsed)
        } else if found.start >= 3, found.start <= 6, ByteScan.at(line, found.start - 1) == 0x20,
            ByteScan.has(line, "h", at: 0) || ByteScan.has(line, "ws", at: 0)
                || ByteScan.has(line, "grpcs", at: 0)
        {
            var index = found.end
            while let quote = ByteScan.find(line, 0x22, from: index) {
                index = quote + 1
                guard ByteScan.has(line, "Root=", at: index) else { continue }
                var end = index + 5
                while end < line.count, line[end] != 0x22, line[end] != 0x3B { end += 1 }
                parsed.traceID = name(line, index + 5..<end)
                return
            }
        }
    }

    /// `time,user,database,pid,…,severity,SQLSTATE,"message",…` (PostgreSQL, csvlog).
    private static func postgresColumns(
        _ line: Span<UInt8>, _ start: Int, into parsed: inout ParsedLine
    ) {
        var index = start + 1
        var column = 1
        while column < 13 {
            let end = cellEnd(line, index)
            guard ByteScan.at(line, end) == 0x2C else { return }
            if column == 11 {
                guard let level = LevelScanner.word(line, index, end - index) else { return }
                parsed.level = level
            }
            if column == 12, end - index != 5 { return }
            index = end + 1
            column += 1
        }
        let end = cellEnd(line, index)
        guard ByteScan.at(line, index) == 0x22 else {
            parsed.body = .range(index..<end)
            return
        }
        // A message that goes on in the next line has no quote at its end.
        let isClosed = end > index + 1 && line[end - 1] == 0x22
        let inside = index + 1..<(isClosed ? end - 1 : end)
        guard ByteScan.find(line, 0x22, from: inside.lowerBound, limit: inside.count) != nil else {
            parsed.body = .range(inside)
            return
        }
        var text: [UInt8] = []
        var position = inside.lowerBound
        while position < inside.upperBound {
            text.append(line[position])
            position += ByteScan.has(line, "\"\"", at: position) ? 2 : 1
        }
        parsed.body = .bytes(text)
    }

    /// The end of the CSV cell at `index`; a quoted one may hold commas and doubled quotes.
    private static func cellEnd(_ line: Span<UInt8>, _ index: Int) -> Int {
        var end = index
        var isQuoted = false
        while end < line.count, isQuoted || line[end] != 0x2C {
            if line[end] == 0x22 { isQuoted.toggle() }
            end += 1
        }
        return end
    }
}
