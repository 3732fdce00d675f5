import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Room
import Safety
import Testing

/// Calls, halts, command, tickets: what the NEXT line says and what the commands write.
@Suite struct GuardingCommandTests {
    private static let other = Actor(uid: 2001, name: "ops2")

    private func raised(_ id: String, within seconds: Double = 300) -> EscalationRaised {
        EscalationRaised(
            id: id, rung: "on-call", place: 0, person: "payments-oncall", contact: "+1 555 0100",
            reason: "the breaker opened", acknowledgeWithin: seconds)
    }

    private func unknownOutcome() -> RoomProbe {
        var probe = RoomProbe()
        let proposal = probe.proposal(RoomProbe.flag, id: "M1")
        probe.record(proposal)
        probe.record(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: proposal.action, target: "checkout",
                environment: .production, steps: proposal.steps, digest: proposal.digest,
                rollbackOf: nil, executables: []))
        probe.record(ActionUnknown(attempt: "A1", detail: "the room ended"))
        _ = probe.takeEffects()
        return probe
    }

    // MARK: Escalation

    @Test func anUnansweredCallIsTheNextStep() {
        var probe = RoomProbe()
        probe.record(raised("E1"))
        probe.wait(.seconds(108))
        let step = probe.model.nextStep
        #expect(step.isUrgent)
        for part in ["E1 call", "on-call", "payments-oncall", "+1 555 0100", "3m12s left"] {
            #expect(step.text.contains(part), "\(step.text)")
        }
        #expect(step.keys.contains(":acknowledge E1"))
    }

    @Test func acknowledgingTakesTheNamedOne() {
        var probe = unknownOutcome()
        probe.record(raised("E1"))
        probe.record(raised("E2"))
        _ = probe.takeEffects()
        probe.run(.acknowledge, "E1 Ana has it")
        let answered = probe.takeJournalled(EscalationAcknowledged.self)
        #expect(answered.map(\.id) == ["E1"] && answered.map(\.text) == ["Ana has it"])
        probe.run(.acknowledge, "A1 it never started")
        let seen = probe.takeJournalled(ActionAcknowledged.self)
        #expect(seen.map(\.attempt) == ["A1"] && seen.map(\.finding) == ["it never started"])
    }

    @Test func withoutAnIdTheUnknownOutcomeComesFirst() {
        var probe = unknownOutcome()
        probe.record(raised("E1"))
        _ = probe.takeEffects()
        probe.run(.acknowledge, "it took effect")
        #expect(probe.takeJournalled(ActionAcknowledged.self).map(\.finding) == ["it took effect"])
        probe.run(.acknowledge, "Ana answered")
        #expect(probe.takeJournalled(EscalationAcknowledged.self).map(\.text) == ["Ana answered"])
        #expect(probe.model.availability(of: .acknowledge) != .enabled)
    }

    @Test func anIdThatWaitsForNobodyIsRefused() {
        var probe = unknownOutcome()
        probe.run(.acknowledge, "A7 fine")
        #expect(probe.takeJournalled(ActionAcknowledged.self).isEmpty)
        #expect(probe.model.toast?.text.contains("A1") == true)
    }

    @Test func acknowledgingAsksWhenNothingIsTyped() {
        var probe = RoomProbe()
        probe.record(raised("E1"))
        probe.run(.acknowledge)
        probe.type("Ana!")
        probe.press(.enter)
        #expect(probe.takeJournalled(EscalationAcknowledged.self).map(\.text) == ["Ana!"])
    }

    @Test func escalatingByHandClimbsTheLadder() {
        var probe = RoomProbe()
        probe.model.configuration.safety.escalation = [
            EscalationRung(name: "on-call", person: "p", contact: "1"),
            EscalationRung(name: "IC", person: "q", contact: "2"),
        ]
        for _ in 0..<3 { probe.run(.escalate, "it grows") }
        let raised = probe.takeJournalled(EscalationRaised.self)
        #expect(raised.map(\.id) == ["E1", "E2", "E3"])
        #expect(raised.map(\.rung) == ["on-call", "IC", "IC"])
        #expect(raised.map(\.contact) == ["1", "2", "2"])
    }

    // MARK: Command

    @Test func takingCommandWithoutAHandOverIsLoud() {
        var probe = RoomProbe(actor: Self.other)
        probe.run(.ic, "ops1")
        #expect(probe.takeJournalled(CommandTransferred.self).isEmpty)
        #expect(probe.model.toast?.text == "ops1 is the IC already")
        probe.run(.ic, "ops2")
        let taken = probe.takeJournalled(CommandTransferred.self)
        #expect(taken.map(\.isTakeover) == [true] && taken.map(\.to) == ["ops2"])
        #expect(taken.first?.from == "ops1" && taken.first?.reason.contains("ops2") == true)
        #expect(probe.model.incident.commander == "ops2")
        // Who commands gives it on by the same words, and quietly.
        probe.run(.ic, "ops3")
        #expect(probe.takeJournalled(RoleAssigned.self).map(\.person) == ["ops3"])
        #expect(probe.takeJournalled(CommandTransferred.self).isEmpty)
    }

    // MARK: Halts

    @Test("N56: only the IC resets the breaker, with a typed reason") func breakerReset() {
        var probe = RoomProbe()
        #expect(probe.model.availability(of: .resetBreaker) != .enabled)
        probe.record(BreakerOpened(reason: "two rollbacks in a row have failed"))
        #expect(probe.model.nextStep.text.contains("two rollbacks in a row"))
        probe.run(.resetBreaker)
        probe.press(.enter)
        #expect(probe.takeJournalled(BreakerClosed.self).isEmpty)
        probe.type("kubectl was broken, mended")
        probe.press(.enter)
        let closed = probe.takeJournalled(BreakerClosed.self)
        #expect(closed.map(\.reason) == ["kubectl was broken, mended"])
        #expect(probe.model.incident.breaker == nil)
    }

    @Test("N56: somebody else does not reset the breaker") func othersDoNotReset() {
        var probe = RoomProbe(actor: Self.other)
        probe.record(BreakerOpened(reason: "two in a row"))
        probe.run(.resetBreaker, "please")
        #expect(probe.takeJournalled(BreakerClosed.self).isEmpty)
        #expect(probe.model.incident.breaker != nil)
    }

    @Test(
        "N50: nobody makes themselves IC without the right, and with it only loudly",
        arguments: [false, true])
    func takingCommandByCommand(_ mayCommand: Bool) {
        var probe = RoomProbe(actor: Self.other)
        probe.model.configuration.safety.people = [
            "ops1": Person(user: "ops1", rights: Set(Person.Right.allCases)),
            "ops2": Person(
                user: "ops2", rights: mayCommand ? [.approve, .command] : [.approve]),
            "ops3": Person(user: "ops3", rights: [.approve]),
            "bot": Person(user: "bot", rights: [.command], isAgent: true),
        ]
        for nobody in ["ops3", "bot", "ops4", "ops2 "] {
            probe.run(.ic, nobody)
            #expect(probe.model.incident.commander == "ops1", "\(nobody)")
        }
        probe.run(.ic, "ops2")
        #expect(probe.model.incident.commander == (mayCommand ? "ops2" : "ops1"))
        let taken = probe.takeJournalled(CommandTransferred.self)
        #expect(taken.map(\.isTakeover) == (mayCommand ? [true] : []))
        #expect(taken.map(\.to) == (mayCommand ? ["ops2"] : []))
    }

    @Test("N59: a changed configuration waits for the IC's reason") func keepConfiguration() {
        var probe = RoomProbe()
        probe.record(ConfigurationChanged(digest: "d2", problem: "warroom.yaml:3: not YAML"))
        #expect(probe.model.nextStep.text.contains("not YAML"))
        #expect(probe.model.nextStep.isUrgent)
        probe.run(.keepConfiguration, "half a deploy, it comes back")
        let kept = probe.takeJournalled(ConfigurationAcknowledged.self)
        #expect(kept.map(\.digest) == ["d2"])
        #expect(probe.model.incident.configurationChange == nil)
        #expect(probe.model.availability(of: .keepConfiguration) != .enabled)
    }

    // MARK: Command and ticket

    @Test func handingOverNamesTheNextCommander() {
        var probe = RoomProbe()
        probe.run(.handOver, "ops2 my shift ends")
        let transfer = probe.takeJournalled(CommandTransferred.self)
        #expect(transfer.map(\.to) == ["ops2"] && transfer.map(\.isTakeover) == [false])
        #expect(probe.model.incident.commander == "ops2")
        #expect(probe.model.availability(of: .handOver) != .enabled, "not the IC any more")
    }

    @Test(arguments: [
        "", "ops2", "2ops reason", "-x reason", "ops1 to myself", "../x reason", "a\u{301} r",
    ])
    func handingOverRefuses(_ argument: String) {
        var probe = RoomProbe()
        probe.run(.handOver, argument)
        #expect(probe.takeJournalled(CommandTransferred.self).isEmpty)
        #expect(probe.model.incident.commander == "ops1")
    }

    @Test func commandGoesOnlyToThoseWhoMay() {
        var probe = RoomProbe()
        probe.model.configuration.safety.people = [
            "ops2": Person(user: "ops2", rights: [.approve]),
            "ops3": Person(user: "ops3", rights: [.command]),
        ]
        probe.run(.handOver, "ops2 why not")
        #expect(probe.takeJournalled(CommandTransferred.self).isEmpty)
        probe.run(.handOver, "ops3 my shift ends")
        #expect(probe.takeJournalled(CommandTransferred.self).map(\.to) == ["ops3"])
    }

    @Test func ticketsAreStated() {
        var probe = RoomProbe()
        probe.run(.ticket, "OPS-1 perhaps")
        #expect(probe.takeJournalled(TicketStated.self).isEmpty)
        probe.run(.ticket, "OPS-1 open")
        probe.run(.ticket, "OPS-1 closed")
        #expect(probe.takeJournalled(TicketStated.self).map(\.isOpen) == [true, false])
    }

    @Test func workByHandIsNumberedAndCounted() {
        var probe = RoomProbe()
        for text in ["disable-flag on checkout", "looked at the switch"] {
            probe.run(.byHand)
            probe.type(text)
            probe.press(.enter)
        }
        let manual = probe.takeJournalled(ActionManual.self)
        #expect(manual.map(\.id) == ["H1", "H2"])
        #expect(manual[0].action == "disable-flag" && manual[0].target == "checkout")
        #expect(probe.model.incident.pastAttempts.count == 1)
    }

    @Test func readOnlyRoomsSaySo() {
        var probe = RoomProbe()
        probe.model.access = .viewer("another room holds the journal")
        for command: Command in [
            .escalate, .ticket, .handOver, .inverse, .approve, .test, .byHand,
        ] {
            probe.run(command, "x y")
            #expect(probe.model.toast?.text.contains("read-only") == true, "\(command)")
        }
        #expect(probe.takeEffects().isEmpty)
    }

    // MARK: Rollback questions

    private func judged(_ finding: RollbackJudged.Finding) -> RoomProbe {
        var probe = RoomProbe()
        let proposal = probe.proposal(RoomProbe.flag, id: "M1")
        probe.record(proposal)
        probe.record(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: proposal.action, target: "checkout",
                environment: .production, steps: proposal.steps, digest: proposal.digest,
                rollbackOf: nil, executables: []))
        probe.record(ActionSucceeded(attempt: "A1", seconds: 1))
        probe.record(RollbackArmed(proposal: "M1", baseline: [], errors: "e", requests: "r"))
        probe.record(RollbackJudged(proposal: "M1", finding: finding, detail: "2 bad minutes"))
        return probe
    }

    @Test(arguments: [RollbackJudged.Finding.ask, .inconclusive, .worse])
    func aRollbackQuestionIsUrgent(_ finding: RollbackJudged.Finding) {
        let step = judged(finding).model.nextStep
        #expect(step.isUrgent && step.text.contains("M1") && step.text.contains("2 bad minutes"))
        #expect(step.keys == "r undoes it")
    }

    @Test func notWorseAsksNothing() {
        #expect(!judged(.notWorse).model.nextStep.text.contains("2 bad minutes"))
    }

    @Test func theHeaderSaysWhatIsArmed() {
        var probe = judged(.notWorse)
        #expect(ArmingText.header(probe.model).long.hasPrefix("auto-rollback ARMED for M1"))
        probe.record(RollbackJudged(proposal: "M1", finding: .worse, detail: "bad"))
        #expect(ArmingText.header(probe.model).isLoud)
        probe.record(RollbackDisarmed(proposal: "M1", reason: "15 min are over"))
        #expect(ArmingText.header(probe.model).long.contains("not armed"))
    }

    @Test func minutesAreCountedForTheBaseline() {
        var probe = RoomProbe()
        let whole = Timestamp(
            nanoseconds: probe.model.now.wall.nanoseconds / 60_000_000_000 * 60_000_000_000)
        func minutes(_ minutes: [(requests: Double, isComplete: Bool)]) -> MinuteCounts {
            let counted = minutes.enumerated().map { index, minute in
                MinuteCounts.Minute(
                    end: whole - .seconds(60 * (minutes.count - index)), errors: 1,
                    requests: minute.requests, isComplete: minute.isComplete)
            }
            return MinuteCounts(minutes: counted, errors: "e", requests: "r")
        }
        let thin: [(Double, Bool)] = [(49, true), (100, false), (.nan, true)]
        probe.model.minutes = minutes(thin + [(50, true), (900, true)])
        #expect(ArmingText.header(probe.model).long == "auto-rollback not armed: 2 of 5 min")
        probe.model.minutes = minutes(
            thin + [(50, true), (900, true), (70, true), (70, true), (70, true)])
        #expect(ArmingText.header(probe.model).long.contains("ready"))
        let proposal = probe.proposal(RoomProbe.flag, id: "M9")
        #expect(ArmingText.card(proposal, probe.model).contains("the 5 min before it"))
        probe.model.configuration.safety.allowsAutomaticRollback = false
        #expect(ArmingText.card(proposal, probe.model).contains("switched off by the policy"))
    }
}

