import Basics
import Canvas
import Feeds
import Incidents
import Journals
import Metrics
import Playbooks
import Room
import Safety
import Support
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

/// A room without a screen whose one action writes a line to a file.
final class SmallRoom {
    let folder: TemporaryFolder
    let backend: Backend
    var model: Model
    private let inbox = Mailbox<Message>(capacity: nil)
    private(set) var failures: [Failure] = []
    private(set) var notices: [String] = []
    private(set) var cards: [String] = []

    /// - Parameter folder: another room's, to open the same incident again.
    init(
        _ folder: TemporaryFolder? = nil, observing: Bool = false,
        configure: (inout Configuration) -> Void = { _ in }
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        var configuration = Configuration()
        configuration.environment = .staging
        configuration.environmentIsDeclared = true
        configuration.hasTickets = false
        configuration.hasOnCall = false
        configuration.services["checkout"] = Service(name: "checkout", customers: 0.3)
        let tool = folder.file("tool")
        if access(tool, F_OK) != 0 {
            try folder.write("#!/bin/sh\necho $1 >> \(folder.file("done"))\n", to: "tool")
            chmod(tool, 0o755)
        }
        configuration.actions["flip"] = CatalogueAction(
            id: "flip", title: "flip", tier: .contained, risk: .low, steps: [[tool, "off"]],
            slots: [:], rollbackSteps: [[tool, "on"]], testedIn: ["staging"])
        configuration.stopFiles = [folder.file("STOP")]
        configure(&configuration)
        let id = try #require(IncidentID("INC-2041"))
        var setup = RoomSetup(
            id: id, directory: folder.file("INC-2041"), stateDirectory: folder.path,
            configuration: configuration, actor: try CurrentUser.actor())
        setup.isObserver = observing
        let inbox = self.inbox
        backend = try Backend(
            setup: setup, clock: SystemClock(), rules: [], post: { inbox.send($0) })
        model = try backend.openModel(size: Size(width: 120, height: 40))
        settle()
    }

    /// Until nothing is under way, as the main loop would.
    func settle() {
        while true {
            backend.settle()
            let messages = inbox.receive().values
            guard !messages.isEmpty else { return }
            for message in messages { take(message) }
        }
    }

    func take(_ message: Message) {
        switch message {
        case .failed(let failure), .journalLost(let failure): failures.append(failure)
        case .notice(let text): notices.append(text)
        case .openCard(let id): cards.append(id)
        default: break
        }
        let effects = model.update(message)
        backend.publish(model)
        for effect in effects { backend.perform(effect, model) }
    }

    func propose(_ action: String = "flip") {
        backend.perform(
            .propose(
                ProposalRequest(
                    basis: .action(action, target: "checkout", slots: [:]), reason: "test")), model)
    }

    /// An approval of everything that asks for a review, as the card would make it.
    func approval(of id: String) throws -> MitigationApproved {
        let proposal = try #require(model.incident.mitigation(id)).proposal
        let reviewed = model.gates(for: proposal, stage: .approval).needReview
        return MitigationApproved(
            proposal: id, digest: proposal.digest, approvalClass: proposal.approvalClass,
            reviewed: reviewed.map(\.gate.rawValue), reviewReason: "looked")
    }

    var done: String { (try? folder.text("done")) ?? "" }
    var codes: [String] { failures.map(\.code) }
    var journal: String { (try? folder.text("INC-2041/journal/000001.wj")) ?? "" }

    func close() {
        backend.finish()
        settle()
    }
}
