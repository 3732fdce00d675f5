import Basics
import Canvas
import Incidents
import Playbooks
import Room
import Safety

/// What guards the actions, as people see it.
extension Scene {
    static let guarding: [Scene] = cards + room + pages

    private static let cards: [Scene] = [
        Scene("card", "staged") { $0.overlay = .card(Fixture.stagedCard) },
        Scene("card", "two-persons") { model in
            var card = Fixture.twoPersonCard
            card.message =
                "two persons: another user runs warroom approve M3, or Tab: why alone"
            model.overlay = .card(card)
        },
        Scene("card", "break-glass") { model in
            var card = Fixture.twoPersonCard
            card.focus = .confirm
            card.breakGlass = TextField("nobody else is awake")
            card.confirm = TextField("CONFIRM chec")
            model.connected = Fixture.connected
            model.overlay = .card(card)
        },
        Scene("card", "window") { size in
            var fixture = Fixture(size: size)
            var proposal = Fixture.rollbackProposal
            proposal.id = "M5"
            fixture.log(proposal, at: "14:16:30")
            fixture.model.connected = Fixture.connected
            fixture.model.overlay = .card(
                ApprovalCard(
                    proposal: proposal, gates: Fixture.gates, proposer: Fixture.operatorActor,
                    openedAt: Fixture.now))
            return fixture.model
        },
        Scene("card", "objection") { model in
            var card = Fixture.card
            card.objection = "ops2 objects: the cache is cold, wait ten minutes"
            model.connected = Fixture.connected
            model.overlay = .card(card)
        },
    ]

    private static let room: [Scene] = [
        Scene("room", "armed") { size in
            var fixture = Fixture(size: size)
            fixture.runFlagAgain()
            fixture.arm()
            return fixture.model
        },
        Scene("room", "rollback-asked") { size in
            var fixture = Fixture(size: size)
            fixture.runFlagAgain()
            fixture.arm()
            fixture.log(
                RollbackJudged(
                    proposal: "M1", finding: .ask,
                    detail: "more than 10 % over the baseline for two minutes, perhaps by chance"),
                at: "14:16:20", by: .automation)
            return fixture.model
        },
        Scene("room", "escalation") { size in
            var fixture = Fixture(size: size)
            fixture.log(
                EscalationRaised(
                    id: "E1", rung: "on-call", place: 0, person: "payments-oncall",
                    contact: "+1 555 0100", reason: "two rollbacks in a row have failed",
                    acknowledgeWithin: 300), at: "14:15:30", by: .automation)
            return fixture.model
        },
        Scene("room", "breaker") { size in
            var fixture = Fixture(size: size)
            fixture.log(
                BreakerOpened(reason: "two rollbacks in a row have failed"), at: "14:15:30",
                by: .automation)
            return fixture.model
        },
        Scene("room", "configuration") { size in
            var fixture = Fixture(size: size)
            fixture.log(
                ConfigurationChanged(
                    digest: "d2", problem: "warroom.yaml:3:1: a tab begins the line"),
                at: "14:15:30", by: .automation)
            return fixture.model
        },
        Scene("room", "baseline-short") { model in
            model.minutes = MinuteCounts(
                minutes: (1...2).map {
                    MinuteCounts.Minute(
                        end: Fixture.now - .seconds(60 * $0), errors: 3, requests: 300,
                        isComplete: true)
                }, errors: "e", requests: "r")
        },
        Scene("room", "canary") { size in
            var fixture = Fixture(size: size)
            fixture.runStaged()
            return fixture.model
        },
    ]

    private static let pages: [Scene] = [
        Scene("hypotheses", "test-runs") { (model: inout Model) in
            Fixture.addDiagnostic(&model)
            model.focus = .hypotheses
            model.runningTests["deploy-regression"] = RunningTest(
                diagnostic: "pool-usage", since: model.now.boot + .seconds(-4),
                timeout: .seconds(30))
        },
        Scene("hypotheses", "tested") { size in
            var fixture = Fixture(size: size)
            Fixture.addDiagnostic(&fixture.model)
            fixture.log(
                CommandRan(
                    purpose: .diagnostic, argv: ["/usr/local/bin/pool", "--service=checkout"],
                    outcome: "exit 3", isOK: false, seconds: 0.42,
                    blob: String(repeating: "ab12", count: 16), bytesKept: 1_204,
                    lastLine: "97 of 100 in use", hypothesis: "deploy-regression"),
                at: "14:16:00", by: .automation)
            fixture.model.focus = .hypotheses
            fixture.model.overlay = .detail(.hypotheses, scroll: 14)
            return fixture.model
        },
        Scene("mitigations", "evidence") { size in
            var fixture = Fixture(size: size)
            fixture.keepEvidence()
            fixture.model.focus = .mitigations
            fixture.model.lists[.mitigations] = Model.ListState(selected: "M1")
            fixture.model.overlay = .detail(.mitigations, scroll: 0)
            return fixture.model
        },
        Scene("leaving", "armed") { size in
            var fixture = Fixture(size: size)
            fixture.arm()
            fixture.model.overlay = .leaving
            return fixture.model
        },
    ]
}

