import Basics
import Canvas
import Incidents
import Room
import SafeText

/// The part of the approval card that scrolls, most important first.
enum CardBody {
    static func lines(_ card: ApprovalCard, _ model: Model, width: Int) -> [TextLine] {
        let proposal = card.proposal
        var lines = banners(card, model, width)
        lines += Fields.text(proposal.title, width: width, token: .textStrong)
        lines += CommandText.rows("Runs", proposal.steps, width: width)
        lines += place(proposal, width)
        lines += Fields.wrapped(
            "Touches", GateText.withoutVerb(proposal.blastRadius), width: width)
        lines += risk(proposal, width)
        lines += gates(card, width)
        lines += Reversibility(proposal, model.configuration).lines(width: width)
        lines += CardAround.lines(card, model, width: width)
        lines += Fields.wrapped("On stop", onStop(proposal), width: width)
        lines += effects(card, width)
        lines += Fields.wrapped("Why", orUnknown(proposal.reason), width: width)
        lines += CardAround.people(card, model, width: width)
        lines += [.blank] + GateText.lines(card.gates, width: width)
        lines += [.blank]
        return lines
            + Fields.wrapped(
                "Snapshot",
                "\(TimeText.clockUTC(card.openedAt)), digest \(proposal.digest.prefix(12)): "
                    + "an approval holds for exactly these commands, once, for five minutes",
                width: width, token: .textDim)
    }

    private static func banners(_ card: ApprovalCard, _ model: Model, _ width: Int) -> [TextLine] {
        var texts: [String] = []
        if let revoked = card.revoked { texts.append("■ NO LONGER ALLOWED: " + revoked) }
        if let objection = card.objection { texts.append("✗ OBJECTION, " + objection) }
        if let warning = card.warning { texts.append("▲ WARNING: " + warning) }
        if let cannotUndo = card.proposal.cannotUndo {
            texts.append("▲ CANNOT BE UNDONE: " + cannotUndo)
        }
        if let reason = card.secondPerson {
            texts.append(
                "▲ TWO PERSONS, \(reason): another user runs  warroom approve "
                    + "\(card.proposal.id) --incident \(model.incident.id)  in their own login, "
                    + "or the IC breaks glass below")
        }
        return texts.flatMap { Fields.text($0, width: width, token: .cardDanger) }
    }

    /// On what, and where that is.
    private static func place(_ proposal: MitigationProposed, _ width: Int) -> [TextLine] {
        let target = Sanitiser.identifier(proposal.target)
        guard proposal.environment == .production else {
            return Fields.wrapped(
                "Target", "\(target) in \(proposal.environment.rawValue)", width: width)
        }
        return Fields.wrapped(
            "Target", "\(target) in ▲ PRODUCTION", width: width, token: .headerProduction)
    }

    private static func risk(_ proposal: MitigationProposed, _ width: Int) -> [TextLine] {
        let look = StateLook(risk: proposal.risk)
        let limit = TimeText.span(.seconds(proposal.timeout))
        return Fields.wrapped(
            "Risk", "\(look.glyph) \(look.word), \(proposal.tier), killed after \(limit)",
            width: width, token: look.token)
    }

    /// All twelve in one row; each stands below with its reason.
    private static func gates(_ card: ApprovalCard, _ width: Int) -> [TextLine] {
        let look = GateText.look(card.gates)
        return Fields.wrapped(
            "Gates", "\(look.glyph) \(GateText.counts(card.gates)), each one below", width: width,
            token: look.token)
    }

    private static func onStop(_ proposal: MitigationProposed) -> String {
        switch proposal.onStop {
        case "finish": "finish: once begun, the emergency stop lets it finish"
        case "terminate": "terminate: the emergency stop ends it in the middle"
        default: proposal.onStop
        }
    }

    private static func effects(_ card: ApprovalCard, _ width: Int) -> [TextLine] {
        let expected =
            card.expectedEffect.isEmpty
            ? "not said by the catalogue" : card.expectedEffect.joined(separator: "; ")
        return Fields.wrapped("Expect", expected, width: width)
            + Fields.wrapped("Could break", orUnknown(card.couldBreak), width: width)
            + Fields.wrapped("Watch", orUnknown(card.monitor), width: width)
    }

    private static func orUnknown(_ text: String) -> String {
        text.isEmpty ? "nobody has said" : text
    }
}
