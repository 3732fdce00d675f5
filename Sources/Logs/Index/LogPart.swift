import Basics

/// The part of a file that can hold records of a span of time, found by looking at single places.
struct LogPart {
    /// Whole records.
    let range: Range<Int64>
    /// What the file's first lines taught.
    let heads: HeadReader
    private let index: LogIndex

    /// Nil when the file's times do not say where to look: it has none, is packed, or no file.
    init?(path: String, zoneOffset: Int, since: Timestamp?, until: Timestamp?) {
        guard since != nil || until != nil,
            let index = try? LogIndex(path: path, zoneOffset: zoneOffset, includesUnfinished: true),
            !index.isUntimed, index.isUTF8,
            !index.bytes(at: 0, count: 2).elementsEqual([0x1F, 0x8B])
        else { return nil }
        var start = index.end
        var end: Int64 = 0
        for number in 0..<index.count {
            let times = index.times(of: number)
            if let since, times.upperBound < since { continue }
            if let until, times.lowerBound >= until { continue }
            let range = index.range(of: number)
            start = min(start, range.lowerBound)
            end = max(end, range.upperBound)
        }
        range = min(start, end)..<end
        heads = index.worker.heads
        self.index = index
    }

    /// Lines in front of the range that may have opened a private key.
    func eachLineOfOpenKey(_ body: (Span<UInt8>) -> Void) {
        PlacedRecords(index).eachLineOfOpenKey(before: range.lowerBound, body)
    }

    /// Line feeds in front of the range.
    var linesBefore: Int {
        var lines = 0
        var offset: Int64 = 0
        while offset < range.lowerBound {
            let block = index.bytes(
                at: offset, count: Int(min(1 << 20, range.lowerBound - offset)))
            guard !block.isEmpty else { break }
            lines += block.withUnsafeBufferPointer { bytes in
                bytes.reduce(into: 0) { $0 &+= $1 == 0x0A ? 1 : 0 }
            }
            offset += Int64(block.count)
        }
        return lines
    }
}
