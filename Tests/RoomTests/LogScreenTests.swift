import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Room
import Testing

/// Screen 6 without a terminal: what follows, what stands still, what is asked of the feeds.
@Suite struct LogScreenTests {
    private static func record(_ id: UInt64) -> LogRecord {
        let level: LogLevel? = id % 10 == 0 ? .error : id % 10 == 5 ? .warning : .info
        return LogRecord(
            id: id, place: LogPlace(source: "logs:a.log", offset: Int64(id) * 100),
            time: RoomProbe.start + .seconds(Int64(id)), timeIsAssumed: false, level: level,
            service: id % 2 == 0 ? "checkout" : "cart",
            message: id % 10 == 0 ? "upstream timeout \(id)" : "line \(id)",
            pattern: PatternID(id % 10 == 0 ? 1 : 2))
    }

    private func feeds(_ ids: ClosedRange<UInt64>, generation: UInt64) -> FeedSnapshot {
        FeedSnapshot(
            sources: [SourceHealth(id: "logs:a.log", kind: "logs", path: "/var/log/a.log")],
            recent: ids.map(Self.record), totalRecords: Int(ids.upperBound),
            patterns: [pattern(1, isNew: true), pattern(2, isNew: false)], generation: generation)
    }

    private func pattern(_ id: UInt32, isNew: Bool) -> PatternSummary {
        PatternSummary(
            id: PatternID(id), template: "template \(id)", count: 10 * Int(id), ratePerMinute: 1,
            firstSeen: RoomProbe.start, lastSeen: RoomProbe.start, example: "example \(id)",
            isNew: isNew)
    }

    private func inLogs(_ ids: ClosedRange<UInt64> = 101...200) -> RoomProbe {
        var probe = RoomProbe()
        probe.send(.feeds(feeds(ids, generation: 1)))
        probe.run(.logs)
        _ = probe.takeEffects()
        return probe
    }

    private func requests(_ probe: inout RoomProbe) -> [LogPageRequest] {
        probe.takeEffects().compactMap {
            if case .findLogs(let request) = $0 { request } else { nil }
        }
    }

    private func page(
        _ request: LogPageRequest, _ ids: [UInt64], start: Bool = false, end: Bool = false,
        next: LogPageRequest.Anchor? = nil
    ) -> Message {
        var page = LogPage(request: request.id)
        page.records = ids.map { id in
            var record = Self.record(id)
            record.id = 0
            return record
        }
        page.reachedStart = start
        page.reachedEnd = end
        page.isPartial = next != nil
        page.next = next
        return .logPage(page)
    }

    private func selected(_ probe: RoomProbe) -> String { probe.model.logs.selected?.message ?? "" }

    // MARK: Following and standing still

    @Test func followStopsOnScrollUpAndResumesAtTheBottom() {
        var probe = inLogs()
        #expect(selected(probe) == "upstream timeout 200")
        probe.run(.up)
        #expect(!probe.model.logs.isFollowing)
        probe.send(.feeds(feeds(121...220, generation: 2)))
        #expect(selected(probe) == "line 199" && probe.model.logs.below == 20)
        probe.run(.bottom)
        #expect(probe.model.logs.isFollowing && probe.model.logs.below == 0)
        probe.send(.feeds(feeds(131...230, generation: 3)))
        #expect(selected(probe) == "upstream timeout 230")
    }

    @Test func whatIsShownStaysWhenTheFeedsDropIt() {
        var probe = inLogs()
        probe.run(.follow)
        let rows = probe.model.logs.rows.map(\.message)
        probe.send(.feeds(feeds(9_001...9_100, generation: 2)))
        #expect(probe.model.logs.rows.map(\.message) == rows)
        #expect(probe.model.logs.below == 8_900)
        probe.run(.follow)
        #expect(selected(probe) == "upstream timeout 9100")
    }

    @Test func goingDownTakesInWhatArrivedAndThenFollows() {
        var probe = inLogs()
        probe.run(.follow)
        probe.send(.feeds(feeds(101...203, generation: 2)))
        probe.run(.down)
        #expect(selected(probe) == "line 201" && !probe.model.logs.isFollowing)
        probe.run(.down)
        probe.run(.down)
        #expect(probe.model.logs.isFollowing && selected(probe) == "line 203")
    }

    @Test func aGapBelowIsAskedFor() {
        var probe = inLogs()
        probe.run(.follow)
        probe.send(.feeds(feeds(301...400, generation: 2)))
        probe.run(.down)
        let asked = requests(&probe)
        #expect(asked.map(\.anchor) == [.after(LogOrder(Self.record(200)))])
        probe.send(page(asked[0], Array(201...340), end: true))
        #expect(probe.model.logs.rows.map(\.message) == (101...400).map { Self.record($0).message })
        #expect(probe.model.logs.touchesNewest)
    }

