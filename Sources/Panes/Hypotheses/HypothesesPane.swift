import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Room
import SafeText

/// What may be causing it, ranked, with the evidence for and against.
enum HypothesesPane {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let inner = frame.pane(.hypotheses, model, in: rect, trailing: "guesses until confirmed")
        let ranked = model.observation?.hypotheses ?? []
        guard !ranked.isEmpty else {
            frame.put(empty(model, width: inner.width), in: inner)
            return
        }
        let selected = model.selectedID(in: .hypotheses)
        let spare = max(0, inner.height - ranked.count)
        let items = ranked.enumerated().map { index, hypothesis in
            let isOpen = index == 0 || hypothesis.id == selected
            return ListItem(
                id: hypothesis.id,
                lines(hypothesis, rank: index + 1, evidenceMax: isOpen ? max(2, spare) : 0, model))
        }
        frame.put(
            items, selected: selected, isFocused: model.focus == .hypotheses, in: inner)
    }

    static func summary(_ model: Model) -> [Span] {
        guard let first = model.observation?.hypotheses.first else {
            return [Span("none yet: h adds one", .textDim)]
        }
        return [StateLook(first.strength).span(), Span("  " + first.statement)]
    }

    private static func empty(_ model: Model, width: Int) -> [TextLine] {
        let text =
            model.observation == nil
            ? "reading the sources"
            : "no hypothesis yet: no playbook applies to what is seen. h adds your own."
        return Fields.text(text, width: width, token: .textDim)
    }

    private static func lines(
        _ hypothesis: RankedHypothesis, rank: Int, evidenceMax: Int, _ model: Model
    ) -> [TextLine] {
        let look = StateLook(hypothesis.strength)
        var spans = [Span("\(rank) ", .textDim), look.span(width: 9), Span(" ")]
        if hypothesis.isPinned { spans.append(Span("★ ", .textStrong)) }
        spans.append(Span(hypothesis.statement, rank == 1 ? .textStrong : .text))
        var head = TextLine(spans)
        if model.runningTest(of: hypothesis.id) != nil {
            head.trailing = [Span("◔ test runs", .conditionHolding)]
        } else if let run = runs(hypothesis, model).last {
            head.trailing = [
                run.isOK
                    ? Span("✓ test: \(run.outcome)", .textDim)
                    : Span("✗ test: \(run.outcome)", .gateBlocked)
            ]
        } else if hypothesis.status != .proposed {
            head.trailing = [Span(hypothesis.status.rawValue, .textDim)]
        } else if !hypothesis.fastestTest.isEmpty {
            head.trailing = [Span("[t]est", .textDim)]
        }
        head.trailingKept = 0
        let spoken = hypothesis.items.filter { !$0.isSilent }
        let shown = spoken.prefix(evidenceMax).map { evidence($0).indented(3) }
        var lines = [head] + shown
        let rest = spoken.count - shown.count
        let silent = hypothesis.items.count - spoken.count
        if evidenceMax > 0, rest > 0 || silent > 0 {
            let parts = [
                rest > 0 ? "\(rest) more" : nil, silent > 0 ? "\(silent) without data" : nil,
            ].compactMap { $0 }
            lines.append(
                TextLine("… " + parts.joined(separator: ", ") + " (i)", .textDim).indented(3))
        }
        return lines
    }

    static func evidence(_ item: RankedHypothesis.Item) -> TextLine {
        if item.isSilent {
            return TextLine([Span("? ", .conditionUnknown), Span(item.text, .textDim)])
        }
        let isFor = item.bits >= 0
        return TextLine([
            Span(isFor ? "+ " : "− ", isFor ? .evidenceFor : .evidenceAgainst), Span(item.text),
        ])
    }

    // MARK: Tests

    /// What diagnostics of this hypothesis reported, oldest first.
    private static func runs(_ hypothesis: RankedHypothesis, _ model: Model) -> [CommandRan] {
        model.incident.commandRuns.filter {
            $0.purpose == .diagnostic
                && $0.hypothesis.map { NameRule.same($0, hypothesis.id) } == true
        }
    }

    private static func test(_ hypothesis: RankedHypothesis, _ model: Model, width: Int)
        -> [TextLine]
    {
        var lines = Fields.wrapped(
            "Fastest test", orUnknown(hypothesis.fastestTest), width: width)
        if let diagnostic = model.diagnostic(of: hypothesis) {
            let command = diagnostic.command.map(Sanitiser.identifier).joined(separator: " ")
            lines += Fields.wrapped(
                "t runs",
                "\(command)  (changes nothing, at most "
                    + "\(TimeText.span(diagnostic.timeout)))", width: width)
        }
        if let running = model.runningTest(of: hypothesis.id) {
            let since = TimeText.span(max(.zero, model.now.boot - running.since))
            lines += Fields.wrapped(
                "", "◔ \(running.diagnostic) runs for \(since)", width: width,
                token: .conditionHolding)
        }
        return lines
    }

    // MARK: Detail

    /// The arithmetic in bits, item by item.
    static func detail(_ hypothesis: RankedHypothesis, _ model: Model, width: Int) -> [TextLine] {
        let look = StateLook(hypothesis.strength)
        var lines = Fields.text(hypothesis.statement, width: width, token: .textStrong)
        lines += [.blank]
        lines += Fields.wrapped(
            "Strength", "\(look.glyph) \(look.word)", width: width, token: look.token)
        lines += Fields.wrapped("Status", statusText(hypothesis, model), width: width)
        lines += Fields.wrapped(
            "Share",
            "\(UnitText.percent(hypothesis.share)) of all that is considered, \"something else\" "
                + "included", width: width)
        lines += [.blank, Fields.heading("Arithmetic, in bits")]
        lines += arithmetic(hypothesis, width: width)
        lines += [.blank]
        lines += Fields.wrapped("Falsified by", orUnknown(hypothesis.falsifiedBy), width: width)
        lines += test(hypothesis, model, width: width)
        lines += Fields.wrapped("Origin", hypothesis.origin, width: width)
        if let service = hypothesis.service {
            lines += Fields.wrapped("Blames", service, width: width)
        }
        lines += CommandRunText.lines(
            "Tests that were run", runs(hypothesis, model), width: width)
        lines += [.blank]
        return lines
            + Fields.text(
                "One bit doubles the odds. Evidence whose data is missing counts 0: it neither "
                    + "supports nor contradicts.", width: width, token: .textDim)
    }

    private static func statusText(_ hypothesis: RankedHypothesis, _ model: Model) -> String {
        let record = model.incident.hypotheses.first { $0.id == hypothesis.id }
        let reason = record.map { $0.reason.isEmpty ? "" : ": " + $0.reason } ?? ""
        return hypothesis.status.rawValue + reason + (hypothesis.isPinned ? ", pinned ★" : "")
    }

    private static func orUnknown(_ text: String) -> String {
        text.isEmpty ? "nobody has said so yet" : text
    }

    private static func arithmetic(_ hypothesis: RankedHypothesis, width: Int) -> [TextLine] {
        var lines = [bits(hypothesis.prior, [Span("prior")])]
        for item in hypothesis.items {
            let value = item.isSilent ? 0 : item.bits
            let rows = Wrap.rows(item.text, width: max(1, width - 12))
            let token: Token =
                item.isSilent ? .textDim : item.bits >= 0 ? .evidenceFor : .evidenceAgainst
            for (index, row) in rows.enumerated() {
                lines.append(
                    index == 0
                        ? bits(value, [Span(row, token)], isSilent: item.isSilent)
                        : TextLine(row, token).indented(10))
            }
            let source = (item.isSilent ? "no data: counts 0; " : "") + item.source
            lines += Fields.text(source, width: width, indent: 10, token: .textDim)
        }
        lines.append(TextLine("────────", .border))
        lines.append(bits(hypothesis.bits, [Span("in all", .textStrong)]))
        return lines
    }

    private static func bits(_ value: Double, _ spans: [Span], isSilent: Bool = false) -> TextLine {
        let sign = value > 0 ? "+" : value < 0 ? "−" : " "
        let number = isSilent ? "?" : sign + UnitText.significant(abs(value))
        let padded = String(repeating: " ", count: max(0, 8 - number.count)) + number
        return TextLine([Span(padded + "  ", .textStrong)] + spans)
    }
}
