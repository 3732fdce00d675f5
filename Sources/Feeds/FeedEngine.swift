import Basics
import Logs
import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// Everything the feeds hold, without a thread of its own. Confined to the feed queue.
final class FeedEngine {
    let store: SeriesStore
    let clock: any TimeSource
    let limits: FeedLimits
    let intake: LineIntake
    let watcher: SourceWatcher
    private(set) var specs: [SourceSpec]
    let readiness = Readiness()
    private(set) var logs: [LogSource] = []
    private(set) var commands: [CommandSource] = []
    private(set) var dumps: [DumpSource] = []
    private(set) var changeFiles: [ChangeSource] = []
    private(set) var changes: [ObservedChange] = []
    /// Specifications that match nothing or too much, with a sentence each.
    var specProblems: [String: String] = [:]

    /// What an earlier run counted, by source.
    private var restored: [String: LogState.Source] = [:]
    private let ledger = FileLedger()
    private var paths: [String: Set<String>] = [:]
    private var dirtyLogs: Set<Int> = []
    private var dirtyCommands: Set<Int> = []
    /// Logs and commands that still have their turn in this cycle, last one first.
    private var cycle: [FeedTarget] = []
    private var isInCycle = false
    private var completedDumps: Set<Int> = []
    private var dirtyDumps: Set<Int> = []
    private var generation: UInt64 = 0
    /// The paths of the logs, and for each which of its open files are watched.
    private var logPaths: Set<String> = []
    private var watched: [FeedTarget: Int] = [:]
    private var isFirstDiscovery = true
    private var needsDiscovery = true
    private var prunedAt: Timestamp?
    private static let looksMax = 100
    private var lookPart = 0

    /// - Parameter usesInotify: false polls alone, as where the kernel has no watches left.
    init(
        specs: [SourceSpec], store: SeriesStore, clock: any TimeSource, limits: FeedLimits,
        usesInotify: Bool = true
    ) {
        self.specs = specs
        self.store = store
        self.clock = clock
        self.limits = limits
        intake = LineIntake(limits: limits)
        watcher = SourceWatcher(usesInotify: usesInotify, pollInterval: limits.pollInterval)
    }

    func add(_ spec: SourceSpec) {
        specs.append(spec)
        needsDiscovery = true
    }

    func setIncidentStart(_ time: Timestamp?) {
        intake.incidentStart = time
        generation += 1
    }

    /// Goes on where another run of the program was. Call it before anything is read.
    func restore(_ state: LogState) {
        intake.restore(state.totals, miner: state.miner, histogram: state.histogram)
        restored = state.sources
    }

    /// Takes over what a recording counted, when it is of these logs and of this hour; else knows
    /// its patterns by name alone: their counts would be those of other logs or other days.
    func restore(recorded state: LogState) {
        let logs = specs.filter { $0.kindWord == "logs" }.map(\.id)
        let isOurs = state.sources.keys.allSatisfy { id in
            logs.contains { id == $0 || id.hasPrefix($0 + ":") }
        }
        guard isOurs, clock.now.wall - state.saved <= .hours(1) else {
            return intake.learn(state.miner)
        }
        var state = state
        state.totals = LogState.Totals()
        for id in state.sources.keys {
            state.sources[id]?.lines = 0
            state.sources[id]?.redactions = 0
        }
        restore(state)
    }

    /// Changes with everything that a state holds.
    var stateGeneration: UInt64 { intake.generation &+ UInt64(truncatingIfNeeded: intake.total) }

    /// What goes on after a restart, as of now.
    func logState() -> LogState {
        let now = clock.now.wall
        var state = LogState(saved: now, miner: intake.miner)
        state.totals = intake.totals
        state.histogram = intake.histogram
        state.sources = restored
        for source in logs {
            state.sources[source.id] = source.state()
            state.totals.lines -= source.openLines
            state.totals.redactions -= source.openRedactions
        }
        return state
    }

    private var zoneOffset: Int {
        var seconds = time_t(clock.now.wall.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return Int(parts.tm_gmtoff)
    }
}

// MARK: - Which files there are

extension FeedEngine {
    /// Matches the specifications against the file system; new files become sources.
    func discover() {
        guard needsDiscovery else { return }
        needsDiscovery = false
        for spec in specs { discover(spec) }
        isFirstDiscovery = false
    }

