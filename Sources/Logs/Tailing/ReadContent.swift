/// What a reader remembers of the bytes it read from one file, so that it notices when other bytes
/// stand in their place, and knows a copy of them.
struct ReadContent {
    static let headBytesMax = 1024
    static let tailBytesMax = 64
    /// A mark stands at each multiple of this many bytes, and where each read ended.
    private static let markSpacing: Int64 = 4096
    private static let marksMax = 64

    private struct Mark {
        var end: Int64
        /// Of the bytes before `end`, at most `tailBytesMax`.
        var fingerprint: Fingerprint
    }

    /// The first bytes of the file.
    private(set) var head: [UInt8]
    private(set) var offset: Int64
    /// The bytes before the offset; fewer than `tailBytesMax` only near the file's start.
    private(set) var tail: [UInt8]
    /// Close together near the offset, ever farther apart before it.
    private var marks: [Mark] = []

    init(_ file: OpenFile, offset: Int64) {
        self.offset = offset
        head = file.bytes(at: 0, count: Self.headBytesMax)
        let count = Int(min(offset, Int64(Self.tailBytesMax)))
        tail = file.bytes(at: offset - Int64(count), count: count)
    }

    /// Whether `buffer` up to `end` goes on with this content: the tail at its front, and behind it
    /// what was seen of the file's first bytes before they were read.
    func precedes(_ buffer: [UInt8], _ end: Int) -> Bool {
        let front = tail.count
        guard end >= front, buffer[..<front] == tail[...] else { return false }
        guard offset < Int64(head.count) else { return true }
        return zip(buffer[front..<end], head[Int(offset)...]).allSatisfy { $0 == $1 }
    }

    /// Takes note of what was read: `tail` at the front of `buffer`, then new bytes up to `end`.
    mutating func advance(_ buffer: [UInt8], to end: Int) {
        let front = tail.count
        extendHead(buffer[front..<end])
        let start = offset
        offset += Int64(end - front)
        var next = (start / Self.markSpacing + 1) * Self.markSpacing
        while next < offset {
            mark(next, buffer, at: front + Int(next - start))
            next += Self.markSpacing
        }
        mark(offset, buffer, at: end)
        tail = Array(buffer[max(0, end - Self.tailBytesMax)..<end])
        if marks.count > Self.marksMax { thin() }
    }

    /// Takes note of a hole: zeros that nobody reads.
    mutating func skip(to start: Int64) {
        let missing = max(0, Self.headBytesMax - head.count)
        if missing > 0, offset <= Int64(head.count), start > Int64(head.count) {
            let zeros = min(Int64(missing), start - Int64(head.count))
            head += [UInt8](repeating: 0, count: Int(zeros))
        }
        let zeros = [UInt8](repeating: 0, count: Int(min(start - offset, 64)))
        tail = Array((tail + zeros).suffix(Self.tailBytesMax))
        offset = start
    }

    /// Goes back to `offset`, where the file ends now.
    mutating func cut(to offset: Int64, _ file: OpenFile) {
        marks.removeAll { $0.end > offset }
        let earlier = marks
        self = ReadContent(file, offset: offset)
        marks = earlier
    }

    enum Comparison {
        /// What was read stands there, perhaps with more behind it.
        case same
        /// It ends before the offset, and holds the beginning of what was read.
        case shorter
        case other
    }

    /// Compares what stands in `file` with what was read.
    func compare(_ file: OpenFile, size: Int64) -> Comparison {
        let headNow = file.bytes(at: 0, count: head.count)
        if size >= offset {
            let tailNow = file.bytes(at: offset - Int64(tail.count), count: tail.count)
            return headNow == head && tailNow == tail ? .same : .other
        }
        guard !headNow.isEmpty, head.starts(with: headNow) else { return .other }
        for mark in marks.reversed() where mark.end <= size {
            let count = mark.fingerprint.count
            guard
                Fingerprint(file.bytes(at: mark.end - Int64(count), count: count))
                    == mark.fingerprint
            else { return .other }
        }
        return .shorter
    }

    var headFingerprint: Fingerprint { Fingerprint(head) }
    var tailFingerprint: Fingerprint { Fingerprint(tail) }

    private mutating func extendHead(_ fresh: ArraySlice<UInt8>) {
        let held = head.count
        guard held < Self.headBytesMax, offset <= Int64(held) else { return }
        head += fresh.dropFirst(held - Int(offset)).prefix(Self.headBytesMax - held)
    }

    private mutating func mark(_ end: Int64, _ buffer: [UInt8], at index: Int) {
        let bytes = buffer[max(0, index - Self.tailBytesMax)..<index]
        marks.append(Mark(end: end, fingerprint: Fingerprint(bytes)))
    }

    private mutating func thin() {
        let older = marks.prefix(Self.marksMax / 2)
        let kept = older.indices.filter { $0 % 2 == 1 }.map { older[$0] }
        marks = kept + marks.dropFirst(Self.marksMax / 2)
    }
}
