import Basics
import Incidents
import Playbooks
import Testing

@Suite("Keys about people, policy and looking") struct SafetyKeysTests {
    static let whole = """
        environment: production
        tickets: {check: [/usr/local/bin/ticket, open, '{ticket}']}
        services:
          web: {tier: edge}
          api: {tier: middleware}
          db: {tier: backend}
        people:
          ops1: {may: [note, propose, object, approve, command], contact: '+1 555 0100'}
          ops2: {may: [approve]}
          bot: {may: [note, propose], agent: true}
        policy:
          objection_window: {SEV1: 0s, SEV4: 2m}
          two_persons: [destructive, production]
          auto_rollback: false
          kubeconfig_exec: [/usr/local/bin/aws, /usr/bin/gke-gcloud-auth-plugin]
        escalation:
          - {rung: on-call, person: payments-oncall, contact: 'pager 7', acknowledge_within: 3m}
          - {rung: IC, person: ops1}
        diagnostics:
          pool-usage:
            title: Connections in use
            command: [/usr/bin/psql, -Atc, 'SELECT count(*) FROM pg_stat_activity', '{service}']
            slots: {service: service}
            timeout: 20s
        counters: {errors: 'sum(errors_total)', requests: 'sum(requests_total)'}
        actions:
          rollback-deployment:
            tier: aggressive
            risk: medium
            steps: [[/usr/bin/kubectl, rollout, undo, 'deployment/{service}']]
            slots: {service: service}
            rollback:
              steps: [[/usr/bin/kubectl, rollout, redo, 'deployment/{service}']]
              check: [[/usr/bin/kubectl, rollout, history, 'deployment/{service}']]
            capture: [[/usr/bin/kubectl, logs, 'deployment/{service}', '--tail=200']]
            spans: [web, api, db]
            cannot_undo: sessions of logged-in users
        """

    private func parse(_ text: String) throws -> (Configuration, [LintProblem]) {
        try ConfigurationLoader.parse(text: text, file: "w.yaml")
    }

