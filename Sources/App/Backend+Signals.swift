import Basics
import Dispatch
import Feeds
import Metrics
import Room

/// Samples on disk: what a room finds there when it opens, and what it leaves there.
extension Backend {
    /// Loads the incident's own recording and, for what came before it, the flight recorder's,
    /// ahead of everything the sources deliver: samples go into a series in the order of time.
    func loadSignals() {
        hub.queue.async { [self] in
            let now = clock.now.wall
            store.prune(now: now.milliseconds)
            let limits = RecordingLimits(folderBytesMax: RecordingLimits.incidentBytesMax)
            let report = RecordedSignals.load(
                SignalFolders.ofIncident(setup.directory),
                // A drill's machines are not the user's.
                earlier: setup.isDrill
                    ? nil : SignalFolders.toRead(stateDirectory: setup.stateDirectory),
                from: (now - limits.historySpan).milliseconds, into: store)
            evaluator.noteRecorded(report.metricNames)
            recorder?.skip(report.ownNewest)
            recorder?.start()
            if let note = report.notes.first { post(.notice("recorded samples: \(note)")) }
        }
    }

    /// Goes on with the logs where the last room of this incident was; the first one with what the
    /// flight recorder knows. Only a room that may write keeps the state.
    func loadLogs() {
        let recordings = SignalFolders.toRead(stateDirectory: setup.stateDirectory)
        hub.keepState(
            LogState.path(in: setup.directory), isKept: journal.readOnlyReason == nil,
            // A drill's machines are not the user's.
            recorded: setup.isDrill ? nil : LogState.path(in: recordings),
            onFailure: { [post] in post(.failed($0)) })
    }

    /// Tells the room when recording stops and when it goes on.
    static func tell(
        _ status: RecordingStatus, _ wasStopped: inout Bool, _ post: (Message) -> Void
    ) {
        switch status.state {
        case .stopped(let failure):
            wasStopped = true
            post(.failed(failure))
        case .recording:
            if wasStopped { post(.notice("samples are recorded again")) }
            wasStopped = false
        case .starting, .closed: break
        }
    }

    /// The feeds with the recording among the sources while it fails: the header counts it then. No
    /// signal depends on it, so nothing is judged by it.
    func withRecording(_ feeds: FeedSnapshot) -> FeedSnapshot {
        guard let status = recorder?.status, let problem = status.problem else { return feeds }
        var feeds = feeds
        feeds.sources.append(
            SourceHealth(
                id: "signals", kind: "signals", path: status.folder,
                state: .error(problem.description)))
        return feeds
    }
}
