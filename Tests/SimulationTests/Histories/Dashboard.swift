import Basics
import Canvas
import Dispatch
import Incidents
import Journals
import Panes
import Playbooks
import Room

@testable import App

/// One process: a room without a screen on a simulated machine.
///
/// `@unchecked Sendable`: as for `History`, whoever else could use it waits meanwhile.
final class Dashboard: @unchecked Sendable {
    let process: Int
    let world: World
    let backend: Backend
    let person: Actor
    let incident: String
    private(set) var model: Model
    private let inbox = Mailbox<Message>(capacity: nil)
    /// Approvals it ever sent; some are sent again.
    private(set) var approvals: [MitigationApproved] = []
    /// So many moves long the main loop takes in nothing: its model lags behind the journal.
    var lag = 0
    /// Its actions run further up the stack: nobody may wait for them.
    var isInRun = false
    /// Grows with everything handed over in the middle of a run.
    private var handedOver = 0

    var isDead: Bool { world.disk.isDead(process) }
    var isViewer: Bool { backend.journal.readOnlyReason != nil }
    var card: ApprovalCard? {
        if case .card(let card) = model.overlay { return card }
        return nil
    }
    var name: String { "p\(process) \(person.name)@\(incident)\(isViewer ? " (viewer)" : "")" }

    init(
        _ world: World, process: Int, person: Actor, incident: String,
        environment: DeploymentEnvironment
    ) throws(Failure) {
        self.world = world
        self.process = process
        self.person = person
        self.incident = incident
        guard var setup = Scene.setups[environment], let id = IncidentID(incident) else {
            throw Failure("simulation.scene", "No such scene")
        }
        setup.id = id
        setup.directory = Scene.directory(of: incident)
        setup.actor = person
        var options = JournalOptions()
        options.fileSystem = world.disk.files(of: process, world)
        options.preallocatedBytes = 0
        let inbox = inbox
        backend = try Backend(
            setup: setup, clock: SimulatedClock(world: world), rules: [], options: options,
            machine: Machine(
                stopFiles: SimulatedStop(world: world, process: process),
                runner: SimulatedRunner(world: world, process: process),
                programs: SimulatedPrograms(world: world, process: process)),
            post: { inbox.send($0) })
        backend.actionQueue.setSpecific(key: World.actionQueueKey, value: true)
        world.checker.opened(
            process, in: setup.directory, isViewer: backend.journal.readOnlyReason != nil)
        model = try backend.openModel(size: Size(width: 120, height: 40))
        if !isViewer { world.checker.reopened(process, world) }
        settle()
    }

    // MARK: The main loop

    func take(_ message: Message) {
        let effects = model.update(message)
        backend.publish(model)
        for effect in effects { perform(effect) }
        // Somebody leaves: the next one sits down before the same screen.
        if model.isLeaving { model.isLeaving = false }
    }

    func perform(_ effect: Effect) {
        if case .approve(let approval) = effect {
            world.note("\(name) approves \(approval.proposal), reviewed \(approval.reviewed)")
            approvals.append(approval)
            if let sabotage = world.sabotage, sabotage.isOnTheWay, !isInRun {
                BrokenWay(sabotage: sabotage, world: world, process: process, backend: backend)
                    .take(approval, model)
                return
            }
        }
        handedOver += 1
        backend.perform(effect, model)
        if case .setStop = effect {
            backend.settleRecord()
            world.checker.pressedStop(process, in: world)
        }
        wait()
    }

    /// Until everything handed over is done, also what the main loop hands over meanwhile.
    private func wait() {
        // Asked of the thread: the main one may come by here while the other has its turn.
        guard !isInRun || !World.isOnActionQueue else { return backend.settleRecord() }
        var before: Int
        repeat {
            before = handedOver
            backend.settle()
        } while handedOver != before
    }

    /// Takes in everything that waits, until nothing does.
    func settle() {
        wait()
        while lag == 0, !isDead {
            let messages = inbox.receive().values
            guard !messages.isEmpty else { return }
            for message in messages {
                tell(message)
                take(message)
            }
        }
    }

    private func tell(_ message: Message) {
        switch message {
        case .journalled(let events):
            for event in events {
                world.note("  \(incident) \(event.sequence) \(event.kind) \(Self.words(event))")
            }
        case .failed(let failure), .journalLost(let failure):
            world.note("  \(name) told: \(failure)")
            world.checker.count("told " + failure.code)
        default: break
        }
    }

    private static func words(_ event: Event) -> String {
        switch event.payload {
        case let it as GateBlocked: "\(it.gate): \(it.reason)"
        case let it as ActionIntent: "\(it.attempt) for \(it.proposal): \(it.action)"
        case let it as MitigationProposed: "\(it.id) \(it.action) on \(it.target)"
        case let it as ActionStopped: it.detail
        default: ""
        }
    }

    /// What the timers of a room do.
    func look() {
        backend.watchStopFiles()
        backend.watchPolicy()
        backend.journal.poll()
        settle()
    }

    // MARK: Keys

    func press(_ key: Key) {
        guard let message = Bindings.message(for: key, in: model) else { return }
        if case .command(.quit, _) = message { return }
        take(message)
        settle()
    }

    /// What leads on from here to something being approved.
    func usefulKey(_ random: inout SplitMix) -> Key {
        switch model.overlay {
        case .card(let card): return Self.usefulKey(on: card)
        case .prompt(let prompt): return prompt.field.text.isEmpty ? .character("w") : .enter
        case .declaration: return .control("D")
        case nil:
            if model.focus != .mitigations { return .character("3") }
            let isReady = model.availability(of: .approve).isEnabled
            if isReady, random.chance(70) { return .character("a") }
            return .character(random.chance(70) ? "j" : "k")
        default: return .escape
        }
    }

    private static func usefulKey(on card: ApprovalCard) -> Key {
        if card.revoked != nil { return .escape }
        if card.focus == .approve, !card.message.isEmpty { return .escape }
        let wanted = card.requiredText
        switch card.focus {
        case .cancel: return .tab
        case .reason: return card.reason.text.count < 2 ? .character("w") : .tab
        case .breakGlass: return card.breakGlass.text.count < 2 ? .character("w") : .tab
        case .confirm:
            let typed = card.confirm.text
            if typed == wanted { return .tab }
            guard wanted.hasPrefix(typed) else { return .control("U") }
            return .character(wanted[wanted.index(wanted.startIndex, offsetBy: typed.count)])
        case .approve: return card.proposal.approvalClass == .yes ? .character("Y") : .enter
        }
    }
}