/// `t`: diagnostics beside the hypotheses.
@Suite struct TestKeyTests {
    private func probe(slots: [String: CatalogueAction.SlotType] = ["service": .service])
        -> RoomProbe
    {
        var probe = RoomProbe()
        probe.model.configuration.safety.diagnostics["pool-usage"] = Diagnostic(
            id: "pool-usage", title: "Pool usage", command: ["/usr/bin/true", "{service}"],
            slots: slots)
        probe.model.configuration.playbooks[0].hypotheses = [
            Playbook.Hypothesis(
                id: "pool", statement: "the pool is exhausted", prior: 0, evidence: [],
                falsifiedBy: "", fastestTest: "look at the pool", diagnostic: "pool-usage")
        ]
        var observation = probe.observation(errorRatio: 0.07)
        observation.hypotheses = [
            RankedHypothesis(
                id: "pool:payments", statement: "the pool is exhausted", origin: "playbook:errors",
                service: "payments", prior: 0, items: [], bits: 0, share: 0.5, strength: .weak,
                status: .proposed, isPinned: false, falsifiedBy: "",
                fastestTest: "look at the pool")
        ]
        probe.observe(observation)
        probe.model.focus = .hypotheses
        _ = probe.takeEffects()
        return probe
    }

    private func requests(_ probe: inout RoomProbe) -> [DiagnosticRequest] {
        probe.takeEffects().compactMap { effect in
            if case .runDiagnostic(let request) = effect { return request }
            return nil
        }
    }

