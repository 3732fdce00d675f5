import Basics
import Diagnosis
import Incidents
import Logs
import Metrics
import Playbooks
import Testing

/// What happens to the conditions when data is missing, late or only half there.
@Suite struct GapTests {
    private func prepared(_ configuration: Configuration = ConfigurationLoader.builtin()) throws
        -> (Diagnoser, Fleet, Room)
    {
        var fleet = Fleet(services: ["checkout"])
        fleet.scrape(for: .seconds(1500))
        var room = try Room()
        room.apply(
            MilestoneSet(milestone: .started, at: fleet.now - .seconds(60), source: "declared"),
            at: fleet.now)
        return (Diagnoser(configuration: configuration, rules: []), fleet, room)
    }

    @Test func `a healthy service holds and is then met`() throws {
        var (diagnoser, fleet, room) = try prepared()
        var first: Observation?
        var last: Observation?
        for _ in 0..<42 {
            fleet.scrape()
            let observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
            first = first ?? observation
            last = observation
        }
        guard case .holding = try condition(.errorRate, #require(first)).state else {
            Issue.record("not holding at first")
            return
        }
        let met = try condition(.errorRate, #require(last))
        #expect(met.state.word == "met")
        #expect(met.timing.hasPrefix("held 10:"))
        #expect(met.detail.contains("≤"))
        #expect(room.count(ConditionMet.self) == 2)
    }

    @Test func `one silent instance makes the condition unknown and restarts the hold`() throws {
        var (diagnoser, fleet, room) = try prepared()
        for _ in 0..<42 {
            fleet.scrape()
            room.take(diagnoser.tick(fleet.input(room.incident)))
        }
        fleet.silent = ["checkout-2"]
        var observation = Observation(time: fleet.now)
        for _ in 0..<4 {
            fleet.scrape()
            observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
        }
        guard case .unknown(let reason) = try condition(.errorRate, observation).state else {
            Issue.record("an instance is silent and nobody noticed")
            return
        }
        #expect(reason.contains("silent"))
        #expect(room.count(ConditionUnknown.self) == 2)
        fleet.silent = []
        fleet.scrape()
        observation = diagnoser.tick(fleet.input(room.incident))
        #expect(try condition(.errorRate, observation).state.word == "holding")
    }

    @Test func `a recording that is written once a day hides no gap`() throws {
        var (diagnoser, fleet, room) = try prepared()
        var observation = Observation(time: fleet.now)
        for step in 0..<8 {
            if step == 4 { fleet.silent = ["checkout-2"] }
            fleet.scrape()
            var input = fleet.input(room.incident)
            input.sources.append(
                SourceStatus(
                    id: "history", kind: .metrics, isHealthy: true,
                    lastData: fleet.now - .seconds(3600), interval: .seconds(86_400)))
            observation = diagnoser.tick(input)
            room.take(observation)
        }
        #expect(try condition(.errorRate, observation).state.word == "unknown")
    }

    @Test func `a reopened room holds again and journals nothing twice`() throws {
        var (diagnoser, fleet, room) = try prepared()
        for _ in 0..<42 {
            fleet.scrape()
            room.take(diagnoser.tick(fleet.input(room.incident)))
        }
        let met = room.count(ConditionMet.self)
        let frozen = room.count(BaselineFrozen.self)
        #expect(met > 0 && frozen > 0)
        diagnoser = Diagnoser(configuration: ConfigurationLoader.builtin(), rules: [])
        fleet.scrape()
        var observation = diagnoser.tick(fleet.input(room.incident))
        room.take(observation)
        #expect(try condition(.errorRate, observation).state.word == "holding")
        #expect(observation.signal(.errorRatio)?.baseline?.origin == .journalled)
        for _ in 0..<42 {
            fleet.scrape()
            observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
        }
        #expect(try condition(.errorRate, observation).state.word == "met")
        #expect(room.count(ConditionMet.self) == met)
        #expect(room.count(BaselineFrozen.self) == frozen)
        #expect(room.count(ConditionLost.self) == 0)
    }

    @Test func `a dead service has no errors and passes nothing`() throws {
        var (diagnoser, fleet, room) = try prepared()
        fleet.rate = 0.5
        var observation = Observation(time: fleet.now)
        for _ in 0..<60 {
            fleet.scrape()
            observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
        }
        guard case .unknown(let reason) = try condition(.errorRate, observation).state else {
            Issue.record("hardly any traffic and the error rate counts as recovered")
            return
        }
        #expect(reason.contains("a dead service has no errors"))
    }

    @Test func `hand checks cover what is unknown, never what is bad`() throws {
        var (diagnoser, fleet, room) = try prepared()
        let expires = fleet.now + .seconds(3600)
        for id in [ConditionID.queues, .errorRate] {
            room.apply(
                ConditionCheckedByHand(condition: id, detail: "ops1 looked", expires: expires),
                at: fleet.now)
        }
        fleet.failing = ["checkout-1": 0.5]
        var observation = Observation(time: fleet.now)
        for _ in 0..<10 {
            fleet.scrape()
            observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
        }
        #expect(try condition(.queues, observation).state.word == "by hand")
        #expect(try condition(.errorRate, observation).state.word == "not met")
        #expect(try condition(.errorRate, observation).timing.hasSuffix("bad"))
    }

    @Test func `what did not apply has not held when an action makes it apply`() throws {
        var (diagnoser, fleet, room) = try prepared()
        fleet.failing = ["checkout-1": 0.5]
        for _ in 0..<20 {
            fleet.scrape()
            let observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
            #expect(try condition(.postDeploy, observation).state.word == "n/a")
        }
        room.apply(
            ActionManual(text: "switched the flag off", action: nil, target: "checkout"),
            at: fleet.now)
        for _ in 0..<3 {
            let observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
            #expect(try condition(.postDeploy, observation).state.word == "not met")
            fleet.scrape()
        }
        #expect(room.count(ConditionMet.self) == 0)
    }

    @Test func `not applicable needs the IC and an unbound condition`() throws {
        var (diagnoser, fleet, room) = try prepared()
        fleet.scrape()
        var observation = diagnoser.tick(fleet.input(room.incident))
        #expect(try condition(.queues, observation).state.word == "unknown")
        #expect(try condition(.alerts, observation).state.word == "unknown")
        #expect(try condition(.postDeploy, observation).state.word == "n/a")
        for id in [ConditionID.queues, .errorRate] {
            room.apply(ConditionNotApplicable(condition: id, detail: ""), at: fleet.now)
        }
        fleet.scrape()
        observation = diagnoser.tick(fleet.input(room.incident))
        #expect(try condition(.queues, observation).state.word == "n/a")
        #expect(try condition(.errorRate, observation).state.word == "holding")
    }

    @Test func `patterns are journalled once and within the limit`() throws {
        var (diagnoser, fleet, room) = try prepared()
        let patterns = (0..<60).map { index in
            PatternSummary(
                id: PatternID(UInt32(index)), template: "failure \(index)", count: 60 - index,
                ratePerMinute: 1, firstSeen: fleet.now, lastSeen: fleet.now + .seconds(900),
                level: index % 3 == 0 ? .info : .error, services: ["checkout"], isNew: true)
        }
        fleet.scrape()
        for _ in 0..<3 {
            room.take(diagnoser.tick(fleet.input(room.incident, patterns: patterns)))
        }
        #expect(room.count(PatternNew.self) == 5)
        let many = try #require(room.findings.compactMap { $0 as? PatternsMany }.first)
        #expect(many.change == "new" && many.count == 35 && many.known.count == 35)
        #expect(many.examples == ["failure 8", "failure 10", "failure 11"])
        for _ in 0..<12 {
            fleet.scrape()
            room.take(diagnoser.tick(fleet.input(room.incident, patterns: patterns)))
        }
        #expect(room.count(PatternNew.self) == 5 && room.count(PatternsMany.self) == 1)
        // Nor are they told again by a room that knows only the journal.
        var (other, _, _) = try prepared()
        room.take(other.tick(fleet.input(room.incident, patterns: patterns)))
        #expect(room.count(PatternNew.self) == 5 && room.count(PatternsMany.self) == 1)
    }

    /// What may be lost is told at once, then once a minute while it grows, with totals.
    @Test func `losses of a source are journalled within a limit`() throws {
        var (diagnoser, fleet, room) = try prepared()
        var lacks = SourceLacks()
        for step in 1...30 {
            fleet.now = fleet.now + .seconds(10)
            lacks.losses = step
            lacks.bytesLost = Int64(step) * 100
            lacks.newest = "the file was cut short"
            var input = fleet.input(room.incident)
            input.sources[0].lacks = lacks
            room.take(diagnoser.tick(input))
        }
        let told = room.findings.compactMap { $0 as? SourceLoss }
        #expect(told.map(\.losses) == [1, 7, 13, 19, 25])
        #expect(
            told.last?.sentence == "fleet: lines may have been lost 25 times, at most 2.44 KiB "
                + "(the file was cut short)", "\(told.last?.sentence ?? "")")
        #expect(room.incident.losses["fleet"]?.sum?.losses == 25)
        for _ in 0..<10 {
            fleet.now = fleet.now + .seconds(30)
            var input = fleet.input(room.incident)
            input.sources[0].lacks = lacks
            room.take(diagnoser.tick(input))
        }
        #expect(room.incident.losses["fleet"]?.sum?.losses == 30, "the last total is told too")
        #expect(room.findings.count { $0 is SourceLoss } == 6)
    }

