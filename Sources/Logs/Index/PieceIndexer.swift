import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Makes the index of single pieces of a file. A value without state of the file's other pieces, so
/// that several threads can each have one.
struct PieceIndexer: Sendable {
    /// Bytes read at once.
    private static let blockBytes = 256 * 1024
    /// Bytes behind a piece's nominal start in which a record with a time is looked for.
    static let seamBytesMax: Int64 = 256 * 1024

    /// Stays open for as long as this is used.
    let descriptor: Int32
    /// What the file's first lines taught.
    let heads: HeadReader
    /// The time of records in files without any.
    let fallback: Timestamp
    private var block: [UInt8] = []
    private var builder = IndexPiece.Builder()

    init(descriptor: Int32, heads: HeadReader, fallback: Timestamp) {
        self.descriptor = descriptor
        self.heads = heads
        self.fallback = fallback
    }

    /// The index of the whole lines in `range`; nil when they cannot be read any more.
    mutating func piece(_ range: Range<Int64>) -> IndexPiece? {
        builder.reset()
        var block = block
        self.block = []
        defer { self.block = block }
        if block.isEmpty { block = [UInt8](repeating: 0, count: Self.blockBytes) }
        // What the first lines taught is not known to who reads them first.
        var heads = range.lowerBound == 0 ? heads.fresh : heads
        var joiner = HeadJoiner()
        var assembler = heads.assembler
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = Int(min(Int64(block.count), range.upperBound - offset))
            let count = block.withUnsafeMutableBytes { bytes in
                pread(descriptor, bytes.baseAddress, wanted, off_t(offset))
            }
            guard count > 0 else { return nil }
            let bytes = block.span.extracting(0..<count)
            assembler.feed(bytes, at: offset) { line, place, _ in
                take(line, place, &heads, &joiner)
            }
            offset += Int64(count)
        }
        assembler.flush { line, place, _ in take(line, place, &heads, &joiner) }
        return builder.piece(start: range.lowerBound, end: range.upperBound, fallback: fallback)
    }

    private mutating func take(
        _ line: Span<UInt8>, _ offset: Int64, _ heads: inout HeadReader,
        _ joiner: inout HeadJoiner
    ) {
        builder.lines += 1
        guard line.count > 0 else { return joiner.addBlank() }
        let parsed = heads.read(line)
        if joiner.begins(line, parsed) {
            builder.add(offset: offset, time: parsed.time, level: parsed.level)
        } else if let level = parsed.level {
            builder.complete(level: level)
        }
    }

    /// Where a piece begins, and the time written there.
    struct Seam: Sendable, Hashable {
        var offset: Int64
        var time: Timestamp?
    }

    /// The first record with a time of its own that begins at or behind `nominal`: what stands in
    /// front of it belongs to the piece before. The first line when none has one for
    /// `seamBytesMax`; nil when nothing begins before `limit`.
    func seam(at nominal: Int64, limit: Int64) -> Seam? {
        guard let first = firstLine(from: nominal, limit: limit) else { return nil }
        var size: Int64 = 4096
        while true {
            let end = min(limit, first + size)
            if let seam = timed(in: first..<end, isFirst: nominal == 0) { return seam }
            if nominal == 0 && end == limit || size >= Self.seamBytesMax && end < limit {
                return Seam(offset: first, time: nil)
            }
            if end == limit { return nil }
            size *= 4
        }
    }

    private func firstLine(from nominal: Int64, limit: Int64) -> Int64? {
        if nominal == 0 { return limit > 0 ? 0 : nil }
        var position = nominal - 1
        var size = 4096
        while position < limit - 1 {
            let bytes = bytes(at: position, count: Int(min(Int64(size), limit - 1 - position)))
            guard !bytes.isEmpty else { return nil }
            if let feed = bytes.firstIndex(of: 0x0A) { return position + Int64(feed) + 1 }
            position += Int64(bytes.count)
            size = Self.blockBytes
        }
        return nil
    }

    private func timed(in range: Range<Int64>, isFirst: Bool) -> Seam? {
        var heads = heads
        var found: Seam?
        // The line in front of the first one is not known: it may go on in that.
        var mayBegin = isFirst
        var assembler = heads.assembler
        let bytes = bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        assembler.feed(bytes.span, at: range.lowerBound) { line, offset, _ in
            guard found == nil, line.count > 0 else { return }
            let parsed = heads.read(line)
            if mayBegin, let time = parsed.time, !parsed.continues {
                found = Seam(offset: offset, time: time)
            }
            mayBegin = !parsed.isCut
        }
        return found
    }

    private func bytes(at offset: Int64, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }
}
