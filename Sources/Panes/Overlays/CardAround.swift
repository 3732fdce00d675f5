import Basics
import Canvas
import Incidents
import Playbooks
import Room
import SafeText

/// What happens around the commands of a card: before them, between them, after them, and whom they
/// concern.
enum CardAround {
    static func lines(_ card: ApprovalCard, _ model: Model, width: Int) -> [TextLine] {
        let proposal = card.proposal
        // One row whatever it says: it follows the minutes that are counted.
        var lines = [
            Fields.row("Auto undo", [Span(ArmingText.card(proposal, model))])
        ]
        lines += slots(proposal, width)
        if let capture = proposal.capture, !capture.isEmpty {
            lines += CommandText.rows("Keeps first", capture, width: width)
        }
        if let check = proposal.readyCheck, !check.isEmpty {
            lines += CommandText.rows("Ready check", check, width: width)
        }
        return lines + stages(proposal, width)
    }

    /// The values that were filled in; the commands above hold them already.
    private static func slots(_ proposal: MitigationProposed, _ width: Int) -> [TextLine] {
        guard !proposal.slots.isEmpty else { return [] }
        let values = proposal.slots.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(Sanitiser.identifier($0.value))"
        }
        return Fields.wrapped("With", values.joined(separator: "  "), width: width)
    }

    /// In order, each followed by its minute of watching.
    private static func stages(_ proposal: MitigationProposed, _ width: Int) -> [TextLine] {
        guard let stages = proposal.stages, !stages.isEmpty else { return [] }
        var texts = stages.enumerated().map { index, stage in
            let steps = stage.steps.sorted().map { "\($0 + 1)" }.joined(separator: ", ")
            let word = stage.steps.count == 1 ? "step" : "steps"
            return Span("\(index + 1) \(Sanitiser.identifier(stage.service)): \(word) \(steps)")
        }
        texts.append(
            Span(
                "each is watched for \(TimeText.span(CanaryWait.span)); a bad sign halts the rest"
            ))
        return Fields.wrapped("Stages", texts, width: width)
    }

    // MARK: People

    static func people(_ card: ApprovalCard, _ model: Model, width: Int) -> [TextLine] {
        var lines: [TextLine] = []
        if let proposer = card.proposer {
            let you = proposer.uid == model.actor.uid ? " (you)" : ""
            lines += Fields.wrapped("Proposed by", proposer.name + you, width: width)
        }
        // One row: people come and go, and nothing below may move.
        return lines + [Fields.row("Others here", [Span(others(model))])]
    }

    private static func others(_ model: Model) -> String {
        guard !model.connected.isEmpty else { return "nobody else is connected" }
        return model.connected.map {
            $0.actor.name + ($0.mayObject ? " (may object)" : " (reads)")
        }.joined(separator: ", ")
    }
}
