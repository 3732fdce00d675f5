import Canvas
import Incidents
import Playbooks
import SafeText

/// What undoes a proposal, as it stands and as the catalogue says.
enum Reversibility: Hashable {
    /// These argument lists, by `r`.
    case paired([[String]])
    /// This action, by hand: never armed.
    case byHand(String)
    /// It is itself the way back from an earlier proposal.
    case undoes(String)
    /// Nothing that is known.
    case none

    init(_ proposal: MitigationProposed, _ configuration: Configuration) {
        if !proposal.rollbackSteps.isEmpty {
            self = .paired(proposal.rollbackSteps)
        } else if let earlier = proposal.rollbackOf {
            self = .undoes(earlier)
        } else if let action = configuration.actions[proposal.action], !action.isIrreversible,
            let inverse = action.inverse
        {
            self = .byHand(inverse)
        } else {
            self = .none
        }
    }

    var isIrreversible: Bool { self == .none }

    /// For one row of a list.
    var span: Span {
        switch self {
        case .paired: Span("reversible", .textDim)
        case .byHand: Span("undone by hand", .textDim)
        case .undoes(let earlier): Span("undoes \(earlier)", .textDim)
        case .none: Span("▲ IRREVERSIBLE", .riskHigh)
        }
    }

    /// For cards and pages.
    func lines(width: Int) -> [TextLine] {
        let label = "Undone by"
        switch self {
        case .paired(let steps): return CommandText.rows(label, steps, width: width)
        case .byHand(let inverse):
            return Fields.wrapped(
                label, "\(Sanitiser.identifier(inverse)), by hand and never automatically",
                width: width)
        case .undoes(let earlier):
            return Fields.wrapped(
                label, "nothing further: this is the way back from \(earlier)", width: width)
        case .none:
            return Fields.wrapped(
                label, "▲ IRREVERSIBLE: nothing that is known undoes it", width: width,
                token: .riskHigh)
        }
    }
}
