import Basics
import Incidents
import Journals
import Safety
import Synchronization

/// What was lately done in the other incidents recorded here, as the gates take it: the same
/// restart from a second incident is the same restart. Drills and real incidents do not count for
/// each other.
///
/// Thread: any; one lock around a look, which reads only what changed.
package final class AttemptsElsewhere: Sendable {
    /// The longest window that any gate or breaker looks back.
    package static let window: Duration = .minutes(30)
    /// Calls of `isDue` between two looks: 2 s at four calls a second.
    private static let callsPerLook = 8

    private let recent: RecentAttempts
    private let incident: String
    private let isDrill: Bool
    private let calls = Atomic(0)

    package init(
        stateDirectory: String, own: IncidentID, isDrill: Bool,
        fileSystem: any FileSystem = SystemFileSystem()
    ) {
        recent = RecentAttempts(
            store: IncidentStore(stateDirectory: stateDirectory, fileSystem: fileSystem),
            fileSystem: fileSystem)
        incident = own.text
        self.isDrill = isDrill
    }

    /// True at the first call and then every two seconds.
    package var isDue: Bool {
        calls.add(1, ordering: .relaxed).oldValue % Self.callsPerLook == 0
    }

    /// The attempts, and what cannot be counted.
    package func read(now: ClockReading, bootID: String) -> WorkElsewhere {
        let findings = recent.read(
            except: incident, isDrill: isDrill, window: Self.window, now: now, bootID: bootID)
        return WorkElsewhere(
            attempts: findings.attempts.map(PastAttempt.init),
            uncounted: findings.unread.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
    }
}

extension PastAttempt {
    init(_ attempt: AttemptElsewhere) {
        self.init(
            action: attempt.action, target: attempt.target, isUndo: attempt.isUndo,
            moment: Moment(wall: attempt.wall, boot: attempt.boot, bootID: attempt.bootID))
    }
}
