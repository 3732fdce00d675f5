import Basics
import Canvas
import Diagnosis
import Incidents
import Room
import Safety
import Testing

/// Every state of the room that has a golden frame, by folder and name.
struct Scene: Sendable, CustomTestStringConvertible {
    var folder: String
    var name: String
    var model: @Sendable (Size) -> Model

    var testDescription: String { folder + "/" + name }

    init(_ folder: String, _ name: String, _ change: @escaping @Sendable (inout Model) -> Void) {
        self.folder = folder
        self.name = name
        model = { size in
            var model = Fixture(size: size).model
            change(&model)
            return model
        }
    }

    init(_ folder: String, _ name: String, model: @escaping @Sendable (Size) -> Model) {
        self.folder = folder
        self.name = name
        self.model = model
    }

    static let sizes = [
        Size(width: 80, height: 24), Size(width: 120, height: 40), Size(width: 160, height: 45),
        Size(width: 40, height: 12), Size(width: 1, height: 1),
    ]

    static let all: [Scene] = panes + details + overlays + states + guarding + logs

    private static let panes: [Scene] = Pane.allCases.map { pane in
        Scene("\(pane)", "focused") { $0.focus = pane }
    }

    private static let details: [Scene] = Pane.allCases.map { pane in
        Scene("\(pane)", "detail") {
            $0.focus = pane
            $0.overlay = .detail(pane, scroll: 0)
        }
    }

    private static let overlays: [Scene] = [
        Scene("card", "production") { $0.overlay = .card(Fixture.card) },
        Scene("card", "confirm") { $0.overlay = .card(Fixture.confirmCard) },
        Scene("card", "revoked") {
            var card = Fixture.card
            card.revoked = "the emergency stop is on: set by ops2"
            card.scroll = 99
            $0.overlay = .card(card)
        },
        Scene("help", "top") { $0.overlay = .help(scroll: 0) },
        Scene("palette", "open") { $0.overlay = .palette(PaletteState()) },
        Scene("palette", "typed") {
            $0.overlay = .palette(PaletteState(field: TextField("se")))
        },
        Scene("prompt", "note") {
            $0.overlay = .prompt(Prompt(kind: .note, title: "Note", text: "payments joined"))
        },
        Scene("declaration", "prefilled") {
            var form = $0.openingDeclaration
            form.focus = .since
            $0.overlay = .declaration(form)
        },
        Scene("leaving", "asked") { $0.overlay = .leaving },
        Scene("text", "sitrep") {
            $0.overlay = .text(
                title: "Situation report (copied)", body: SituationText.sitrep($0), scroll: 0)
        },
    ]

    private static let states: [Scene] = [
        Scene("room", "empty") { Fixture.empty(size: $0) },
        Scene("room", "emergency-stop") {
            $0.stopFiles = [
                .init(
                    path: "/run/warroom/EMERGENCY_STOP", presence: .present(reason: "wrong target"))
            ]
        },
        Scene("room", "drill") { size in
            var model = Fixture(size: size, isDrill: true).model
            model.speed = 10
            return model
        },
        Scene("room", "viewer") { $0.access = .viewer("another room holds the journal") },
        Scene("room", "toast") {
            _ = $0.update(
                .failed(
                    Failure(
                        "journal.locked", "Journal not writable", subject: "journal/000007.wj",
                        why: "ENOSPC", unchanged: "No action was run", next: "Free space")))
        },
        Scene("room", "running") { size in
            var fixture = Fixture(size: size)
            fixture.log(
                ActionIntent(
                    proposal: "M2", attempt: "A2", action: "rollback-deployment",
                    target: "checkout", environment: .production,
                    steps: Fixture.rollbackProposal.steps,
                    digest: Fixture.rollbackProposal.digest, rollbackOf: nil, executables: []),
                at: "14:16:20")
            fixture.log(ActionStarted(attempt: "A2", step: 1, pid: 4242), at: "14:16:20")
            return fixture.model
        },
        Scene("room", "all-held") {
            for index in $0.observation?.conditions.indices ?? 0..<0 {
                $0.observation?.conditions[index].state = .met(since: Fixture.onset)
            }
            $0.incident.mitigations = []
        },
        Scene("room", "journal-lost") {
            _ = $0.update(
                .journalLost(
                    Failure(
                        "journal.lost", "Journal not writable", subject: "journal/000007.wj",
                        why: "ENOSPC", unchanged: "No action was run", next: "Free space")))
        },
        Scene("room", "zoomed") {
            $0.focus = .conditions
            $0.isZoomed = true
        },
        Scene("room", "found") {
            $0.focus = .timeline
            $0.find = "checkout"
            $0.lists[.timeline] = Model.ListState(selected: "6")
        },
    ]
}

extension Fixture {
    /// An irreversible action with a review: the strictest card there is.
    static var confirmCard: ApprovalCard {
        var proposal = rollbackProposal
        proposal.id = "M3"
        proposal.action = "drop-cache"
        proposal.title = "drop the cache of checkout"
        proposal.steps = [["/usr/local/bin/cachectl", "drop", "--reason=it's stale"]]
        proposal.risk = "high"
        proposal.approvalClass = .confirm
        proposal.onStop = "terminate"
        var verdicts = gates.verdicts
        verdicts[9] = GateVerdict(
            .tested, .review, "it is not recorded where this was validated",
            remedy: "add `tested_in:` to the action, or the IC reviews it")
        var card = ApprovalCard(
            proposal: proposal, gates: GateReport(verdicts: verdicts),
            warning: "this re-deploys the suspected 4f2a91c", openedAt: now)
        card.focus = .confirm
        card.confirm = TextField("CONFIRM che")
        return card
    }
}