    private func discover(_ spec: SourceSpec) {
        if case .command(let words) = spec.kind { return addCommand(spec, words) }
        guard PathPattern.isGlob(spec.path) else {
            if paths[spec.id, default: []].insert(spec.path).inserted {
                addSource(spec, path: spec.path, id: spec.id, isNewFile: !isFirstLook(spec))
            }
            return
        }
        watcher.watch(globDirectory: PathPattern.directory(of: spec.path))
        let isFirst = isFirstLook(spec)
        let found = PathPattern.expand(spec.path, limit: limits.filesPerSourceMax)
        specProblems[spec.id] = problem(spec, found.paths.count, found.total)
        for path in found.paths where !paths[spec.id, default: []].contains(path) {
            if case .logs = spec.kind, isAlreadyRead(path) { continue }
            paths[spec.id, default: []].insert(path)
            addSource(spec, path: path, id: "\(spec.id):\(path)", isNewFile: !isFirst)
        }
        if paths[spec.id] == nil { paths[spec.id] = [] }
    }

    private func addCommand(_ spec: SourceSpec, _ words: [String]) {
        guard paths[spec.id] == nil else { return }
        paths[spec.id] = []
        commands.append(
            CommandSource(
                spec: spec, words: words, number: commands.count, limits: limits, now: clock.now))
        dirtyCommands.insert(commands.count - 1)
        generation += 1
    }

    /// Lets go of every command; a later turn starts them again.
    func endCommands() {
        for command in commands { command.end(clock.now) }
    }

    private func isFirstLook(_ spec: SourceSpec) -> Bool {
        isFirstDiscovery || paths[spec.id] == nil
    }

    /// A rotated part of a log that is followed, a hard link, or the same file by another glob.
    private func isAlreadyRead(_ path: String) -> Bool {
        if logPaths.contains(path) || ledger.knows(path: path) { return true }
        let name = PathPattern.name(of: path)
        let folder = path.dropLast(name.utf8.count)
        return RotatedNames.bases(of: name).contains { base in
            logPaths.contains(folder + base) && RotatedNames.isNumberedOrDated(name, of: base)
        }
    }

    private func problem(_ spec: SourceSpec, _ count: Int, _ total: Int) -> String? {
        if total > count {
            return Failure(
                "source.many", "Too many files", subject: spec.path,
                why: "it matches \(total), at most \(count) are read",
                next: "Name fewer files"
            ).description
        }
        guard total == 0 else { return nil }
        return Failure(
            "source.none", "No file matches", subject: spec.path,
            next: "Files are read as soon as they appear"
        ).description
    }

    private func addSource(_ spec: SourceSpec, path: String, id: String, isNewFile: Bool) {
        let now = clock.now
        let target: FeedTarget
        switch spec.kind {
        case .logs:
            let source = LogSource(
                spec: spec, path: path, id: id, start: isNewFile ? .beginning : .end,
                limits: limits, ledger: ledger, now: now.wall)
            logs.append(source)
            logPaths.insert(path)
            target = .log(logs.count - 1)
        case .command(let words): return addCommand(spec, words)
        case .metrics:
            dumps.append(DumpSource(spec: spec, path: path, id: id, limits: limits, now: now))
            target = .dump(dumps.count - 1)
        case .changes:
            changeFiles.append(ChangeSource(spec: spec, path: path, id: id, limits: limits))
            target = .change(changeFiles.count - 1)
        }
        mark(target, isComplete: false)
        watcher.watch(target, path: path)
        generation += 1
        // A glob's next files must not be taken for unread ones of this log.
        guard case .log(let index) = target else { return }
        logs[index].look(now)
        if let state = restored.removeValue(forKey: id) { logs[index].resume(state, now) }
    }

