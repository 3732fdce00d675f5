import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Safety

/// Everything that can happen to the room.
package enum Message: Sendable {
    case resized(Size)
    /// A key that is text or belongs to the open overlay.
    case key(Key)
    /// The open page shows this row first; never beyond its end, which only drawing knows.
    case scrolled(to: Int)
    /// A bound key or a palette line.
    case command(Command, argument: String)
    case tick(ClockReading)
    case observed(Findings)
    /// What the sources delivered, between two observations.
    case feeds(FeedSnapshot)
    case stopFiles([StopState.FileState])
    /// Events that stand in the journal now.
    case journalled([Event])
    /// A proposal was journalled and its card should open.
    case openCard(proposal: String)
    case failed(Failure)
    case notice(String)
    /// Nothing can be written any more: actions are off.
    case journalLost(Failure)
    /// The report as it stands now.
    case report(String)
    /// What `Effect.findLogs` found, or a part of it.
    case logPage(LogPage)
    /// Who is connected to the room's socket now, this room's own user left out.
    case connected([ConnectedPerson])
    /// The configuration files on the disk have this digest now; `problem` says why they cannot be
    /// used, or is empty.
    case policy(digest: String, problem: String)
    /// What was done in other incidents of this machine.
    case elsewhere(WorkElsewhere)
    /// The record has this last entry now.
    case recordHead(RecordHead)
    /// A document to show.
    case show(title: String, body: String)
}

/// One tick's worth of what the background found out.
package struct Findings: Sendable {
    package var observation: Observation
    package var feeds: FeedSnapshot
    package var planned: [PlannedMitigation]
    /// Errors and requests of the last whole minutes, oldest first, by the minute's end.
    package var minutes: MinuteCounts?

    package init(
        observation: Observation, feeds: FeedSnapshot, planned: [PlannedMitigation]
    ) {
        self.observation = observation
        self.feeds = feeds
        self.planned = planned
    }
}

/// A playbook's advice with the exact proposal it would become, or why it cannot be one.
package struct PlannedMitigation: Sendable, Hashable {
    package var advice: MitigationAdvice
    package var title: String
    package var proposal: MitigationProposed?
    package var problem: String?

    package init(
        advice: MitigationAdvice, title: String, proposal: MitigationProposed?, problem: String?
    ) {
        self.advice = advice
        self.title = title
        self.proposal = proposal
        self.problem = problem
    }
}

/// The last entry of the record, as it can be kept outside of it: on paper, in a photograph.
package struct RecordHead: Sendable, Hashable {
    /// The beginning of its hash, hex, as `warroom verify --anchor` takes it.
    package var mark: String
    /// Its number.
    package var entry: UInt64

    package init(mark: String, entry: UInt64) {
        self.mark = mark
        self.entry = entry
    }

    package var text: String { "head \(mark), entry \(entry)" }
}

/// Somebody at the other end of the room's socket, as the kernel names them.
package struct ConnectedPerson: Sendable, Hashable {
    package var actor: Actor
    package var rights: Set<Person.Right>

    package init(actor: Actor, rights: Set<Person.Right>) {
        self.actor = actor
        self.rights = rights
    }

    package var mayObject: Bool { rights.contains(.object) || rights.contains(.approve) }
}

/// What the guarded rollback counts: errors and requests of whole minutes.
package struct MinuteCounts: Sendable, Hashable {
    package struct Minute: Sendable, Hashable {
        /// The end of the minute; it covers the 60 s before.
        package var end: Timestamp
        package var errors: Double
        package var requests: Double
        package var isComplete: Bool
        package init(end: Timestamp, errors: Double, requests: Double, isComplete: Bool) {
            self.end = end
            self.errors = errors
            self.requests = requests
            self.isComplete = isComplete
        }
    }
    /// Oldest first; only minutes that are over.
    package var minutes: [Minute]
    /// The expressions that count.
    package var errors: String
    package var requests: String
    /// Why nothing can be counted; empty when it can.
    package var problem: String
    /// Ids of the sources that deliver them, sorted.
    package var sources: [String] = []

    package init(minutes: [Minute], errors: String, requests: String, problem: String = "") {
        self.minutes = minutes
        self.errors = errors
        self.requests = requests
        self.problem = problem
    }
}
