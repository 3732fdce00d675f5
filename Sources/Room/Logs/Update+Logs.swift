import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs

/// Moving in screen 6, filtering it, and asking the feeds for what it does not hold.
extension Model {
    /// Commands of screen 6; nil for all others.
    mutating func lookAtLogs(_ command: Command, _ argument: String) -> [Effect]? {
        switch command {
        case .filter: return filterCommand(argument)
        case .removeFilter: return setFilter(logs.filter.withoutLastPart)
        case .level: return cycleLevel(argument)
        case .samePattern: return filterToPattern(isExcluded: false)
        case .hidePattern: return filterToPattern(isExcluded: true)
        case .sameService: return filterToService()
        case .nextError: return seekError(forwards: true)
        case .previousError: return seekError(forwards: false)
        case .goTo: return goTo(argument)
        case .wrap:
            logs.wraps.toggle()
            return []
        case .patterns:
            showPatterns(logs.mode != .patterns)
            return []
        default: return nil
        }
    }

    // MARK: The cursor

    /// Rows that the list of lines has on this screen.
    package var logListRows: Int { logLayout.list.height }

    /// Where the parts of screen 6 stand.
    package var logLayout: LogLayout {
        LogLayout.arrange(layout.panes[.logs] ?? .zero, mode: logs.mode)
    }

    mutating func moveInLogs(by step: Int) -> [Effect] {
        if logs.mode == .patterns {
            movePattern(by: step)
            return []
        }
        if step <= -Self.wholeList { return goToOldest() }
        if step >= Self.wholeList {
            followLogs()
            return []
        }
        guard let current = logs.selectedIndex else { return [] }
        if logs.isFollowing, step > 0 { return [] }
        if logs.isFollowing { logs.screenRow = logListRows - 1 }
        var target = current + step
        if step > 0, target >= logs.rows.count - 1 {
            guard logs.extend(with: feeds?.recent ?? []) else {
                target = min(target, logs.rows.count - 1)
                place(target, from: current)
                return ask(.newer)
            }
            if target >= logs.rows.count - 1 {
                followLogs()
                return []
            }
        }
        target = max(0, target)
        place(target, from: current)
        let isNearStart = target < 2 * logListRows && step < 0
        return isNearStart && !logs.reachedStart && logs.question == nil ? ask(.older) : []
    }

    /// A step that means the first or the last row of all.
    static let wholeList = 1_000_000

    private mutating func place(_ target: Int, from current: Int) {
        let last = max(0, logListRows - 1)
        logs.screenRow = min(max(0, min(logs.screenRow, last) + target - current), last)
        logs.select(target)
    }

    /// Shows the newest lines again and keeps doing so.
    mutating func followLogs() {
        logs.isFollowing = true
        logs.selectedPlace = nil
        logs.screenRow = .max
        logs.question = nil
        logs.unread = []
        logs.show(feeds?.recent ?? [])
    }

    mutating func toggleFollowLogs() {
        guard logs.isFollowing else { return followLogs() }
        logs.screenRow = max(0, logListRows - 1)
        logs.freeze()
    }

    /// The oldest line of all logs that matches.
    private mutating func goToOldest() -> [Effect] {
        place(0, from: logs.selectedIndex ?? 0)
        logs.screenRow = 0
        return logs.reachedStart ? [] : ask(.jump(to: Self.beginning, target: nil))
    }

    static let beginning = Timestamp(nanoseconds: .min)

    // MARK: Filters

    private mutating func filterCommand(_ argument: String) -> [Effect] {
        jump(to: .logs)
        logs.mode = .lines
        guard !argument.isEmpty else {
            askFilter()
            return []
        }
        do throws(Failure) {
            return setFilter(try LogFilter(typed: argument, now: now.wall))
        } catch {
            say("filter: " + Self.words(error), isError: true)
            return []
        }
    }