    private func mark(_ target: FeedTarget, isComplete: Bool) {
        switch target {
        case .log(let index): dirtyLogs.insert(index)
        case .command(let index): dirtyCommands.insert(index)
        case .dump(let index):
            dirtyDumps.insert(index)
            if isComplete { completedDumps.insert(index) }
        case .change: break  // few and small: read in every round
        }
    }
}

// MARK: - What changed

extension FeedEngine {
    /// Takes what the kernel reported since the last call.
    func takeEvents() {
        if !commands.isEmpty { dirtyCommands.formUnion(readiness.take()) }
        let marks = watcher.take()
        if marks.everything {
            for source in logs { source.follower.forgetNames() }
            return lookAtEverything()
        }
        if marks.needsDiscovery { needsDiscovery = true }
        for (target, count) in marks.arrived {
            if case .log(let index) = target { logs[index].follower.namesArrived(count) }
        }
        for case .log(let index) in marks.rotated { logs[index].follower.namesChanged() }
        for target in marks.changed { mark(target, isComplete: false) }
        for target in marks.completed { mark(target, isComplete: true) }
    }

    /// Marks every source, and matches the globs again.
    func lookAtEverything() {
        needsDiscovery = true
        dirtyLogs = Set(logs.indices)
        dirtyCommands = Set(commands.indices)
        dirtyDumps = Set(dumps.indices)
        watcher.refresh()
    }

    /// The regular look, whatever the kernel reports: at all logs when they are few, else at a part
    /// of them each time, and always at those with something to wait for.
    func lookAround() {
        guard logs.count > Self.looksMax, watcher.polled != nil else { return lookAtEverything() }
        let parts = min(10, (logs.count + Self.looksMax - 1) / Self.looksMax)
        lookPart = (lookPart + 1) % parts
        if lookPart == 0 { needsDiscovery = true }
        for index in logs.indices
        where index % parts == lookPart || logs[index].follower.isWaiting
            || logs[index].hasOpenRecord
        {
            dirtyLogs.insert(index)
        }
        dirtyDumps = Set(dumps.indices)
        watcher.refresh()
        lookAtPolled()
    }

    /// Marks the sources whose changes the kernel does not report.
    func lookAtPolled() {
        guard let polled = watcher.polled else { return lookAtEverything() }
        if watcher.hasPolledGlob { needsDiscovery = true }
        for target in polled { mark(target, isComplete: false) }
    }

    var isPolling: Bool { watcher.isPolling }

    /// One bounded piece of a fair cycle, in which each marked file has one turn. Lines become
    /// visible when the cycle ends, merged by time.
    /// - Parameter isLast: everything is read before anything is shown; see `DumpSource.turn` too.
    /// - Returns: whether there is more to read at once.
    func round(isLast: Bool = false) -> Bool {
        discover()
        readDumps(isLast: isLast)
        var more = readChanges()
        if cycle.isEmpty, !isInCycle {
            cycle = dirtyCommands.sorted().reversed().map { .command($0) }
            cycle += dirtyLogs.sorted().reversed().map { .log($0) }
            dirtyLogs = []
            dirtyCommands = []
            isInCycle = true
        }
        let enough = intake.totalLines + limits.linesPerRoundMax
        while let target = cycle.popLast() {
            if read(target, isHurried: !isLast) {
                more = true
                mark(target, isComplete: false)
            }
            if intake.totalLines >= enough { break }
        }
        guard cycle.isEmpty else { return true }
        isInCycle = false
        intake.commit()
        return more || needsDiscovery || !dirtyLogs.isEmpty || !dirtyCommands.isEmpty
    }

    /// - Returns: whether more can be read of it at once.
    private func read(_ target: FeedTarget, isHurried: Bool) -> Bool {
        switch target {
        case .log(let index):
            let wantsMore = logs[index].turn(
                clock.now, zoneOffset: zoneOffset, isHurried: isHurried, into: intake)
            return watchFiles(target, logs[index].follower) || wantsMore
        case .command(let index):
            return commands[index].turn(
                clock.now, zoneOffset: zoneOffset, readiness: readiness, into: intake)
        case .dump, .change: return false
        }
    }

    /// Watches the files that are open now. What was written before the watch is read by one more
    /// turn.
    private func watchFiles(_ target: FeedTarget, _ follower: LogFollower) -> Bool {
        guard watched.updateValue(follower.filesVersion, forKey: target) != follower.filesVersion
        else { return false }
        return watcher.watch(
            target, files: follower.descriptors, fileSystem: follower.fileSystem)
    }

    private func readDumps(isLast: Bool) {
        for index in dirtyDumps.sorted() {
            let taken = dumps[index].turn(
                clock.now, store: store, isComplete: completedDumps.contains(index),
                isLast: isLast)
            if taken { generation += 1 }
        }
        dirtyDumps = []
        completedDumps = []
    }

