import Basics
import Dispatch
import Metrics
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// How a recording is doing.
package struct RecordingStatus: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Nothing was written yet.
        case starting
        case recording
        /// Nothing is written now; it is tried again at every flush.
        case stopped(Failure)
        case closed
    }

    package var folder: String
    package var state = State.starting
    /// Written by this process.
    package var samples = 0
    package var series = 0
    /// On the disk, with what earlier processes wrote.
    package var bytes = 0
    package var segments = 0

    package init(folder: String) { self.folder = folder }

    /// Why nothing is recorded, or nil.
    package var problem: Failure? {
        if case .stopped(let failure) = state { failure } else { nil }
    }
}

/// Keeps the samples of a store on disk, on a queue of its own.
///
/// Every `flushInterval` what is new goes to the kernel, so that a killed process loses no more
/// than that; every `syncInterval`, at the end of each segment and at the end it goes to the disk.
package final class SignalRecorder: Sendable {
    private let store: SeriesStore
    private let clock: any TimeSource
    private let limits: RecordingLimits
    private let queue = DispatchQueue(label: "warroom.signals", qos: .utility)
    private let log: Mutex<SignalLog>
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)
    private let current: Mutex<RecordingStatus>
    private let onChange: @Sendable (RecordingStatus) -> Void

    /// - Parameter onChange: called on the recorder's queue when recording begins, stops or goes
    /// on.
    package init(
        store: SeriesStore, folder: String, limits: RecordingLimits, clock: any TimeSource,
        onChange: @escaping @Sendable (RecordingStatus) -> Void = { _ in }
    ) {
        self.store = store
        self.clock = clock
        self.limits = limits
        self.onChange = onChange
        log = Mutex(SignalLog(folder: folder, limits: limits))
        current = Mutex(RecordingStatus(folder: folder))
    }

    package var status: RecordingStatus { current.withLock { $0 } }

    /// What the folder holds already and must not be written again.
    package func skip(_ newest: [Labels: Int64]) { log.withLock { $0.skip(newest) } }

    /// Begins to write, from real time on.
    package func start() {
        let interval = DispatchTimeInterval.nanoseconds(Int(limits.flushInterval.nanoseconds))
        timer.withLock { slot in
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now() + interval, repeating: interval)
            timer.setEventHandler { [weak self] in self?.flush() }
            timer.activate()
            slot = timer
        }
    }

    /// Writes what is new. Returns when the kernel has it, or when that failed.
    package func flush() {
        let snapshot = store.snapshot()
        let now = clock.now.boot
        log.withLock { log in
            do throws(SystemError) {
                try log.flush(snapshot, now: now)
                note(log, .recording)
            } catch {
                note(log, .stopped(RecordingText.stopped(log.folder, error)))
            }
        }
    }

    /// Writes the last samples, packs and closes.
    package func finish() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
        queue.sync {
            guard status.state != .closed else { return }
            flush()
            let problem = status.problem
            log.withLock { log in
                log.close()
                if problem == nil { note(log, .closed) }
            }
        }
    }

    private func note(_ log: SignalLog, _ state: RecordingStatus.State) {
        let (old, new) = current.withLock { status in
            let old = status
            status.state = state
            status.samples = log.samples
            if state != .closed {
                status.series = log.seriesCount
                status.bytes = log.bytes
                status.segments = log.segmentCount
            }
            return (old, status)
        }
        if old.state != state { onChange(new) }
    }
}

/// The sentences about recordings.
enum RecordingText {
    static func stopped(_ folder: String, _ error: SystemError) -> Failure {
        if error.code == EAGAIN {
            return Failure(
                "recording.locked", "Samples are not recorded", subject: folder,
                why: "another process records there", unchanged: "Its recording goes on",
                next: "End it, or name another folder")
        }
        return Failure(
            "recording.stopped", "Samples are not recorded", subject: folder, why: "\(error)",
            unchanged: "What was recorded stays, and the room goes on",
            next: "It is tried again every 10 s")
    }
}
