import Basics
import Incidents
import Playbooks
import Safety
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Stages")
struct StageTests {
    /// What was asked, in order, as `before edge`, `after edge`.
    private final class Asked: Sendable {
        private let state = Mutex<[String]>([])
        func add(_ moment: StageMoment) {
            let word =
                if case .before = moment { "before" } else { "after" }
            state.withLock { $0.append("\(word) \(moment.stage.service)") }
        }
        var all: [String] { state.withLock { $0 } }
    }

    private func bench() -> Bench {
        var bench = Bench(
            "echo 1 >> $SCRATCH/order", "echo 2 >> $SCRATCH/order", "echo 3 >> $SCRATCH/order")
        bench.stages = [
            ActionStage(service: "edge", steps: [0]), ActionStage(service: "api", steps: [1]),
            ActionStage(service: "db", steps: [2]),
        ]
        return bench
    }

    @Test func stagesRunInOrderWithALookBetweenThem() {
        var bench = bench()
        let asked = Asked()
        bench.stageCheck = { moment, stop in
            asked.add(moment)
            return stop()
        }
        #expect(bench.run(bench.sink()) == .succeeded)
        #expect(bench.scratch.read("order") == "1\n2\n3\n")
        #expect(
            asked.all == [
                "before edge", "after edge", "before api", "after api", "before db",
            ])
    }

    @Test func aTextHaltsBeforeTheNextStage() {
        var bench = bench()
        bench.stageCheck = { moment, _ in
            if case .after(let stage) = moment, stage.service == "api" { return "errors rose" }
            return nil
        }
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(bench.scratch.read("order") == "1\n2\n")
        #expect(
            sink.payload(ActionFailed.self)?.detail == "halted after api, not run: db: errors rose")
        #expect(sink.synced.contains("action.failed"))
    }

    @Test func aTextBeforeTheFirstStageRunsNothing() {
        var bench = bench()
        bench.stageCheck = { _, _ in "payments is not stable" }
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(bench.scratch.read("order") == nil)
        #expect(
            sink.payload(ActionFailed.self)?.detail
                == "halted before anything was run, not run: edge, api, db: payments is not stable")
    }

    @Test("N41: a stop while a stage is watched ends the action there")
    func aStopWhileWatching() {
        var bench = bench()
        let scratch = bench.scratch
        bench.stageCheck = { moment, stop in
            guard case .after = moment else { return nil }
            scratch.write("EMERGENCY_STOP", "now")
            for _ in 0..<1000 where stop() == nil { usleep(5000) }
            return nil
        }
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(scratch.read("order") == "1\n")
        #expect(sink.kinds.last == "action.stopped")
    }

    @Test func oneStageIsNotAsked() {
        var bench = bench()
        let asked = Asked()
        bench.stages = nil
        bench.stageCheck = { moment, _ in
            asked.add(moment)
            return "never"
        }
        #expect(bench.run(bench.sink()) == .succeeded)
        #expect(asked.all.isEmpty)
    }

    @Test(arguments: [[[0], [1]], [[0, 1], [1, 2]], [[1], [0], [2]], [[0, 1, 2, 3]], [[]]])
    func stagesThatAreNotTheStepsAreRefused(_ places: [[Int]]) {
        var bench = bench()
        bench.stages = places.map { ActionStage(service: "s", steps: $0) }
        let sink = bench.sink()
        // An empty list is the same as none.
        let isNone = places == [[]] && bench.stages?.isEmpty == true
        #expect(bench.run(sink) == (isNone ? .succeeded : .failed))
        #expect(sink.kinds == ["gate.blocked"])
        #expect(bench.scratch.read("order") == nil)
    }
}
