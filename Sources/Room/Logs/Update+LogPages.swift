import Basics
import Feeds
import Incidents
import Logs

/// Asking the feeds for records that are not in the window, and taking in the answers.
extension Model {
    /// Asks one question; the one before it is forgotten, and so is its answer.
    mutating func ask(_ purpose: LogView.Question.Purpose) -> [Effect] {
        logs.requests += 1
        let anchor: LogPageRequest.Anchor
        var filter = logs.filter
        switch purpose {
        case .older: anchor = logs.rows.first.map { .before(LogOrder($0)) } ?? .newest
        case .newer: anchor = logs.rows.last.map { .after(LogOrder($0)) } ?? .newest
        case .jump(let time, _): anchor = .at(time)
        case .seek(let wanted, let forwards, _):
            filter = wanted
            guard let record = logs.selected else {
                anchor = .newest
                break
            }
            anchor = forwards ? .after(LogOrder(record)) : .before(LogOrder(record))
        }
        let question = LogView.Question(
            id: logs.requests, purpose: purpose, filter: filter, anchor: anchor)
        logs.question = question
        return [.findLogs(question.request)]
    }

    mutating func take(_ page: LogPage) -> [Effect] {
        if let effects = takeContext(page) { return effects }
        // An answer to what nobody waits for any more.
        guard var question = logs.question, question.id == page.request else { return [] }
        logs.question = nil
        logs.unread = page.unread
        if let problem = page.problem {
            say("\(problem.subject): \(problem.why)", isError: true)
            return []
        }
        question.bytesSearched += page.bytesSearched
        switch question.purpose {
        case .older: prepend(page)
        case .newer: append(page)
        case .jump(let time, let target): land(page, at: time, target)
        case .seek(_, let forwards, let word):
            if let found = page.records.first {
                return found.place == logs.selected?.place ? [] : reveal(found)
            }
            if !page.isPartial { say("no \(word) \(forwards ? "below" : "above") this line") }
        }
        return goOn(question, page)
    }

    /// Asks again where a bound was hit before there was enough, or where context is missing.
    private mutating func goOn(_ question: LogView.Question, _ page: LogPage) -> [Effect] {
        if page.isPartial, let next = page.next, needsMore(question, page) {
            var question = question
            logs.requests += 1
            question.id = logs.requests
            question.anchor = next
            logs.question = question
            return [.findLogs(question.request)]
        }
        // What is above the line that was jumped to belongs to it.
        if case .jump = question.purpose, !logs.rows.isEmpty, !logs.reachedStart {
            return ask(.older)
        }
        return []
    }

    private func needsMore(_ question: LogView.Question, _ page: LogPage) -> Bool {
        switch question.purpose {
        case .older: (logs.selectedIndex ?? 0) < 2 * logListRows
        case .newer: (logs.selectedIndex ?? 0) + logListRows >= logs.rows.count
        // The rows are still those from before the jump.
        case .jump: page.records.isEmpty
        case .seek: true
        }
    }

    private mutating func prepend(_ page: LogPage) {
        let known = Set(logs.rows.prefix(2 * LogView.pageRecords).map(\.place))
        let older = page.records.filter { !known.contains($0.place) }
        if page.reachedStart { logs.reachedStart = true }
        guard !older.isEmpty else { return }
        let selected = logs.selectedIndex
        logs.rows.insert(contentsOf: older, at: 0)
        if let selected, !logs.isFollowing { logs.selectedHint = selected + older.count }
        let over = logs.rows.count - LogView.rowsMax
        guard over > 0, !logs.isFollowing else { return }
        logs.rows.removeLast(over)
        logs.touchesNewest = false
    }

    private mutating func append(_ page: LogPage) {
        let known = Set(logs.rows.suffix(2 * LogView.pageRecords).map(\.place))
        logs.rows += page.records.filter { !known.contains($0.place) }
        let over = logs.rows.count - LogView.rowsMax
        if over > 0 {
            logs.rows.removeFirst(over)
            logs.selectedHint = max(0, logs.selectedHint - over)
            logs.reachedStart = false
        }
        if page.reachedEnd { touchNewest() }
    }

    /// The window's end is the end of the logs: what arrived while they were read follows it.
    private mutating func touchNewest() {
        let ring = feeds?.recent ?? []
        let known = Set(logs.rows.suffix(LogView.pageRecords).map(\.place))
        let last = logs.rows.last.map(LogOrder.init)
        let later = ring.filter { record in
            !known.contains(record.place) && last.map { LogOrder(record) > $0 } ?? true
        }
        logs.rows += logs.matching(later[...])
        logs.touchesNewest = true
        logs.lastID = ring.last { !$0.isProvisional }?.id ?? logs.lastID
        logs.countedID = logs.lastID
        logs.below = 0
        logs.belowIsLeast = false
    }

