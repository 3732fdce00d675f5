import Basics
import Incidents

/// What is known of the incident's ticket.
package enum TicketState: Sendable, Hashable {
    case open(String)
    case closed(String)
    /// Nobody said, it was said too long ago, or the configured check failed.
    case unknown(String)

    /// How long a word on the ticket is believed.
    package static let statementValid: Duration = .minutes(60)

    package static func of(_ incident: Incident, now: ClockReading, bootID: String) -> TicketState {
        guard let ticket = incident.ticket, let at = incident.ticketAt else {
            return .unknown("nobody has said whether its ticket is open")
        }
        // "Closed" does not grow old: only a newer word opens it again.
        guard ticket.isOpen else { return .closed(ticket.ticket) }
        if let failure = incident.ticketCheckFailure {
            return .unknown("the check of ticket \(ticket.ticket) failed: \(failure)")
        }
        let moment = Moment(wall: at.wall, boot: at.boot, bootID: at.bootID)
        let age = TimeWindow.elapsed(since: moment, now: now, bootID: bootID)
        guard age <= statementValid else {
            return .unknown(
                "that ticket \(ticket.ticket) is open was said \(TimeText.span(age)) ago")
        }
        return .open(ticket.ticket)
    }

    /// nil when nothing and nobody can say.
    package var isOpen: Bool? {
        switch self {
        case .open: true
        case .closed: false
        case .unknown: nil
        }
    }
}
