import Basics

/// The bounds of a log's index.
package struct IndexLimits: Sendable {
    /// Nominal bytes of one piece: what a question reads at least.
    package var pieceBytes: Int64 = 1024 * 1024
    /// Pieces of one file when it is opened: those of larger files are larger.
    package var piecesMax: Int64 = 8_192
    /// Bytes of packed columns; beyond it the oldest pieces keep only what they hold in all.
    package var bytesMax = 48 * 1024 * 1024
    /// Bytes of one line that are looked at.
    package var lineBytesMax = 64 * 1024
    /// How far times in a file may be out of order before its pieces are indexed: records that are
    /// later or earlier than their surroundings by more are found only then.
    package var disorderMax: Duration = .seconds(10)

    package init() {}
}

/// Where the records of one file begin, when they happened and what levels they name.
///
/// The file is cut into pieces at records with a time; each is indexed when it is first asked for,
/// in any order, by the file's own descriptor. Before that the times at the seams say about when
/// it was written. Confined to whoever owns it.
package final class LogIndex {
    package let path: String
    package let limits: IndexLimits
    /// All whole lines lie in front of this; grows with `refresh`.
    package private(set) var end: Int64 = 0
    /// Bytes of packed columns.
    package private(set) var bytes = 0
    /// Bytes read for the index so far.
    package private(set) var bytesRead: Int64 = 0

    let file: OpenFile
    private let includesUnfinished: Bool
    private let zoneOffset: Int
    private let encoding: LineEncoding
    /// The file's first bytes when it was opened.
    private let head: [UInt8]
    private static let headBytesMax = 1024
    /// The size at the last look.
    private var size: Int64 = 0
    private var indexer: PieceIndexer
    private var learnedBytes = 0
    /// Bytes of a nominal piece.
    private let pieceBytes: Int64
    private var slots: [Slot] = []

    private struct Slot {
        var seam: PieceIndexer.Seam?
        var isSeamKnown = false
        var piece: IndexPiece?
    }

    /// - Parameters:
    ///   - includesUnfinished: a last line without an end counts: nobody writes the file any more.
    ///   - zoneOffset: seconds east of UTC of times without a zone.
    package convenience init(
        path: String, zoneOffset: Int, includesUnfinished: Bool = false,
        limits: IndexLimits = IndexLimits()
    ) throws(Failure) {
        switch OpenFile.open(path) {
        case .success(let file):
            self.init(
                file: file, path: path, zoneOffset: zoneOffset,
                includesUnfinished: includesUnfinished, limits: limits)
        case .failure(.system(let error)):
            throw Self.unreadable(path, "\(error)")
        case .failure(.notRegular):
            throw Self.unreadable(path, "it is no regular file")
        }
    }

    init(
        file: OpenFile, path: String, zoneOffset: Int, includesUnfinished: Bool,
        limits: IndexLimits
    ) {
        self.file = file
        self.path = path
        self.limits = limits
        self.includesUnfinished = includesUnfinished
        self.zoneOffset = zoneOffset
        head = file.bytes(at: 0, count: Self.headBytesMax)
        let encoding = file.encoding
        self.encoding = encoding
        let facts = file.facts
        let modified = facts?.modified ?? .epoch
        let context = TimeContext(reference: modified, zoneOffset: zoneOffset)
        indexer = PieceIndexer(
            descriptor: file.descriptor,
            heads: HeadReader(
                context: context, lineBytesMax: limits.lineBytesMax, encoding: encoding),
            fallback: modified)
        let size = facts?.size ?? 0
        // Line ends of UTF-16 cannot be told from the middle of the file: one piece.
        pieceBytes =
            encoding == .utf8
            ? max(limits.pieceBytes, (size + limits.piecesMax - 1) / limits.piecesMax) : .max / 4
        _ = refresh()
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(
            "log.unreadable", "The log cannot be searched", subject: path, why: why,
            unchanged: "Nothing of it was used", next: "Check the path and its permissions")
    }

    /// Takes in what was written since.
    /// - Returns: false when it is another file or content now: the index must be dropped.
    package func refresh() -> Bool {
        guard let facts = file.facts, facts.size >= size,
            file.bytes(at: 0, count: head.count) == head
        else { return false }
        guard facts.size > size else { return true }
        let oldEnd = end
        end = wholeLines(upTo: facts.size)
        size = facts.size
        guard end > oldEnd else { return true }
        if learnedBytes < HeadReader.learnedBytes {
            let head = file.bytes(at: 0, count: Int(min(end, Int64(HeadReader.learnedBytes))))
            var heads = indexer.heads
            heads.learn(head)
            learnedBytes = head.count
            indexer = PieceIndexer(
                descriptor: file.descriptor, heads: heads, fallback: indexer.fallback)
            forget(from: 0)
        }
        // A seam that was looked for up to the old end may lie elsewhere now.
        let settled = (oldEnd - PieceIndexer.seamBytesMax) / pieceBytes
        forget(from: Int(max(0, settled)))
        let count = Int((end + pieceBytes - 1) / pieceBytes)
        slots += Array(repeating: Slot(), count: count - slots.count)
        return true
    }

    /// Drops pieces from `index - 1` on and seams behind them.
    private func forget(from index: Int) {
        var first = max(0, min(index, slots.count) - 1)
        // A piece reaches over all that follow without a beginning of their own.
        while first > 0, slots[first].isSeamKnown, slots[first].seam == nil { first -= 1 }
        for number in first..<slots.count {
            bytes -= slots[number].piece?.bytes ?? 0
            slots[number].piece = nil
            if number >= index { slots[number] = Slot() }
        }
    }

    /// The place behind the last line end in front of `size`.
    private func wholeLines(upTo size: Int64) -> Int64 {
        if includesUnfinished || !isUTF8 { return size }
        var position = size
        while position > end {
            let start = max(end, position - 64 * 1024)
            let block = file.bytes(at: start, count: Int(position - start))
            if let feed = block.lastIndex(of: 0x0A) { return start + Int64(feed) + 1 }
            position = start
        }
        return end
    }
}

