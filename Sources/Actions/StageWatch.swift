import Basics
import Incidents
import Playbooks
import Safety

#if canImport(Glibc)
    import Glibc
#endif

/// What is known of a service now.
package enum ServiceHealth: Sendable, Hashable {
    case stable
    case unstable(String)
    /// Nothing can be said, and why: never taken for stable.
    case unknown(String)
}

/// Watches between the stages of an action that spans services.
///
/// Before a stage every service it depends on must be stable, because a change on top of a failing
/// dependency cannot be judged; after a stage its service is watched for a minute before the next
/// one is touched.
package struct StageWatch: Sendable {
    /// How long a stage's service is watched.
    package static let canary: Duration = .seconds(60)
    /// How often the emergency stop is looked at, and the service.
    static let stopPause: Duration = .milliseconds(250)
    static let lookPause: Duration = .seconds(5)
    /// Looks in a row that find a service unstable before the action halts.
    static let badLooksMax = 2

    private let attempt: String
    private let services: [String: Service]
    private let journal: any EventSink
    private let clock: any TimeSource
    private let health: @Sendable (_ service: String) -> ServiceHealth
    private let pause: @Sendable (Duration) -> Void
    private let canary: Duration

    /// - Parameters:
    ///   - health: asked every five seconds; from any thread.
    ///   - pause: lets time pass; simulations move their clock instead.
    package init(
        attempt: String, services: [String: Service], journal: any EventSink,
        clock: any TimeSource, canary: Duration = StageWatch.canary,
        pause: @escaping @Sendable (Duration) -> Void = StageWatch.sleep,
        health: @escaping @Sendable (_ service: String) -> ServiceHealth
    ) {
        self.attempt = attempt
        self.services = services
        self.journal = journal
        self.clock = clock
        self.health = health
        self.pause = pause
        self.canary = canary
    }

    /// Why the action halts here, or nil. Blocks for the canary.
    package func check(_ moment: StageMoment, _ stopReason: @Sendable () -> String?) -> String? {
        switch moment {
        case .before(let stage): before(stage.service)
        case .after(let stage): after(stage.service, stopReason)
        }
    }

    private func before(_ name: String) -> String? {
        guard let service = SlotRule.entry(name, in: services) else {
            return "\(name) is not in the service registry, so what it depends on is unknown"
        }
        for dependency in service.dependsOn {
            switch health(dependency) {
            case .stable: continue
            case .unstable(let why): return "\(name) depends on \(dependency): \(why)"
            case .unknown(let why):
                return "\(name) depends on \(dependency), of which nothing is known: \(why)"
            }
        }
        return nil
    }

    private func after(_ service: String, _ stopReason: () -> String?) -> String? {
        let begin = clock.now.boot
        var nextLook = begin
        var badLooks = 0
        var last = ServiceHealth.unknown("it was not looked at")
        while clock.now.boot - begin < canary {
            if let reason = stopReason() {
                return ended(service, halted: "the emergency stop is on: \(reason)")
            }
            if clock.now.boot >= nextLook {
                nextLook = clock.now.boot + Self.lookPause
                last = health(service)
                badLooks = if case .unstable = last { badLooks + 1 } else { 0 }
                if badLooks >= Self.badLooksMax, case .unstable(let why) = last {
                    return ended(service, halted: why)
                }
            }
            pause(min(Self.stopPause, canary))
        }
        switch last {
        case .stable: return ended(service, halted: nil)
        case .unstable(let why): return ended(service, halted: why)
        case .unknown(let why): return ended(service, halted: "it could not be watched: \(why)")
        }
    }

    /// Journals what was seen. Without the record nothing goes on.
    private func ended(_ service: String, halted: String?) -> String? {
        let seen = CanaryWatched(
            attempt: attempt, service: service, isStable: halted == nil,
            detail: halted ?? "stable for \(TimeText.span(canary))")
        do throws(Failure) {
            _ = try journal.append(EventDraft(seen, by: .automation), sync: true)
            return halted
        } catch {
            return halted ?? "what was seen of \(service) could not be recorded: \(error.why)"
        }
    }

    /// Lets real time pass.
    package static let sleep: @Sendable (Duration) -> Void = { span in
        usleep(useconds_t(span.inMilliseconds * 1_000))
    }
}
