/// Everything a person can make the room do. Keys, the palette, the footer, the help page and the
/// README all name these; the raw value is what is typed after `:`.
package enum Command: String, Sendable, CaseIterable {
    // Moving
    case situation, hypotheses, mitigations, conditions, timeline, logs, metrics
    case report
    case nextPane = "next-pane"
    case previousPane = "previous-pane"
    case up, down
    case pageUp = "page-up"
    case pageDown = "page-down"
    case top, bottom
    case open, back, zoom
    case find
    case nextMatch = "next-match"
    case previousMatch = "previous-match"
    case follow

    // Logs
    case filter
    case removeFilter = "remove-filter"
    case level
    case samePattern = "same-pattern"
    case hidePattern = "hide-pattern"
    case sameService = "same-service"
    case nextError = "next-error"
    case previousError = "previous-error"
    case goTo = "goto"
    case wrap, patterns

    // Deciding
    case approve, refuse, undo
    case byHand = "by-hand"
    case test, hypothesis, evidence, explain
    case note, update
    case catchUp = "catch-up"
    case palette
    case stop, help, quit, suspend, redraw

    // Palette only
    case resolve, severity, phase, status, title, environment, ic, onset, baseline
    case close, reopen
    case clearStop = "clear-stop"
    case checked
    case notApplicable = "not-applicable"
    case acknowledge, rank, object, inverse, escalate, ticket
    case handOver = "hand-over"
    case resetBreaker = "reset-breaker"
    case keepConfiguration = "keep-configuration"
    case followUp = "follow-up"
    case export, theme
}