// MARK: - Pieces

extension LogIndex {
    package var count: Int { slots.count }

    /// Whether the file's first lines bear no time, so that its order is all there is.
    package var isUntimed: Bool { indexer.heads.timedLines == 0 }

    /// Where the first record of piece `number` begins; `end` behind the last one.
    package func start(of number: Int) -> Int64 {
        var number = number
        while number < slots.count {
            if let seam = seam(number) { return seam.offset }
            number += 1
        }
        return end
    }

    private func seam(_ number: Int) -> PieceIndexer.Seam? {
        if !slots[number].isSeamKnown {
            let limit = min(end, Int64(number + 1) * pieceBytes)
            slots[number].seam = indexer.seam(at: Int64(number) * pieceBytes, limit: limit)
            slots[number].isSeamKnown = true
        }
        return slots[number].seam
    }

    /// The bytes of piece `number`; empty when no record begins in it.
    package func range(of number: Int) -> Range<Int64> {
        guard let seam = seam(number) else {
            let start = start(of: number)
            return start..<start
        }
        // The first piece also holds what stands in front of its first time.
        return (number == 0 ? 0 : seam.offset)..<max(seam.offset, start(of: number + 1))
    }

    /// Piece `number` with its columns, indexed now if it was not; nil when the file cannot be read
    /// any more.
    package func piece(_ number: Int) -> IndexPiece? {
        if let piece = slots[number].piece, !piece.isCoarse { return piece }
        let range = range(of: number)
        bytesRead += range.upperBound - range.lowerBound
        guard let piece = indexer.piece(range) else { return nil }
        keep(piece, number)
        return piece
    }

    /// The piece if it was indexed, maybe without its columns.
    package func known(_ number: Int) -> IndexPiece? { slots[number].piece }

    private func keep(_ piece: IndexPiece, _ number: Int) {
        bytes += piece.bytes - (slots[number].piece?.bytes ?? 0)
        slots[number].piece = piece
        guard bytes > limits.bytesMax else { return }
        for older in slots.indices where older != number && (slots[older].piece?.bytes ?? 0) > 0 {
            bytes -= slots[older].piece?.bytes ?? 0
            slots[older].piece?.coarsen()
            if bytes <= limits.bytesMax { return }
        }
    }

