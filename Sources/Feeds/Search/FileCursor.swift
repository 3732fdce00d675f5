import Basics
import Logs

/// The records of one file that may be wanted, in order of time, piece by piece.
final class FileCursor {
    /// A record that may be wanted.
    struct Candidate {
        var order: LogOrder
        /// Where the next record begins.
        var end: Int64
    }

    /// Bytes of a piece that are searched for a text before its records are.
    private static let scannedBytesMax = 8 * 1024 * 1024

    let index: LogIndex
    let records: PlacedRecords
    let service: String?
    private let source: String
    private let generation: UInt64
    private let plan: SearchPlan
    /// Pieces still to be looked at, the next one last.
    private var pieces: [(number: Int, edge: LogOrder)] = []
    /// The next one last.
    private var candidates: [Candidate] = []
    private(set) var bytesSearched: Int64 = 0
    /// The file could not be read to the end.
    private(set) var hasFailed = false

    init(_ target: SearchTarget, _ plan: SearchPlan) {
        index = target.index
        records = target.records
        source = target.source
        service = target.service
        generation = target.generation
        // The anchor's own time may be one that was assumed otherwise when it arrived.
        self.plan = plan.anchored(in: target)
        for number in 0..<index.count {
            let range = index.range(of: number)
            let times = index.times(of: number)
            guard !range.isEmpty, self.plan.admits(times, index.known(number)?.levels) else {
                continue
            }
            pieces.append((number, edge(times, range)))
        }
        let isBack = plan.direction == .back
        pieces.sort { isBack ? $0.edge < $1.edge : $0.edge > $1.edge }
    }

    /// Nothing in a piece lies beyond it, seen in the direction.
    private func edge(_ times: ClosedRange<Timestamp>, _ range: Range<Int64>) -> LogOrder {
        plan.direction == .back
            ? order(times.upperBound, range.upperBound - 1)
            : order(times.lowerBound, range.lowerBound)
    }

    private func order(_ time: Timestamp, _ offset: Int64) -> LogOrder {
        LogOrder(
            time: time,
            place: LogPlace(source: source, generation: generation, offset: offset))
    }

    /// What is not yet looked at lies at or behind it, seen in the direction; nil when nothing is
    /// left.
    var edge: LogOrder? { pieces.last?.edge }

    /// The next record that may be wanted among those looked at.
    var next: Candidate? { candidates.last }

    func drop() { candidates.removeLast() }

    /// Looks at the next piece.
    func advance() {
        guard let (number, _) = pieces.popLast() else { return }
        let range = index.range(of: number)
        var places: [Int]?
        if plan.needle != nil, index.isUTF8, range.count <= Self.scannedBytesMax {
            bytesSearched += Int64(range.count)
            places = plan.places(in: index.bytes(at: range.lowerBound, count: range.count))
            if places?.isEmpty == true { return }
        } else if index.known(number) == nil {
            bytesSearched += Int64(range.count)
        }
        take(number, from: range.lowerBound, holding: places)
    }

    private func take(_ number: Int, from start: Int64, holding places: [Int]?) {
        var at = 0
        let isReadable = index.forEach(in: number) { entry, end in
            if let places {
                while at < places.count, start + Int64(places[at]) < entry.offset { at += 1 }
                guard at < places.count, start + Int64(places[at]) < end else { return }
            }
            let order = order(entry.time, entry.offset)
            if plan.admits(order, entry.level) {
                candidates.append(Candidate(order: order, end: end))
            }
        }
        if !isReadable { hasFailed = true }
        let isBack = plan.direction == .back
        candidates.sort { isBack ? $0.order < $1.order : $0.order > $1.order }
    }

    /// The records at a candidate's place: one as a rule.
    func read(_ candidate: Candidate, messageBytesMax: Int) -> [LogRecord] {
        let range = candidate.order.place.offset..<candidate.end
        return records.records(in: range, time: candidate.order.time).map { placed in
            var place = candidate.order.place
            place.offset = placed.record.offset
            return LogRecord(placed, at: place, service: service, bytesMax: messageBytesMax)
        }
    }
}

/// One file that is searched, with its index.
struct SearchTarget {
    var source: String
    var service: String?
    var generation: UInt64
    var index: LogIndex
    var records: PlacedRecords
}

extension SearchPlan {
    /// The plan for a file in which the anchor lies: by the time that the index has for it.
    fileprivate func anchored(in target: SearchTarget) -> SearchPlan {
        guard let bound, bound.place.source == target.source,
            bound.place.generation == target.generation,
            let number = target.index.number(of: bound.place.offset)
        else { return self }
        var time: Timestamp?
        _ = target.index.forEach(in: number) { entry, end in
            if entry.offset <= bound.place.offset, bound.place.offset < end { time = entry.time }
        }
        guard let time else { return self }
        return bounded(by: LogOrder(time: time, place: bound.place))
    }
}