    mutating func askFilter() {
        logs.mode = .lines
        logsBefore = logs
        ask(.filter, "Show only lines that", hint: Self.filterHint, text: logs.filter.typed)
    }

    package static let filterHint =
        "text  -text  ~regexp (to the end)  level:error  service:NAME*  source:FILE  pattern:ID  "
        + "since:-15m  until:14:02  \"as it stands\""

    /// What is typed is tried at once, on the lines at hand; a filter that cannot be used changes
    /// nothing and says why.
    mutating func previewFilter(_ prompt: inout Prompt) {
        do throws(Failure) {
            let filter = try LogFilter(typed: prompt.field.text, now: now.wall)
            prompt.error = prompt.field.refusal ?? ""
            guard filter != logs.filter else { return }
            let before = logsBefore ?? logs
            apply(filter, around: before.isFollowing ? nil : before.selected)
        } catch {
            prompt.error = Self.words(error)
        }
    }

    /// What is wrong with a filter; an expression's error quotes it already.
    private static func words(_ failure: Failure) -> String {
        failure.code == "logs.expression" ? failure.why : "\(failure.subject): \(failure.why)"
    }

    /// Takes the typed filter, or nil where it cannot be used: then it stays as it is typed.
    mutating func acceptFilter(_ prompt: Prompt) -> [Effect]? {
        guard let filter = try? LogFilter(typed: prompt.field.text, now: now.wall) else {
            return nil
        }
        let before = logsBefore ?? logs
        logs.filter = before.filter
        logsBefore = nil
        return setFilter(filter, around: before.isFollowing ? nil : before.selected)
    }

    /// Leaves the prompt as if nothing had been typed.
    mutating func cancelFilter() {
        guard let before = logsBefore else { return }
        let requests = logs.requests
        logs = before
        logs.requests = requests
        logsBefore = nil
        if let feeds { logs.take(feeds) }
    }

    mutating func setFilter(_ filter: LogFilter) -> [Effect] {
        setFilter(filter, around: logs.isFollowing ? nil : logs.selected)
    }

    private mutating func setFilter(_ filter: LogFilter, around record: LogRecord?) -> [Effect] {
        logs.mode = .lines
        logs.question = nil
        logs.unread = []
        if !filter.isEmpty { logs.sought = filter }
        apply(filter, around: record)
        if let record, let first = feeds?.recent.first, record.id == 0 || record.id < first.id {
            return ask(.jump(to: record.time, target: record.place))
        }
        return logs.rows.count < logListRows && !filter.isEmpty ? ask(.older) : []
    }

    /// Shows what matches in the ring; the cursor stays at `record` or the next one behind it.
    private mutating func apply(_ filter: LogFilter, around record: LogRecord?) {
        logs.filter = filter
        logs.matcher = try? filter.compiled()
        logs.show(feeds?.recent ?? [])
        guard let record else {
            logs.isFollowing = true
            logs.selectedPlace = nil
            logs.screenRow = .max
            return
        }
        logs.isFollowing = false
        let index =
            logs.rows.firstIndex { $0.place == record.place }
            ?? logs.rows.firstIndex { $0.time >= record.time } ?? logs.rows.count - 1
        logs.selectedPlace = nil
        logs.select(index)
    }

    private mutating func cycleLevel(_ argument: String) -> [Effect] {
        jump(to: .logs)
        var filter = logs.filter
        do throws(Failure) {
            filter.leastLevel =
                argument.isEmpty ? filter.leastLevel.next : try LogFilter.level(argument)
        } catch {
            if argument != "all" {
                say("level: \(error.why), or all", isError: true)
                return []
            }
            filter.leastLevel = nil
        }
        return setFilter(filter)
    }

