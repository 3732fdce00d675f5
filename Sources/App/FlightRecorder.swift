import Basics
import Feeds
import Logs
import Metrics
import Playbooks
import Synchronization

/// `warroom record`: reads every source as a room does and keeps the samples and the patterns of
/// the logs, with no screen and no incident, so that a room that opens later has baselines and
/// knows which patterns are new.
package final class FlightRecorder: Sendable {
    private let store: SeriesStore
    private let recorder: SignalRecorder
    private let clock: any TimeSource
    private let folder: String
    private let stateDirectory: String
    private let say: @Sendable (String) -> Void
    private let hub = Mutex<FeedHub?>(nil)
    private let told = Mutex(Told())

    private struct Told {
        /// What was said of each source last.
        var states: [String: String] = [:]
        /// The last minute whose log lines were counted.
        var minute = Timestamp.epoch
    }

    /// Samples are kept in memory this long: the disk has the rest.
    private static let retention: Duration = .hours(1)
    private static let lookInterval: Duration = .seconds(5)

    /// - Parameters:
    ///   - stateDirectory: holds the key of the tags that stand for secrets.
    ///   - say: gets one line at a time, when something changed.
    package init(
        folder: String, stateDirectory: String, limits: RecordingLimits,
        clock: any TimeSource, say: @escaping @Sendable (String) -> Void
    ) {
        self.folder = folder
        self.stateDirectory = stateDirectory
        self.clock = clock
        self.say = say
        store = SeriesStore(retention: Self.retention)
        recorder = SignalRecorder(store: store, folder: folder, limits: limits, clock: clock) {
            switch $0.state {
            case .starting, .closed: break
            case .recording: say("recording into \($0.folder)")
            case .stopped(let failure): say(failure.description)
            }
        }
    }

    /// Takes the folder and begins to read. A folder that cannot be written now is tried again; one
    /// that another process records into is refused.
    package func start(_ configuration: Configuration) throws(Failure) {
        let now = clock.now.wall
        store.prune(now: now.milliseconds)
        let report = RecordedSignals.load(
            folder, from: (now - Self.retention).milliseconds, into: store)
        for note in report.notes { say(note) }
        recorder.skip(report.ownNewest)
        told.withLock { $0.minute = now - .seconds(60) }
        recorder.flush()
        if let problem = recorder.status.problem, problem.code == "recording.locked" {
            throw problem
        }
        follow(configuration)
        recorder.start()
    }

    /// Reads the sources of another configuration from now on.
    package func follow(_ configuration: Configuration) {
        let specs = configuration.sourceSpecs
        let redaction = RedactionSetup(configuration, stateDirectory: stateDirectory)
        for note in redaction.notes { say(note) }
        var limits = FeedLimits()
        limits.redactor = redaction.redactor
        let next = FeedHub(specs: specs, store: store, clock: clock, limits: limits)
        let previous = hub.withLock { hub in
            defer { hub = next }
            return hub
        }
        previous?.stop()
        next.onTick(every: Self.lookInterval) { [weak self] in self?.look($0) }
        next.keepState(LogState.path(in: folder)) { [say] in say($0.description) }
        next.start()
        let count = specs.count
        say("reading \(count) \(count == 1 ? "source" : "sources")")
    }

    /// Writes the last samples and closes.
    /// - Returns: how it went.
    package func finish() -> RecordingStatus {
        hub.withLock { hub in
            hub?.stop()
            hub = nil
        }
        recorder.finish()
        return recorder.status
    }

    // MARK: On the feed queue

    private func look(_ snapshot: FeedSnapshot) {
        countLines(snapshot.levelHistogram)
        let lines = told.withLock { told in
            snapshot.sources.compactMap { source -> String? in
                var line = source.state.word
                if case .error(let sentence) = source.state { line = sentence }
                let isNew = told.states.updateValue(line, forKey: source.id) != line
                return isNew ? "\(source.path): \(line)" : nil
            }
        }
        for line in lines { say(line) }
    }

    /// Keeps how many lines of each level every complete minute had, as samples at its end, so that
    /// what is judged by logs has a past as well.
    private func countLines(_ minutes: [MinuteLevels]) {
        let now = clock.now.wall
        let due = told.withLock { told in
            let due = minutes.filter { $0.minute > told.minute && $0.minute + .seconds(60) <= now }
            if let last = due.last { told.minute = last.minute }
            return due
        }
        for minute in due where minute.total > 0 {
            for level in LogLevel.allCases {
                append("\(level)", minute[level], minute.minute)
            }
            append("unknown", minute.unknown, minute.minute)
        }
    }

    private func append(_ level: String, _ count: Int, _ minute: Timestamp) {
        let labels = Labels([("__name__", "warroom_log_lines_per_minute"), ("level", level)])
        store.append(labels, t: (minute + .seconds(60)).milliseconds, v: Double(count))
    }
}
