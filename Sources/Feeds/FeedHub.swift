import Basics
import Dispatch
import Logs
import Metrics
import Synchronization

/// The live feeds: reads every source on one serial background queue and hands out snapshots.
///
/// Nothing here touches the main thread. `drainNow` works without `start`: a headless drill moves
/// its clock only after everything written was read.
package final class FeedHub: Sendable {
    /// What runs while the hub is started: the inotify reader and the timers.
    private struct Running {
        var readers: [any DispatchSourceRead] = []
        var timers: [any DispatchSourceTimer] = []
        var isPumping = false
        /// Looks again: at everything, and more often at what the kernel reports no changes of.
        var looker: (any DispatchSourceTimer)?
        var lookInterval: Duration?
        var lookedAtEverything = BootTime(nanoseconds: 0)
    }

    /// The serial queue on which everything is read and every tick runs.
    package let queue: DispatchQueue
    private let limits: FeedLimits
    private let engine: Mutex<FeedEngine>
    private let running = Mutex(Running())
    private let isStarted = Atomic(false)
    private let ticks = Mutex<[Tick]>([])
    private let watchers = Mutex(Watchers())
    private let finder = LogFinder()
    private let keeper = Mutex<LogStateKeeper?>(nil)

    private struct Tick: Sendable {
        var interval: Duration
        var body: @Sendable (FeedSnapshot) -> Void
    }

    /// Who is told of changes, and what they were told last.
    private struct Watchers: Sendable {
        var bodies: [@Sendable (FeedSnapshot) -> Void] = []
        var pace = Pace(gap: FeedHub.changeGap, interval: FeedHub.changeInterval)
        var told: UInt64?
        var linesTold = 0
        var isScheduled = false
    }

    /// Least time between two snapshots that changes alone ask for.
    private static let changeGap: Duration = .milliseconds(30)
    /// The same while lines come without end.
    private static let changeInterval: Duration = .milliseconds(250)
    /// As many new lines make a snapshot count in full.
    private static let linesOfFullWeight = 500.0
    /// Snapshots take at most one part in so many of the queue's time.
    private static let snapshotShare = 10

    package init(
        specs: [SourceSpec], store: SeriesStore, clock: any TimeSource,
        limits: FeedLimits = FeedLimits(), usesInotify: Bool = true
    ) {
        self.limits = limits
        queue = DispatchQueue(label: "warroom.feeds", qos: .utility)
        engine = Mutex(
            FeedEngine(
                specs: specs, store: store, clock: clock, limits: limits,
                usesInotify: usesInotify))
    }

    deinit {
        running.withLock { running in
            for reader in running.readers { reader.cancel() }
            running.looker?.cancel()
            for timer in running.timers { timer.cancel() }
        }
    }

    /// Begins to follow the sources. Returns at once.
    package func start() {
        guard !isStarted.exchange(true, ordering: .sequentiallyConsistent) else { return }
        queue.async { self.begin() }
    }

    /// Ends all reading; when it returns no tick runs any more. Not to be called from a tick.
    package func stop() {
        guard isStarted.exchange(false, ordering: .sequentiallyConsistent) else { return }
        queue.sync {
            running.withLock { running in
                for reader in running.readers { reader.cancel() }
                running.looker?.cancel()
                for timer in running.timers { timer.cancel() }
                running = Running()
            }
            engine.withLock { $0.endCommands() }
            saveState(isLast: true)
        }
    }

    /// Calls `body` on the feed queue about every `interval` of real time, after what waited was
    /// read. Call it before `start`.
    package func onTick(
        every interval: Duration = .seconds(1), _ body: @escaping @Sendable (FeedSnapshot) -> Void
    ) {
        ticks.withLock { $0.append(Tick(interval: interval, body: body)) }
    }

    /// Calls `body` on the feed queue soon after anything new was read: within a few hundredths of
    /// a second, but about four times a second while lines come without end. Call it before
    /// `start`.
    package func onChange(_ body: @escaping @Sendable (FeedSnapshot) -> Void) {
        watchers.withLock { $0.bodies.append(body) }
    }

    /// What is known now. Waits for the round that is being read: for other threads than the main
    /// one, which gets its snapshots by `onTick`.
    package func snapshot() -> FeedSnapshot { engine.withLock { $0.snapshot() } }

    /// Reads everything that was written to any source up to now, then returns what is known.
    ///
    /// Deterministic while nobody writes: sources are read in the order of their specifications and
    /// merged by time. Not to be called from a tick.
    package func drainNow() -> FeedSnapshot {
        queue.sync { engine.withLock { Self.drain($0) } }
    }

    /// The time from which patterns count as new; nil when there is no incident. Returns at once
    /// and holds for everything read or drained afterwards.
    package func setIncidentStart(_ time: Timestamp?) {
        queue.async { self.engine.withLock { $0.setIncidentStart(time) } }
    }

    /// Adds a source, also while running. Returns at once.
    package func add(_ spec: SourceSpec) {
        queue.async {
            self.engine.withLock { $0.add(spec) }
            if self.isStarted.load(ordering: .relaxed) { self.pumpSoon() }
        }
    }

    /// Looks for records, also in what is not kept in memory, on a queue of its own. Returns at
    /// once.
    ///
    /// One question at a time: asking again ends the one before, whose page never comes.
    package func find(
        _ request: LogPageRequest, then: @escaping @Sendable (LogPage) -> Void
    ) {
        let filter = request.filter
        let hasPattern = filter.pattern != nil || !filter.excludedPatterns.isEmpty
        finder.find(request, limits) { [weak self] in
            self?.engine.withLock { $0.searchView(withPatterns: hasPattern) }
        } then: {
            then($0)
        }
    }

    private static func drain(_ engine: FeedEngine) -> FeedSnapshot {
        engine.takeEvents()
        engine.lookAtEverything()
        while engine.round(isLast: true) { engine.takeEvents() }
        engine.completeRecords()
        while engine.readOlderSlice() {}
        return engine.snapshot()
    }
}