    private func ran(isOK: Bool = true) -> CommandRan {
        CommandRan(
            purpose: .diagnostic, argv: ["/usr/bin/true", "payments"],
            outcome: isOK ? "ok" : "exit 3", isOK: isOK, seconds: 0.2, blob: "ab12",
            bytesKept: 12, lastLine: "97 of 100 in use", hypothesis: "pool:payments")
    }

    @Test func testRunsTheDiagnosticOnTheBlamedService() {
        var probe = probe()
        probe.run(.test)
        #expect(probe.model.runningTest(of: "pool:payments")?.diagnostic == "pool-usage")
        let requests = requests(&probe)
        #expect(requests.map(\.slots) == [["service": "payments"]])
        #expect(requests.map(\.hypothesis) == ["pool:payments"])
    }

    @Test func itsReportEndsIt() {
        var probe = probe()
        probe.run(.test)
        probe.run(.test)
        #expect(requests(&probe).count == 1, "it runs once at a time")
        probe.record(ran(), by: .automation)
        #expect(probe.model.runningTest(of: "pool:payments") == nil)
        #expect(probe.model.toast?.text.contains("97 of 100 in use") == true)
        probe.run(.test)
        #expect(requests(&probe).count == 1)
    }

    @Test func oneThatNeverReportsIsForgotten() {
        var probe = probe()
        probe.run(.test)
        _ = probe.takeEffects()
        probe.wait(.seconds(60))
        probe.run(.test)
        #expect(requests(&probe).count == 1)
    }

