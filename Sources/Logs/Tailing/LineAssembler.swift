#if canImport(Glibc)
    import Glibc
#endif

/// Cuts a stream of bytes into lines, across reads, with bounded memory.
///
/// A line ends at LF, CRLF, or a CR that something else follows (progress bars). NUL bytes are left
/// out and counted: they come from holes. A byte order mark at offset 0 is left out and says how
/// the rest is read: lines of UTF-16 come out as UTF-8, their offsets are those of the file.
struct LineAssembler {
    /// Receives a line without its end, the offset of its first byte, and how many of its bytes
    /// were left out because it is longer than `lineBytesMax`.
    typealias Sink = (_ line: Span<UInt8>, _ offset: Int64, _ omitted: Int) -> Void

    let lineBytesMax: Int
    /// The unfinished last line, cut at `lineBytesMax`.
    private(set) var partial: [UInt8] = []
    private(set) var partialOffset: Int64 = 0
    private(set) var omitted = 0
    private(set) var nulsSkipped: Int64 = 0
    private(set) var cutLines = 0
    private(set) var encoding: LineEncoding

    /// First bytes that leave open which mark they begin.
    private var mark: [UInt8] = []
    private var decoder = UTF16Decoder()
    /// Where the first unit stands that is in no finished line; UTF-16 alone.
    private var unfinished: Int64?
    /// The last unit was a CR; UTF-16 alone.
    private var hasReturn = false
    /// A CR ended the last line, and nothing came since; UTF-16 alone.
    private var wasEndedByReturn = false

    /// How far before its limit a line is searched for a blank, so that no word is cut in two: half
    /// a credential would not be known for one.
    private static let cutSearchBytes = 1_024

    /// - Parameter encoding: of what stands behind offset 0.
    init(lineBytesMax: Int, encoding: LineEncoding = .utf8) {
        self.lineBytesMax = lineBytesMax
        self.encoding = encoding
    }

    /// Whether a line was begun and not ended.
    var hasPartial: Bool { !partial.isEmpty || omitted > 0 }

    /// Where the first byte stands that is in no finished line, or nil when all are: reading that
    /// starts there again gives what is missing.
    var unfinishedOffset: Int64? {
        if !mark.isEmpty { return 0 }
        return hasPartial ? partialOffset : unfinished
    }

    /// Takes the bytes that stand at `offset` in the file.
    mutating func feed(_ chunk: Span<UInt8>, at offset: Int64, _ sink: Sink) {
        if offset == 0 || !mark.isEmpty { return begin(chunk, at: offset, sink) }
        if encoding == .utf8 {
            cut(chunk, at: offset, sink)
        } else {
            decode(chunk, at: offset, sink)
        }
    }

    /// Looks for the mark first.
    private mutating func begin(_ chunk: Span<UInt8>, at offset: Int64, _ sink: Sink) {
        if offset == 0 { mark = [] }
        decoder.reset()
        var head = mark
        for index in 0..<min(chunk.count, LineEncoding.markBytesMax - mark.count) {
            head.append(chunk[index])
        }
        if LineEncoding.isUndecided(head: head) {
            mark = head
            return
        }
        let held = mark
        mark = []
        let (found, markBytes) = LineEncoding.of(head: head)
        encoding = found
        if markBytes == 0, !held.isEmpty {
            cut(held.span, at: offset - Int64(held.count), sink)
        }
        let rest = chunk.extracting(max(0, markBytes - held.count)..<chunk.count)
        let place = offset + Int64(chunk.count - rest.count)
        if found == .utf8 { cut(rest, at: place, sink) } else { decode(rest, at: place, sink) }
    }

    private mutating func cut(_ chunk: Span<UInt8>, at offset: Int64, _ sink: Sink) {
        var start = 0
        let hasNul = Self.contains(chunk, 0x00)
        let special = hasNul || Self.contains(chunk, 0x0D)
        while let end = Self.newline(chunk, from: start) {
            if hasPartial || hasNul {
                append(chunk, start..<end, at: offset, hasNul)
                if hasPartial { flush(sink) } else { sink(partial.span, offset + Int64(end), 0) }
            } else {
                emit(chunk.extracting(start..<end), offset + Int64(start), special, sink)
            }
            start = end + 1
        }
        if start < chunk.count { append(chunk, start..<chunk.count, at: offset, hasNul) }
    }

    /// Ends the unfinished line as if its end had come.
    mutating func flush(_ sink: Sink) {
        if !mark.isEmpty {
            let held = mark
            mark = []
            cut(held.span, at: 0, sink)
        }
        if decoder.half != nil || decoder.isPairOpen { append("\u{FFFD}", at: unfinished ?? 0) }
        decoder.reset()
        hasReturn = false
        unfinished = nil
        guard hasPartial else { return }
        let line = partial
        let left = omitted
        partial.removeAll(keepingCapacity: line.count <= 4096)
        omitted = 0
        emit(line.span, partialOffset, true, left: left, sink)
    }

    /// Forgets the unfinished line.
    mutating func reset() {
        partial.removeAll()
        omitted = 0
        mark = []
        decoder.reset()
        hasReturn = false
        unfinished = nil
    }

