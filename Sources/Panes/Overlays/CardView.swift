import Basics
import Canvas
import Incidents
import Room
import SafeText
import Safety

/// The approval card: everything that will happen, every gate, and the way to say yes.
///
/// The body scrolls; fields, the word on how to approve, and the buttons stay in sight.
enum CardView {
    static let widthMax = 110

    static func draw(_ card: ApprovalCard, _ model: Model, into frame: inout Frame, area: Rect) {
        let geometry = Geometry(card, model, area: area)
        let token: Token = isLoud(card, model) ? .cardDanger : .card
        let lines = CardBody.lines(card, model.configuration, width: geometry.width)
        let last = max(0, lines.count - geometry.body)
        let scroll = min(max(0, card.scroll), last)
        let environment = card.proposal.environment
        let place =
            environment == .production ? "PRODUCTION" : environment.rawValue
        let digest = "digest " + card.proposal.digest.prefix(8)
        let more = last == 0 ? digest : digest + (scroll < last ? ", more below ↓" : ", end ↑")
        let inner = OverlayView.box(
            geometry.size, "Approve \(card.proposal.id) in \(place)?", into: &frame, area: area,
            trailing: more, token: token)
        let parts = inner.splitTop(geometry.body)
        frame.put(lines.dropFirst(scroll), in: parts.top)
        var rest = parts.rest
        if geometry.hasRule {
            let outer = area.centred(geometry.size)
            frame.rule(outer, row: rest.row, token: token)
            rest = rest.splitTop(1).rest
        }
        CardFoot.draw(card, into: &frame, rect: rest)
    }

    static func scrollMax(_ card: ApprovalCard, _ model: Model, area: Rect) -> Int {
        let geometry = Geometry(card, model, area: area)
        return max(
            0,
            CardBody.lines(card, model.configuration, width: geometry.width).count - geometry.body)
    }

    /// Production, or something that cannot be undone.
    private static func isLoud(_ card: ApprovalCard, _ model: Model) -> Bool {
        card.proposal.environment == .production || card.revoked != nil
            || Reversibility(card.proposal, model.configuration).isIrreversible
    }

    /// How the card's rows are shared out.
    private struct Geometry {
        var size: Size
        var width: Int
        var body: Int
        var hasRule: Bool

        init(_ card: ApprovalCard, _ model: Model, area: Rect) {
            let outer = min(area.width, CardView.widthMax)
            width = max(1, outer - (outer >= 44 ? 4 : 2))
            let foot = CardFoot.rowCount(card)
            let count = CardBody.lines(card, model.configuration, width: width).count
            let available = max(0, area.height - 2)
            hasRule = available >= foot + 4
            let fixed = foot + (hasRule ? 1 : 0)
            body = max(0, min(count, available - fixed))
            size = Size(width: outer, height: min(area.height, body + fixed + 2))
        }
    }
}

/// What stays in sight: fields, message, how to approve, buttons.
enum CardFoot {
    static func rowCount(_ card: ApprovalCard) -> Int {
        2 + (card.needsReason ? 1 : 0) + (card.needsTyping ? 1 : 0)
    }

    static func draw(_ card: ApprovalCard, into frame: inout Frame, rect: Rect) {
        var rest = rect
        if card.needsReason {
            field(
                "Review reason", card.reason, isFocused: card.focus == .reason, into: &frame,
                rect: rest.splitTop(1).top)
            rest = rest.splitTop(1).rest
        }
        if card.needsTyping {
            field(
                "Type \(Sanitiser.identifier(card.requiredText))", card.confirm,
                isFocused: card.focus == .confirm, into: &frame, rect: rest.splitTop(1).top)
            rest = rest.splitTop(1).rest
        }
        frame.put(word(card, width: rect.width), in: rest, row: rest.row)
        buttons(card, into: &frame, rect: rest.splitTop(1).rest)
    }

    private static func field(
        _ label: String, _ field: TextField, isFocused: Bool, into frame: inout Frame, rect: Rect
    ) {
        let head = (isFocused ? "▸ " : "  ") + label + " "
        let width = min(CellWidth.of(head), rect.width * 2 / 3)
        let parts = rect.splitLeft(width)
        frame.put(TextLine(head, isFocused ? .textStrong : .text), in: parts.left, row: rect.row)
        FieldView.draw(field, isFocused: isFocused, into: &frame, rect: parts.rest)
    }

    /// The obstacle if there is one, else how this class is approved.
    private static func word(_ card: ApprovalCard, width: Int) -> TextLine {
        if let revoked = card.revoked {
            return TextLine("✗ NO LONGER ALLOWED: " + revoked, .cardDanger)
        }
        if !card.message.isEmpty { return TextLine("✗ " + card.message, .toastError) }
        if let blocked = card.gates.blocked.first {
            return TextLine(
                "✗ cannot be approved: \(blocked.gate.rawValue): \(blocked.reason)", .gateBlocked)
        }
        let review = card.needsReason ? "first the review's reason (Tab), then " : ""
        let long =
            switch card.proposal.approvalClass {
            case .enter: "Tab to Approve, then Enter"
            case .yes: "press Y (capital): Enter never approves production"
            case .confirm: "type the words exactly, Tab to Approve, Enter"
            }
        let text = review + long
        guard CellWidth.of(text) > width else { return TextLine(text, .hint) }
        let short = card.proposal.approvalClass == .yes ? "press Y (capital), never Enter" : long
        return TextLine(card.needsReason ? "reason (Tab), then " + short : short, .hint)
    }

    private static func buttons(_ card: ApprovalCard, into frame: inout Frame, rect: Rect) {
        guard rect.height > 0 else { return }
        let isAllowed = card.revoked == nil && card.gates.mayProceed
        let approve =
            card.proposal.approvalClass == .yes ? "Approve: Y" : "Approve"
        let spans = [
            button("Cancel", isFocused: card.focus == .cancel, isAllowed: true), Span("   "),
            button(
                isAllowed ? approve : "Approve: not allowed", isFocused: card.focus == .approve,
                isAllowed: isAllowed),
        ]
        frame.put(TextLine(spans), in: rect, row: rect.row)
    }

    private static func button(_ text: String, isFocused: Bool, isAllowed: Bool) -> Span {
        let token: Token = isFocused ? .buttonFocused : isAllowed ? .button : .textDim
        return Span(isFocused ? "▸[ \(text) ]" : " [ \(text) ]", token)
    }
}
