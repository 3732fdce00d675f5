import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Room
import Testing

@Suite struct MovingTests {
    private func feeds(_ ids: ClosedRange<UInt64>) -> FeedSnapshot {
        FeedSnapshot(
            recent: ids.map {
                LogRecord(
                    id: $0, place: LogPlace(source: "a.log", offset: Int64($0)),
                    time: RoomProbe.start, timeIsAssumed: false, service: "checkout",
                    message: $0 % 10 == 0 ? "timeout \($0)" : "line \($0)")
            })
    }

    private func inLogs() -> RoomProbe {
        var probe = RoomProbe()
        probe.observe(probe.observation(), feeds: feeds(1...100))
        probe.run(.logs)
        return probe
    }

    @Test func followStopsOnScrollUpAndResumesAtTheBottom() {
        var probe = inLogs()
        #expect(probe.model.selectedID(in: .logs) == "100")
        probe.run(.up)
        #expect(probe.model.lists[.logs]?.isFollowing == false)
        probe.observe(probe.observation(), feeds: feeds(1...120))
        #expect(probe.model.selectedID(in: .logs) == "99")
        probe.run(.bottom)
        #expect(probe.model.lists[.logs]?.isFollowing == true)
        probe.observe(probe.observation(), feeds: feeds(1...130))
        #expect(probe.model.selectedID(in: .logs) == "130")
    }

    @Test func spacePausesAndFollows() {
        var probe = inLogs()
        probe.run(.follow)
        probe.observe(probe.observation(), feeds: feeds(1...120))
        #expect(probe.model.selectedID(in: .logs) == "100")
        probe.run(.follow)
        #expect(probe.model.selectedID(in: .logs) == "120")
    }

    @Test func selectionIsKeptWhenTheListChanges() {
        var probe = inLogs()
        probe.run(.pageUp)
        let selected = probe.model.selectedID(in: .logs)
        probe.observe(probe.observation(), feeds: feeds(20...140))
        #expect(probe.model.selectedID(in: .logs) == selected)
    }

    @Test func findShowsMatchesAndMovesAmongThem() {
        var probe = inLogs()
        probe.run(.find)
        probe.type("timeout")
        probe.press(.enter)
        #expect(probe.model.find == "timeout")
        #expect(probe.model.logRows.count == 10)
        probe.run(.previousMatch)
        #expect(probe.model.logRows.contains { String($0.id) == probe.model.selectedID(in: .logs) })
        probe.run(.back)
        #expect(probe.model.find.isEmpty)
        #expect(probe.model.logRows.count == 100)
        #expect(!probe.model.availability(of: .nextMatch).isEnabled)
    }

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
        var probe = inLogs()
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

    @Test func aViewerWritesNothingButCanStop() {
        var probe = RoomProbe()
        probe.model.access = .viewer("another room holds the journal")
        _ = probe.takeEffects()
        for command in [Command.note, .approve, .resolve, .severity, .update, .byHand] {
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