// MARK: - Across restarts

extension FeedHub {
    /// Goes on with the logs where the program was that wrote `path`, and keeps that file while the
    /// hub runs. Call it before `start`.
    /// - Parameters:
    ///   - isKept: false only reads it, as beside the room that writes it.
    ///   - recorded: the state that a flight recorder keeps, for when there is none at `path`.
    ///   - onFailure: is told why a state is not used or cannot be written.
    package func keepState(
        _ path: String, isKept: Bool = true, recorded: String? = nil,
        onFailure: @escaping @Sendable (Failure) -> Void
    ) {
        do throws(Failure) {
            if let state = try LogState.read(path, patternsMax: limits.patternsMax) {
                engine.withLock { $0.restore(state) }
            } else if let recorded,
                let state = try LogState.read(recorded, patternsMax: limits.patternsMax)
            {
                engine.withLock { $0.restore(recorded: state) }
            }
        } catch {
            onFailure(error)
        }
        guard isKept else { return }
        let clock = engine.withLock { $0.clock }
        keeper.withLock {
            $0 = LogStateKeeper(
                path: path, interval: limits.stateInterval, clock: clock, onFailure: onFailure)
        }
    }

    /// On the feed queue: hands the state over when it changed and the last one is written.
    private func saveState(isLast: Bool = false) {
        guard let keeper = keeper.withLock({ $0 }) else { return }
        let generation = engine.withLock { $0.stateGeneration }
        guard isLast || keeper.wants(generation) else { return }
        let state = engine.withLock { $0.logState() }
        if isLast {
            keeper.finish(state, generation: generation)
        } else {
            keeper.write(state, generation: generation)
        }
    }

    /// Writes the state of what was read so far, and waits for it. For a hub that is not started.
    package func writeStateNow() throws(Failure) {
        guard let keeper = keeper.withLock({ $0 }) else { return }
        try LogState.write(engine.withLock { $0.logState() }.bytes(), to: keeper.path)
    }

    /// Reads some of what waits, as a program does that is killed in the middle of it.
    func readPieces(rounds: Int, slices: Int) {
        queue.sync {
            engine.withLock { engine in
                engine.lookAtEverything()
                for _ in 0..<rounds { _ = engine.round() }
                for _ in 0..<slices { _ = engine.readOlderSlice() }
            }
        }
    }

    private func beginSaving() {
        guard keeper.withLock({ $0 != nil }) else { return }
        addTimer(every: limits.stateInterval / 2) { $0.saveState() }
    }
}

// MARK: - On the queue

extension FeedHub {
    private func begin() {
        DescriptorLimit.raise()
        let descriptors = engine.withLock { engine in
            engine.lookAtEverything()
            return [engine.watcher.inotify?.owner, engine.readiness.owner].compactMap { $0 }
        }
        running.withLock { running in
            running.readers = descriptors.filter { $0.value >= 0 }.map { descriptor in
                let reader = DispatchSource.makeReadSource(
                    fileDescriptor: descriptor.value, queue: queue)
                reader.setEventHandler { @Sendable [weak self] in self?.eventsArrived() }
                // Closing a descriptor under a live source is an error of libdispatch's client.
                reader.setCancelHandler { @Sendable in _ = descriptor }
                reader.resume()
                return reader
            }
        }
        scheduleRescan()
        beginSaving()
        pumpSoon()
        for tick in ticks.withLock({ $0 }) {
            addTimer(every: tick.interval, first: Self.firstTickAfter) { hub in
                tick.body(hub.snapshotForTick())
            }
        }
    }

