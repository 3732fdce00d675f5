import Basics
import Incidents
import Journals
import Safety

/// What was lately done in the other incidents recorded here, as the gates take it: the same
/// restart from a second incident is the same restart.
package struct AttemptsElsewhere: Sendable {
    /// The longest window that any gate or breaker looks back.
    package static let window: Duration = .minutes(30)

    private let recent: RecentAttempts
    private let incident: String

    package init(store: IncidentStore, except incident: IncidentID) {
        recent = RecentAttempts(store: store)
        self.incident = incident.text
    }

    /// The attempts, and the incidents whose journal could not be read with the reason.
    ///
    /// Reads files, so it belongs on a background queue; what has not changed since the last call
    /// is not read again.
    package func read(now: ClockReading, bootID: String) -> (
        attempts: [PastAttempt], unread: [String: String]
    ) {
        let findings = recent.read(
            except: incident, window: Self.window, now: now, bootID: bootID)
        return (findings.attempts.map(PastAttempt.init), findings.unread)
    }

    /// One reading without anything remembered.
    package static func read(
        store: IncidentStore, except incident: IncidentID, now: ClockReading, bootID: String
    ) -> [PastAttempt] {
        AttemptsElsewhere(store: store, except: incident).read(now: now, bootID: bootID).attempts
    }
}

extension PastAttempt {
    init(_ attempt: AttemptElsewhere) {
        self.init(
            action: attempt.action, target: attempt.target, isUndo: attempt.isUndo,
            moment: Moment(wall: attempt.wall, boot: attempt.boot, bootID: attempt.bootID))
    }
}
