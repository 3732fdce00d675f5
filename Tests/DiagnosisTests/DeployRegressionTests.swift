import Basics
import Diagnosis
import Incidents
import Logs
import Metrics
import Playbooks
import Testing

@Suite struct DeployRegressionTests {
    static let yaml = """
        environment: production
        services:
          gateway: {depends_on: [checkout]}
          checkout: {depends_on: [payments, cart], on_call: checkout-oncall}
          payments: {}
          cart: {}
        actions:
          disable-flag:
            tier: contained
            risk: low
            steps: [[/usr/local/bin/flagctl, set, '{flag}', 'off']]
            slots: {flag: flag-id}
            rollback: {steps: [[/usr/local/bin/flagctl, set, '{flag}', 'on']]}
          rollback-deployment:
            tier: aggressive
            risk: medium
            steps: [[/usr/bin/deployctl, '{service}', '{revision}']]
            slots: {service: service, revision: revision}
            inverse: redeploy
          redeploy:
            tier: aggressive
            risk: high
            steps: [[/usr/bin/deployctl, '{service}', '{revision}']]
            slots: {service: service, revision: revision}
            inverse: rollback-deployment
        slo: {objective: 99.9%, window: 30d, budget_left: 62%}
        """

    static let rules = """
        groups:
          - name: checkout
            rules:
              - alert: HighErrorRatio
                expr: >-
                  sum(rate(http_requests_total{code=~"5.."}[5m]))
                  / sum(rate(http_requests_total[5m])) > 0.003
                for: 30s
                labels: {severity: page}
                annotations: {summary: errors are high}
              - alert: MemorySaturation
                expr: vector(0) > 1
        """

