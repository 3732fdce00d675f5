import Basics
import Incidents
import Playbooks
import Testing

@Suite struct ConfigurationTests {
    static let whole = """
        environment: staging
        tickets: false
        on_call: false
        sources:
          logs:    [{path: /var/log/checkout/*.log, service: checkout}]
          metrics: [{path: dumps/*.prom, every: 15s, labels: {job: checkout}}]
          alerts:  [{rules: rules/*.yml}]
          changes: [{path: ./deploys.jsonl}]
        signals:
          error_ratio:
            promql: 'sum(rate(errors_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m]))'
            unit: ratio
            harm: up
            floor: 0.001
          queue_depth: {promql: 'sum(queue_depth)', unit: count, target: 1500}
        services:
          checkout:
            {tier: backend, depends_on: [payments], customers: 31%, on_call: payments-oncall,
             versions: {from: deploys.jsonl}}
          payments: {versions: [1.0.0, 1.1.0], zones: {a: 2, b: 1}}
        actions:
          rollback-deployment:
            tier: aggressive
            risk: medium
            steps:
              - [/usr/bin/kubectl, rollout, undo, 'deploy/{service}', '--to-revision={revision}']
              - [/usr/bin/kubectl, rollout, status, 'deployment/{service}', '--timeout=300s']
            slots: {service: service, revision: revision}
            inverse: redeploy
            on_stop: finish
            verify: [error_ratio at baseline within 5m]
            timeout: 5m
            tested_in: [staging]
          redeploy:
            tier: aggressive
            risk: high
            steps: [[/usr/bin/kubectl, set, image, '{service}']]
            slots: {service: service}
            irreversible: true
          drain-zone:
            tier: contained
            risk: low
            steps: [[/usr/local/bin/drain, '{"zone": true}']]
            rollback: {steps: [[/usr/local/bin/undrain]]}
            destructive: true
            fleet_wide: true
            containment: true
        slo: {objective: 99.9%, window: 30d, budget_left: 62%}
        stop_files: [/etc/incident-response/EMERGENCY_STOP]
        notify: [[/usr/local/bin/page, '{contact}', '{text}']]
        severity_policy: default
        """

