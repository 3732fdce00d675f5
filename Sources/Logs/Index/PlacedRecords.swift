import Basics
import SafeText

/// Reads single records of a file again, whole, sanitised and redacted, at places that its index
/// names. Confined to whoever owns it.
package final class PlacedRecords {
    /// A record, and how many bytes of its lines were left out.
    package struct Placed {
        package var record: JoinedRecord
        package var omitted: Int
    }

    /// Bytes read at once around a place.
    private static let windowBytes = 64 * 1024
    /// How far back the head of a private key is looked for that is open at a place.
    private static let keyBytesMax: Int64 = 256 * 1024
    private static let keyHead = TextFinder("-----BEGIN")

    private let index: LogIndex
    private let redactor: Redactor
    private var window: [UInt8] = []
    private var windowStart: Int64 = 0
    private var dayContext: TimeContext

    package init(_ index: LogIndex, redactor: Redactor = .standard) {
        self.index = index
        self.redactor = redactor
        dayContext = index.worker.heads.context
    }

    /// The records that begin in `range`, which begins with one: one as a rule, none when the file
    /// cannot be read any more.
    /// - Parameter time: of records without one of their own.
    package func records(in range: Range<Int64>, time: Timestamp) -> [Placed] {
        var joining = Joining(
            context: dayContext, parser: index.worker.heads.learned, time: time,
            cleaner: LineCleaner(redactor: redactor), source: index.path)
        eachLineOfOpenKey(before: range.lowerBound) { joining.skip($0) }
        feed(range) { line, offset, omitted in joining.take(line, offset, omitted) }
        joining.flush()
        return joining.done
    }

    /// Hands on the lines in front of `offset` that clean as they do only when read.
    func eachLineOfOpenKey(before offset: Int64, _ body: (Span<UInt8>) -> Void) {
        feed(keyStart(before: offset)..<offset) { line, _, _ in body(line) }
    }

    /// Where cleaning must begin so that a private key that is open at `offset` is known.
    private func keyStart(before offset: Int64) -> Int64 {
        let limit = max(0, offset - Self.keyBytesMax)
        // The mark below cannot be seen in UTF-16: everything near enough is cleaned.
        guard index.isUTF8 else { return limit + limit % 2 }
        var start = offset
        var lines = 0
        // The lines in front, one window after the other.
        while start > limit, lines <= LineCleaner.keyLinesMax {
            let from = max(limit, start - 8 * 1024)
            let bytes = self.bytes(from..<start)
            guard !bytes.isEmpty else { return offset }
            var at = bytes.endIndex
            while at > bytes.startIndex, lines <= LineCleaner.keyLinesMax {
                at -= 1
                if bytes[at] == 0x0A { lines += 1 }
            }
            let kept = lines > LineCleaner.keyLinesMax ? bytes[(at + 1)...] : bytes
            if let found = Self.keyHead.last(in: kept) {
                let place = start - Int64(bytes.endIndex - found)
                return lineStart(at: place)
            }
            start = from
        }
        return offset
    }

    private func lineStart(at offset: Int64) -> Int64 {
        let from = max(0, offset - Int64(Self.windowBytes))
        let bytes = self.bytes(from..<offset)
        guard let feed = bytes.lastIndex(of: 0x0A) else { return offset }
        return from + Int64(feed - bytes.startIndex) + 1
    }

    private func feed(_ range: Range<Int64>, _ sink: LineAssembler.Sink) {
        guard !range.isEmpty else { return }
        var assembler = index.worker.heads.assembler
        var offset = range.lowerBound
        while offset < range.upperBound {
            let end = min(range.upperBound, offset + 4 * Int64(Self.windowBytes))
            let bytes = self.bytes(offset..<end)
            guard !bytes.isEmpty else { break }
            bytes.withUnsafeBufferPointer { assembler.feed($0.span, at: offset, sink) }
            offset += Int64(bytes.count)
        }
        assembler.flush(sink)
    }

    /// The bytes of `range`, fewer at the end of the file. Neighbours are read together.
    private func bytes(_ range: Range<Int64>) -> ArraySlice<UInt8> {
        guard !range.isEmpty else { return [] }
        let windowEnd = windowStart + Int64(window.count)
        if range.lowerBound < windowStart || range.upperBound > windowEnd {
            // Backwards as a rule: most of the window lies in front.
            let length = max(Int64(Self.windowBytes), range.upperBound - range.lowerBound)
            let isAhead = range.lowerBound >= windowEnd && windowEnd > 0
            windowStart =
                isAhead ? range.lowerBound : max(0, range.upperBound - length)
            let end = max(range.upperBound, windowStart + length)
            window = index.file.bytes(at: windowStart, count: Int(end - windowStart))
        }
        let from = Int(range.lowerBound - windowStart)
        let to = min(window.count, Int(range.upperBound - windowStart))
        return from < to ? window[from..<to] : []
    }
}

/// Puts the lines of a place together.
private struct Joining {
    let context: TimeContext
    var parser: RecordParser
    let time: Timestamp
    var cleaner: LineCleaner
    let source: String
    var done: [PlacedRecords.Placed] = []
    private var joiner = RecordJoiner()
    private var omitted = 0

    init(
        context: TimeContext, parser: RecordParser, time: Timestamp, cleaner: LineCleaner,
        source: String
    ) {
        self.context = context
        self.parser = parser
        self.time = time
        self.cleaner = cleaner
        self.source = source
    }

    /// A line in front of the place: only an open private key goes on behind it.
    mutating func skip(_ line: Span<UInt8>) { _ = clean(line) }

    private mutating func clean(_ line: Span<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &out) }
        return out
    }

    mutating func take(_ line: Span<UInt8>, _ offset: Int64, _ left: Int) {
        let head = clean(line)
        guard !head.isEmpty else { return joiner.addBlank() }
        let parsed = parser.parse(head.span, context: context)
        var text: [UInt8]?
        if case .bytes(let inner) = parsed.body { text = cleaned(inner) }
        let record = JoinedRecord(
            time: parsed.time ?? time, timeIsRead: parsed.time != nil, parsed: parsed,
            head: head, text: text, source: source, offset: offset, number: 0)
        if let complete = joiner.add(record) { finish(complete) }
        omitted += left
    }

    /// Unescaped text is sanitised again, line by line.
    private mutating func cleaned(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if !out.isEmpty { out.append(0x0A) }
            _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &out) }
        }
        while out.last == 0x0A { out.removeLast() }
        return out
    }

    private mutating func finish(_ record: JoinedRecord) {
        done.append(PlacedRecords.Placed(record: record, omitted: omitted))
        omitted = 0
    }

    mutating func flush() {
        if let last = joiner.flush() { finish(last) }
    }
}
