import App
import Basics
import Drills
import Foundation
import Incidents
import Room
import Support
import Testing

@Suite(.serialized) struct SimulationTests {
    private static let isLong = ProcessInfo.processInfo.environment["WARROOM_SLOW"] == "1"
    /// The fixed ones and one that differs every time; it is printed.
    static let seeds: [UInt64] =
        [1, 2] + (isLong ? Array(3...30) : []) + [UInt64.random(in: 1_000...9_999_999)]

    @Test(arguments: seeds) func keepsItsPromisesUnderAnyKeys(_ seed: UInt64) throws {
        print("simulation seed \(seed)")
        var simulation = try Simulation(seed: seed)
        defer { simulation.finish() }
        for number in 0..<(Self.isLong ? 300 : 60) { try simulation.step(number) }
        #expect(simulation.events.count > 5, "seed \(seed)")
        #expect(!simulation.model.timeline.isEmpty)
    }

    /// The drill in lockstep: resolved, no wrong action, and the same again with the same seed.
    @Test func oneSeedGivesOneScore() throws {
        func play() throws -> (events: [String], score: String) {
            let home = try TemporaryFolder()
            let start = Timestamp(nanoseconds: 1_787_306_400_000_000_000)
            let clock = ManualClock(wall: start)
            let program = try Repository.program
            let session = try DrillSession(
                scenario: try Drill.builtin("bad-deploy"), seed: 7, start: start, speed: 1,
                actuatorOptions: ["--seconds", "0"], stateDirectory: home.path,
                executable: program)
            defer { session.removeFiles() }
            var room = try HeadlessRoom(session: session, clock: clock, actuator: program)
            let (model, score) = try room.run()
            #expect(model.incident.status == .resolved)
            return (model.timeline.map { "\($0.time.nanoseconds) \($0.word)" }, score.json())
        }
        let first = try play()
        #expect(first.score.contains("\"wrong_actions\":0"), "\(first.score)")
        let second = try play()
        #expect(first.score == second.score)
        #expect(first.events == second.events)
    }
}