    @Test func `a spike and a pattern that vanished are journalled once`() throws {
        var (diagnoser, fleet, room) = try prepared()
        func pattern(
            _ id: UInt32, _ level: LogLevel, _ change: PatternChange?, seen: Timestamp
        ) -> PatternSummary {
            PatternSummary(
                id: PatternID(id), template: "pattern \(id)", count: 600, ratePerMinute: 50,
                baselineRate: 5, firstSeen: .epoch, lastSeen: seen, level: level,
                change: change)
        }
        for _ in 0..<3 {
            fleet.scrape()
            let gone = pattern(
                2, .info, .vanished(usual: 5), seen: fleet.now - .seconds(400))
            let silent = [gone]
            room.take(diagnoser.tick(fleet.input(room.incident, patterns: silent)))
            #expect(room.count(PatternVanished.self) == 0, "no log delivers lines")
        }
        for _ in 0..<3 {
            fleet.scrape()
            let patterns = [
                pattern(1, .error, .spiking(now: 50, usual: 5), seen: fleet.now),
                pattern(2, .info, .vanished(usual: 5), seen: fleet.now - .seconds(400)),
                pattern(3, .info, .spiking(now: 50, usual: 5), seen: fleet.now),
            ]
            room.take(diagnoser.tick(fleet.input(room.incident, patterns: patterns)))
        }
        #expect(room.count(PatternSpike.self) == 1)
        #expect(room.count(PatternVanished.self) == 1)
    }

    /// Whatever is silent and whenever ticks are missing: met only after a whole hold of data.
    @Test(arguments: 0..<6)
    func `random gaps never reach met early`(seed: Int) throws {
        var (diagnoser, fleet, room) = try prepared()
        var random = SplitMix(state: UInt64(seed) + 77)
        var cleanSince: Timestamp?
        for _ in 0..<70 {
            if random.next() % 25 == 0 { fleet.silent = ["checkout-\(random.next() % 3 + 1)"] }
            if random.next() % 6 == 0 { fleet.silent = [] }
            fleet.scrape()
            if random.next() % 30 == 0 {
                fleet.scrape(for: .seconds(45))
                cleanSince = nil
            }
            let observation = diagnoser.tick(fleet.input(room.incident))
            room.take(observation)
            let state = try condition(.errorRate, observation).state
            if case .unknown = state {
                cleanSince = nil
            } else {
                cleanSince = cleanSince ?? fleet.now
            }
            if state.word == "met" {
                #expect(cleanSince.map { fleet.now - $0 >= .seconds(600) } ?? false)
            }
        }
    }
}
