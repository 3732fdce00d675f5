import Basics

/// The levels that occur among records, also "none named".
package struct LevelSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Records that name no level.
    package static let unnamed = LevelSet(rawValue: 1 << 8)

    package init(_ level: LogLevel?) {
        self.init(rawValue: 1 << UInt16(level?.rawValue ?? 8))
    }

    /// `least` and everything above it.
    package init(atLeast least: LogLevel) {
        self.init(rawValue: 0xFF & (0xFF << UInt16(least.rawValue)))
    }
}

/// Where the records of one stretch of a log begin, when they happened and what level they name,
/// in three to five bytes a record. Nothing of their text is kept.
package struct IndexPiece: Sendable {
    /// One record.
    package struct Entry: Sendable, Hashable {
        /// Of its first byte in the file.
        package var offset: Int64
        package var time: Timestamp
        package var level: LogLevel?
    }

    /// Where its first record begins.
    package let start: Int64
    /// Where the next piece's first record begins.
    package let end: Int64
    package let records: Int
    /// Physical lines.
    package let lines: Int
    /// Of all records; `start` of time when there are none.
    package let earliest: Timestamp
    package let latest: Timestamp
    package let levels: LevelSet
    /// Records in front of the piece's first written time. They bear the time in front of the
    /// piece; until that is known, the piece's first one.
    package let untimed: Int
    /// The last written time, nil when there is none.
    package let lastTime: Timestamp?

    /// Of the packed differences of time, in nanoseconds: the coarsest that keeps every time exact.
    private let unit: Int64
    /// For each record the distance to the one before it times 16 plus the level (8: none), then
    /// the difference of times, zigzag; both in groups of seven bits, lowest first.
    private var columns: [UInt8]

    /// What it takes in memory beside its own fixed size.
    package var bytes: Int { columns.count }
    /// Only the fields above are left of it.
    package var isCoarse: Bool { records > 0 && columns.isEmpty }

    /// Gives the columns up.
    package mutating func coarsen() { columns = [] }

    /// All records in the order of the file; none when the piece is coarse.
    package func forEach(_ body: (Entry) -> Void) {
        columns.withUnsafeBufferPointer { bytes in
            var index = 0
            var offset = start
            var time = earliest.nanoseconds / unit
            while index < bytes.count {
                let head = Self.number(bytes, &index)
                offset += Int64(head >> 4)
                let step = Self.number(bytes, &index)
                time &+= Int64(bitPattern: step >> 1) ^ -Int64(bitPattern: step & 1)
                body(
                    Entry(
                        offset: offset, time: Timestamp(nanoseconds: time &* unit),
                        level: LogLevel(rawValue: Int(head & 15))))
            }
        }
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return value
    }
}

extension IndexPiece {
    /// Collects the records of a piece; used again for the next one.
    struct Builder {
        private var offsets: [Int64] = []
        private var times: [Int64] = []
        private var levels: [UInt8] = []
        private var untimed = 0
        private var lastTime: Int64?
        private var unit: Int64 = 1_000_000_000
        var lines = 0

        var isEmpty: Bool { offsets.isEmpty }

        mutating func reset() {
            offsets.removeAll(keepingCapacity: true)
            times.removeAll(keepingCapacity: true)
            levels.removeAll(keepingCapacity: true)
            untimed = 0
            lastTime = nil
            unit = 1_000_000_000
            lines = 0
        }

        /// A record begins.
        mutating func add(offset: Int64, time: Timestamp?, level: LogLevel?) {
            offsets.append(offset)
            levels.append(UInt8(level?.rawValue ?? 8))
            if let time { note(time.nanoseconds) } else if lastTime == nil { untimed += 1 }
            times.append(lastTime ?? 0)
        }

        /// The last record's further lines name a level that its first one does not.
        mutating func complete(level: LogLevel) {
            if let last = levels.indices.last, levels[last] == 8 {
                levels[last] = UInt8(level.rawValue)
            }
        }

        /// Times keep the coarsest unit in which all are whole.
        private mutating func note(_ time: Int64) {
            while time % unit != 0 { unit /= 1_000 }
            lastTime = time
        }

        /// - Parameter fallback: the time of records when none bears one.
        mutating func piece(start: Int64, end: Int64, fallback: Timestamp) -> IndexPiece {
            let first = untimed < times.count ? times[untimed] : fallback.nanoseconds
            while first % unit != 0 { unit /= 1_000 }
            var earliest = first
            var latest = first
            var set: UInt16 = 0
            for index in offsets.indices {
                let time = index < untimed ? first : times[index]
                earliest = min(earliest, time)
                latest = max(latest, time)
                set |= 1 << UInt16(levels[index])
            }
            return IndexPiece(
                start: start, end: end, records: offsets.count, lines: lines,
                earliest: Timestamp(nanoseconds: earliest), latest: Timestamp(nanoseconds: latest),
                levels: LevelSet(rawValue: set), untimed: untimed,
                lastTime: lastTime.map { Timestamp(nanoseconds: $0) }, unit: unit,
                columns: packed(from: start, first: first, base: earliest))
        }

        private func packed(from start: Int64, first: Int64, base: Int64) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(offsets.count * 4)
            var offset = start
            var time = base / unit
            for index in offsets.indices {
                Self.append(UInt64(offsets[index] - offset) << 4 | UInt64(levels[index]), &bytes)
                offset = offsets[index]
                let next = (index < untimed ? first : times[index]) / unit
                let step = next - time
                Self.append(UInt64(bitPattern: (step << 1) ^ (step >> 63)), &bytes)
                time = next
            }
            // Reserved memory beyond the content would be held for as long as the piece.
            return Array(bytes[...])
        }

        private static func append(_ number: UInt64, _ bytes: inout [UInt8]) {
            var rest = number
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
    }
}
