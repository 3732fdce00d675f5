/// What a cell means. Panes name tokens, themes give them colours; the set is closed.
///
/// A name's parents are its dotted prefixes: a theme that says nothing about `gate.pass` uses
/// `gate`, then `text`.
package enum Token: String, CaseIterable, Hashable, Sendable {
    // Plain text
    case text
    case textDim = "text.dim"
    case textStrong = "text.strong"
    case link
    case match
    case input
    case selection

    // Frames and keys
    case title
    case titleFocused = "title.focused"
    case border
    case borderFocused = "border.focused"
    case key
    case hint

    // Header
    case header
    case headerProduction = "header.production"
    case headerDrill = "header.drill"
    case next
    case severity1 = "severity.1"
    case severity2 = "severity.2"
    case severity3 = "severity.3"
    case severity4 = "severity.4"
    case phaseDone = "phase.done"
    case phaseCurrent = "phase.current"
    case phaseTodo = "phase.todo"
    case stopOff = "stop.off"
    case stopOn = "stop.on"

    // Sources
    case stateOK = "state.ok"
    case stateStale = "state.stale"
    case stateError = "state.error"
    case stateSilent = "state.silent"
    case stateLoading = "state.loading"

    // Stop conditions
    case conditionMet = "condition.met"
    case conditionHolding = "condition.holding"
    case conditionNotMet = "condition.notMet"
    case conditionUnknown = "condition.unknown"
    case conditionNotApplicable = "condition.notApplicable"

    // Gates and risk
    case gatePass = "gate.pass"
    case gateReview = "gate.review"
    case gateBlocked = "gate.blocked"
    case gateSkipped = "gate.skipped"
    case riskLow = "risk.low"
    case riskMedium = "risk.medium"
    case riskHigh = "risk.high"

    // Hypotheses
    case evidenceFor = "evidence.for"
    case evidenceAgainst = "evidence.against"
    case hypothesisStrong = "hypothesis.strong"
    case hypothesisModerate = "hypothesis.moderate"
    case hypothesisWeak = "hypothesis.weak"
    case hypothesisRuledOut = "hypothesis.ruledOut"

    // Alerts, logs and charts
    case alertFiring = "alert.firing"
    case alertPending = "alert.pending"
    case levelError = "level.error"
    case levelWarning = "level.warning"
    case levelInfo = "level.info"
    case levelDebug = "level.debug"
    case chartLine = "chart.line"
    case chartBar = "chart.bar"
    case chartBad = "chart.bad"
    case timelineTime = "timeline.time"
    case timelineKind = "timeline.kind"

    // Cards and messages
    case card
    case cardTitle = "card.title"
    case cardDanger = "card.danger"
    case button
    case buttonFocused = "button.focused"
    case toast
    case toastError = "toast.error"

    /// This name and its dotted prefixes, nearest first: `severity.1`, `severity`.
    package var lineage: [String] {
        var names = [rawValue]
        var name = Substring(rawValue)
        while let dot = name.lastIndex(of: ".") {
            name = name[..<dot]
            names.append(String(name))
        }
        return names
    }

    /// The first part of the name: tokens of one family show states of one thing.
    package var family: String { String(rawValue.prefix { $0 != "." }) }
}
