import Basics
import Incidents
import Playbooks
import Processes

/// Keeps what the first step of an action may destroy: its read-only captures, before anything
/// else.
struct Evidence: Sendable {
    static let commandMax: Duration = .seconds(30)
    static let totalMax: Duration = .seconds(60)

    let run: ActionRun

    /// Runs every capture within the bounds. One that fails is in the record and holds nothing
    /// back; once the emergency stop is on nothing will be destroyed, and the rest is left out.
    func keep() {
        let clock = run.executor.clock
        let begin = clock.now.boot
        for argv in run.proposal.capture ?? [] {
            let left = Self.totalMax - (clock.now.boot - begin)
            guard run.executor.stopReason() == nil else { return }
            guard left > .zero else {
                skipped(argv)
                continue
            }
            var command = SideCommand(.evidence, argv, deadline: min(Self.commandMax, left))
            command.variables = run.action.environment
            command.proposal = run.proposal.id
            run.executor.desk.run(command, onFailure: run.onFailure, onEvent: run.onEvent)
        }
    }

    private func skipped(_ argv: [String]) {
        run.record(
            CommandRan(
                purpose: .evidence, argv: argv,
                outcome: "not started: the \(TimeText.span(Self.totalMax)) for evidence were over",
                isOK: false, seconds: 0, proposal: run.proposal.id), sync: false, by: .automation)
    }
}