extension Fixture {
    static let ops2 = Actor(uid: 1001, name: "ops2")
    static let connected = [
        ConnectedPerson(actor: ops2, rights: [.object, .approve]),
        ConnectedPerson(actor: Actor(uid: 1002, name: "bot"), rights: [.note]),
    ]

    /// Three services, edge first; evidence is kept, and the way back was tried.
    static var stagedProposal: MitigationProposed {
        var proposal = flagProposal
        proposal.id = "M4"
        proposal.title = "disable flag new_pricing on edge, api and db"
        proposal.steps = ["edge", "api", "db"].map {
            ["/usr/local/bin/flagctl", "set", "--on=\($0)", "new_pricing", "off"]
        }
        proposal.stages = ["edge", "api", "db"].enumerated().map {
            ActionStage(service: $0.element, steps: [$0.offset])
        }
        proposal.capture = [["/usr/local/bin/flagctl", "dump", "new_pricing"]]
        proposal.readyCheck = [["/usr/local/bin/flagctl", "check"]]
        proposal.cannotUndo = "open carts keep the price that they got meanwhile"
        proposal.digest = "99ff00aa11bb22cc"
        return proposal
    }

    static var stagedCard: ApprovalCard {
        ApprovalCard(
            proposal: stagedProposal, gates: gates, proposer: ops2,
            expectedEffect: ["error_ratio at baseline within 5m"],
            couldBreak: "prices of open carts change back", monitor: "error ratio, p99",
            openedAt: now)
    }

    /// The strictest class by whoever proposed it.
    static var twoPersonCard: ApprovalCard {
        let other = confirmCard
        var verdicts = gates.verdicts
        verdicts[10] = GateVerdict(
            .approval, .review, "it needs two persons: one proposes, another approves",
            remedy: "somebody else approves, or break-glass by the IC with a reason")
        var proposal = other.proposal
        proposal.cannotUndo = "cached sessions are gone, people must log in again"
        return ApprovalCard(
            proposal: proposal, gates: GateReport(verdicts: verdicts), proposer: operatorActor,
            secondPerson: "nothing undoes it", openedAt: now)
    }

    static func addDiagnostic(_ model: inout Model) {
        model.configuration.safety.diagnostics["pool-usage"] = Diagnostic(
            id: "pool-usage", title: "Pool usage",
            command: ["/usr/local/bin/pool", "--service={service}"], slots: ["service": .service])
        model.configuration.playbooks = [
            Playbook(
                id: "errors-after-deploy", title: "Errors after a deploy", appliesWhen: [],
                check: [],
                hypotheses: [
                    Playbook.Hypothesis(
                        id: "deploy-regression", statement: "", prior: 1, evidence: [],
                        falsifiedBy: "", fastestTest: "", diagnostic: "pool-usage")
                ], mitigations: [], doNothing: "", confirm: [], harden: [], deferTo: [],
                position: "")
        ]
    }

    /// The flag's action is done and its effect is watched.
    mutating func runFlagAgain() {
        model.incident.mitigations[0].attempts[0].verdict = nil
        model.incident.mitigations[0].attempts[0].endedAt = Self.time("2026-08-21T14:14:00Z")
    }

    mutating func arm() {
        log(
            RollbackArmed(
                proposal: "M1",
                baseline: (1...7).map {
                    RecordedMinute(index: -$0, errors: 21, requests: 300, isComplete: true)
                }.reversed(), errors: "e", requests: "r"), at: "14:13:59", by: .automation)
        for index in 1...2 {
            log(
                RollbackMinute(
                    proposal: "M1",
                    minute: RecordedMinute(
                        index: index, errors: 20, requests: 310, isComplete: true)),
                at: "14:15:30", by: .automation)
        }
        log(
            RollbackJudged(proposal: "M1", finding: .notWorse, detail: "2 minutes"),
            at: "14:15:31", by: .automation)
    }

    mutating func runStaged() {
        log(Self.stagedProposal, at: "14:15:40", by: Self.ops2)
        log(
            ActionIntent(
                proposal: "M4", attempt: "A2", action: "disable-flag", target: "checkout",
                environment: .production, steps: Self.stagedProposal.steps,
                digest: Self.stagedProposal.digest, rollbackOf: nil, executables: []),
            at: "14:16:20")
        log(ActionStarted(attempt: "A2", step: 1, pid: 4242), at: "14:16:20")
        model.canaryWaits["A2"] = CanaryWait(
            service: "edge", since: model.now.boot + .seconds(-18))
    }

    mutating func keepEvidence() {
        log(
            CommandRan(
                purpose: .evidence, argv: ["/usr/local/bin/flagctl", "dump", "new_pricing"],
                outcome: "ok", isOK: true, seconds: 0.2,
                blob: String(repeating: "cd34", count: 16), bytesKept: 48_211,
                bytesDropped: 1_000, lastLine: "412 rows", proposal: "M1"), at: "14:07:31",
            by: .automation)
        log(
            CanaryWatched(
                attempt: "A1", service: "edge", isStable: true,
                detail: "60s, error ratio 6.9 %, dependants stable"), at: "14:08:40",
            by: .automation)
        runFlagAgain()
        arm()
    }
}
