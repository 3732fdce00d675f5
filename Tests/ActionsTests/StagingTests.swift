import Basics
import Incidents
import Playbooks
import Safety
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Stages")
struct StagingTests {
    private static let spread = CatalogueAction(
        id: "limit", title: "limit {service}", tier: .moderate, risk: .medium,
        steps: [["/usr/bin/limit", "{service}", "on"], ["/usr/bin/wait", "{service}"]],
        slots: ["service": .service], rollbackSteps: [["/usr/bin/limit", "{service}", "off"]])

    private static func configuration(_ change: (inout CatalogueAction) -> Void = { _ in })
        -> Configuration
    {
        var configuration = Configuration()
        var action = spread
        action.spans = ["db", "web", "api"]
        change(&action)
        configuration.actions[action.id] = action
        for (name, tier, needs) in [
            ("web", Service.Tier.edge, ["api"]), ("api", .middleware, ["db"]), ("db", .backend, []),
        ] {
            configuration.services[name] = Service(
                name: name, tier: tier, dependsOn: needs, customers: 0.2)
        }
        configuration.services["cart"] = Service(name: "cart")
        return configuration
    }

    private static func incident(_ payloads: [any EventPayload] = []) throws -> Incident {
        let id = try #require(IncidentID("INC-2041"))
        var incident = Incident(id: id)
        incident.environment = .production
        for (place, payload) in payloads.enumerated() {
            incident.apply(
                Event(
                    sequence: UInt64(place + 1), time: start, entry: start,
                    boot: BootTime(nanoseconds: 1), bootID: "b",
                    actor: Actor(uid: 1000, name: "ops1"), payload: payload))
        }
        return incident
    }
    private static let start = Timestamp(nanoseconds: 1_790_000_000_000_000_000)

    private func plan(_ configuration: Configuration, target: String = "api") throws
        -> MitigationProposed
    {
        try Planner(configuration: configuration).propose(
            id: "M1", action: "limit", target: target, slots: [:], reason: "r",
            incident: Self.incident())
    }

