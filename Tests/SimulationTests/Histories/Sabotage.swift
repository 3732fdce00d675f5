import Actions
import App
import Basics
import Incidents
import Playbooks
import Room
import Safety

/// One guard broken on purpose. The simulation must find each; otherwise it guards nothing.
enum Sabotage: String, CaseIterable, Sendable {
    /// The stop file is not looked at between intent and spawn.
    case stopUncheckedAfterIntent
    /// It is never looked at.
    case stopNeverSeen
    /// Gate 1 passes: a stop that was set and whose file is gone no longer latches.
    case stopGatePasses
    /// A second dashboard gets the lock too.
    case lockGivenTwice
    /// Every program is started twice.
    case startedTwice
    /// The intent is written, but not synced.
    case intentNotSynced
    /// Errors of the journal are taken for success.
    case recordErrorsIgnored
    /// Gate 11 passes, and what ran is run again with the same approval.
    case approvalReused
    /// Gate 11 passes, and what was approved runs some time later.
    case approvalNeverExpires
    /// Gate 5 passes: attempts, unknown outcomes and the breaker hold nobody back.
    case loopGatePasses
    /// A restart takes an unknown outcome for a failure.
    case recoveryForgets
    /// The pinned programs are not compared.
    case pinsIgnored

    /// Nothing at all, on the way on which the others break something.
    case nothing

    /// Gate 1 alone is not among them: where it is broken, the latch and the executor's own looks
    /// hold, and no history tells the difference.
    static let guards = allCases.filter { $0 != .nothing && $0 != .stopGatePasses }

    /// What the checker must say of it, in one of these words.
    var symptoms: [String] {
        switch self {
        case .stopUncheckedAfterIntent, .stopNeverSeen: ["emergency stop"]
        case .stopGatePasses: ["latched", "not cleared", "pressed"]
        case .lockGivenTwice: ["does not hold the journal", "cannot be read"]
        case .startedTwice: ["which is not step"]
        case .intentNotSynced, .recordErrorsIgnored: ["no intent is on the disk"]
        case .approvalReused: ["was used"]
        case .approvalNeverExpires: ["old, or of another boot"]
        case .loopGatePasses: ["nobody reviewed", "nobody acknowledged", "breaker"]
        case .recoveryForgets: ["the record forgot"]
        case .pinsIgnored: ["was replaced"]
        case .nothing: []
        }
    }

    /// Whether it is the way from approval to executor that is replaced.
    var isOnTheWay: Bool {
        switch self {
        case .stopGatePasses, .intentNotSynced, .recordErrorsIgnored, .approvalReused,
            .approvalNeverExpires, .loopGatePasses, .pinsIgnored, .nothing:
            true
        default: false
        }
    }

    /// The gate that passes whatever is the matter.
    var openGate: GateID? {
        switch self {
        case .stopGatePasses: .stop
        case .approvalReused, .approvalNeverExpires: .approval
        case .loopGatePasses: .loop
        default: nil
        }
    }

    func hidesStop(_ world: World, _ process: Int) -> Bool {
        switch self {
        case .stopNeverSeen: true
        case .stopUncheckedAfterIntent: world.checker.waitsForSpawn(process, in: world)
        default: false
        }
    }
}

/// The way from an approval to the executor, as `Backend+Acting` goes it, with a guard taken out.
struct BrokenWay {
    let sabotage: Sabotage
    let world: World
    let process: Int
    let backend: Backend

    func take(_ approval: MitigationApproved, _ model: Model) {
        let incident = backend.journal.incident
        guard let mitigation = incident.mitigation(approval.proposal),
            let action = backend.setup.configuration.actions[mitigation.proposal.action]
        else { return }
        var approval = approval
        let actor = backend.setup.actor
        if mitigation.state == .proposed {
            approval.executables =
                sabotage == .pinsIgnored ? nil : try? Executables.lines(of: mitigation.proposal)
            let draft = EventDraft(approval, by: actor)
            guard (try? backend.journal.append(draft, sync: true)) != nil else { return }
            if sabotage == .approvalNeverExpires { return }
        } else {
            guard let given = mitigation.approval, mitigation.state != .approved || isLate else {
                return
            }
            approval = given
        }
        run(mitigation.proposal, approval, actor, action, model)
    }

    private var isLate: Bool { sabotage == .approvalNeverExpires }

    private func run(
        _ proposal: MitigationProposed, _ approval: MitigationApproved, _ actor: Actor,
        _ action: CatalogueAction, _ model: Model
    ) {
        let stop = SimulatedStop(world: world, process: process, isApart: true)
        let executor = Executor(
            journal: BrokenSink(sabotage: sabotage, journal: backend.journal),
            clock: SimulatedClock(world: world), stopFiles: stop,
            runner: SimulatedRunner(world: world, process: process),
            programs: SimulatedPrograms(world: world, process: process),
            scrub: { { ScrubbedLine(String(decoding: $0, as: UTF8.self)) } })
        let number = backend.journal.incident.attempts.count + 1
        _ = executor.run(
            proposal, attempt: "A\(number)", approval: approval, approver: actor, action: action,
            gatesNow: {
                var model = model
                model.incident = backend.journal.incident
                model.now = world.now
                model.elsewhere = backend.workElsewhereNow()
                model.stopFiles = stop.read()
                var report = model.gates(for: proposal, stage: .execution, by: actor)
                for index in report.verdicts.indices
                where report.verdicts[index].gate == sabotage.openGate {
                    report.verdicts[index].outcome = .pass
                }
                return report
            }, onEvent: { _ in })
    }
}

/// A journal that promises what it does not keep.
private struct BrokenSink: EventSink {
    let sabotage: Sabotage
    let journal: RoomJournal

    func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
        let isIntent = draft.payload is ActionIntent
        if isIntent, sabotage == .intentNotSynced { return try journal.append(draft, sync: false) }
        do throws(Failure) {
            return try journal.append(draft, sync: sync)
        } catch {
            guard sabotage == .recordErrorsIgnored else { throw error }
            return Event(
                sequence: 0, time: Timestamp(nanoseconds: 0), entry: Timestamp(nanoseconds: 0),
                boot: BootTime(nanoseconds: 0), bootID: "", actor: draft.actor,
                payload: draft.payload)
        }
    }

    func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String { try journal.storeBlob(bytes) }
}
