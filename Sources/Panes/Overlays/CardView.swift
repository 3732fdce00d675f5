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
        let lines = CardBody.lines(card, model, width: geometry.width)
        let last = max(0, lines.count - geometry.body)
        let scroll = min(max(0, card.scroll), last)
        let environment = card.proposal.environment
        let place =
            environment == .production ? "PRODUCTION" : environment.rawValue
        let digest = "digest " + card.proposal.digest.prefix(8)
        let more = last == 0 ? digest : digest + (scroll < last ? ", more below ↓" : ", end ↑")
        let inner = OverlayView.box(
            geometry.size, title(card, place), into: &frame, area: area,
            trailing: more, token: token)
        let parts = inner.splitTop(geometry.body)
        frame.put(lines.dropFirst(scroll), in: parts.top)
        var rest = parts.rest
        if geometry.hasRule {
            let outer = area.centred(geometry.size)
            frame.rule(outer, row: rest.row, token: token)
            rest = rest.splitTop(1).rest
        }
        CardFoot.draw(card, model, into: &frame, rect: rest)
    }

    static func scrollMax(_ card: ApprovalCard, _ model: Model, area: Rect) -> Int {
        let geometry = Geometry(card, model, area: area)
        return max(
            0,
            CardBody.lines(card, model, width: geometry.width).count - geometry.body)
    }

    private static func title(_ card: ApprovalCard, _ place: String) -> String {
        let question = "Approve \(card.proposal.id) in \(place)?"
        let isAlone = card.needsBreakGlass && !card.breakGlass.text.trimmingSpaces.isEmpty
        return isAlone ? "BREAK GLASS: " + question : question
    }

    /// Production, or something that cannot be undone.
    private static func isLoud(_ card: ApprovalCard, _ model: Model) -> Bool {
        card.proposal.environment == .production || card.revoked != nil || card.needsBreakGlass
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
            let count = CardBody.lines(card, model, width: width).count
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
    static func rowCount(_ card: ApprovalCard) -> Int { 2 + fields(card).count }

    static func draw(
        _ card: ApprovalCard, _ model: Model, into frame: inout Frame, rect: Rect
    ) {
        var rest = rect
        for (label, text, focus) in fields(card) {
            field(
                label, text, isFocused: card.focus == focus, into: &frame,
                rect: rest.splitTop(1).top)
            rest = rest.splitTop(1).rest
        }
        frame.put(word(card, model, width: rect.width), in: rest, row: rest.row)
        buttons(card, model, into: &frame, rect: rest.splitTop(1).rest)
    }

    /// What must be typed, in the order of the stations.
    private static func fields(_ card: ApprovalCard) -> [(
        String, TextField, ApprovalCard.Focus
    )] {
        var fields: [(String, TextField, ApprovalCard.Focus)] = []
        if card.needsReason { fields.append(("Review reason", card.reason, .reason)) }
        if card.needsBreakGlass {
            fields.append(("Break glass: why alone", card.breakGlass, .breakGlass))
        }
        if card.needsTyping {
            fields.append(
                ("Type \(Sanitiser.identifier(card.requiredText))", card.confirm, .confirm))
        }
        return fields
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
    private static func word(_ card: ApprovalCard, _ model: Model, width: Int) -> TextLine {
        if let revoked = card.revoked {
            return TextLine("✗ NO LONGER ALLOWED: " + revoked, .cardDanger)
        }
        if let objection = card.objection {
            return TextLine("✗ \(objection). Esc, then look again", .cardDanger)
        }
        let left = model.windowLeft(card)
        if left > .zero {
            let head = card.message.isEmpty ? "" : "✗ "
            return TextLine(
                "\(head)others may object for \(TimeText.span(left)): wait, or P proceeds now",
                card.message.isEmpty ? .gateReview : .toastError)
        }
        let message = model.message(of: card)
        if !message.isEmpty { return TextLine("✗ " + message, .toastError) }
        if let blocked = card.gates.blocked.first {
            return TextLine(
                "✗ cannot be approved: \(blocked.gate.rawValue): \(blocked.reason)", .gateBlocked)
        }
        return TextLine(wayToApprove(card, width: width), .hint)
    }

    private static func wayToApprove(_ card: ApprovalCard, width: Int) -> String {
        let early = card.proceedsEarly ? "window cut short. " : ""
        let first = [
            card.needsReason && card.reason.text.isEmpty ? "the review's reason" : nil,
            card.needsBreakGlass && card.breakGlass.text.isEmpty ? "why you go alone" : nil,
        ].compactMap { $0 }.joined(separator: " and ")
        let long =
            switch card.proposal.approvalClass {
            case .enter: "Tab to Approve, then Enter"
            case .yes: "press Y (capital): Enter never approves production"
            case .confirm: "type the words exactly, Tab to Approve, Enter"
            }
        let text = early + (first.isEmpty ? long : "first \(first) (Tab), then \(long)")
        guard CellWidth.of(text) > width else { return text }
        let short =
            switch card.proposal.approvalClass {
            case .enter: "Tab to Approve, Enter"
            case .yes: "press Y (capital), never Enter"
            case .confirm: "type the words, Tab, Enter"
            }
        return first.isEmpty ? short : "Tab to each field, then " + short
    }

    private static func buttons(
        _ card: ApprovalCard, _ model: Model, into frame: inout Frame, rect: Rect
    ) {
        guard rect.height > 0 else { return }
        let isAllowed = card.revoked == nil && card.objection == nil && card.gates.mayProceed
        let left = model.windowLeft(card)
        let key = card.proposal.approvalClass == .yes ? "Approve: Y" : "Approve"
        let waits = left > .zero ? "Approve: in \(TimeText.span(left)), P now" : key
        let spans = [
            button("Cancel", isFocused: card.focus == .cancel, isAllowed: true), Span("   "),
            button(
                isAllowed ? waits : "Approve: not allowed", isFocused: card.focus == .approve,
                isAllowed: isAllowed && left == .zero),
        ]
        frame.put(TextLine(spans), in: rect, row: rect.row)
    }

    private static func button(_ text: String, isFocused: Bool, isAllowed: Bool) -> Span {
        let token: Token = isFocused ? .buttonFocused : isAllowed ? .button : .textDim
        return Span(isFocused ? "▸[ \(text) ]" : " [ \(text) ]", token)
    }
}
