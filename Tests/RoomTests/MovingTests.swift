import Basics
import Canvas
import Diagnosis
import Incidents
import Room
import Testing

@Suite struct MovingTests {
    @Test func findReadsWhatTheMitigationsSay() {
        var probe = RoomProbe()
        probe.record(probe.proposal(RoomProbe.flag, id: "M1"))
        probe.record(probe.proposal(RoomProbe.drop, id: "M2"))
        probe.run(.mitigations)
        probe.run(.find)
        probe.type("the cache")
        probe.press(.enter)
        #expect(probe.model.selectedMitigation?.id == "M2")
    }

    @Test func escGoesOutOneLevelAndNeverQuits() {
        var probe = RoomProbe()
        probe.run(.logs)
        probe.run(.open)
        probe.run(.back)
        #expect(probe.model.overlay == nil)
        #expect(probe.model.focus == .logs)
        probe.run(.back)
        #expect(!probe.model.focus.isScreen)
        for _ in 0..<5 { probe.run(.back) }
        #expect(!probe.model.isLeaving)
    }

    @Test func leavingAsks() {
        var probe = RoomProbe()
        probe.run(.quit)
        probe.press(.character("n"))
        #expect(!probe.model.isLeaving)
        probe.run(.quit)
        probe.press(.character("y"))
        #expect(probe.model.isLeaving)
    }

    // MARK: Read-only

    /// Notes and objections are handed to the room that writes; nothing else is.
    @Test func aViewerWritesNothingButCanStop() {
        var probe = RoomProbe()
        probe.model.access = .viewer("another room holds the journal")
        _ = probe.takeEffects()
        for command in [Command.approve, .resolve, .severity, .update, .byHand] {
            probe.run(command, "text")
            #expect(probe.takeEffects().isEmpty, "\(command.rawValue)")
        }
        var observation = probe.observation(errorRatio: 0.07)
        observation.situation.onset = RoomProbe.start
        probe.observe(observation)
        #expect(probe.takeEffects().isEmpty)
        probe.run(.stop)
        #expect(probe.takeEffects().count == 1)
    }

    // MARK: Declaration

    @Test func declarationTakesWhatIsTypedAndKeepsIt() {
        var probe = RoomProbe()
        probe.run(.environment)
        guard case .declaration(let form)? = probe.model.overlay else {
            Issue.record("no form")
            return
        }
        #expect(form[.what] == "checkout 5xx")
        probe.press(.control("U"))
        probe.type("carts fail")
        var observation = probe.observation()
        observation.situation.what = "error ratio 7 %"
        observation.situation.onset = RoomProbe.start
        probe.observe(observation)
        guard case .declaration(let later)? = probe.model.overlay else {
            Issue.record("no form")
            return
        }
        #expect(later[.what] == "carts fail")
        #expect(!later[.since].isEmpty)
        _ = probe.takeEffects()
        probe.press(.control("D"))
        #expect(probe.model.overlay == nil)
        #expect(probe.model.incident.title == "carts fail")
        #expect(probe.model.incident.startedAt == RoomProbe.start)
    }

    @Test(arguments: ["prod", "Production", "production\u{200B}"])
    func declarationRefusesAnEnvironmentThatIsNone(_ text: String) {
        var probe = RoomProbe()
        probe.run(.environment)
        for _ in 0..<4 { probe.press(.tab) }
        probe.press(.control("U"))
        probe.type(text)
        probe.press(.control("D"))
        guard case .declaration(let form)? = probe.model.overlay else {
            Issue.record("it was accepted")
            return
        }
        #expect(form.focus == .environment)
        #expect(!form.error.isEmpty)
    }

    // MARK: Palette

    @Test func thePaletteRunsWhatIsTyped() {
        var probe = RoomProbe()
        probe.run(.palette)
        probe.type("severity SEV3 fewer customers")
        probe.press(.enter)
        let changes = probe.takeJournalled(SeverityChanged.self)
        #expect(changes.map(\.severity) == [.sev3])
        #expect(changes.map(\.reason) == ["fewer customers"])
    }

    @Test func anUnknownCommandIsNamed() {
        var probe = RoomProbe()
        probe.run(.palette)
        probe.type("frobnicate")
        probe.press(.enter)
        #expect(probe.model.toast?.text.contains("frobnicate") == true)
        #expect(probe.takeEffects().isEmpty)
    }

    @Test func everyDisabledCommandSaysWhy() {
        var probe = RoomProbe()
        for command in Command.allCases {
            guard case .disabled(let reason) = probe.model.availability(of: command) else {
                continue
            }
            probe.run(command)
            #expect(probe.model.toast?.text == "\(command.rawValue): \(reason)")
        }
    }
}