    @Test func itIsAllowedDuringTheEmergencyStop() {
        var probe = probe()
        probe.send(.stopFiles([RoomProbe.present]))
        _ = probe.takeEffects()
        probe.run(.test)
        #expect(requests(&probe).count == 1)
    }

    @Test func aSlotThatNobodyCanFillIsTestedByHand() {
        var probe = probe(slots: ["share": .integer])
        probe.run(.test)
        #expect(probe.model.toast?.text.contains("nothing says what {share} is") == true)
        let effects = probe.takeEffects()
        #expect(!effects.contains { if case .runDiagnostic = $0 { true } else { false } })
        #expect(effects.count == 1, "the hypothesis is marked all the same")
    }

    @Test func withoutADiagnosticItIsMarked() {
        var probe = probe()
        probe.model.configuration.safety.diagnostics = [:]
        probe.run(.test)
        #expect(
            probe.takeJournalled(HypothesisStatusChanged.self).map(\.status) == [.investigating])
    }
}

/// In a text field `!` is text; Ctrl-X is the stop from everywhere (`BindingsTests`).
@Suite struct FieldTests {
    private static let commands: [(Command, String)] = [
        (.note, ""), (.followUp, ""), (.title, ""), (.hypothesis, ""), (.update, ""),
        (.byHand, ""), (.escalate, ""), (.resetBreaker, ""), (.keepConfiguration, ""),
        (.acknowledge, ""), (.object, ""), (.refuse, ""), (.resolve, ""), (.find, ""),
        (.palette, ""), (.environment, ""),
    ]

    @Test(arguments: commands.map(\.0)) func exclamationMarkIsText(_ command: Command) {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.record(probe.proposal(RoomProbe.flag, id: "M1"))
        probe.record(BreakerOpened(reason: "r"))
        probe.record(ConfigurationChanged(digest: "d", problem: "p"))
        probe.record(
            EscalationRaised(
                id: "E1", rung: "IC", place: 0, person: "p", contact: "", reason: "r",
                acknowledgeWithin: 60))
        probe.run(command)
        #expect(probe.model.overlay?.isTyping == true, "\(command) opens no field")
        _ = probe.takeEffects()
        probe.press(.character("!"))
        #expect(probe.model.overlay?.isTyping == true)
        #expect(probe.takeEffects().isEmpty, "\(command): ! is text")
    }
}