    private func readChanges() -> Bool {
        var more = false
        for (index, source) in changeFiles.enumerated() {
            let result = source.turn(clock.now)
            let isNew = watchFiles(.change(index), source.follower)
            more = more || result.wantsMore || isNew
            guard !result.changes.isEmpty else { continue }
            generation += 1
            changes += result.changes
            changes.sort { $0.time < $1.time }
            if changes.count > limits.changesMax {
                changes.removeFirst(changes.count - limits.changesMax)
            }
        }
        return more
    }

    /// Completes the records that may go on: everything written up to now was read.
    func completeRecords() {
        for log in logs { log.flush(clock.now.wall, into: intake) }
        for command in commands { command.flush(clock.now.wall, into: intake) }
        intake.commit()
    }

    /// Reads one slice of what was passed over, or of older history, of one log.
    /// - Returns: whether there is more.
    func readOlderSlice() -> Bool {
        guard let source = logs.first(where: \.hasOlder) else { return false }
        _ = source.readOlder(clock.now, zoneOffset: zoneOffset, into: intake)
        return logs.contains(where: \.hasOlder)
    }
}

// MARK: - What is known

extension FeedEngine {
    /// Grows with every change of content.
    var changeMark: UInt64 { generation &+ intake.generation }

    /// What a search needs to know, as values.
    func searchView(withPatterns: Bool) -> SearchView {
        let now = clock.now
        let offset = zoneOffset
        let provisional =
            logs.compactMap { $0.provisional(now.wall, zoneOffset: offset) }
            + commands.compactMap { $0.provisional(now.wall, zoneOffset: offset) }
        return SearchView(
            sources: logs.map {
                SearchView.Source(id: $0.id, path: $0.path, service: $0.spec.service)
            }, ring: intake.records(with: provisional), zoneOffset: offset, now: now.wall,
            miner: withPatterns ? intake.miner : nil)
    }

    func snapshot() -> FeedSnapshot {
        let now = clock.now
        pruneIfDue(now.wall)
        let offset = zoneOffset
        let provisional =
            logs.compactMap { $0.provisional(now.wall, zoneOffset: offset) }
            + commands.compactMap { $0.provisional(now.wall, zoneOffset: offset) }
        return FeedSnapshot(
            sources: health(now), recent: intake.records(with: provisional),
            totalRecords: intake.total, totalLines: intake.totalLines,
            droppedRecords: intake.dropped,
            patterns: intake.miner.summaries(
                now: now.wall, incidentStart: intake.incidentStart,
                limit: limits.patternsShownMax),
            levelHistogram: intake.histogram.lastHour(now: now.wall), changes: changes,
            generation: changeMark, redactions: intake.redactions,
            credentialSightings: intake.sightings)
    }

    /// Forgets samples beyond the retention also while no source delivers new ones.
    private func pruneIfDue(_ now: Timestamp) {
        if let last = prunedAt, now >= last, now - last < limits.pruneInterval { return }
        prunedAt = now
        store.prune(now: now.milliseconds)
    }

    /// In the order of the specifications; files of a glob by path.
    private func health(_ now: ClockReading) -> [SourceHealth] {
        var bySpec: [String: [SourceHealth]] = [:]
        for (index, source) in logs.enumerated() {
            let health = source.health(now.wall, note: watcher.note(.log(index)))
            bySpec[source.spec.id, default: []].append(health)
        }
        for source in commands { bySpec[source.spec.id, default: []].append(source.health(now)) }
        for (index, source) in dumps.enumerated() {
            let health = source.health(now, note: watcher.note(.dump(index)))
            bySpec[source.spec.id, default: []].append(health)
        }
        for (index, source) in changeFiles.enumerated() {
            let health = source.health(note: watcher.note(.change(index)))
            bySpec[source.spec.id, default: []].append(health)
        }
        var all: [SourceHealth] = []
        for spec in specs {
            let files = (bySpec[spec.id] ?? []).sorted { $0.path < $1.path }
            all += files
            guard let problem = specProblems[spec.id] else { continue }
            all.append(
                SourceHealth(
                    id: spec.id, kind: spec.kindWord, path: spec.path, state: .error(problem)))
        }
        return all
    }
}
