import Basics
import Canvas
import Incidents
import Safety

extension Model {
    /// A key that is text, or that belongs to the open overlay.
    mutating func handle(_ key: Key) -> [Effect] {
        switch overlay {
        case .palette(let state): return palette(state, key)
        case .prompt(let prompt): return self.prompt(prompt, key)
        case .declaration(let form): return declaration(form, key)
        case .card(let card): return self.card(card, key)
        case .help(let scroll): overlay = .help(scroll: scrolled(scroll, key))
        case .detail(let pane, let scroll): overlay = .detail(pane, scroll: scrolled(scroll, key))
        case .text(let title, let body, let scroll):
            overlay = .text(title: title, body: body, scroll: scrolled(scroll, key))
        case .leaving:
            if key == .character("y") || key == .character("Y") {
                isLeaving = true
                return [.quit]
            }
            overlay = nil
        case nil: break
        }
        return []
    }

    private func scrolled(_ scroll: Int, _ key: Key) -> Int {
        let page = max(1, size.height - 6)
        switch key {
        case .down, .character("j"): return scroll + 1
        case .up, .character("k"): return max(0, scroll - 1)
        case .pageDown, .character(" "): return scroll + page
        case .pageUp: return max(0, scroll - page)
        case .home, .character("g"): return 0
        default: return scroll
        }
    }

    // MARK: Palette

    private mutating func palette(_ old: PaletteState, _ key: Key) -> [Effect] {
        var state = old
        switch key {
        case .enter:
            overlay = nil
            guard let command = state.chosen else {
                say(
                    "no command is called \"\(state.word)\": press : and Tab to see them all",
                    isError: true)
                return []
            }
            return performIfAvailable(command, state.argument)
        case .tab:
            if let command = state.chosen {
                state.field = TextField(command.rawValue + " ")
                state.selection = 0
            }
        case .down: state.selection = min(state.selection + 1, state.completions.count - 1)
        case .up: state.selection = max(0, state.selection - 1)
        default:
            if state.field.handle(key) { state.selection = 0 }
            if let refusal = state.field.refusal { say(refusal, isError: true) }
        }
        overlay = .palette(state)
        return []
    }

    /// Runs a command, or says why it cannot be used now.
    mutating func performIfAvailable(_ command: Command, _ argument: String) -> [Effect] {
        if case .disabled(let reason) = availability(of: command) {
            say("\(command.rawValue): \(reason)", isError: true)
            return []
        }
        return perform(command, argument)
    }

    // MARK: Prompt

    mutating func ask(_ kind: Prompt.Kind, _ title: String, hint: String = "", text: String = "") {
        overlay = .prompt(Prompt(kind: kind, title: title, hint: hint, text: text))
    }

    private mutating func prompt(_ old: Prompt, _ key: Key) -> [Effect] {
        var prompt = old
        guard key == .enter else {
            if prompt.kind == .filter, key == .tab { completeFilter(&prompt) }
            if key == .up || key == .down { chooseHypothesis(&prompt, by: key == .up ? -1 : 1) }
            let isTaken = prompt.field.handle(key)
            prompt.error = prompt.field.refusal ?? (isTaken ? "" : prompt.error)
            if prompt.kind == .filter { previewFilter(&prompt) }
            overlay = .prompt(prompt)
            return []
        }
        if prompt.kind == .filter {
            guard let effects = acceptFilter(prompt) else {
                previewFilter(&prompt)
                overlay = .prompt(prompt)
                return []
            }
            overlay = nil
            return effects
        }
        let text = prompt.field.text.trimmingSpaces
        guard !text.isEmpty || prompt.kind.mayBeEmpty else {
            prompt.error = "nothing typed: write something, or Esc leaves"
            overlay = .prompt(prompt)
            return []
        }
        overlay = nil
        return answered(prompt.kind, text)
    }

    mutating func answered(_ kind: Prompt.Kind, _ text: String) -> [Effect] {
        switch kind {
        case .note: return write(NoteAdded(text: text))
        case .followUp: return write(FollowUpAdded(text: text))
        case .title: return write(TitleChanged(title: text))
        case .hypothesis: return addHypothesis(text)
        case .evidence(let hypothesis, let pin): return addEvidence(text, to: hypothesis, pin)
        case .filter: return []
        case .goTo: return goTo(text)
        case .update: return publish(text)
        case .byHand: return recordByHand(text)
        case .find:
            find = text
            if !text.isEmpty { jumpToMatch(by: -1) }
            return []
        case .refuse(let proposal):
            return write(MitigationDenied(proposal: proposal, reason: text))
        case .overrideResolve: return resolve(overrideReason: text)
        case .clearStop: return [.clearStop(reason: text)]
        case .acknowledge(let attempt):
            return write(ActionAcknowledged(attempt: attempt, finding: text))
        case .answer(let escalation):
            return acknowledgeEscalation(id: escalation, text: text)
        case .object(let proposal):
            return write(MitigationObjected(proposal: proposal, reason: text))
        case .resetBreaker: return closeBreaker(reason: text)
        case .keepConfiguration: return acknowledgeConfiguration(reason: text)
        case .escalate: return escalate(text)
        case .refute(let hypothesis):
            return write(
                HypothesisStatusChanged(id: hypothesis, status: .refuted, reason: text))
        }
    }

    // MARK: Declaration

    private mutating func declaration(_ old: Declaration, _ key: Key) -> [Effect] {
        var form = old
        let count = Declaration.Field.allCases.count
        switch key {
        case .enter:
            if form.focus != .onCall {
                form.focus = Declaration.Field(rawValue: form.focus.rawValue + 1) ?? .onCall
            } else {
                return declare(form)
            }
        case .tab, .down:
            form.focus = Declaration.Field(rawValue: (form.focus.rawValue + 1) % count) ?? .what
        case .backTab, .up:
            form.focus =
                Declaration.Field(rawValue: (form.focus.rawValue + count - 1) % count) ?? .what
        case .control("D"): return declare(form)
        default:
            if form.fields[form.focus.rawValue].handle(key) {
                form.touched.insert(form.focus)
                form.error = form.fields[form.focus.rawValue].refusal ?? ""
            }
        }
        overlay = .declaration(form)
        return []
    }
}

extension PaletteState {
    /// The exact name if typed, else the selected completion.
    package var chosen: Command? {
        if let exact = Command(rawValue: word.lowercased()) { return exact }
        return completions.indices.contains(selection) && !word.isEmpty || selection > 0
            ? completions[selection] : nil
    }
}
