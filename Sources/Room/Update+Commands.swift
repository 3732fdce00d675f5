import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents

extension Model {
    /// Runs a command that is available.
    mutating func perform(_ command: Command, _ argument: String) -> [Effect] {
        if case .disabled(let reason) = availability(of: command) {
            say("\(command.rawValue): \(reason)", isError: true)
            return []
        }
        return moveInLogs(command) ?? lookAtLogs(command, argument) ?? move(command)
            ?? decide(command, argument) ?? callOrHalt(command, argument) ?? manage(
                command, argument)
            ?? record(command, argument) ?? []
    }

    /// Moving, finding and opening where screen 6 has the focus; nil elsewhere.
    private mutating func moveInLogs(_ command: Command) -> [Effect]? {
        guard focus == .logs else { return nil }
        switch command {
        case .up: return moveInLogs(by: -1)
        case .down: return moveInLogs(by: 1)
        case .pageUp: return moveInLogs(by: -pageRows)
        case .pageDown: return moveInLogs(by: pageRows)
        case .top: return moveInLogs(by: -Self.wholeList)
        case .bottom: return moveInLogs(by: Self.wholeList)
        case .find: askFilter()
        case .nextMatch: return seekMatch(forwards: true)
        case .previousMatch: return seekMatch(forwards: false)
        case .open: return openInLogs()
        case .explain:
            overlay = .detail(.logs, scroll: 0)
            return logs.mode == .lines ? askContext() : []
        case .back: return goBackInLogs()
        default: return nil
        }
        return []
    }

    /// One level out of screen 6: the overlay, a search, the patterns, the filter, the screen.
    private mutating func goBackInLogs() -> [Effect]? {
        if overlay != nil {
            if case .prompt(let prompt) = overlay, prompt.kind == .filter { cancelFilter() }
            overlay = nil
            logs.context = nil
        } else if logs.question?.isJump == true {
            logs.question = nil
            say("the search was stopped")
        } else if logs.mode == .patterns {
            logs.mode = .lines
        } else if !logs.filter.isEmpty {
            return setFilter(LogFilter())
        } else {
            return nil
        }
        return []
    }

    private mutating func move(_ command: Command) -> [Effect]? {
        switch command {
        case .situation: jump(to: .situation)
        case .hypotheses: jump(to: .hypotheses)
        case .mitigations: jump(to: .mitigations)
        case .conditions: jump(to: .conditions)
        case .timeline: jump(to: .timeline)
        case .logs: jump(to: .logs)
        case .metrics: jump(to: .metrics)
        case .report:
            jump(to: .report)
            return [.makeReport]
        case .nextPane: cyclePane(by: 1)
        case .previousPane: cyclePane(by: -1)
        case .up: moveSelection(by: -1)
        case .down: moveSelection(by: 1)
        case .pageUp: moveSelection(by: -pageRows)
        case .pageDown: moveSelection(by: pageRows)
        case .top: moveSelection(by: -1_000_000)
        case .bottom: moveSelection(by: 1_000_000)
        case .zoom: isZoomed.toggle()
        case .open: overlay = .detail(focus, scroll: 0)
        case .back: goBack()
        case .follow: toggleFollow()
        case .nextMatch: jumpToMatch(by: 1)
        case .previousMatch: jumpToMatch(by: -1)
        case .find: ask(.find, "Find in \(focus.title)", hint: "empty shows everything", text: find)
        case .help: overlay = .help(scroll: 0)
        case .palette: overlay = .palette(PaletteState())
        default: return nil
        }
        return []
    }

    /// One level out: overlay, search, zoom, whole-screen pane. Never quits.
    private mutating func goBack() {
        if overlay != nil {
            overlay = nil
        } else if !find.isEmpty {
            find = ""
        } else if isZoomed {
            isZoomed = false
        } else if focus.isScreen {
            focus = .mitigations
        } else {
            toast = nil
        }
    }

    private mutating func decide(_ command: Command, _ argument: String) -> [Effect]? {
        switch command {
        case .approve: return approveSelected()
        case .refuse:
            guard case .proposal(let it)? = selectedMitigation?.content else { return [] }
            ask(
                .refuse(proposal: it.proposal.id), "Why is \(it.proposal.title) refused?",
                hint: "the reason stands in the timeline")
        case .undo:
            guard let it = incident.undoCandidate else { return [] }
            return [
                .propose(
                    ProposalRequest(
                        basis: .undo(of: it.proposal.id), reason: "undo \(it.proposal.title)"))
            ]
        case .inverse:
            guard let it = inverseCandidate else { return [] }
            return [
                .propose(
                    ProposalRequest(
                        basis: .inverse(of: it.proposal.id),
                        reason: "puts back what \(it.proposal.id) took away"))
            ]
        case .stop:
            // The file that appears is this one: it needs no second entry.
            pendingStop = canWrite && incident.stop == nil
            return [.setStop(reason: argument.isEmpty ? "set by \(actor.name)" : argument)]
        case .clearStop:
            guard argument.isEmpty else { return [.clearStop(reason: argument)] }
            ask(.clearStop, "Why is it safe to clear the emergency stop?")
        case .resolve: return resolveOrAsk(argument)
        default: return nil
        }
        return []
    }

    private mutating func approveSelected() -> [Effect] {
        switch selectedMitigation?.content {
        case .planned(let planned):
            return [
                .propose(
                    ProposalRequest(
                        basis: .action(
                            planned.advice.action, target: planned.advice.target,
                            slots: planned.advice.slots),
                        reason: planned.advice.why))
            ]
        case .proposal(let mitigation): return openCard(mitigation.proposal.id)
        case .doNothing, nil: return []
        }
    }

    private mutating func resolveOrAsk(_ argument: String) -> [Effect] {
        if observation?.allConditionsMet == true { return resolve(overrideReason: nil) }
        let unmet = unmetConditions
        guard argument.isEmpty else { return resolve(overrideReason: argument) }
        ask(
            .overrideResolve, "Locked: \(unmet.count) of 6 not met. Override with a reason?",
            hint: unmet.joined(separator: "; "))
        return []
    }

    private var unmetConditions: [String] {
        guard let observation else { return ConditionID.allCases.map(\.title) }
        return observation.conditions.filter { !$0.state.counts }.map {
            "\($0.id.title) (\($0.state.word))"
        }
    }

    mutating func resolve(overrideReason: String?) -> [Effect] {
        if overrideReason != nil, !isCommander {
            say("only the IC (\(incident.commander ?? "nobody")) overrides", isError: true)
            return []
        }
        let resolved = IncidentResolved(
            unmet: overrideReason == nil ? [] : unmetConditions, overrideReason: overrideReason)
        return [.journal([draft(resolved)], sync: true)]
    }

    private mutating func manage(_ command: Command, _ argument: String) -> [Effect]? {
        switch command {
        case .quit: overlay = .leaving
        case .suspend: return [.suspend]
        case .redraw: return [.redraw]
        case .export: return [.export]
        case .catchUp: return catchUp()
        case .theme:
            guard !argument.isEmpty else {
                say("theme NAME: dark, light, high-contrast, colour-blind, mono, sixteen")
                return []
            }
            return [.setTheme(argument)]
        case .explain: overlay = .detail(focus, scroll: 0)
        default: return nil
        }
        return []
    }

    private mutating func catchUp() -> [Effect] {
        let text = SituationText.sitrep(self)
        overlay = .text(title: "Situation report (copied)", body: text, scroll: 0)
        return [.copy(text)]
    }
}
