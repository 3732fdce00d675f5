import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Safety

/// The whole state of the room. A value: `update` makes the next one, `Panes` draw it.
package struct Model: Sendable {
    // The record
    package var incident: Incident
    /// The timeline, oldest first.
    package var timeline: [TimelineLine] = []
    package var access: Access
    /// Set when nothing can be written any more.
    package var journalProblem: Failure?

    // The data
    package var observation: Observation?
    package var feeds: FeedSnapshot?
    package var planned: [PlannedMitigation] = []
    /// Gate reports by row id of the mitigations pane.
    package var gateReports: [String: GateReport] = [:]
    package var stopFiles: [StopState.FileState] = []
    /// Who else is connected to the room's socket.
    package var connected: [ConnectedPerson] = []
    /// Errors and requests of the last whole minutes.
    package var minutes: MinuteCounts?
    /// The configuration files as they are on the disk now; nil before the first look.
    package var policyDigest: String?
    /// The last entry of the record; nil before there is one.
    package var recordHead: RecordHead?
    /// What was done in other incidents of this machine; it counts for the loop gate.
    package var elsewhere = WorkElsewhere()
    /// The main signal's value when each attempt began: what the verdict compares with.
    package var valueBefore: [String: Double] = [:]
    /// Stages of running actions whose effect is being watched, by attempt.
    package var canaryWaits: [String: CanaryWait] = [:]
    /// Diagnostics that were asked for and have not reported yet, by hypothesis.
    package var runningTests: [String: RunningTest] = [:]

    // The surroundings
    package var configuration: Configuration
    package var actor: Actor
    package var now: ClockReading
    package var bootID: String
    /// Simulated seconds per second; 1 outside drills.
    package var speed: Double = 1
    package var themeName = "dark"

    // The screen
    package var size: Size
    package var focus = Pane.mitigations
    package var isZoomed = false
    package var lists: [Pane: ListState] = [:]
    package var overlay: Overlay?
    package var find = ""
    package var toast: Toast?
    package var isLeaving = false
    package var reportText = ""
    package var logs = LogView()
    /// Screen 6 as it was before the filter's prompt opened.
    var logsBefore: LogView?

    // Bookkeeping of what was asked of the journal and is not back yet
    package var pendingMilestones: Set<Milestone> = []
    package var pendingStop = false
    package var pendingExpiries: Set<String> = []
    package var watching = WatchMarks()
    package var situationMark: SituationMark?
    package var situationRecordedAt: Timestamp?
    package var guarding = GuardingMarks()

    package init(
        incident: Incident, access: Access, configuration: Configuration, actor: Actor,
        now: ClockReading, bootID: String, size: Size
    ) {
        self.incident = incident
        self.access = access
        self.configuration = configuration
        self.actor = actor
        self.now = now
        self.bootID = bootID
        self.size = size
        lists[.timeline] = ListState(isFollowing: true)
    }

    /// Who may change anything here.
    package enum Access: Sendable, Hashable {
        case writer
        /// Read-only, and why: another room holds the journal, `--observe`, damage.
        case viewer(String)
    }

    package struct ListState: Sendable, Hashable {
        /// The selected row, by identity, so that a refresh keeps it.
        package var selected: String?
        package var isFollowing: Bool
        package init(selected: String? = nil, isFollowing: Bool = false) {
            self.selected = selected
            self.isFollowing = isFollowing
        }
    }

    package struct Toast: Sendable, Hashable {
        package var text: String
        package var isError: Bool
        package var until: BootTime
    }
}

extension Model {
    package var canWrite: Bool { access == .writer && journalProblem == nil }
    package var stop: StopState {
        StopState(files: stopFiles, isLatched: incident.stop != nil)
    }
    package var isCommander: Bool {
        incident.commander.map { NameRule.same($0, actor.name) } ?? true
    }
    package var activePlaybooks: [Playbook] {
        let ids = observation?.playbooks ?? []
        return configuration.playbooks.filter { ids.contains($0.id) }
    }
    package var layout: Layout {
        Layout.arrange(size: size, focus: focus, isZoomed: isZoomed)
    }
    /// Sources that deliver, and all of them.
    package var sourceCounts: (healthy: Int, total: Int) {
        let sources = feeds?.sources ?? []
        return (sources.filter { $0.state == .ok }.count, sources.count)
    }
    /// Time since the incident began, or since it was opened.
    package var elapsed: Duration {
        let begin =
            incident.startedAt ?? incident.milestones[.acknowledged]?.at ?? now.wall
        let end = incident.milestones[.resolved]?.at ?? now.wall
        return end - begin
    }
    /// The signal that stands for the harm: error ratio first, then latency.
    package var mainSignal: SignalState? {
        observation?.signal(.errorRatio) ?? observation?.signal(.latency)
    }
}
