import Basics
import Incidents
import Playbooks
import Processes
import Safety
import Synchronization

/// One line of a program's output, ready to be kept and shown.
package struct ScrubbedLine: Sendable, Hashable {
    package var text: String
    /// Credentials that were in it, by class and keyed tag.
    package var credentials: [Credential]

    package struct Credential: Sendable, Hashable {
        package var credentialClass: String
        package var tag: String
        package init(credentialClass: String, tag: String) {
            self.credentialClass = credentialClass
            self.tag = tag
        }
    }

    package init(_ text: String, credentials: [Credential] = []) {
        self.text = text
        self.credentials = credentials
    }
}

/// Runs approved actions: stop check, evidence, stop check, gates, programs' identity, intent on
/// the disk, stop check, spawn.
///
/// Without the intent's record nothing runs. One action at a time: call it on a serial background
/// queue, never on the main thread.
package final class Executor: Sendable {
    /// Redacts and sanitises the lines of one output, in order; a new one is made for every output,
    /// because secrets can span lines.
    package typealias LineScrub = (ArraySlice<UInt8>) -> ScrubbedLine

    let journal: any EventSink
    let clock: any TimeSource
    let stopFiles: any StopReading
    let runner: any ProgramRunning
    let programs: any ProgramChecking
    /// Programs that a kubeconfig may name to fetch credentials with.
    let kubeconfigExec: [String]
    let makeScrub: @Sendable () -> LineScrub
    /// Where diagnostics and notifications wait for their turn.
    package let commands = CommandQueue()
    private let blockedLog: BlockedLog?
    private let exclusively: Exclusion
    private let latch = Mutex<String?>(nil)
    private let lostOutcome = Mutex<String?>(nil)
    private let busy = Mutex(false)

    /// Calls its argument, and lets nobody else decide anything meanwhile.
    package typealias Exclusion = @Sendable (() -> Void) -> Void

    /// - Parameters:
    ///   - kubeconfigExec: absolute paths of programs that a kubeconfig may name.
    ///   - blockedLog: gets one line for every action that is refused.
    ///   - exclusively: the section in which the gates are looked at for the last time and the
    ///     intent is written.
    package init(
        journal: any EventSink, clock: any TimeSource, stopFiles: any StopReading,
        runner: (any ProgramRunning)? = nil, programs: any ProgramChecking = InstalledPrograms(),
        kubeconfigExec: [String] = [],
        blockedLog: BlockedLog? = nil, exclusively: @escaping Exclusion = { $0() },
        scrub makeScrub: @escaping @Sendable () -> LineScrub
    ) {
        self.journal = journal
        self.clock = clock
        self.stopFiles = stopFiles
        self.makeScrub = makeScrub
        self.runner = runner ?? ProcessRunner(clock: clock)
        self.programs = programs
        self.kubeconfigExec = kubeconfigExec
        self.blockedLog = blockedLog
        self.exclusively = exclusively
    }

    /// Runs commands that change nothing: evidence, diagnostics, checks, notifications.
    package var desk: CommandDesk {
        CommandDesk(
            journal: journal, clock: clock, runner: runner, programs: programs,
            kubeconfigExec: kubeconfigExec, scrub: makeScrub)
    }

    /// Stops what runs and refuses what comes, even when no stop file could be written.
    package func latchStop(reason: String) { latch.withLock { $0 = reason } }

    /// Ends `latchStop`; the files still count.
    package func clearLatch() { latch.withLock { $0 = nil } }

    /// Why nothing may run now, or nil.
    package func stopReason() -> String? {
        // The latch after the files: reading them can take long, and may be when it is set.
        let state = StopState(files: stopFiles.read(), isLatched: false)
        return latch.withLock { $0 } ?? (state.isOn ? state.reason : nil)
    }

    /// The attempt whose end is in no record, in words. Nothing runs any more once there is one:
    /// the journal would not say what was done.
    var lostOutcomeReason: String? { lostOutcome.withLock { $0 } }

    func loseOutcome(_ reason: String) { lostOutcome.withLock { $0 = reason } }

    func decideExclusively(_ body: () -> Void) { exclusively(body) }

    /// Writes the line of one blocked action; what kept it from being written, or nil.
    func logBlocked(_ proposal: MitigationProposed, gate: GateID, reason: String) -> Failure? {
        blockedLog?.write(proposal, gate: gate.rawValue, reason: reason)
    }

    /// Carries `proposal` out and returns when it has ended.
    ///
    /// - Parameters:
    ///   - approval: as journalled; its digest must be the proposal's.
    ///   - stageCheck: asked between the stages of an action that spans services.
    ///   - gatesNow: the gates at the execution stage, by the newest configuration and incident.
    ///   - onFailure: told what could not be done or recorded.
    ///   - onEvent: told every event once it is in the journal.
    /// - Returns: the outcome. `.stopped` when the emergency stop kept it from starting or ended
    ///   it; `.failed` also when it was refused and nothing was spawned.
    package func run(
        _ proposal: MitigationProposed, attempt: String, approval: MitigationApproved,
        approver: Actor, action: CatalogueAction, stageCheck: StageCheck? = nil,
        gatesNow: @Sendable () -> GateReport,
        onFailure: @escaping @Sendable (Failure) -> Void = { _ in },
        onEvent: @escaping @Sendable (Event) -> Void
    ) -> AttemptOutcome {
        let run = ActionRun(
            executor: self, proposal: proposal, attempt: attempt, approval: approval,
            approver: approver, action: action, stageCheck: stageCheck, onFailure: onFailure,
            onEvent: onEvent)
        let isFree = busy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree else { return run.refused(.containment, "another action is running") }
        defer { busy.withLock { $0 = false } }
        return run.perform(gatesNow: gatesNow)
    }
}
