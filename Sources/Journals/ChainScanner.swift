import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// A record that fits its chain.
struct ScannedRecord {
    var sequence: UInt64
    var payload: RecordPayload
    var start: JournalPosition
    /// Just past its newline.
    var end: JournalPosition
    /// SHA-256 of its line.
    var hash: String
}

/// A stretch of damaged bytes that a later record names exactly.
package struct RecoveredGap: Hashable, Sendable {
    package var position: JournalPosition
    /// Bytes.
    package var length: Int

    /// Durable records were lost in it and an operator accepted that; otherwise a crash left it.
    package var isDamage: Bool

    package init(position: JournalPosition, length: Int, isDamage: Bool = false) {
        self.position = position
        self.length = length
        self.isDamage = isDamage
    }
}

/// Where and why reading stopped.
struct ScanStop: Hashable {
    var position: JournalPosition
    var reason: String
    /// The bytes may be the beginning of a record that is still being written.
    var isIncomplete: Bool
    var isUnknownFraming: Bool
}

/// Follows a journal from record to record and checks that each is whole and continues the chain.
struct ChainScanner {
    /// The next byte to read.
    private(set) var position: JournalPosition
    private(set) var sequence: UInt64 = 0
    private(set) var hash = Digests.zeros
    /// The largest durable position that any record so far has claimed.
    private(set) var synced: JournalPosition
    private(set) var gaps: [RecoveredGap] = []
    private var passages: [Damage] = []
    private(set) var recordCount = 0
    private(set) var opened: JournalKinds.Opened?
    /// Set for one segment read alone: its first record is taken as it comes.
    private var adoptsChain: Bool
    private let startsJournal: Bool

    init(segment: Int = 1, adoptsChain: Bool = false) {
        position = JournalPosition(segment: segment, offset: 0)
        synced = JournalPosition(segment: segment, offset: 0)
        self.adoptsChain = adoptsChain
        startsJournal = !adoptsChain
    }

    var head: JournalHead { JournalHead(sequence: sequence, position: position, hash: hash) }

    /// Goes on behind damage that an operator has accepted.
    mutating func pass(_ damage: Damage) {
        gaps.append(
            RecoveredGap(position: damage.position, length: damage.length, isDamage: true))
        passages.append(damage)
        position = JournalPosition(segment: damage.nextSegment, offset: 0)
        synced = max(synced, position)
    }

    /// Whether `position` lies in a stretch that was passed over, where nothing can be checked.
    func passedOver(_ position: JournalPosition) -> Bool {
        passages.contains {
            $0.position < position
                && position < JournalPosition(segment: $0.nextSegment, offset: 0)
        }
    }

    mutating func beginNextSegment() {
        position = JournalPosition(segment: position.segment + 1, offset: 0)
    }

    /// Reads records from `bytes`, which begin at `position`, until their end (nil) or a stop.
    mutating func scan(_ bytes: [UInt8], each: (ScannedRecord) -> Void) -> ScanStop? {
        var index = 0
        while index < bytes.count {
            do throws(RecordFrame.Fault) {
                let record = try read(bytes[index...])
                index += record.end.offset - record.start.offset
                accept(record)
                each(record)
            } catch {
                if let (record, length) = recovery(in: bytes, from: index) {
                    gaps.append(RecoveredGap(position: position, length: length))
                    index += length + record.end.offset - record.start.offset
                    accept(record)
                    each(record)
                } else {
                    return stop(error, bytes[index...])
                }
            }
        }
        return nil
    }

    /// The largest durable position claimed by any whole record in `bytes`, wherever it begins.
    /// It tells damage below durable records from an end torn by a crash.
    static func largestSynced(in bytes: ArraySlice<UInt8>) -> JournalPosition? {
        var largest: JournalPosition?
        eachFrame(in: bytes) { _, payload in
            largest = max(largest ?? payload.synced, payload.synced)
        }
        return largest
    }