    @Test func theStagesRunEdgeFirst() throws {
        let proposal = try plan(Self.configuration())
        #expect(proposal.stages?.map(\.service) == ["web", "api", "db"])
        #expect(proposal.stages?.map(\.steps) == [[0, 1], [2, 3], [4, 5]])
        #expect(
            proposal.steps.map { $0.joined(separator: " ") } == [
                "/usr/bin/limit web on", "/usr/bin/wait web", "/usr/bin/limit api on",
                "/usr/bin/wait api", "/usr/bin/limit db on", "/usr/bin/wait db",
            ])
        #expect(proposal.rollbackSteps.map { $0[1] } == ["web", "api", "db"])
        #expect(proposal.blastRadius.contains("3 services"))
        // Another order would be another action.
        let other = try plan(Self.configuration { $0.spans = ["web", "api"] })
        #expect(other.digest != proposal.digest)
        let single = try plan(Self.configuration { $0.spans = [] })
        #expect(single.stages == nil && single.steps.count == 2)
    }

    @Test func theWayBackHasTheSameStages() throws {
        let configuration = Self.configuration { $0.readyCheck = [["/usr/bin/check"]] }
        let proposal = try plan(configuration)
        #expect(proposal.readyCheck == [["/usr/bin/check"]])
        let incident = try Self.incident([proposal])
        let undo = try Planner(configuration: configuration).proposeUndo(
            of: try #require(incident.mitigation("M1")), id: "M2", incident: incident)
        #expect(undo.stages?.map(\.service) == ["web", "api", "db"])
        #expect(undo.stages?.map(\.steps) == [[0], [1], [2]])
        #expect(undo.readyCheck == nil)
    }

    @Test(arguments: [
        (["web", "cart", "api"], "cart, whose tier the registry does not say"),
        (["web", "gone", "api"], "gone, which is not in the service registry"),
        (["web", "web", "api"], "web twice"), (["web", "db"], "other services than api"),
    ])
    func anOrderThatIsNotKnownIsRefused(_ spans: [String], _ why: String) {
        do {
            _ = try plan(Self.configuration { $0.spans = spans })
            Issue.record("planned")
        } catch let failure as Failure {
            #expect(failure.code == "plan.stages")
            #expect(failure.why.contains(why), "\(failure.why)")
        } catch { Issue.record("\(error)") }
    }

    @Test func whatStandsBesideTheStepsIsFilled() throws {
        let proposal = try plan(
            Self.configuration {
                $0.spans = []
                $0.capture = [["/usr/bin/logs", "{service}"], ["/usr/bin/logs", "{service}"]]
                $0.readyCheck = [["/usr/bin/check", "--of={service}"]]
                $0.cannotUndo = "requests that {service} refused"
            })
        #expect(proposal.capture == [["/usr/bin/logs", "api"]])
        #expect(proposal.readyCheck == [["/usr/bin/check", "--of=api"]])
        #expect(proposal.cannotUndo == "requests that api refused")
        let plain = try plan(Self.configuration())
        #expect(plain.capture == nil && plain.readyCheck == nil && plain.cannotUndo == nil)
    }

    // MARK: Watching

    private final class Sink: EventSink {
        let events = Mutex<[CanaryWatched]>([])
        let isBroken: Bool
        init(isBroken: Bool = false) { self.isBroken = isBroken }
        func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
            if isBroken {
                throw Failure("journal.full", "Not written", why: "the disk is full")
            }
            if let seen = draft.payload as? CanaryWatched { events.withLock { $0.append(seen) } }
            return Event(
                sequence: 1, time: start, entry: start, boot: BootTime(nanoseconds: 1),
                bootID: "b", actor: draft.actor, payload: draft.payload)
        }
        func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String { "" }
    }

    private func watch(
        _ sink: Sink, _ clock: ManualClock,
        _ health: @escaping @Sendable (String) -> ServiceHealth
    ) -> StageWatch {
        StageWatch(
            attempt: "A1", services: Self.configuration().services, journal: sink, clock: clock,
            pause: { clock.advance(by: $0) }, health: health)
    }
    private let api = ActionStage(service: "api", steps: [0])
    private func clock() -> ManualClock { ManualClock(wall: Self.start) }

    @Test func aStageWaitsForWhatItDependsOn() {
        let sink = Sink()
        func before(_ health: ServiceHealth, of stage: ActionStage) -> String? {
            watch(sink, clock()) { $0 == "db" ? health : .stable }.check(.before(stage)) { nil }
        }
        #expect(before(.stable, of: api) == nil)
        #expect(before(.unstable("alert Down fires"), of: api)?.contains("db: alert Down") == true)
        #expect(before(.unknown("no metrics"), of: api)?.contains("nothing is known") == true)
        let gone = ActionStage(service: "gone", steps: [])
        #expect(before(.stable, of: gone)?.contains("not in the service registry") == true)
    }

    @Test func aStableMinuteGoesOn() {
        let (sink, clock) = (Sink(), clock())
        let begin = clock.now.boot
        #expect(watch(sink, clock) { _ in .stable }.check(.after(api)) { nil } == nil)
        #expect(clock.now.boot - begin >= .seconds(60))
        #expect(sink.events.withLock { $0.map(\.isStable) } == [true])
    }

    @Test func anUnstableStageHaltsBeforeTheMinuteIsOver() {
        let (sink, clock) = (Sink(), clock())
        let begin = clock.now.boot
        let why = watch(sink, clock) { _ in
            clock.now.boot - begin > .seconds(20) ? .unstable("alert Errors fires") : .stable
        }.check(.after(api)) { nil }
        #expect(why == "alert Errors fires")
        #expect(clock.now.boot - begin < .seconds(40))
        #expect(sink.events.withLock { $0.map(\.isStable) } == [false])
    }

    @Test func oneBadLookIsNotEnough() {
        let (sink, clock) = (Sink(), clock())
        let begin = clock.now.boot
        let why = watch(sink, clock) { _ in
            let passed = clock.now.boot - begin
            return passed > .seconds(20) && passed < .seconds(24) ? .unstable("blip") : .stable
        }.check(.after(api)) { nil }
        #expect(why == nil)
    }

    @Test func whatCannotBeWatchedHalts() {
        let why = watch(Sink(), clock()) { _ in .unknown("no metrics of api") }
            .check(.after(api)) { nil }
        #expect(why == "it could not be watched: no metrics of api")
    }

    @Test("N46: the emergency stop ends the watch between stages at once")
    func theStopEndsTheWatch() {
        let (sink, clock) = (Sink(), clock())
        let begin = clock.now.boot
        let why = watch(sink, clock) { _ in .stable }.check(.after(api)) {
            clock.now.boot - begin > .seconds(10) ? "wrong host" : nil
        }
        #expect(why == "the emergency stop is on: wrong host")
        #expect(clock.now.boot - begin <= .seconds(11))
    }

    @Test func withoutARecordNothingGoesOn() {
        let why = watch(Sink(isBroken: true), clock()) { _ in .stable }.check(.after(api)) { nil }
        #expect(why?.contains("could not be recorded: the disk is full") == true)
    }
}
