import Basics
import Dispatch
import Logs
import Synchronization

/// Answers questions about records on a queue of its own, so that reading what is new never waits.
/// One question at a time: a new one ends the one before it, whose answer never comes.
final class LogFinder: Sendable {
    private let queue = DispatchQueue(label: "warroom.search", qos: .utility)
    /// Counts questions; only the latest is worked on.
    private let latest = Atomic<UInt64>(0)

    /// - Parameter ring: the records kept in memory, taken when the question's turn has come.
    func find(
        _ request: LogPageRequest, ring: @escaping @Sendable () -> [LogRecord],
        then: @escaping @Sendable (LogPage) -> Void
    ) {
        let number = latest.add(1, ordering: .relaxed).newValue
        queue.async {
            guard self.isLatest(number) else { return }
            let page = Self.page(request, ring())
            if self.isLatest(number) { then(page) }
        }
    }

    private func isLatest(_ number: UInt64) -> Bool { latest.load(ordering: .relaxed) == number }

    private static func page(_ request: LogPageRequest, _ ring: [LogRecord]) -> LogPage {
        var page = LogPage(request: request.id)
        do throws(Failure) {
            let matcher = try request.filter.compiled()
            fill(&page, request, ring.filter(matcher.matches))
        } catch {
            page.problem = error
        }
        return page
    }

    private static func fill(
        _ page: inout LogPage, _ request: LogPageRequest, _ found: [LogRecord]
    ) {
        let sorted = found.sorted { LogOrder($0) < LogOrder($1) }
        let range: Range<Int>
        switch request.anchor {
        case .newest:
            range = max(0, sorted.count - request.recordsMax)..<sorted.count
        case .before(let order):
            let end = sorted.firstIndex { LogOrder($0) >= order } ?? sorted.count
            range = max(0, end - request.recordsMax)..<end
        case .after(let order):
            let start = sorted.firstIndex { LogOrder($0) > order } ?? sorted.count
            range = start..<min(sorted.count, start + request.recordsMax)
        case .at(let time):
            let start = sorted.firstIndex { $0.time >= time } ?? sorted.count
            range = start..<min(sorted.count, start + request.recordsMax)
        }
        page.records = Array(sorted[range])
        for index in page.records.indices { page.records[index].id = 0 }
        page.reachedStart = range.lowerBound == 0
        page.reachedEnd = range.upperBound == sorted.count
        switch request.anchor {
        case .newest, .before:
            page.next = page.reachedStart ? nil : page.records.first.map { .before(LogOrder($0)) }
        case .after, .at:
            page.next = page.reachedEnd ? nil : page.records.last.map { .after(LogOrder($0)) }
        }
    }
}
