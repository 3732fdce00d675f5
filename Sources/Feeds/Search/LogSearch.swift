import Basics
import Logs

/// One question about the records of all sources while it is being answered. Asking with a page's
/// `next` goes on where the page ended.
final class LogSearch {
    let plan: SearchPlan
    private let limits: FeedLimits
    private let cursors: [FileCursor]
    /// Wanted records that no file gives any more; the next one last.
    private var ring: [LogRecord]
    private var unread: [String]
    private var miner: PatternMiner?
    private var bytesBefore: Int64 = 0
    /// How the last page said to go on.
    private(set) var next: LogPageRequest.Anchor?

    init(
        _ plan: SearchPlan, targets: [SearchTarget], ring: [LogRecord], miner: PatternMiner?,
        unread: [String], limits: FeedLimits
    ) {
        self.plan = plan
        self.limits = limits
        self.unread = unread
        self.miner = miner
        cursors = targets.filter { plan.admits(source: $0.source, service: $0.service) }
            .map { FileCursor($0, plan) }
        var served: [String: [UInt64: Int64]] = [:]
        for target in targets {
            served[target.source, default: [:]][target.generation] = target.index.end
        }
        let kept = ring.filter { record in
            let end = served[record.place.source]?[record.place.generation] ?? 0
            return record.place.offset >= end && plan.admits(LogOrder(record), record.level)
                && plan.matcher.matches(record)
        }
        let isBack = plan.direction == .back
        self.ring = kept.sorted {
            isBack ? LogOrder($0) < LogOrder($1) : LogOrder($0) > LogOrder($1)
        }
    }

    /// The next page; nil when it was cancelled.
    func page(_ request: LogPageRequest, isCancelled: () -> Bool) -> LogPage? {
        var page = LogPage(request: request.id)
        var found: [LogRecord] = []
        let clock = ContinuousClock()
        let deadline = clock.now + limits.searchSpanMax
        while found.count < request.recordsMax {
            if isCancelled() { return nil }
            guard step(&found) else { break }
            let isOver = bytes - bytesBefore >= limits.searchBytesMax || clock.now >= deadline
            if isOver, found.count < request.recordsMax {
                page.isPartial = best != nil
                break
            }
        }
        finish(&page, request, found)
        return page
    }

    private func finish(
        _ page: inout LogPage, _ request: LogPageRequest, _ found: [LogRecord]
    ) {
        let isBack = plan.direction == .back
        let isFinished = best == nil
        next = best.map { isBack ? .before($0.shifted(1)) : .after($0.shifted(-1)) }
        page.next = next
        page.records = isBack ? found.reversed() : found
        page.reachedStart = isBack && isFinished
        page.reachedEnd = isBack ? request.anchor == .newest : isFinished
        page.bytesSearched = bytes - bytesBefore
        bytesBefore = bytes
        let failed = cursors.filter(\.hasFailed).map {
            Failure(
                "logs.unread", "The log changed while it was searched", subject: $0.index.path,
                next: "Ask again"
            ).description
        }
        page.unread = unread + failed
    }

    private var bytes: Int64 { cursors.reduce(0) { $0 + $1.bytesSearched } }

    /// Looks at one more piece or record.
    /// - Returns: false when nothing is left.
    private func step(_ found: inout [LogRecord]) -> Bool {
        let edge = best(cursors.compactMap { cursor in cursor.edge.map { ($0, cursor) } })
        let file = best(cursors.compactMap { cursor in cursor.next.map { ($0.order, cursor) } })
        let kept = ring.last.map(LogOrder.init)
        let nearest = [file?.0, kept].compactMap { $0 }.max { isBefore($1, $0) }
        guard let nearest, edge.map({ isBefore(nearest, $0.0) }) ?? true else {
            edge?.1.advance()
            return edge != nil
        }
        if kept == nearest, var record = ring.popLast() {
            record.id = 0
            found.append(record)
        } else if let (_, cursor) = file, let candidate = cursor.next {
            cursor.drop()
            take(cursor.read(candidate, messageBytesMax: limits.messageBytesMax), &found)
        }
        return true
    }

    private func take(_ records: [LogRecord], _ found: inout [LogRecord]) {
        for record in plan.direction == .back ? records.reversed() : records {
            var record = record
            let first = String(record.message.prefix { $0 != "\n" })
            record.pattern = miner?.observe(
                first, level: record.level, service: record.service, time: record.time)
            if plan.matcher.matches(record) { found.append(record) }
        }
    }

    /// What comes next of all that is left.
    private var best: LogOrder? {
        let left =
            cursors.compactMap(\.edge) + cursors.compactMap { $0.next?.order }
            + (ring.last.map { [LogOrder($0)] } ?? [])
        return left.max { isBefore($1, $0) }
    }

    private func best(_ all: [(LogOrder, FileCursor)]) -> (LogOrder, FileCursor)? {
        all.max { isBefore($1.0, $0.0) }
    }

    /// Whether `left` comes before `right` in the direction of the search.
    private func isBefore(_ left: LogOrder, _ right: LogOrder) -> Bool {
        plan.direction == .back ? left > right : left < right
    }
}

extension LogOrder {
    fileprivate func shifted(_ bytes: Int64) -> LogOrder {
        var order = self
        order.place.offset += bytes
        return order
    }
}
