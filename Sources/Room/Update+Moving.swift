import Canvas
import Diagnosis
import Incidents

extension Model {
    mutating func jump(to pane: Pane) {
        if pane.isScreen || focus.isScreen { isZoomed = false }
        focus = pane
    }

    mutating func cyclePane(by step: Int) {
        let ring = Pane.room
        let index = ring.firstIndex(of: focus) ?? 0
        jump(to: ring[(index + step + ring.count) % ring.count])
    }

    /// Moves the selection; moving up stops following, reaching the end of a followed list resumes
    /// it.
    mutating func moveSelection(by step: Int) {
        let ids = rowIDs(of: focus)
        guard !ids.isEmpty else { return }
        let current = selectedID(in: focus).flatMap { ids.firstIndex(of: $0) } ?? 0
        select(index: current + step, in: ids)
    }

    mutating func select(index: Int, in ids: [String]) {
        let target = min(max(0, index), ids.count - 1)
        var state = lists[focus] ?? ListState()
        state.selected = ids[target]
        if focus == .timeline { state.isFollowing = target == ids.count - 1 }
        lists[focus] = state
    }

    mutating func toggleFollow() {
        if focus == .logs { return toggleFollowLogs() }
        guard focus == .timeline else {
            say("following is for the timeline and the logs: press 5 or 6")
            return
        }
        var state = lists[focus] ?? ListState()
        state.selected = selectedID(in: focus)
        state.isFollowing.toggle()
        lists[focus] = state
    }

    /// Selects the next row whose text holds the find text.
    mutating func jumpToMatch(by step: Int) {
        let ids = rowIDs(of: focus)
        let texts = searchTexts(of: focus)
        guard !find.isEmpty, ids.count == texts.count, !ids.isEmpty else { return }
        let needle = find.lowercased()
        let current = selectedID(in: focus).flatMap { ids.firstIndex(of: $0) } ?? 0
        for offset in 1...ids.count {
            let index = ((current + step * offset) % ids.count + ids.count) % ids.count
            if texts[index].lowercased().contains(needle) {
                select(index: index, in: ids)
                return
            }
        }
        say("\"\(find)\" is not in this pane")
    }

    private func searchTexts(of pane: Pane) -> [String] {
        switch pane {
        case .timeline: timelineRows.map { "\($0.word) \($0.text) \($0.actor)" }
        case .hypotheses: observation?.hypotheses.map(\.statement) ?? []
        case .logs: []
        case .report:
            reportText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        case .mitigations: mitigationRows.map(\.searchText)
        case .conditions: ConditionID.allCases.map(\.title)
        case .situation, .metrics: rowIDs(of: pane)
        }
    }

    /// How many rows a page is.
    var pageRows: Int {
        max(1, focus == .logs ? logListRows - 1 : (layout.panes[focus]?.height ?? 10) - 3)
    }
}

extension MitigationRow {
    /// What a search in the pane looks at.
    fileprivate var searchText: String {
        switch content {
        case .planned(let planned): planned.title
        case .proposal(let mitigation):
            "\(mitigation.proposal.id) \(mitigation.proposal.title) \(mitigation.state.rawValue)"
        case .doNothing: "do nothing"
        }
    }
}
