import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
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
    /// A document to show.
    case show(title: String, body: String)
}

/// One tick's worth of what the background found out.
package struct Findings: Sendable {
    package var observation: Observation
    package var feeds: FeedSnapshot
    package var planned: [PlannedMitigation]

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