    /// Looks more often while there is something of which the kernel reports no changes.
    private func scheduleRescan() {
        let interval =
            engine.withLock { $0.isPolling } ? limits.pollInterval : limits.rescanInterval
        let isNew = running.withLock { running in
            defer { running.lookInterval = interval }
            return running.lookInterval != interval
        }
        if isNew { addTimer(every: interval, isLooker: true) { $0.rescan() } }
    }

    /// The first tick comes as soon as the newest of every source has been read.
    private static let firstTickAfter: Duration = .milliseconds(10)

    private func addTimer(
        every interval: Duration, first: Duration? = nil, isLooker: Bool = false,
        _ body: @escaping @Sendable (FeedHub) -> Void
    ) {
        let span = DispatchTimeInterval.nanoseconds(Int(interval.nanoseconds))
        let leeway = DispatchTimeInterval.nanoseconds(Int(interval.nanoseconds / 20))
        running.withLock { running in
            let timer = DispatchSource.makeTimerSource(queue: queue)
            let begin = DispatchTimeInterval.nanoseconds(Int((first ?? interval).nanoseconds))
            timer.schedule(deadline: .now() + begin, repeating: span, leeway: leeway)
            timer.setEventHandler { @Sendable [weak self] in
                if let self { body(self) }
            }
            timer.resume()
            if isLooker {
                running.looker?.cancel()
                running.looker = timer
            } else {
                running.timers.append(timer)
            }
        }
    }

    private func eventsArrived() {
        engine.withLock { $0.takeEvents() }
        pumpSoon()
    }

    private func rescan() {
        let now = SystemClock().now.boot
        let isDue = running.withLock { running in
            // A tenth of slack for the timer's leeway.
            let isDue = now - running.lookedAtEverything >= limits.rescanInterval * 0.9
            if isDue { running.lookedAtEverything = now }
            return isDue
        }
        engine.withLock { isDue ? $0.lookAround() : $0.lookAtPolled() }
        scheduleRescan()
        pumpSoon()
    }

    /// Reads in rounds, each its own block of the queue, so that ticks are never held up.
    private func pumpSoon() {
        let begins = running.withLock { running in
            defer { running.isPumping = true }
            return !running.isPumping
        }
        if begins { queue.async { self.pump() } }
    }

    private func pump() {
        guard isStarted.load(ordering: .relaxed) else { return }
        let more = engine.withLock { engine in
            engine.takeEvents()
            // Older history waits until everything new was read.
            return engine.round() || engine.readOlderSlice()
        }
        if more {
            queue.async { self.pump() }
        } else {
            running.withLock { $0.isPumping = false }
        }
        tellIfDue()
    }

    /// Hands out a snapshot when anything changed since the last, now or as soon as it is due.
    private func tellIfDue() {
        let known = engine.withLock { ($0.changeMark, $0.intake.total) }
        let clock = SystemClock()
        let begin = clock.now.boot
        let (wait, weight) = watchers.withLock { watchers -> (Duration?, Double) in
            guard !watchers.bodies.isEmpty, watchers.told != known.0, !watchers.isScheduled
            else { return (nil, 0) }
            let weight = min(1, Double(known.1 - watchers.linesTold) / Self.linesOfFullWeight)
            let wait = watchers.pace.wait(weight: weight, now: begin)
            watchers.isScheduled = wait > .zero
            return (wait, weight)
        }
        guard let wait else { return }
        if wait > .zero {
            let span = DispatchTimeInterval.nanoseconds(Int(wait.nanoseconds))
            queue.asyncAfter(deadline: .now() + span) { [weak self] in
                guard let self, isStarted.load(ordering: .relaxed) else { return }
                watchers.withLock { $0.isScheduled = false }
                tellIfDue()
            }
            return
        }
        let snapshot = engine.withLock { $0.snapshot() }
        let bodies = watchers.withLock { watchers in
            watchers.told = known.0
            watchers.linesTold = known.1
            return watchers.bodies
        }
        for body in bodies { body(snapshot) }
        // The gap begins when the work is done, and is longer when the work is.
        let end = clock.now.boot
        let rest = (end - begin) * Self.snapshotShare - Self.changeGap
        watchers.withLock { $0.pace.spend(weight: weight, now: end + max(.zero, rest)) }
    }

    /// Reads what waits, within a bound, so that a tick shows what was written before it.
    private func snapshotForTick() -> FeedSnapshot {
        engine.withLock { $0.takeEvents() }
        for _ in 0..<16 {
            guard engine.withLock({ $0.round() }) else { break }
        }
        return engine.withLock { $0.snapshot() }
    }
}
