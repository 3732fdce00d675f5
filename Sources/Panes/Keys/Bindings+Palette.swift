import Room

extension Bindings {
    /// Commands without a key: typed after `:`.
    static let palette: [Binding] = [
        typed(
            .resolve,
            "Declare the incident resolved; locked until all six conditions hold, "
                + "else it asks for the reason of the override."),
        typed(.severity, "Set the severity: severity SEV1 REASON."),
        typed(.phase, "Set the phase: phase triage, diagnose, fix, verify or harden."),
        typed(.status, "Set the status: status mitigated REASON."),
        typed(.title, "Change the incident's title."),
        typed(.environment, "Say what this is: what, where, since, environment, tickets, on-call."),
        typed(.ic, "Name the Incident Commander: ic USER."),
        typed(.onset, "Set when it began: onset 2026-08-21T14:02:10Z."),
        typed(.baseline, "Set a signal's baseline by hand: baseline error_ratio 0.002."),
        typed(.close, "Close a resolved incident."),
        typed(.reopen, "Open a resolved incident again: reopen REASON."),
        typed(
            .clearStop, "Clear the emergency stop, with a reason; the IC only.", risk: .dangerous),
        typed(.checked, "Vouch for the selected condition for 30 minutes: checked WHAT YOU SAW."),
        typed(.notApplicable, "Say that the selected condition does not apply here: WHY; IC only."),
        typed(
            .acknowledge,
            "Say what an action with an unknown outcome did, or that a call was answered: "
                + "acknowledge A1 WHAT YOU FOUND, acknowledge E1 WHO ANSWERED."),
        typed(.rank, "Set the status of the selected hypothesis: rank refuted REASON."),
        typed(.object, "Object to a proposal: object REASON, object M2 REASON."),
        typed(
            .inverse,
            "Propose to put back what a rollback took away: by hand, never automatic, with a "
                + "warning.", risk: .dangerous),
        typed(.escalate, "Call the next person of the ladder: escalate REASON."),
        typed(.ticket, "Say whether the ticket is open: ticket ID open."),
        typed(.handOver, "Give command to somebody else: hand-over USER REASON; the IC only."),
        typed(
            .resetBreaker, "Let rollbacks run again: reset-breaker REASON; the IC only.",
            risk: .dangerous),
        typed(
            .keepConfiguration,
            "Go on with the loaded configuration although the files differ: "
                + "keep-configuration REASON; the IC only.", risk: .dangerous),
        typed(.followUp, "Record something to be done after the incident."),
        typed(.export, "Write the report and its companions beside the journal.", risk: .none),
        typed(
            .filter, "Filter the logs: filter level:error -healthz ~timeout after \\d+ ms.",
            risk: .none),
        typed(.theme, "Change the theme; without a name it lists them.", risk: .none),
    ]

    private static func typed(_ command: Command, _ hint: String, risk: Binding.Risk = .writes)
        -> Binding
    {
        Binding(command, [], command.rawValue, hint, risk: risk)
    }

    /// The record of a command; every command has one.
    package static func binding(of command: Command) -> Binding? {
        all.first { $0.command == command }
    }
}