    private mutating func filterToPattern(isExcluded: Bool) -> [Effect] {
        guard let id = chosenPattern else { return [] }
        var filter = logs.filter
        if isExcluded {
            if filter.pattern == id { filter.pattern = nil }
            if !filter.excludedPatterns.contains(id) { filter.excludedPatterns.append(id) }
        } else {
            filter.pattern = filter.pattern == id ? nil : id
            filter.excludedPatterns.removeAll { $0 == id }
        }
        return setFilter(filter)
    }

    private mutating func filterToService() -> [Effect] {
        var filter = logs.filter
        filter.service = filter.service == nil ? logs.selected?.service : nil
        return setFilter(filter)
    }

    // MARK: Patterns

    /// The pattern of the selected row, in either view.
    package var chosenPattern: PatternID? {
        logs.mode == .patterns ? selectedPatternRow?.id : logs.selected?.pattern
    }

    /// Those that are new first, the newest of them on top; then what comes more often than
    /// before, what vanished, and the rest, each by level and by how many there were. Rates do not
    /// sort it: a list that changes its order under the cursor cannot be read.
    package var patternRows: [PatternSummary] {
        (feeds?.patterns ?? []).sorted { left, right in
            let (a, b) = (left.newness, right.newness)
            if a != b { return a < b }
            if a == 0, left.firstSeen != right.firstSeen { return left.firstSeen > right.firstSeen }
            if a > 0, left.level != right.level {
                return (left.level?.rawValue ?? -1) > (right.level?.rawValue ?? -1)
            }
            let (c, d) = (left.count.leadingZeroBitCount, right.count.leadingZeroBitCount)
            return c != d ? c < d : left.id < right.id
        }
    }

    package var selectedPatternRow: PatternSummary? {
        let rows = patternRows
        return rows.first { $0.id == logs.selectedPattern } ?? rows.first
    }

    private mutating func showPatterns(_ isShown: Bool) {
        jump(to: .logs)
        logs.mode = isShown ? .patterns : .lines
        if isShown, let pattern = logs.selected?.pattern, !logs.isFollowing {
            logs.selectedPattern = pattern
        }
    }

    private mutating func movePattern(by step: Int) {
        let rows = patternRows
        guard !rows.isEmpty else { return }
        let current = rows.firstIndex { $0.id == logs.selectedPattern } ?? 0
        let target = min(max(0, current + max(-rows.count, min(rows.count, step))), rows.count - 1)
        logs.selectedPattern = rows[target].id
    }

    /// Enter: the lines of a pattern, or everything about a line.
    mutating func openInLogs() -> [Effect] {
        guard logs.mode == .patterns else {
            overlay = .detail(.logs, scroll: 0)
            return askContext()
        }
        guard let id = selectedPatternRow?.id else { return [] }
        logs.mode = .lines
        return setFilter(LogFilter(pattern: id))
    }
}

extension PatternSummary {
    /// 0 for new ones, then the changed ones, then the others.
    fileprivate var newness: Int {
        if isNew { return 0 }
        return switch change {
        case .new: 0
        case .spiking: 1
        case .vanished: 2
        case nil: 3
        }
    }
}

extension Optional where Wrapped == LogLevel {
    /// Everything, warnings and worse, errors and worse, everything.
    fileprivate var next: LogLevel? {
        switch self {
        case nil: .warning
        case .warning: .error
        default: nil
        }
    }
}

extension LogFilter {
    /// Without the part that is shown last.
    package var withoutLastPart: LogFilter {
        var filter = self
        if !expression.isEmpty {
            filter.expression = ""
        } else if !excludedPatterns.isEmpty {
            filter.excludedPatterns.removeLast()
        } else if !excluded.isEmpty {
            filter.excluded.removeLast()
        } else if until != nil {
            filter.until = nil
        } else if since != nil {
            filter.since = nil
        } else if pattern != nil {
            filter.pattern = nil
        } else if source != nil {
            filter.source = nil
        } else if service != nil {
            filter.service = nil
        } else if leastLevel != nil {
            filter.leastLevel = nil
        } else {
            filter.text = ""
        }
        return filter
    }
}
