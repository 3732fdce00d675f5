import Basics
import Incidents
import Playbooks
import Processes
import Safety
import Synchronization

@testable import Actions

/// Everything around one run: a scratch directory, a journal in memory, a stop file, an action.
struct Bench {
    let scratch = Scratch()
    var action: CatalogueAction
    var failing: Set<String> = []
    var onAppend: @Sendable (EventDraft) -> Void = { _ in }
    var gates: @Sendable () -> GateReport = { Bench.passing }
    var executables: [String]?
    var capture: [[String]]?
    var stages: [ActionStage]?
    var stageCheck: StageCheck?
    var rollbackOf: String?
    var runner: (any ProgramRunning)?
    var programs: any ProgramChecking = InstalledPrograms()
    var kubeconfigExec: [String] = []
    var clock: any TimeSource = SystemClock()
    var isLogged = false
    var approver = Bench.approver
    let failures = Box()

    static let approver = Actor(uid: 1000, name: "ops1")
    static let passing = GateReport(
        verdicts: GateID.allCases.map { GateVerdict($0, $0 == .journal ? .atRun : .pass, "fine") })

    final class Box: Sendable {
        private let state = Mutex<[Failure]>([])
        func add(_ failure: Failure) { state.withLock { $0.append(failure) } }
        var codes: [String] { state.withLock { $0.map(\.code) } }
    }

    /// - Parameter steps: bodies of shell scripts, one per step, with their arguments.
    init(_ bodies: String..., arguments: [String] = []) {
        let scratch = self.scratch
        let steps = bodies.enumerated().map { index, body in
            [
                scratch.script(
                    "step\(index + 1)",
                    body.replacing("$SCRATCH", with: scratch.path))
            ] + arguments
        }
        action = CatalogueAction(
            id: "act", title: "act", tier: .contained, risk: .low, steps: steps, slots: [:])
    }

    var proposal: MitigationProposed {
        MitigationProposed(
            id: "M1", action: action.id, title: action.title, target: "checkout",
            environment: .staging, slots: [:], steps: action.steps, rollbackSteps: [],
            rollbackOf: rollbackOf, risk: "low", tier: "contained", approvalClass: .enter,
            onStop: action.onStop.rawValue, timeout: action.timeout.inSeconds, blastRadius: "",
            reason: "", digest: "d1", stages: stages, capture: capture)
    }

    var approval: MitigationApproved {
        MitigationApproved(
            proposal: "M1", digest: "d1", approvalClass: .enter, reviewed: [], reviewReason: nil,
            executables: executables)
    }

    var stopPath: String { scratch.file("EMERGENCY_STOP") }

    var blockedLog: BlockedLog {
        BlockedLog(
            directory: scratch.path, incident: "INC-2041", clock: clock,
            scrub: { $0.replacing("hunter2", with: "[REDACTED:kv#a91f]") })
    }

    func sink() -> MemorySink { MemorySink(failing: failing, onAppend: onAppend) }

    func executor(_ sink: any EventSink) -> Executor {
        Executor(
            journal: sink, clock: clock, stopFiles: StopFiles(paths: [stopPath]), runner: runner,
            programs: programs, kubeconfigExec: kubeconfigExec,
            blockedLog: isLogged ? blockedLog : nil,
            scrub: {
                { line in
                    let text = String(decoding: line, as: UTF8.self)
                    let clean = text.replacing("hunter2", with: "[REDACTED:kv#a91f]")
                    return ScrubbedLine(
                        clean,
                        credentials: clean == text
                            ? [] : [.init(credentialClass: "kv", tag: "a91f")])
                }
            })
    }

    func run(_ sink: any EventSink, with executor: Executor? = nil) -> AttemptOutcome {
        (executor ?? self.executor(sink)).run(
            proposal, attempt: "A1", approval: approval, approver: approver, action: action,
            stageCheck: stageCheck, gatesNow: gates, onFailure: { [failures] in failures.add($0) },
            onEvent: { _ in })
    }
}
