import Basics
import Canvas
import Diagnosis
import Drills
import Feeds
import Incidents
import Journals
import Panes
import Room

/// A drill without a screen, in lockstep on a virtual clock: time advances only after the feeds
/// have consumed everything written and every effect was carried out, so one seed gives one result.
package struct HeadlessRoom {
    /// Simulated seconds between two looks.
    private static let step: Duration = .seconds(5)
    /// After this much simulated time nobody waits any longer.
    private static let limit: Duration = .seconds(90 * 60)

    private let session: DrillSession
    private let clock: ManualClock
    private let backend: Backend
    private let inbox: Mailbox<Message>
    private var autopilot: Autopilot
    private var model: Model
    private var score: DrillScore

    package init(session: DrillSession, clock: ManualClock, actuator: String) throws(Failure) {
        self.session = session
        self.clock = clock
        let inbox = Mailbox<Message>(capacity: nil)
        self.inbox = inbox
        autopilot = try Autopilot(
            configuration: session.setup.configuration, actuator: actuator)
        backend = try Backend(
            setup: session.setup, clock: clock, rules: session.rules, post: { inbox.send($0) })
        model = try backend.openModel(size: Size(width: 160, height: 45))
        score = session.score
    }

    /// Plays the drill to its end: resolved, or given up.
    package mutating func run() throws(Failure) -> (model: Model, score: DrillScore) {
        let begin = clock.now.wall
        settle()
        while !model.incident.status.isOver, clock.now.wall - begin < Self.limit {
            try session.advance(to: clock.now.wall)
            backend.evaluate(backend.hub.drainNow())
            backend.watchStopFiles()
            take(.tick(clock.now))
            settle()
            play()
            note()
            clock.advance(by: Self.step)
        }
        note()
        backend.finish()
        return (model, score)
    }

    /// Lets the autopilot press keys until it waits. Bounded: a key that changes nothing ends the
    /// turn.
    private mutating func play() {
        for _ in 0..<8 {
            let keys = autopilot.keys(for: model)
            guard !keys.isEmpty else { return }
            for key in keys {
                guard let message = Bindings.message(for: key, in: model) else { continue }
                take(message)
            }
            settle()
            if model.overlay == nil { autopilot.cardDidNotOpen() }
        }
    }

    /// Until no message waits and no effect is under way.
    private mutating func settle() {
        while true {
            backend.settle()
            let messages = inbox.receive().values
            guard !messages.isEmpty else { return }
            for message in messages { take(message) }
        }
    }

    private mutating func take(_ message: Message) {
        let effects = model.update(message)
        backend.publish(model)
        for effect in effects { backend.perform(effect, model) }
    }

    private mutating func note() {
        let incident = model.incident
        score.note(
            Sighting(
                time: clock.now.wall,
                hypotheses: (model.observation?.hypotheses ?? []).map {
                    (id: $0.id, service: $0.service, share: $0.share)
                }, isDetected: incident.milestones[.detected] != nil,
                isMitigated: incident.milestones[.mitigated] != nil,
                isResolved: incident.status == .resolved,
                executed: incident.attempts.map { (action: $0.action, target: $0.target) }))
    }
}