    @Test func olderLinesAreAskedForAndTheCursorStays() {
        var probe = inLogs()
        probe.run(.pageUp)
        probe.run(.pageUp)
        let asked = requests(&probe)
        let before = selected(probe)
        #expect(asked.map(\.anchor) == [.before(LogOrder(Self.record(101)))])
        let screenRow = probe.model.logs.screenRow
        // An answer to another question changes nothing.
        probe.send(page(LogPageRequest(id: 999), [1]))
        #expect(probe.model.logs.rows.count == 100)
        probe.send(page(asked[0], Array(51...102), start: true))
        #expect(probe.model.logs.rows.count == 150 && probe.model.logs.reachedStart)
        #expect(selected(probe) == before && probe.model.logs.screenRow == screenRow)
        for _ in 0..<10 { probe.run(.pageUp) }
        #expect(selected(probe) == "line 51" && requests(&probe).isEmpty)
    }

    // MARK: Filters

    @Test func aFilterIsTriedWhileItIsTyped() {
        var probe = inLogs()
        probe.run(.find)
        probe.type("level:error")
        #expect(probe.model.logs.rows.count == 10 && requests(&probe).isEmpty)
        probe.press(.escape)
        probe.run(.back)
        #expect(probe.model.logs.filter.isEmpty && probe.model.logs.rows.count == 100)
        probe.run(.find)
        probe.type("level:error ~timeout 1[0-5]")
        probe.press(.enter)
        #expect(probe.model.logs.rows.count == 5 && probe.model.overlay == nil)
        #expect(probe.model.logs.filter.typed == "level:error ~timeout 1[0-5]")
        // Few lines match at hand: older ones are looked for, on disk too.
        #expect(requests(&probe).map(\.filter) == [probe.model.logs.filter])
    }

    @Test func aBadExpressionSaysWhyAndStaysAsItIsTyped() {
        var probe = inLogs()
        probe.run(.find)
        probe.type("~time(")
        probe.press(.enter)
        guard case .prompt(let prompt)? = probe.model.overlay else {
            Issue.record("the prompt is gone")
            return
        }
        #expect(prompt.field.text == "~time(" && prompt.error.contains("missing closing )"))
        #expect(probe.model.logs.rows.count == 10, "the last one that could be used")
        probe.type(")")
        probe.press(.enter)
        #expect(probe.model.overlay == nil && probe.model.logs.filter.expression == "time()")
    }

    @Test func filteringWhilePausedKeepsThePlace() {
        var probe = inLogs()
        for _ in 0..<45 { probe.run(.up) }
        #expect(selected(probe) == "line 155")
        probe.run(.level, "error")
        #expect(selected(probe) == "upstream timeout 160" && !probe.model.logs.isFollowing)
        probe.run(.back)
        #expect(selected(probe) == "upstream timeout 160" && probe.model.logs.rows.count == 100)
        // `[` goes on among what the filter found.
        probe.run(.previousMatch)
        #expect(selected(probe) == "upstream timeout 150")
    }

    @Test func keysFilterByWhatIsSelected() {
        var probe = inLogs()
        probe.run(.follow)
        probe.run(.samePattern)
        #expect(probe.model.logs.filter.pattern == PatternID(1))
        probe.run(.samePattern)
        #expect(probe.model.logs.filter.isEmpty)
        probe.run(.hidePattern)
        #expect(probe.model.logs.rows.allSatisfy { $0.pattern == PatternID(2) })
        probe.run(.sameService)
        #expect(probe.model.logs.filter.parts.count == 2)
        probe.run(.removeFilter)
        #expect(probe.model.logs.filter.typed.hasPrefix("service:"))
        probe.run(.level)
        #expect(probe.model.logs.filter.leastLevel == .warning)
        probe.run(.level)
        probe.run(.level)
        #expect(probe.model.logs.filter.leastLevel == nil)
    }

    @Test func aFilteredViewFollowsAndCounts() {
        var probe = inLogs()
        probe.run(.filter, "level:error")
        probe.send(.feeds(feeds(121...220, generation: 2)))
        #expect(probe.model.logs.rows.count == 12, "what was shown stays above the new lines")
        probe.run(.up)
        probe.send(.feeds(feeds(141...240, generation: 3)))
        probe.send(.feeds(feeds(161...260, generation: 4)))
        #expect(probe.model.logs.below == 4 && !probe.model.logs.belowIsLeast)
        probe.send(.feeds(feeds(1_001...1_100, generation: 5)))
        #expect(probe.model.logs.below == 14 && probe.model.logs.belowIsLeast)
    }

    @Test func tabCompletesWhatTheLogsHold() {
        var probe = inLogs()
        probe.run(.find)
        probe.type("level:err")
        probe.press(.tab)
        probe.type("service:che")
        probe.press(.tab)
        guard case .prompt(let prompt)? = probe.model.overlay else { return }
        #expect(prompt.field.text == "level:error service:checkout ")
    }

    // MARK: Jumps