    @Test func `everything of the reference shape is read`() throws {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: Self.whole, file: "/etc/warroom/warroom.yaml")
        #expect(problems == [])
        #expect(configuration.environment == .staging)
        #expect(configuration.environmentIsDeclared)
        #expect(!configuration.hasTickets && !configuration.hasOnCall)
        #expect(
            configuration.sources.map(\.path) == [
                "/var/log/checkout/*.log", "/etc/warroom/dumps/*.prom",
                "/etc/warroom/rules/*.yml", "/etc/warroom/deploys.jsonl",
            ])
        #expect(configuration.sources[1].every == .seconds(15))
        #expect(configuration.sources[1].labels == ["job": "checkout"])
        #expect(configuration.signals.map(\.role) == [.errorRatio, .queue])
        #expect(configuration.signals[1].target == 1500)
        let checkout = try #require(configuration.services["checkout"])
        #expect(checkout.customers == 0.31)
        #expect(checkout.versionsFrom == "/etc/warroom/deploys.jsonl")
        #expect(configuration.services["payments"]?.versions == ["1.0.0", "1.1.0"])
        #expect(configuration.services["payments"]?.zones == ["a": 2, "b": 1])
        #expect(abs((configuration.slo?.objective ?? 0) - 0.999) < 1e-9)
        #expect(configuration.slo?.window == .seconds(30 * 86_400))
        #expect(configuration.stopFiles == ["/etc/incident-response/EMERGENCY_STOP"])
        #expect(configuration.playbooks.contains { $0.id == "high-error-after-deploy" })
        try expectActions(configuration)
    }

    private func expectActions(_ configuration: Configuration) throws {
        let rollback = try #require(configuration.actions["rollback-deployment"])
        #expect(rollback.isRollback && rollback.onStop == .finish && rollback.isReversible)
        #expect(rollback.steps.count == 2 && rollback.timeout == .seconds(300))
        #expect(rollback.slots == ["service": .service, "revision": .revision])
        let drain = try #require(configuration.actions["drain-zone"])
        #expect(drain.isDestructive && drain.isFleetWide && drain.isContainment)
        #expect(drain.rollbackSteps == [["/usr/local/bin/undrain"]])
        #expect(configuration.actions["redeploy"]?.isReversible == false)
    }

    @Test func `an empty file is production with everything required`() throws {
        let (configuration, problems) = try ConfigurationLoader.parse(text: "", file: "w.yaml")
        #expect(problems == [])
        #expect(configuration.environment == .production)
        #expect(!configuration.environmentIsDeclared)
        #expect(configuration.hasTickets && configuration.hasOnCall)
    }

    /// Text, the position's line and column, and what the message must contain.
    @Test(arguments: [
        ("enviroment: dev", "1:1", "Did you mean environment?"),
        ("environment: prod", "1:14", "one of dev, staging, canary, production"),
        ("environment: Production", "1:14", "Did you mean production?"),
        ("tickets: maybe", "1:10", "true or false"),
        ("services:\n  -rf: {}", "2:3", "is not a service name"),
        ("services:\n  ab: {depends_on: [bc]}\n  bd: {}", "2:3", "Did you mean bd?"),
        ("services:\n  ab: {customers: 131%}", "2:19", "0% to 100%"),
        ("services:\n  ab: {teir: edge}", "2:8", "Did you mean tier?"),
        ("signals:\n  x: {promql: 'sum(', unit: ratio}", "2:15", "does not parse"),
        ("signals:\n  x: {promql: 'up', unit: ratoi}", "2:27", "Did you mean ratio?"),
        ("signals:\n  x: {unit: ratio}", "2:6", "promql is missing"),
        ("signals:\n  X y: {promql: up, unit: ratio}", "2:8", "is not a signal name"),
        ("stop_files: [STOP]", "1:14", "an absolute path"),
        ("notify: [[page, '{text}']]", "1:11", "is not an absolute path"),
        ("notify: [[/bin/page, '{txt}']]", "1:10", "Did you mean text?"),
        ("slo: {objective: 100%}", "1:18", "a share below 100 %"),
        ("slo: {window: 30d}", "1:6", "objective is missing"),
        ("playbooks: [nowhere.yaml]", "1:13", "not readable"),
        ("sources: {metrics: [{path: x, every: soon}]}", "1:38", "a duration"),
        ("severity_policy: mine", "1:18", "one of default"),
    ])
    func `mistakes are named with their place`(text: String, place: String, message: String)
        throws
    {
        let (_, problems) = try ConfigurationLoader.parse(text: text, file: "w.yaml")
        let errors = problems.filter(\.isError)
        #expect(errors.count == 1, "\(problems)")
        let first = try #require(errors.first)
        #expect(first.position == "w.yaml:" + place, "\(first)")
        #expect(first.description.contains(message), "\(first)")
        #expect(problems.failure?.exit == .finding)
    }

    static func action(_ lines: String) -> String {
        "actions:\n  act:\n    tier: contained\n    risk: low\n    irreversible: true\n" + lines
    }

    @Test(arguments: [
        ("    steps: [[kubectl, get]]", "is not an absolute path"),
        (
            "    steps: [['/bin/{service}']]\n    slots: {service: service}",
            "is not an absolute path"
        ),
        ("    steps: [kubectl get]", "a list of arguments"),
        (
            "    steps: [[/bin/echo, '{servcie}']]\n    slots: {service: service}",
            "Did you mean service?"
        ),
        ("    steps: [[/bin/echo]]\n    slots: {service: service}", "never uses it"),
        ("    steps: [[/bin/echo, '{a}']]\n    slots: {a: servic}", "Did you mean service?"),
        ("    steps: [[/bin/echo]]\n    timeout: 0s", "timeout is zero"),
        ("    steps: [[/bin/echo]]\n    destructiv: true", "Did you mean destructive?"),
        ("    steps: []", "at least one step"),
        ("    rollback: {steps: [[undo]]}\n    steps: [[/bin/echo]]", "is not an absolute path"),
    ])
    func `actions with a mistake stay out of the catalogue`(lines: String, message: String)
        throws
    {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: Self.action(lines), file: "w.yaml")
        let errors = problems.filter(\.isError)
        #expect(errors.contains { $0.description.contains(message) }, "\(problems)")
        #expect(errors.allSatisfy { $0.position.hasPrefix("w.yaml:") })
        #expect(configuration.actions["act"] == nil)
    }

    @Test func `an inverse that does not exist is named and dropped`() throws {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: Self.action("    steps: [[/bin/echo]]\n    inverse: act2"), file: "w.yaml")
        #expect(problems.map(\.suggestion) == ["act"])
        #expect(configuration.actions["act"]?.inverse == nil)
    }

    @Test func `what is only worth knowing is a note`() throws {
        let text = """
            services:
              ab: {depends_on: [bc]}
              bc: {depends_on: [ab]}
            actions:
              act: {tier: contained, risk: low, steps: [[/bin/true]]}
            """
        let (configuration, problems) = try ConfigurationLoader.parse(text: text, file: "w.yaml")
        #expect(problems.count == 3)
        #expect(problems.allSatisfy { !$0.isError })
        #expect(problems.failure == nil)
        #expect(configuration.actions["act"] != nil)
    }

    @Test(arguments: ["a: [", "a: 1\na: 2", "\u{0}", "- x: {"])
    func `what is no YAML is refused with a position`(text: String) {
        #expect(throws: Failure.self) {
            try ConfigurationLoader.parse(text: text, file: "w.yaml")
        }
    }

    @Test(arguments: ["/nonexistent/w.yaml", "/", "/dev/null"])
    func `unreadable files`(path: String) {
        #expect(throws: Failure.self) { try ConfigurationLoader.load(path: path) }
    }
}
