#if canImport(Glibc)
    import Glibc
#endif

/// Cuts a stream of bytes into lines, across reads, with bounded memory.
///
/// A line ends at LF, CRLF, or a CR that something else follows (progress bars). NUL bytes are left
/// out and counted: they come from holes and from UTF-16.
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

    init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

    /// Whether a line was begun and not ended.
    var hasPartial: Bool { !partial.isEmpty || omitted > 0 }

    /// Takes the bytes that stand at `offset` in the file.
    mutating func feed(_ chunk: Span<UInt8>, at offset: Int64, _ sink: Sink) {
        var start = 0
        let hasNul = Self.contains(chunk, 0x00)
        let special = hasNul || Self.contains(chunk, 0x0D)
        while let end = Self.newline(chunk, from: start) {
            if hasPartial || hasNul {
                append(chunk, start..<end, at: offset)
                if hasPartial { flush(sink) } else { sink(partial.span, offset + Int64(end), 0) }
            } else {
                emit(chunk.extracting(start..<end), offset + Int64(start), special, sink)
            }
            start = end + 1
        }
        if start < chunk.count { append(chunk, start..<chunk.count, at: offset) }
    }

    /// Ends the unfinished line as if its end had come.
    mutating func flush(_ sink: Sink) {
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
    }

    /// Adds to the unfinished line. NULs are left out here, so that a hole cannot fill the line.
    private mutating func append(_ chunk: Span<UInt8>, _ range: Range<Int>, at offset: Int64) {
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

    private mutating func emit(
        _ line: Span<UInt8>, _ offset: Int64, _ special: Bool, left: Int = 0, _ sink: Sink
    ) {
        if line.count > lineBytesMax {
            cutLines += 1
            let kept = line.extracting(0..<lineBytesMax)
            emitWhole(kept, offset, special, line.count - lineBytesMax, sink)
        } else {
            if left > 0 { cutLines += 1 }
            emitWhole(line, offset, special, left, sink)
        }
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

    private static func newline(_ chunk: Span<UInt8>, from start: Int) -> Int? {
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
