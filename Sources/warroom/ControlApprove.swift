import App
import ArgumentParser
import Basics
import Control
import Incidents
import SafeText
import Safety

struct ApproveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Look at a proposal of an open room and approve it as yourself.",
        discussion: """
            Shows what would run and every gate as it judges you, then asks on your own terminal: \
            Y for production, the typed word CONFIRM and the target for what cannot be taken back. \
            A paste, a held key or a pipe approves nothing.
            """)

    @Argument(help: "The proposal, for example M3.")
    var proposal: String

    @OptionGroup var room: RoomOptions

    @Option(help: "The reason for passing over the gates that ask for a review (IC only).")
    var review: String?

    @Option(help: "Why you go on alone where two persons are asked for (IC only); it is loud.")
    var breakGlass: String?

    @Flag(help: "Do not wait for the end of the objection window.")
    var proceed = false

    /// Checks of the rollback and of programs run before the answer.
    private static let patience: Duration = .seconds(120)

    func run() throws {
        let client = try room.client()
        let answer = try client.ask(Request(.card, proposal: proposal))
        if let failure = answer.failure { throw failure }
        guard let card = answer.card?.value(ProposalCard.self) else {
            throw Failure(
                "control.notUnderstood", "The room's card is not understood",
                subject: client.place.path, unchanged: "Nothing was approved")
        }
        for line in CardText.lines(card, of: client) { print(Clean.text(line)) }
        Output.flush()
        try check(card)
        let typed = try ask(card)
        var request = Request(.approve, proposal: card.id)
        request.digest = card.digest
        request.confirm = typed
        request.reviewed = card.reviews.map(\.gate)
        request.reviewReason = review
        request.breakGlass = breakGlass
        request.proceed = proceed
        // Typing takes longer than the room's patience with a silent peer.
        let reply = try room.ask(request, patience: Self.patience)
        print(Clean.text(reply.did ?? ""))
    }

    private func refusal(_ why: String, next: String = "") -> Failure {
        Failure(
            "approval.refused", "It cannot be approved now", subject: proposal, why: why,
            unchanged: "Nothing was approved", next: next, exit: .refusedByGate)
    }

    /// What would be refused anyway is said before anything is typed.
    private func check(_ card: ProposalCard) throws(Failure) {
        guard card.state == Mitigation.State.proposed.rawValue else {
            throw refusal("it is \(card.state)")
        }
        if let gate = card.blocked.first, breakGlass == nil {
            throw refusal("\(gate.gate): \(gate.reason)", next: gate.remedy)
        }
        if let gate = card.reviews.first, review == nil {
            throw refusal(
                "\(gate.gate): \(gate.reason)",
                next: "Settle it, or as the IC give a reason: --review \"REASON\"")
        }
        if card.objectionSecondsLeft > 0, !proceed {
            let left = TimeText.span(.seconds(card.objectionSecondsLeft))
            throw refusal(
                "\(card.mayObject.joined(separator: ", ")) may still object for \(left)",
                next: "Wait, or go on now: --proceed")
        }
    }

    /// What was typed for `confirm`; nil for the other classes.
    private func ask(_ card: ProposalCard) throws(Failure) -> String? {
        let terminal = try AskingTerminal()
        let required = ApprovalPolicy.confirmation(for: card.target)
        let outcome: TypedAnswer.Outcome
        switch card.approvalClass {
        case .yes: outcome = terminal.ask("Press Y to run it; any other key leaves:", .key(0x59))
        case .enter:
            outcome = terminal.ask("Press Enter to run it; any other key leaves:", .key(0x0D))
        case .confirm: outcome = terminal.ask("Type \(required) to run it:", .line)
        }
        switch outcome {
        case .answered(let bytes):
            guard card.approvalClass == .confirm else { return nil }
            let typed = String(decoding: bytes, as: UTF8.self)
            guard bytes.elementsEqual(required.utf8),
                ApprovalPolicy.accepts(typed: typed, target: card.target)
            else { throw refusal("that is not exactly \"\(required)\"") }
            return typed
        case .refused(let why): throw refusal(why)
        case .cancelled, .waiting: throw refusal("you left it")
        }
    }
}

/// A card for a terminal without a room.
enum CardText {
    /// The label says the verb.
    private static func reach(_ text: String) -> String {
        text.hasPrefix("touches ") ? String(text.dropFirst("touches ".count)) : text
    }

    static func lines(_ card: ProposalCard, of client: RoomClient) -> [String] {
        var lines = [
            "\(card.id) \(card.title)   \(card.incident)   \(card.environment.uppercased())",
            "room        of \(client.room.actor.name) (uid \(client.room.actor.uid)), "
                + "process \(client.room.pid), \(client.place.path)",
            "target      \(card.target)", "risk        \(card.risk)",
            "touches     \(reach(card.blastRadius))",
            "proposed    by \(card.proposer) \(TimeText.span(.seconds(card.age))) ago: "
                + card.reason,
        ]
        lines += numbered("runs", card.steps)
        lines += card.capture.isEmpty ? [] : numbered("keeps first", card.capture)
        lines +=
            card.rollbackSteps.isEmpty
            ? ["rollback    NONE: nothing here undoes it"]
            : numbered("rollback", card.rollbackSteps)
        if let text = card.cannotUndo { lines.append("NO WAY BACK \(text)") }
        lines.append(
            "limits      \(TimeText.span(.seconds(card.timeout))), emergency stop: \(card.onStop)")
        lines += card.objections.map { "OBJECTION   \($0)" }
        for gate in card.gates {
            let name = gate.gate + String(repeating: " ", count: max(1, 16 - gate.gate.count))
            lines.append("  \(mark(gate.outcome)) \(name)\(gate.reason)")
        }
        lines.append("IC          \(card.commander ?? "nobody")")
        lines.append("digest      \(card.digest)")
        return lines
    }

    private static func mark(_ outcome: String) -> String {
        switch outcome {
        case "pass": "✓ pass   "
        case "blocked": "✗ BLOCKED"
        case "review": "? REVIEW "
        default: "· \(outcome)" + String(repeating: " ", count: max(0, 7 - outcome.count))
        }
    }

    /// argv lists word by word, each word in a form that shows where it begins and ends.
    private static func numbered(_ name: String, _ steps: [[String]]) -> [String] {
        steps.enumerated().map { index, step in
            let head = index == 0 ? name : ""
            let gap = String(repeating: " ", count: max(1, 12 - head.count))
            return head + gap + step.map(word).joined(separator: " ")
        }
    }

    private static func word(_ argument: String) -> String {
        let isPlain =
            !argument.isEmpty
            && argument.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        return isPlain ? argument : JSONText.quoted(argument)
    }
}