    /// Calls `each` with the sequence number and payload of every whole record in `bytes`, whatever
    /// lies between them and whether they belong together or not.
    static func eachFrame(in bytes: ArraySlice<UInt8>, _ each: (UInt64, RecordPayload) -> Void) {
        var index = bytes.startIndex
        while let start = nextFrame(bytes, from: index) {
            index = start + 1
            guard let frame = try? RecordFrame.parse(bytes[start...]),
                let payload = RecordPayload(frame.payload)
            else { continue }
            index = frame.line.endIndex
            each(frame.sequence, payload)
        }
    }

    private static func nextFrame(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
        bytes[start...].withUnsafeBytes { rest -> Int? in
            var offset = 0
            while let base = rest.baseAddress, offset + 4 <= rest.count,
                let found = memchr(base + offset, 0x57, rest.count - offset - 3)
            {
                offset = UnsafeRawPointer(found) - base
                if memcmp(base + offset, "WJ1 ", 4) == 0 { return start + offset }
                offset += 1
            }
            return nil
        }
    }

    /// Reads the record at the start of `bytes`, which lies at `position + skipped`.
    private func read(_ bytes: ArraySlice<UInt8>, skipped: Int = 0) throws(RecordFrame.Fault)
        -> ScannedRecord
    {
        let frame = try RecordFrame.parse(bytes)
        guard let payload = RecordPayload(frame.payload) else {
            throw .broken("the payload is not in the known form")
        }
        var start = position
        start.offset += skipped
        if !adoptsChain {
            guard frame.sequence == sequence + 1 else {
                throw .broken("entry \(sequence + 1) was expected, not \(frame.sequence)")
            }
            guard payload.previous == hash else {
                throw .broken("entry \(frame.sequence) does not continue the chain")
            }
        }
        guard payload.synced <= start else {
            throw .broken("entry \(frame.sequence) claims more than was written before it")
        }
        let mayComeFirst = [
            JournalKinds.Opened.kind, JournalKinds.Recovered.kind, JournalKinds.Continued.kind,
        ]
        guard opened != nil || !startsJournal || mayComeFirst.contains(payload.kind) else {
            throw .broken("the journal does not begin with \(JournalKinds.Opened.kind)")
        }
        var end = start
        end.offset += frame.line.count
        return ScannedRecord(
            sequence: frame.sequence, payload: payload, start: start, end: end,
            hash: Digests.sha256(frame.line))
    }

    private mutating func accept(_ record: ScannedRecord) {
        position = record.end
        sequence = record.sequence
        hash = record.hash
        synced = max(synced, record.payload.synced)
        recordCount += 1
        adoptsChain = false
        if record.payload.kind == JournalKinds.Opened.kind, opened == nil {
            opened = try? JSONText.decode(JournalKinds.Opened.self, from: record.payload.data)
        }
    }

    /// The record that names exactly the damaged stretch which begins at `index`, if there is one.
    private func recovery(in bytes: [UInt8], from index: Int) -> (ScannedRecord, length: Int)? {
        guard synced <= position else { return nil }
        var start = index
        while let newline = bytes[start...].firstIndex(of: 0x0A) {
            start = newline + 1
            let length = start - index
            guard let record = try? read(bytes[start...], skipped: length),
                record.payload.kind == JournalKinds.Recovered.kind,
                let note = try? JSONText.decode(
                    JournalKinds.Recovered.self, from: record.payload.data),
                note.segment == position.segment, note.offset == position.offset,
                note.length == length, note.sha256 == Digests.sha256(bytes[index..<start])
            else { continue }
            return (record, length)
        }
        return nil
    }

    private func stop(_ fault: RecordFrame.Fault, _ rest: ArraySlice<UInt8>) -> ScanStop {
        let hasNewline = rest.contains(0x0A)
        switch fault {
        case .unknownFraming(let name):
            return ScanStop(
                position: position,
                reason: "the framing \(name) is not known to this version", isIncomplete: false,
                isUnknownFraming: true)
        case .incomplete:
            return ScanStop(
                position: position, reason: "the record is cut short", isIncomplete: !hasNewline,
                isUnknownFraming: false)
        case .broken(let reason):
            return ScanStop(
                position: position, reason: reason, isIncomplete: !hasNewline,
                isUnknownFraming: false)
        }
    }
}
