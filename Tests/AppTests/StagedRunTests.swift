import Basics
import Feeds
import Incidents
import Playbooks
import Room
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

/// Actions that span services, by the real executor with a real program.
@Suite struct StagedRunTests {
    private static func spread(_ configuration: inout Configuration) {
        configuration.services["web"] = Service(
            name: "web", tier: .edge, dependsOn: ["api"], customers: 0.3)
        configuration.services["api"] = Service(
            name: "api", tier: .backend, dependsOn: ["db"], customers: 0.3)
        configuration.services["db"] = Service(name: "db", tier: .backend, customers: 0.3)
        var action = configuration.actions["flip"]
        let tool = action?.steps.first?.first ?? ""
        action?.steps = [[tool, "{service}"]]
        action?.rollbackSteps = [[tool, "back-{service}"]]
        action?.slots = ["service": .service]
        action?.spans = ["api", "web"]
        configuration.actions["flip"] = action
        func rate(_ code: String) -> String {
            "sum(rate(http_requests_total{job=\"web\"\(code)}[1m]))"
        }
        configuration.signals = [
            SignalDefinition(
                name: "error_ratio", promql: "\(rate(",code=\"500\"")) / \(rate(""))",
                unit: .ratio, harm: .up, role: .errorRatio, floor: 0.001, target: 0.05,
                origin: "configuration")
        ]
    }

    private func room() throws -> RollbackRoom {
        let room = try RollbackRoom(configure: Self.spread)
        room.services = ["web", "api", "db"]
        room.job = "web"
        room.traffic(minutes: 2, failing: 3)
        return room
    }

    @Test func theStagesRunEdgeFirstWithACanaryBetween() throws {
        let room = try room()
        try room.approve(target: "api")
        room.traffic(until: { room.model.incident.attempts.first?.outcome.isOver == true })
        #expect(room.done == "web\napi\n", "\(room.model.incident.attempts)")
        #expect(room.model.incident.canaries.map(\.service) == ["web"])
        #expect(room.model.incident.canaries.first?.isStable == true)
        let attempt = try #require(room.model.incident.attempts.first)
        let ended = try #require(attempt.endedAt)
        #expect(ended - attempt.startedAt >= .seconds(60))
        room.close()
    }

    @Test func nothingStartsWhenADependencyIsNotSeen() throws {
        let room = try room()
        room.services = ["web", "db"]
        room.traffic(minutes: 3, failing: 3)
        try room.approve(target: "api")
        room.traffic(until: { room.model.incident.attempts.first?.outcome.isOver == true })
        #expect(room.done.isEmpty)
        let detail = room.model.incident.attempts.first?.detail ?? ""
        #expect(detail.contains("no source delivers metrics of api"), "\(detail)")
        room.close()
    }

    @Test func aServiceThatSuffersDuringItsCanaryHaltsTheRest() throws {
        let room = try room()
        try room.approve(target: "api")
        room.traffic(
            failing: 150,
            until: {
                room.model.incident.attempts.first?.outcome.isOver == true
            })
        #expect(room.done == "web\n")
        #expect(room.model.incident.canaries.map(\.isStable) == [false])
        let attempt = try #require(room.model.incident.attempts.first)
        #expect(attempt.outcome == .failed)
        #expect(attempt.detail.hasPrefix("halted after web, not run: api"), "\(attempt.detail)")
        room.close()
    }
}