    @Test func `everything is read`() throws {
        let (configuration, problems) = try parse(Self.whole)
        #expect(problems.filter(\.isError) == [])
        let safety = configuration.safety
        #expect(configuration.hasTickets)
        #expect(safety.ticketCheck == ["/usr/local/bin/ticket", "open", "{ticket}"])
        let people = try #require(safety.people)
        #expect(people.keys.sorted() == ["bot", "ops1", "ops2"])
        #expect(people["ops1"]?.rights == Set(Person.Right.allCases))
        #expect(people["ops1"]?.contact == "+1 555 0100")
        #expect(people["ops2"]?.rights == [.approve])
        #expect(people["bot"]?.isAgent == true && people["bot"]?.rights == [.note, .propose])
        #expect(safety.objectionWindow[.sev1] == .zero)
        #expect(safety.objectionWindow[.sev2] == .seconds(30))
        #expect(safety.objectionWindow[.sev4] == .seconds(120))
        #expect(safety.twoPersons == [.destructive, .production])
        #expect(!safety.allowsAutomaticRollback)
        #expect(
            safety.kubeconfigExec == ["/usr/local/bin/aws", "/usr/bin/gke-gcloud-auth-plugin"])
        #expect(
            safety.escalation == [
                EscalationRung(
                    name: "on-call", person: "payments-oncall", contact: "pager 7",
                    acknowledgeWithin: .seconds(180)),
                EscalationRung(name: "IC", person: "ops1", contact: "+1 555 0100"),
            ])
        #expect(safety.errorCounter == "sum(errors_total)")
        #expect(safety.requestCounter == "sum(requests_total)")
        let pool = try #require(safety.diagnostics["pool-usage"])
        #expect(pool.title == "Connections in use" && pool.timeout == .seconds(20))
        #expect(pool.slots == ["service": .service] && pool.command.count == 4)
        #expect(pool.position == "w.yaml:21:5")
    }

    @Test func `the new keys of an action are read`() throws {
        let action = try #require(try parse(Self.whole).0.actions["rollback-deployment"])
        #expect(action.capture.map(\.count) == [4])
        #expect(
            action.readyCheck == [
                ["/usr/bin/kubectl", "rollout", "history", "deployment/{service}"]
            ])
        #expect(action.spans == ["web", "api", "db"])
        #expect(action.cannotUndo == "sessions of logged-in users")
    }

    @Test func `one window holds for every severity`() throws {
        let (configuration, problems) = try parse("policy: {objection_window: 45s}")
        #expect(problems == [])
        for severity in Severity.allCases {
            #expect(configuration.safety.objectionWindow[severity] == .seconds(45))
        }
        #expect(configuration.safety.twoPersons == [.destructive, .irreversible, .fleetWide])
        #expect(configuration.safety.allowsAutomaticRollback)
    }

    /// Whoever writes `people:` and names nobody has named nobody.
    @Test(arguments: ["people: {}", "people:", "people: ~", "people: []", "people: ops1"])
    func `N49: an empty list of people is nobody`(text: String) throws {
        let (configuration, problems) = try parse(text)
        #expect(configuration.safety.people?.isEmpty == true)
        #expect(problems.contains { $0.what.contains("nobody here may approve") })
    }

    @Test func `without the key the room's owner decides`() throws {
        #expect(try parse("environment: dev").0.safety.people == nil)
    }

    /// Text, the position's line and column, and what the message must contain.
    @Test(arguments: [
        ("people:\n  ops1: {may: [aprove]}", "2:16", "Did you mean approve?"),
        ("people:\n  ops1: {contact: x}", "2:9", "may is missing"),
        ("people:\n  bot: {may: [approve], agent: true}", "2:15", "agent and may not approve"),
        ("people:\n  bot: {may: [command], agent: true}", "2:15", "agent and may not command"),
        ("people:\n  'ops 1': {may: [note]}", "2:12", "is not a login name"),
        ("people:\n  \u{212A}ate: {may: [approve]}", "2:9", "is not a login name"),
        ("people:\n  1up: {may: [note]}", "2:8", "is not a login name"),
        ("people:\n  ops1: {may: [note], agnt: true}", "2:23", "Did you mean agent?"),
        ("policy: {objection_window: soon}", "1:28", "a duration"),
        ("policy: {objection_window: 2h}", "1:28", "0s to 10m"),
        ("policy: {objection_window: {SEV9: 1s}}", "1:29", "unknown key"),
        ("policy: {two_persons: [destructiv]}", "1:23", "Did you mean destructive?"),
        (
            "policy: {kubeconfig_exec: [aws]}", "1:27",
            "\"aws\" is not the path of a program"
        ),
        ("policy: {kubeconfig_exec: [/usr/../aws]}", "1:27", "expected an absolute path"),
        ("policy: {kubeconfig_exe: []}", "1:10", "Did you mean kubeconfig_exec?"),
        ("policy: {auto_rollbck: true}", "1:10", "Did you mean auto_rollback?"),
        ("escalation: [{rung: on-call}]", "1:14", "person is missing"),
        ("escalation: [{person: p, contact: c}]", "1:14", "rung is missing"),
        (
            "escalation: [{rung: a, person: p, contact: c, acknowledge_within: 0s}]", "1:67",
            "acknowledge_within is zero"
        ),
        (
            "escalation: [{rung: a, person: p, contact: c}, {rung: a, person: q, contact: c}]",
            "1:48", "a rung \"a\" already"
        ),
        ("diagnostics:\n  d: {command: [psql, x]}", "2:17", "is not an absolute path"),
        ("diagnostics:\n  d: {title: x}", "2:6", "command is missing"),
        ("diagnostics:\n  D d: {command: [/bin/true]}", "2:8", "is not the id of a diagnostic"),
        ("diagnostics:\n  d: {command: [/bin/cat, '{x}']}", "2:6", "slots do not declare"),
        (
            "diagnostics:\n  d: {command: [/bin/cat], slots: {service: service}}", "2:6",
            "never uses it"
        ),
        ("diagnostics:\n  d: {command: [/bin/cat], timeout: 0s}", "2:37", "a duration such as"),
        ("diagnostics:\n  d: {command: [/bin/cat], timeout: 1h}", "2:37", "within 1s and 5m"),
        ("tickets: {chek: [/bin/t, '{ticket}']}", "1:10", "check is missing"),
        ("tickets: {check: [/bin/t, '{id}']}", "1:18", "is no slot of the ticket check"),
        ("tickets: {check: [/bin/t, x]}", "1:18", "does not name the ticket"),
        ("tickets: {check: [t, '{ticket}']}", "1:19", "is not an absolute path"),
        ("counters: {errors: up}", "1:11", "requests is missing"),
        ("counters: {errors: 'sum(', requests: up}", "1:20", "does not parse"),
    ])
    func `mistakes are named with their place`(text: String, place: String, message: String)
        throws
    {
        let (configuration, problems) = try parse(text)
        let errors = problems.filter(\.isError)
        #expect(
            errors.contains {
                $0.position == "w.yaml:" + place && $0.description.contains(message)
            }, "\(problems)")
        #expect(configuration.safety.diagnostics.isEmpty)
        #expect(configuration.safety.ticketCheck.isEmpty)
        #expect(configuration.safety.errorCounter == nil)
        let mayDecide = configuration.safety.people?.values.contains {
            $0.rights.contains(.approve) || $0.rights.contains(.command)
        }
        #expect(mayDecide != true)
    }

    @Test(arguments: ["people:\n  a: {may: [note]}\n  a: {may: [approve]}"])
    func `a person named twice is refused`(text: String) {
        #expect(throws: Failure.self) { try parse(text) }
    }

    @Test func `people of the ladder that nobody knows are noted`() throws {
        let (configuration, problems) = try parse(
            """
            people: {ops1: {may: [approve]}}
            escalation: [{rung: IC, person: ops2}]
            """)
        #expect(configuration.safety.escalation.count == 1)
        #expect(problems.allSatisfy { !$0.isError })
        #expect(
            problems.contains { $0.what.contains("not among people") && $0.suggestion == "ops1" })
        #expect(problems.contains { $0.what.contains("how \"ops2\" is reached") })
    }

    @Test(arguments: [
        ("    spans: [web, nope]", "which is not in services"),
        ("    spans: [web, web]", "spans web twice"),
        ("    capture: [[kubectl, logs]]", "is not an absolute path"),
        ("    capture: [[/bin/cat, '{other}']]", "slots do not declare"),
        ("    capture: [[/usr/bin/kubectl, delete, pod]]", "must change nothing"),
        (
            "    rollback: {steps: [[/bin/echo, '{service}']], check: [[/bin/systemctl, stop]]}",
            "must change nothing"
        ),
        ("    rollback: {steps: [[/bin/echo]], chek: []}", "Did you mean check?"),
        ("    cannot_undo: [a]", "cannot_undo"),
    ])
    func `an action with such a mistake stays out of the catalogue`(
        line: String, message: String
    ) throws {
        let (configuration, problems) = try parse(
            """
            services: {web: {tier: edge}}
            actions:
              act:
                tier: contained
                risk: low
                irreversible: true
                steps: [[/bin/echo, '{service}']]
                slots: {service: service}
            \(line)
            """)
        #expect(
            problems.contains { $0.isError && $0.description.contains(message) }, "\(problems)")
        #expect(configuration.actions["act"] == nil)
    }

    @Test func `spanning needs a slot for the service`() throws {
        let (configuration, problems) = try parse(
            """
            services: {web: {tier: edge}, api: {}}
            actions:
              act: {tier: contained, risk: low, irreversible: true, steps: [[/bin/true]],
                    spans: [web, api]}
            """)
        #expect(problems.contains { $0.isError && $0.what.contains("no slot for one") })
        #expect(
            problems.contains { $0.isError && $0.what.contains("spans api, which has no tier") })
        #expect(configuration.actions["act"] == nil)
    }

    @Test func `a playbook's diagnostic must exist`() throws {
        let playbook = """
            id: mine
            title: Mine
            applies_when: [error_ratio above baseline]
            do_nothing: it stays
            hypotheses:
              - {id: pool, statement: s, falsified_by: f, fastest_test: t, diagnostic: pool-usage}
            """
        let (read, problems) = try ConfigurationLoader.parsePlaybook(text: playbook, file: "p.yaml")
        #expect(problems == [])
        #expect(read?.hypotheses.first?.diagnostic == "pool-usage")
    }
}