    /// Adds to the unfinished line. NULs are left out here, so that a hole cannot fill the line.
    private mutating func append(
        _ chunk: Span<UInt8>, _ range: Range<Int>, at offset: Int64, _ hasNul: Bool
    ) {
        guard hasNul else {
            if !hasPartial { partialOffset = offset + Int64(range.lowerBound) }
            let kept = min(range.count, lineBytesMax - partial.count)
            chunk.extracting(range.lowerBound..<range.lowerBound + kept)
                .withUnsafeBufferPointer { partial.append(contentsOf: $0) }
            omitted += range.count - kept
            return
        }
        for index in range {
            let byte = chunk[index]
            if byte == 0 {
                nulsSkipped += 1
                continue
            }
            if !hasPartial { partialOffset = offset + Int64(index) }
            if partial.count < lineBytesMax { partial.append(byte) } else { omitted += 1 }
        }
    }

    /// Where the next line feed stands at or behind `start`, or nil.
    static func newline(_ chunk: Span<UInt8>, from start: Int) -> Int? {
        guard start < chunk.count else { return nil }
        return chunk.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private static func contains(_ chunk: Span<UInt8>, _ byte: Int32) -> Bool {
        chunk.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memchr($0, byte, bytes.count) != nil } ?? false
        }
    }
}

// MARK: - Whole lines

extension LineAssembler {
    private mutating func emit(
        _ line: Span<UInt8>, _ offset: Int64, _ special: Bool, left: Int = 0, _ sink: Sink
    ) {
        guard line.count > lineBytesMax || left > 0 else {
            return emitWhole(line, offset, special, 0, sink)
        }
        cutLines += 1
        let kept = Self.cutPlace(line, min(line.count, lineBytesMax))
        emitWhole(
            line.extracting(0..<kept), offset, special, left + line.count - kept, sink)
    }

    /// Where a line is cut that may have `limit` bytes: behind a word, or at least a character.
    private static func cutPlace(_ line: Span<UInt8>, _ limit: Int) -> Int {
        var index = limit
        while index > max(0, limit - cutSearchBytes) {
            index -= 1
            if line[index] == 0x20 || line[index] == 0x09 { return index }
        }
        index = limit
        while index > max(1, limit - 3), line[index - 1] & 0xC0 == 0x80 { index -= 1 }
        guard index > 0, line[index - 1] >= 0xC0 else { return limit }
        let length = line[index - 1] < 0xE0 ? 2 : line[index - 1] < 0xF0 ? 3 : 4
        return index - 1 + length > limit ? index - 1 : limit
    }

    private mutating func emitWhole(
        _ line: Span<UInt8>, _ offset: Int64, _ special: Bool, _ left: Int, _ sink: Sink
    ) {
        guard special else { return sink(line, offset, left) }
        var end = line.count
        if end > 0, line[end - 1] == 0x0D { end -= 1 }
        var plain = true
        for index in 0..<end where line[index] == 0x0D {
            plain = false
            break
        }
        if plain { return sink(line.extracting(0..<end), offset, left) }
        split(line, end, offset, left, sink)
    }

    /// Emits a line that holds carriage returns: each ends a line of its own.
    private func split(
        _ line: Span<UInt8>, _ end: Int, _ offset: Int64, _ left: Int, _ sink: Sink
    ) {
        var start = 0
        for index in 0..<end where line[index] == 0x0D {
            if index > start {
                sink(line.extracting(start..<index), offset + Int64(start), 0)
            }
            start = index + 1
        }
        if start < end || left > 0 {
            sink(line.extracting(start..<end), offset + Int64(start), left)
        }
    }
}

// MARK: - UTF-16

extension LineAssembler {
    private mutating func decode(_ chunk: Span<UInt8>, at offset: Int64, _ sink: Sink) {
        var index = 0
        if let half = decoder.half, chunk.count > 0 {
            decoder.half = nil
            take(encoding.unit(half, chunk[0]), at: offset - 1, sink)
            index = 1
        }
        while index + 1 < chunk.count {
            take(encoding.unit(chunk[index], chunk[index + 1]), at: offset + Int64(index), sink)
            index += 2
        }
        guard index < chunk.count else { return }
        decoder.half = chunk[index]
        if unfinished == nil { unfinished = offset + Int64(index) }
    }

    private mutating func take(_ unit: UInt16, at offset: Int64, _ sink: Sink) {
        if unfinished == nil { unfinished = offset }
        let (before, step) = decoder.take(unit)
        if let before { take(before, at: max(0, offset - 2), sink) }
        switch step {
        case .nothing:
            if unit == 0 { nulsSkipped += 2 }
        case .scalar(let scalar):
            take(scalar, at: scalar.value > 0xFFFF ? offset - 2 : offset, sink)
        case .carriageReturn:
            if hasReturn { endAtReturn(offset, sink) }
            hasReturn = true
        case .lineFeed:
            let isRest = wasEndedByReturn && !hasPartial
            hasReturn = false
            wasEndedByReturn = false
            if hasPartial {
                flush(sink)
            } else if !isRest {
                sink(partial.span, offset, 0)
            }
            unfinished = nil
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar, at offset: Int64, _ sink: Sink) {
        if hasReturn { endAtReturn(offset, sink) }
        hasReturn = false
        wasEndedByReturn = false
        append(scalar, at: offset)
    }

    /// A CR that no LF followed ended a line.
    private mutating func endAtReturn(_ next: Int64, _ sink: Sink) {
        guard hasPartial else { return }
        flush(sink)
        wasEndedByReturn = true
        unfinished = next
    }

    private mutating func append(_ scalar: Unicode.Scalar, at offset: Int64) {
        if !hasPartial { partialOffset = offset }
        let bytes = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        if omitted == 0, partial.count + bytes.count <= lineBytesMax {
            partial.append(contentsOf: bytes)
        } else {
            omitted += bytes.count
        }
    }
}
