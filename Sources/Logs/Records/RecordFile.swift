import Basics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// Reads the records of one file from its beginning to its end, in bounded memory; a gzip'd file
/// is unpacked on the way, its offsets are those of the unpacked bytes.
package final class RecordFile {
    /// Bytes read at once, and so about what is held of a file.
    package static let blockBytes = 256 * 1024
    private static let lineBytesMax = 256 * 1024
    /// Records in front of the first time that wait for it.
    private static let untimedMax = 256

    package let path: String
    private let source: LogBytes
    private var block: [UInt8]
    private var position: Int64 = 0
    /// Nothing behind it is read.
    private var stop = Int64.max
    private var assembler = LineAssembler(lineBytesMax: lineBytesMax)
    private var cleaner: LineCleaner
    private var parser = RecordParser()
    private var joiner = RecordJoiner()
    private var context: TimeContext
    private var buffer: [UInt8] = []
    private var lineNumber = 0
    private var lastTime: Timestamp?
    /// Complete records that were not handed out yet, from `taken` on.
    private var ready: [JoinedRecord] = []
    private var taken = 0
    private var isAtEnd = false
    /// What is ready waits for the first time.
    private var isHeld = false
    private static let noTime = Timestamp(nanoseconds: .min)
    /// Credentials removed so far.
    package private(set) var redactions = 0

    /// Opens a regular file or a pipe; a time without a zone counts as `zoneOffset` seconds east of
    /// UTC.
    package init(
        path: String, zoneOffset: Int, redactor: Redactor = .standard,
        blockBytes: Int = RecordFile.blockBytes
    ) throws(Failure) {
        self.path = path
        let descriptor = open(path == "-" ? "/dev/stdin" : path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, "\(SystemError.current)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw Self.unreadable(path, "\(SystemError.current)")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw Self.unreadable(path, "it is a directory")
        }
        source = LogBytes(path: path, descriptor: descriptor)
        block = [UInt8](repeating: 0, count: blockBytes)
        cleaner = LineCleaner(redactor: redactor, lineBytesMax: Self.lineBytesMax)
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        context = TimeContext(
            reference: Timestamp(nanoseconds: modified), zoneOffset: zoneOffset)
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(
            "log.unreadable", "The log cannot be read", subject: path, why: why,
            unchanged: "Nothing of it was used", next: "Check the path and its permissions")
    }

    /// Reads only the part that can hold records between two times, when the file's times say where
    /// that is. Call it before the first `next`; some records outside come too.
    ///
    /// Records that lie outside of their surroundings by more than `IndexLimits.disorderMax` may be
    /// missed where these are left out.
    /// - Parameter countsLines: `JoinedRecord.number` is wanted, for which line feeds are counted.
    package func narrow(since: Timestamp?, until: Timestamp?, countsLines: Bool) {
        guard path != "-",
            let part = LogPart(
                path: path, zoneOffset: context.zoneOffset, since: since, until: until)
        else { return }
        stop = part.range.upperBound
        guard part.range.lowerBound > 0 else { return }
        position = part.range.lowerBound
        source.skip(to: position)
        context = part.heads.context
        parser = part.heads.learned
        part.eachLineOfOpenKey { line in
            buffer.removeAll(keepingCapacity: true)
            _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &buffer) }
        }
        if countsLines { lineNumber = part.linesBefore }
    }

    /// The next record, or nil at the end.
    package func next() throws(Failure) -> JoinedRecord? {
        while true {
            if !isHeld, taken < ready.count {
                defer { taken += 1 }
                return ready[taken]
            }
            if !isHeld {
                ready.removeAll(keepingCapacity: true)
                taken = 0
            }
            guard !isAtEnd else { return nil }
            try readBlock()
        }
    }

    private func readBlock() throws(Failure) {
        let wanted = Int(min(Int64(block.count), max(0, stop - position)))
        let count = wanted > 0 ? min(wanted, try source.next(into: &block)) : 0
        let isFirst = position == 0
        if count == 0 {
            isAtEnd = true
            assembler.flush { line, offset, _ in take(line, offset) }
            if let last = joiner.flush() { ready.append(last) }
        } else {
            let offset = position
            position += Int64(count)
            block.withUnsafeBufferPointer { bytes in
                let piece = UnsafeBufferPointer(rebasing: bytes[..<count]).span
                if isFirst { context.dayFirst = DayOrder.decided(by: piece) }
                assembler.feed(piece, at: offset) { line, offset, _ in take(line, offset) }
            }
        }
        settle()
    }

    private func take(_ line: Span<UInt8>, _ offset: Int64) {
        lineNumber += 1
        buffer.removeAll(keepingCapacity: true)
        redactions += line.withUnsafeBufferPointer { cleaner.append($0, to: &buffer).count }
        guard !buffer.isEmpty else { return joiner.addBlank() }
        let parsed = parser.parse(buffer.span, context: context)
        var text: [UInt8]?
        if case .bytes(let inner) = parsed.body {
            let cleaned = cleaner.cleanLines(inner)
            redactions += cleaned.findings.count
            text = cleaned.bytes
        }
        if let time = parsed.time, !parsed.continues { lastTime = time }
        let record = JoinedRecord(
            time: parsed.time ?? lastTime ?? Self.noTime,
            timeIsRead: parsed.time != nil, parsed: parsed, head: buffer, text: text,
            source: path, offset: offset, number: lineNumber)
        if let complete = joiner.add(record) { ready.append(complete) }
    }

    /// Records in front of the first time get that time; without any, the file's.
    private func settle() {
        isHeld = false
        guard let first = ready.first, first.time == Self.noTime else { return }
        let later = ready.first { $0.time != Self.noTime }?.time ?? lastTime
        if later == nil, !isAtEnd, ready.count < Self.untimedMax {
            isHeld = true
            return
        }
        let time = later ?? context.reference
        if lastTime == nil { lastTime = time }
        for index in ready.indices where ready[index].time == Self.noTime {
            ready[index].time = time
        }
    }
}

/// Whether a source writes the day or the month first.
enum DayOrder {
    /// What the first date shows that can only be read one way; nil when none does.
    static func decided(by block: Span<UInt8>) -> Bool? {
        var index = 0
        while index < block.count {
            if let dayFirst = decided(block, lineAt: index) { return dayFirst }
            guard let end = ByteScan.find(block, 0x0A, from: index) else { return nil }
            index = end + 1
        }
        return nil
    }

    private static func decided(_ block: Span<UInt8>, lineAt start: Int) -> Bool? {
        var index = start
        let end = min(block.count, start + TimeScanner.columnMax)
        while index < end, block[index] != 0x0A {
            let run = ByteScan.digitRun(block, index)
            guard run > 0 else {
                index += 1
                continue
            }
            let next = ByteScan.at(block, index + run)
            if next == 0x2F || next == 0x2D,
                let date = TimeScanner.ambiguousDate(block, index, run, next)
            {
                if date.first > 12, date.second <= 12 { return true }
                if date.second > 12, date.first <= 12 { return false }
                return nil
            }
            index += run
        }
        return nil
    }
}
