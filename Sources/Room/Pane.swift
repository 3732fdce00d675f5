/// The places on the screen that can have the focus, by the number that jumps to them.
package enum Pane: Int, Sendable, CaseIterable, Hashable {
    case situation = 1
    case hypotheses, mitigations, conditions, timeline, logs, metrics
    case report = 9

    /// The five of the first screen.
    package static let room: [Pane] = [
        .situation, .hypotheses, .mitigations, .conditions, .timeline,
    ]

    /// Whether it takes the whole screen below the header.
    package var isScreen: Bool { !Self.room.contains(self) }

    package var title: String {
        switch self {
        case .situation: "Situation"
        case .hypotheses: "Hypotheses"
        case .mitigations: "Mitigations"
        case .conditions: "Resolve when"
        case .timeline: "Timeline"
        case .logs: "Logs"
        case .metrics: "Metrics and sources"
        case .report: "Report"
        }
    }
}