    private mutating func land(_ page: LogPage, at time: Timestamp, _ target: LogPlace?) {
        guard !page.records.isEmpty else {
            guard !page.isPartial else { return }
            followLogs()
            say(
                logs.rows.isEmpty
                    ? "no line matches" : "no line that matches is that new: here are the newest")
            return
        }
        logs.isFollowing = false
        logs.rows = page.records
        logs.touchesNewest = false
        logs.reachedStart = page.reachedStart && time == Self.beginning
        logs.below = 0
        logs.belowIsLeast = false
        let index = target.flatMap { place in logs.rows.firstIndex { $0.place == place } } ?? 0
        logs.selectedPlace = nil
        logs.select(index)
        logs.screenRow = time == Self.beginning ? 0 : logListRows / 2
        if page.reachedEnd { touchNewest() }
    }

    /// Puts the cursor on a record that a search found.
    private mutating func reveal(_ record: LogRecord) -> [Effect] {
        if let index = logs.rows.firstIndex(where: { $0.place == record.place }) {
            logs.screenRow = logListRows / 2
            logs.select(index)
            return []
        }
        return ask(.jump(to: record.time, target: record.place))
    }

    // MARK: Jumps

    /// The next record at error or above, of those that the filter shows.
    mutating func seekError(forwards: Bool) -> [Effect] {
        var filter = logs.filter
        filter.leastLevel = max(filter.leastLevel ?? .error, .error)
        return seek(filter, forwards: forwards, word: "error")
    }

    /// The next record that the filter, or the one that was removed last, matches.
    mutating func seekMatch(forwards: Bool) -> [Effect] {
        guard !logs.sought.isEmpty else { return [] }
        return seek(logs.sought, forwards: forwards, word: "match")
    }

    private mutating func seek(_ filter: LogFilter, forwards: Bool, word: String) -> [Effect] {
        jump(to: .logs)
        logs.mode = .lines
        guard let current = logs.selectedIndex, let matcher = try? filter.compiled() else {
            return []
        }
        if forwards, !logs.isFollowing { _ = logs.extend(with: feeds?.recent ?? []) }
        let rows = logs.rows
        let index =
            forwards
            ? rows[(current + 1)...].firstIndex(where: matcher.matches)
            : rows[..<current].lastIndex(where: matcher.matches)
        if let index {
            if logs.isFollowing { logs.screenRow = logListRows - 1 }
            logs.screenRow = min(
                max(0, min(logs.screenRow, logListRows - 1) + index - current), logListRows - 1)
            logs.select(index)
            return []
        }
        if forwards ? logs.touchesNewest : logs.reachedStart {
            say("no \(word) \(forwards ? "below" : "above") this line")
            return []
        }
        return ask(.seek(filter, forwards: forwards, word: word))
    }

    /// `:goto 14:02`, `:goto -15m`, `:goto 2026-11-21T14:02Z`.
    mutating func goTo(_ argument: String) -> [Effect] {
        jump(to: .logs)
        guard !argument.isEmpty else {
            ask(
                .goTo, "Go to which time?",
                hint: "14:02  14:02:10  -15m  -1h30m  2026-11-21T14:02Z  now; UTC without a zone")
            return []
        }
        guard let time = Timestamp(typed: argument, now: now.wall) else {
            say(
                "goto needs a time such as 14:02, -15m or \(TimeText.rfc3339(now.wall))",
                isError: true)
            return []
        }
        logs.mode = .lines
        let rows = logs.rows
        if logs.touchesNewest || rows.last.map({ $0.time >= time }) ?? false,
            let first = rows.first, first.time < time,
            let index = rows.firstIndex(where: { $0.time >= time })
        {
            logs.screenRow = logListRows / 2
            logs.select(index)
            return []
        }
        return ask(.jump(to: time, target: nil))
    }

    // MARK: The lines around one

    /// Asks for the lines before the selected one in its own source, then for those after it: the
    /// feeds answer one question at a time.
    mutating func askContext() -> [Effect] {
        guard let record = logs.selected else { return [] }
        logs.requests += 1
        logs.context = LogContext(record: record, request: logs.requests)
        return [findAround(record, .before(LogOrder(record)))]
    }

    private func findAround(_ record: LogRecord, _ anchor: LogPageRequest.Anchor) -> Effect {
        .findLogs(
            LogPageRequest(
                id: logs.requests, filter: LogFilter(source: record.source), anchor: anchor,
                recordsMax: LogContext.lines))
    }

    /// Nil when the page answers another question.
    private mutating func takeContext(_ page: LogPage) -> [Effect]? {
        guard var context = logs.context, context.request == page.request else { return nil }
        logs.requests += 1
        defer { logs.context = context }
        if context.isBefore {
            context.before = page.records
            context.isBefore = false
            context.request = logs.requests
            return [findAround(context.record, .after(LogOrder(context.record)))]
        }
        context.after = page.records
        context.request = nil
        return askAgain()
    }

    /// Asks the question that was dropped for another one.
    private mutating func askAgain() -> [Effect] {
        guard var question = logs.question else { return [] }
        question.id = logs.requests
        logs.question = question
        return [.findLogs(question.request)]
    }
}