    @Test func errorsAreJumpedTo() {
        var probe = inLogs()
        probe.run(.previousError)
        #expect(selected(probe) == "upstream timeout 190")
        probe.run(.nextError)
        #expect(selected(probe) == "upstream timeout 200")
        for _ in 0..<9 { probe.run(.previousError) }
        #expect(selected(probe) == "upstream timeout 110" && requests(&probe).isEmpty)
        probe.run(.previousError)
        let seek = requests(&probe)
        #expect(seek.count == 1 && seek[0].recordsMax == 1 && seek[0].filter.leastLevel == .error)
        probe.send(page(seek[0], [40]))
        let jump = requests(&probe)
        #expect(jump.map(\.anchor) == [.at(Self.record(40).time)])
        probe.send(page(jump[0], Array(40...80)))
        #expect(selected(probe) == "upstream timeout 40" && !probe.model.logs.touchesNewest)
        // What stands above it is fetched too.
        let above = requests(&probe)
        probe.send(page(above[0], Array(1...39), start: true))
        #expect(selected(probe) == "upstream timeout 40" && probe.model.logs.rows.count == 80)
    }

    @Test func aSearchGoesOnUntilItEndsOrIsStopped() {
        var probe = inLogs()
        probe.run(.filter, "level:fatal")
        var asked = requests(&probe)
        let next = LogPageRequest.Anchor.before(LogOrder(Self.record(50)))
        probe.send(page(asked[0], [], next: next))
        asked = requests(&probe)
        #expect(asked.map(\.anchor) == [next])
        #expect(probe.model.logs.question != nil)
        probe.run(.back)
        #expect(probe.model.logs.question == nil && probe.model.logs.filter.isEmpty)
        probe.send(page(asked[0], [10]))
        #expect(probe.model.logs.rows.count == 100)
        probe.run(.goTo, "2001-01-01")
        #expect(probe.model.logs.question != nil)
        probe.run(.back)
        #expect(probe.model.logs.question == nil && probe.model.focus == .logs)
    }

    @Test func timesAreJumpedTo() {
        var probe = inLogs()
        probe.run(.goTo, TimeText.rfc3339(Self.record(150).time))
        #expect(selected(probe) == "upstream timeout 150" && requests(&probe).isEmpty)
        probe.run(.goTo, "2001-01-01")
        let asked = requests(&probe)
        probe.send(page(asked[0], [1, 2, 3], start: true))
        #expect(selected(probe) == "line 1")
        probe.run(.goTo, "teatime")
        #expect(probe.model.toast?.text.contains("14:02") == true)
        probe.run(.goTo)
        probe.type("now")
        probe.press(.enter)
        #expect(requests(&probe).count > 0)
    }

    // MARK: Patterns and evidence

    @Test func aPatternIsChosenAndItsLinesShown() {
        var probe = inLogs()
        probe.run(.patterns)
        #expect(probe.model.patternRows.map(\.id) == [PatternID(1), PatternID(2)])
        probe.run(.down)
        probe.run(.open)
        #expect(probe.model.logs.mode == .lines && probe.model.logs.rows.count == 90)
        probe.run(.patterns)
        probe.run(.back)
        #expect(probe.model.logs.mode == .lines && probe.model.focus == .logs)
    }

    @Test func aLineIsPinnedAsItIs() throws {
        var probe = inLogs()
        var observation = probe.observation()
        observation.hypotheses = ["pool", "network"].map {
            RankedHypothesis(
                id: $0, statement: "the \($0)", origin: "operator", service: nil, prior: 0,
                items: [], bits: 0, share: 0.5, strength: .weak, status: .proposed,
                isPinned: false, falsifiedBy: "", fastestTest: "")
        }
        probe.observe(observation, feeds: feeds(101...200, generation: 1))
        probe.run(.follow)
        probe.run(.evidence)
        // What arrives meanwhile does not change what was pointed at.
        probe.send(.feeds(feeds(9_001...9_100, generation: 2)))
        probe.press(.down)
        probe.type("it times out")
        probe.press(.enter)
        let evidence = try #require(probe.takeJournalled(EvidenceAdded.self).first)
        #expect(evidence.hypothesis == "network" && evidence.supports)
        #expect(evidence.source == "/var/log/a.log byte 20000")
        #expect(evidence.at == Self.record(200).time)
        #expect(evidence.text.hasPrefix("it times out: "))
        #expect(evidence.text.hasSuffix("error checkout: upstream timeout 200"))
        probe.run(.patterns)
        probe.run(.evidence, "- only since the deploy")
        let pattern = try #require(probe.takeJournalled(EvidenceAdded.self).first)
        #expect(!pattern.supports && pattern.source == "pattern 00000001")
        #expect(pattern.text.contains("\"template 1\" ×10") && pattern.text.contains("example 1"))
    }

    @Test func theLinesAroundAreAskedFor() {
        var probe = inLogs()
        probe.run(.up)
        probe.run(.open)
        let asked = requests(&probe)
        let line = LogOrder(Self.record(199))
        #expect(asked.map(\.anchor) == [.before(line)])
        #expect(asked[0].filter.source == "logs:a.log")
        probe.send(page(asked[0], [197, 198]))
        let after = requests(&probe)
        #expect(after.map(\.anchor) == [.after(line)])
        probe.send(page(after[0], [200]))
        #expect(probe.model.logs.context?.before.count == 2)
        #expect(probe.model.logs.context?.isSearching == false)
    }
}