    /// The time in front of piece `number`, for its records in front of its first written time. A
    /// file without times is not read back for one.
    package func carried(into number: Int) -> Timestamp? {
        guard !isUntimed else { return nil }
        for earlier in stride(from: number - 1, through: max(0, number - Self.carriedOver), by: -1)
        {
            if let time = (known(earlier) ?? piece(earlier))?.lastTime { return time }
        }
        return nil
    }

    /// Pieces looked back over for a time.
    private static let carriedOver = 8

    /// Bounds of the times in piece `number`: exact once it was indexed; before that, from the
    /// times at its seams, `disorderMax` wider.
    package func times(of number: Int) -> ClosedRange<Timestamp> {
        if let piece = known(number), piece.untimed == 0 || isUntimed || number == 0 {
            return piece.earliest...piece.latest
        }
        if isUntimed { return indexer.fallback...indexer.fallback }
        let first = seam(number)?.time
        let next = seamTime(from: number + 1)
        // Without a time at a seam anything is possible.
        let start = first.map { $0 - limits.disorderMax } ?? .distantPast
        var latest = next ?? .distantFuture
        if let first { latest = max(latest, first) }
        let end = latest == .distantFuture ? latest : latest + limits.disorderMax
        return min(start, end)...end
    }

    private func seamTime(from number: Int) -> Timestamp? {
        guard number < slots.count else { return nil }
        return seam(number)?.time
    }

    /// How many bytes are indexed with each record, and how many only as a whole.
    package var coverage: (fine: Int64, coarse: Int64) {
        var fine: Int64 = 0
        var coarse: Int64 = 0
        for piece in slots.compactMap(\.piece) {
            let span = piece.end - piece.start
            if piece.isCoarse { coarse += span } else { fine += span }
        }
        return (fine, coarse)
    }

    /// Whether lines can be found in the file's bytes as they stand.
    package var isUTF8: Bool { encoding == .utf8 }

    /// See `LogFollower.generation`; the same for the same content, whatever the file is called.
    package var generation: UInt64 {
        FollowedFile(file, offset: 0, lineBytesMax: 1_024).generation
    }

    /// Up to `count` bytes at `offset`; empty at the end and when they cannot be read.
    package func bytes(at offset: Int64, count: Int) -> [UInt8] {
        file.bytes(at: offset, count: count)
    }

    /// The number of the piece that holds `offset`.
    package func number(of offset: Int64) -> Int? {
        guard offset >= 0, offset < end, count > 0 else { return nil }
        var number = min(count - 1, Int(offset / pieceBytes))
        while number > 0, range(of: number).isEmpty || range(of: number).lowerBound > offset {
            number -= 1
        }
        return number
    }

    /// Each record of piece `number` with its end, in the order of the file; false when the file
    /// cannot be read any more.
    package func forEach(
        in number: Int, _ body: (IndexPiece.Entry, _ end: Int64) -> Void
    ) -> Bool {
        guard let piece = piece(number) else { return false }
        var untimed = piece.untimed
        let carried = untimed > 0 ? carried(into: number) : nil
        var last: IndexPiece.Entry?
        piece.forEach { entry in
            var entry = entry
            if untimed > 0 {
                untimed -= 1
                entry.time = carried ?? entry.time
            }
            if let last { body(last, entry.offset) }
            last = entry
        }
        if let last { body(last, piece.end) }
        return true
    }

    /// What a person should know about the index; empty when it is whole or was not asked for.
    package var note: String {
        let coarse = coverage.coarse
        guard coarse > 0 else { return "" }
        return "index coarse for the oldest \(UnitText.bytes(Double(coarse)))"
    }

    /// A value with which other threads can index pieces.
    var worker: PieceIndexer { indexer }

    func put(_ piece: IndexPiece, _ number: Int) {
        bytesRead += piece.end - piece.start
        keep(piece, number)
    }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(nanoseconds: .min / 2)
    fileprivate static let distantFuture = Timestamp(nanoseconds: .max / 2)
}
