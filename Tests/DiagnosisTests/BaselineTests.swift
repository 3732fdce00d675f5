import Basics
import Diagnosis
import Incidents
import Metrics
import Playbooks
import Testing

/// Where a baseline comes from when there is no hour of history before the incident.
@Suite struct BaselineTests {
    private func observe(
        _ configuration: Configuration = ConfigurationLoader.builtin(),
        _ prepare: (inout Fleet, inout Room) -> Void = { _, _ in },
        names: Set<String> = Fleet.metricNames, logs: [String: [Double]] = [:]
    ) throws -> (SignalState, Room) {
        var fleet = Fleet(services: ["checkout"])
        var room = try Room()
        prepare(&fleet, &room)
        fleet.scrape(for: .seconds(180))
        room.apply(
            MilestoneSet(milestone: .started, at: fleet.now - .seconds(60), source: "declared"),
            at: fleet.now)
        var diagnoser = Diagnoser(configuration: configuration, rules: [])
        var observation = Observation(time: fleet.now)
        for _ in 0..<3 {
            fleet.scrape()
            var input = fleet.input(room.incident)
            input.metricNames = names
            input.logHistory = logs
            observation = diagnoser.tick(input)
            room.take(observation)
        }
        return (try #require(observation.signal(.errorRatio)), room)
    }

    @Test func `nothing known stays unknown and says what to do`() throws {
        let (signal, room) = try observe()
        #expect(signal.value != nil)
        #expect(signal.baseline == nil && signal.isBad == nil)
        #expect(signal.reason.contains("type one, or set a target"))
        #expect(room.count(BaselineFrozen.self) == 0)
    }

    @Test func `a typed baseline wins and keeps its label`() throws {
        let (signal, _) = try observe(
            ConfigurationLoader.builtin(),
            { fleet, room in
                room.apply(
                    BaselineFrozen(
                        signal: "error_ratio", median: 0.01, mad: 0, points: 0,
                        origin: "typed by ops1"), at: fleet.now)
            })
        #expect(signal.baseline?.origin == .typed)
        #expect(signal.baseline?.label == "typed by ops1")
        #expect(signal.isBad == false)
    }

    @Test func `log history comes before counters`() throws {
        let (signal, room) = try observe(
            logs: ["error_ratio": (0..<30).map { 0.001 + 0.0001 * Double($0 % 3) }])
        #expect(signal.baseline?.origin == .logHistory)
        #expect(room.count(BaselineFrozen.self) == 1)
    }

    @Test func `old counters give their average since the process started`() throws {
        let names = Fleet.metricNames.union(["process_start_time_seconds"])
        func start(_ age: Double) -> (inout Fleet, inout Room) -> Void {
            { fleet, _ in
                let labels = Labels(["__name__": "process_start_time_seconds"])
                for step in 0..<20 {
                    fleet.store.append(
                        labels, t: fleet.now.milliseconds + Int64(step) * 15_000,
                        v: fleet.now.seconds - age)
                }
            }
        }
        let old = try observe(ConfigurationLoader.builtin(), start(86_400), names: names)
        #expect(old.0.baseline?.origin == .sinceProcessStart)
        #expect(abs((old.0.baseline?.median ?? 0) - 0.001) < 0.0002)
        #expect(old.0.baseline?.label.contains("since the process started") == true)
        let young = try observe(ConfigurationLoader.builtin(), start(600), names: names)
        #expect(young.0.baseline == nil)
    }

    @Test func `an objective is the last resort`() throws {
        var configuration = ConfigurationLoader.builtin()
        configuration.slo = ServiceObjective(
            objective: 0.995, window: .seconds(30 * 86_400), budgetLeft: nil)
        let (signal, room) = try observe(configuration)
        #expect(signal.baseline?.origin == .configured)
        #expect(abs((signal.baseline?.bandEdge ?? 0) - 0.005) < 1e-12)
        #expect(signal.isBad == false)
        #expect(room.count(BaselineFrozen.self) == 0)
    }
}