@Suite("Destructive words") struct DestructiveWordsTests {
    @Test(arguments: [
        ["/usr/bin/psql", "-c", "DROP TABLE orders"], ["/usr/bin/psql", "-c", "truncate orders"],
        ["/usr/bin/kubectl", "delete", "pod", "x"], ["/usr/local/bin/cachectl", "Drop"],
        ["/usr/local/bin/rotate-keys"], ["/usr/bin/vault", "rotate", "secret/db"],
        ["/usr/bin/aws", "ec2", "terminate-instances"], ["/usr/bin/kubectl", "drain", "n1"],
        ["/usr/local/bin/fleet", "drain", "node", "7"], ["/usr/local/bin/reimage", "host7"],
        ["/usr/bin/kubectl", "scale", "deploy/x", "--replicas=0"],
        ["/usr/bin/kubectl", "scale", "deploy/x", "--replicas", "0"],
        ["/usr/local/bin/svc", "scale", "x", "0"],
        ["/usr/bin/kubectl", "patch", "deploy/x", "-p", #"{"spec":{"replicas":0}}"#],
        ["/usr/bin/redis-cli", "FLUSHALL"],

    ])
    func `an action that destroys is known by its words`(step: [String]) {
        #expect(DestructiveWords.destruction(in: [["/bin/true"], step]) != nil)
    }

    @Test(arguments: [
        [
            "/usr/bin/kubectl", "rollout", "undo", "deployment/{service}",
            "--to-revision={revision}",
        ],
        ["/usr/bin/kubectl", "rollout", "restart", "deployment/{service}"],
        ["/usr/bin/kubectl", "scale", "deploy/x", "--replicas=10"],
        ["/usr/bin/kubectl", "scale", "deploy/x", "--replicas={n}"],
        ["/usr/local/bin/flagctl", "set", "{flag}", "off"],
        ["/usr/bin/docker", "run", "--rm", "x"],
        ["/usr/local/bin/edgectl", "shed", "{service}"], ["/usr/local/bin/drain", "--zone=a"],
        ["/usr/bin/logrotate", "-f", "/etc/x"],
    ])
    func `an ordinary action is not`(step: [String]) {
        #expect(DestructiveWords.destruction(in: [step]) == nil)
    }

    @Test func `a slot filled with zero scales to zero`() {
        #expect(DestructiveWords.scalingToZero(in: [["/k", "scale", "--replicas=0"]]) != nil)
        #expect(DestructiveWords.scalingToZero(in: [["/k", "scale", "--replicas=00"]]) != nil)
        #expect(DestructiveWords.scalingToZero(in: [["/k", "scale", "--replicas=01"]]) == nil)
    }

    @Test(arguments: [
        ["/usr/bin/kubectl", "delete", "pod"], ["/usr/bin/psql", "-c", "drop table x"],
        ["/usr/bin/systemctl", "restart", "x.service"], ["/usr/bin/kubectl", "apply", "-f", "x"],
        ["/usr/bin/kubectl", "scale", "deploy/x", "--replicas=3"], ["/bin/rm", "x"],
        ["/bin/kill", "-9", "1"], ["/usr/bin/find", "/x", "-delete"],
        ["/usr/bin/psql", "-c", "SELECT pg_terminate_backend(1)"],
        ["/usr/bin/psql", "-c", "UPDATE x SET y = 1"], ["/bin/dd", "if=/dev/zero"],
        ["/usr/bin/redis-cli", "config", "set", "x", "y"], ["/usr/sbin/mkfs.ext4", "/dev/x"],
        ["/bin/sh", "-c", "rm -r /x"], ["/usr/bin/kubectl", "rollout", "undo", "x"],
    ])
    func `a command that changes something is no diagnostic`(argv: [String]) {
        #expect(DestructiveWords.change(in: argv) != nil)
    }

    @Test(arguments: [
        ["/usr/bin/psql", "-c", "SELECT query_start, xact_rollback, stats_reset FROM pg_stat"],
        ["/usr/bin/kubectl", "get", "pods", "--sort-by=.metadata.creationTimestamp"],
        ["/usr/bin/kubectl", "logs", "deployment/scale-service", "--tail=200"],
        ["/usr/bin/kubectl", "rollout", "history", "x"], ["/usr/bin/redis-cli", "info", "stats"],
        ["/usr/bin/aws", "logs", "--start-time", "0"], ["/usr/bin/grep", "-c", "killed", "/x"],
        ["/usr/bin/psql", "-c", "SELECT n_tup_del, last_vacuum FROM pg_stat_user_tables"],
    ])
    func `a command that only reads is one`(argv: [String]) {
        #expect(DestructiveWords.change(in: argv) == nil)
    }

    @Test func `an undeclared destruction counts and is noted`() throws {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: """
                actions:
                  clean: {tier: aggressive, risk: high, irreversible: true,
                          steps: [[/usr/bin/kubectl, delete, pvc, x]]}
                """, file: "w.yaml")
        #expect(problems.map(\.isError) == [false])
        #expect(problems.first?.what.contains("asks for CONFIRM") == true)
        #expect(configuration.actions["clean"]?.destroys == true)
        #expect(configuration.actions["clean"]?.isDestructive == false)
    }
}