    private func setUp() throws -> (Diagnoser, Fleet, Room) {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: Self.yaml, file: "warroom.yaml")
        #expect(problems.filter(\.isError) == [])
        let rules = try RuleFile.load(text: Self.rules, file: "rules.yml")
        var fleet = Fleet()
        fleet.scrape(for: .seconds(1500))
        return (
            Diagnoser(configuration: configuration, rules: rules.groups), fleet, try Room()
        )
    }

    @Test func `the deploy leads within a minute and the rollback turns everything green`() throws {
        var (diagnoser, fleet, room) = try setUp()
        var observation = diagnoser.tick(fleet.input(room.incident))
        room.take(observation)
        #expect(observation.signal(.errorRatio)?.isBad == false)
        #expect(observation.hypotheses.isEmpty)

        let deploy = ChangeRecorded(
            changeKind: .deploy, service: "checkout", version: "4f2a91c", previous: "9c1e07b",
            summary: "release", source: "deploys.jsonl", at: fleet.now)
        fleet.deploy("4f2a91c", to: ["checkout-1", "checkout-2"])
        fleet.scrape(for: .seconds(120))
        // checkout-2 runs the new version and stays well.
        fleet.failing = ["checkout-1": 0.3, "gateway-1": 0.02, "gateway-2": 0.02]
        let faultAt = fleet.now
        var firstAt: Timestamp?
        for _ in 0..<8 {
            fleet.scrape()
            observation = diagnoser.tick(
                fleet.input(room.incident, changes: [deploy], patterns: [pattern(faultAt)]))
            room.take(observation)
            let leads = observation.hypotheses.first?.id == Self.trueCause
            if firstAt == nil, leads { firstAt = fleet.now }
        }
        let first = try #require(firstAt)
        #expect(first - faultAt <= .seconds(60))
        try expectRegression(observation, room)
        recover(&diagnoser, &fleet, &room, deploy)
    }

    private static let trueCause = "deploy-regression:checkout:4f2a91c"

    private func expectRegression(_ observation: Observation, _ room: Room) throws {
        let top = try #require(observation.hypotheses.first)
        #expect(top.items.contains { $0.bits > 0 } && top.items.contains { $0.bits < 0 })
        #expect(top.share > 0.5)
        #expect(top.status == .supported)
        #expect(observation.situation.affectedService == "checkout")
        #expect(observation.situation.reach == .host)
        #expect(observation.situation.onsetDetail.contains("after deploy 4f2a91c"))
        let advice = try #require(
            observation.mitigations.first { $0.action == "rollback-deployment" })
        #expect(advice.slots == ["service": "checkout", "revision": "9c1e07b"])
        #expect(advice.missing == [])
        #expect(try condition(.errorRate, observation).state.word == "not met")
        #expect(room.count(HypothesisAdded.self) > 0)
        #expect(room.count(BaselineFrozen.self) >= 2)
        #expect(room.count(AlertFiring.self) == 1)
        #expect(room.count(PatternNew.self) == 1)
        #expect(room.count(ChangeRecorded.self) == 1)
        #expect(observation.situation.doNothing.contains("budget gone in"))
        #expect(observation.problems == [])
    }

    private func pattern(_ time: Timestamp) -> PatternSummary {
        PatternSummary(
            id: PatternID(1), template: "upstream timeout after <num> ms", count: 412,
            ratePerMinute: 80, firstSeen: time, lastSeen: time + .seconds(600), level: .error,
            services: ["checkout"], isNew: true)
    }

    private func recover(
        _ diagnoser: inout Diagnoser, _ fleet: inout Fleet, _ room: inout Room,
        _ deploy: ChangeRecorded
    ) {
        fleet.failing = [:]
        fleet.deploy("9c1e07b", to: ["checkout-1", "checkout-2"])
        room.apply(
            ActionManual(text: "rolled back", action: nil, target: "checkout"), at: fleet.now)
        room.apply(
            ConditionNotApplicable(condition: .queues, detail: "none here"), at: fleet.now)
        var observation = Observation(time: fleet.now)
        for step in 0..<160 {
            fleet.scrape()
            observation = diagnoser.tick(fleet.input(room.incident, changes: [deploy]))
            room.take(observation)
            if step < 20 { #expect(!observation.allConditionsMet) }
            #expect(observation.hypotheses.first?.id == Self.trueCause, "step \(step)")
        }
        let states = observation.conditions.map { "\($0.id) \($0.state) \($0.detail)" }
        #expect(observation.allConditionsMet, "\(states)")
        #expect(observation.hypotheses.first?.id == Self.trueCause)
        #expect(room.count(AlertResolved.self) == 1)
        let met = room.findings.compactMap { ($0 as? ConditionMet)?.condition.rawValue }
        #expect(Set(met).count == 5 && met.count == 5, "\(met)")
        #expect(room.count(AlertFiring.self) == 1)
        #expect(room.count(ConditionLost.self) == 0)
        #expect(room.count(HypothesisAdded.self) == observation.hypotheses.count)
    }

    /// The errors begin with the deploy itself, another service was deployed before, a flag was
    /// switched, and one canary on the version stays well.
    @Test func `decoys do not lead`() throws {
        var (diagnoser, fleet, room) = try setUp()
        let decoys = [
            ChangeRecorded(
                changeKind: .deploy, service: "payments", version: "77ab310", previous: "75c0e12",
                summary: "log level", source: "deploys.jsonl", at: fleet.now - .seconds(660)),
            ChangeRecorded(
                changeKind: .flag, service: "cart", version: "new_pricing", previous: nil,
                summary: "new_pricing on", source: "deploys.jsonl", at: fleet.now - .seconds(360)),
        ]
        fleet.deploy("77ab310", to: ["payments-1", "payments-2", "payments-3"])
        fleet.deploy("4f2a91c", to: ["checkout-3"])
        for _ in 0..<5 {
            fleet.scrape()
            room.take(diagnoser.tick(fleet.input(room.incident, changes: decoys)))
        }
        let faultAt = fleet.now
        let deploy = ChangeRecorded(
            changeKind: .deploy, service: "checkout", version: "4f2a91c", previous: "9c1e07b",
            summary: "release", source: "deploys.jsonl", at: faultAt)
        fleet.deploy("4f2a91c", to: ["checkout-1"])
        fleet.failing = ["checkout-1": 0.34]
        var wrong = 0.0
        for step in 1...12 {
            fleet.scrape()
            let observation = diagnoser.tick(
                fleet.input(room.incident, changes: decoys + [deploy]))
            room.take(observation)
            guard step >= 4 else { continue }
            let top = try #require(observation.hypotheses.first)
            #expect(top.id == Self.trueCause, "\(step) \(observation.hypotheses.map(\.id))")
            #expect(top.items.contains { $0.bits > 0 } && top.items.contains { $0.bits < 0 })
            wrong = max(wrong, observation.hypotheses.dropFirst().map(\.share).max() ?? 0)
        }
        #expect(wrong < 0.3, "\(wrong)")
    }
}
