import Basics
import Incidents

/// Who may do what in a room. Identity is the OS user; nothing here is ever typed by the person.
package struct Person: Sendable, Hashable {
    package enum Right: String, Sendable, CaseIterable {
        case note, propose, object, approve
        /// Take or be given command, clear stops, reset breakers.
        case command
    }
    /// Login name.
    package var user: String
    package var rights: Set<Right>
    /// How they are reached; free text.
    package var contact: String?
    /// Another program: it may read, note, propose and object, and never approves or commands.
    package var isAgent: Bool

    package init(user: String, rights: Set<Right>, contact: String? = nil, isAgent: Bool = false) {
        self.user = user
        self.rights = isAgent ? rights.subtracting([.approve, .command]) : rights
        self.contact = contact
        self.isAgent = isAgent
    }
}

/// One rung of the ladder: whom to reach, and how long to wait for an answer.
package struct EscalationRung: Sendable, Hashable {
    /// `on-call`, `IC`, …
    package var name: String
    package var person: String
    package var contact: String
    package var acknowledgeWithin: Duration

    package init(
        name: String, person: String, contact: String = "",
        acknowledgeWithin: Duration = .seconds(5 * 60)
    ) {
        self.name = name
        self.person = person
        self.contact = contact
        self.acknowledgeWithin = acknowledgeWithin
    }
}

/// A read-only command that a hypothesis' fastest test may run.
package struct Diagnostic: Sendable, Hashable {
    package var id: String
    package var title: String
    /// argv with `{slot}` placeholders; the program is an absolute path.
    package var command: [String]
    package var slots: [String: CatalogueAction.SlotType]
    package var timeout: Duration
    package var position: String

    package init(
        id: String, title: String, command: [String],
        slots: [String: CatalogueAction.SlotType] = [:], timeout: Duration = .seconds(30),
        position: String = ""
    ) {
        self.id = id
        self.title = title
        self.command = command
        self.slots = slots
        self.timeout = timeout
        self.position = position
    }
}

/// What people decided about deciding.
package struct SafetySettings: Sendable, Hashable {
    /// Why an action needs two persons.
    package enum TwoPersons: String, Sendable, CaseIterable {
        case destructive, irreversible
        case fleetWide = "fleet-wide"
        /// Every action in production.
        case production
    }
    /// By login name. nil: nobody was named, so the room's own user has every right and others
    /// none. Empty: nobody has any right.
    package var people: [String: Person]?
    /// How long others may object when somebody else is connected.
    package var objectionWindow: [Severity: Duration]
    package var twoPersons: Set<TwoPersons>
    /// Whether an automatic rollback may be armed at all.
    package var allowsAutomaticRollback: Bool
    /// Least urgent first; empty means the room shows the services' on-call and the IC.
    package var escalation: [EscalationRung]
    package var diagnostics: [String: Diagnostic]
    /// argv that ends with 0 when the ticket is open and 1 when it is not; `{ticket}` is filled.
    /// Empty: a person says so.
    package var ticketCheck: [String]
    /// Expressions that count failed and all requests, cumulative; nil: taken from `error_ratio`.
    package var errorCounter: String?
    package var requestCounter: String?

    /// Absolute paths of the programs that a kubeconfig may name to fetch credentials with.
    package var kubeconfigExec: [String] = []

    package static let objectionWindowDefault: Duration = .seconds(30)

    package init() {
        people = nil
        objectionWindow = Severity.allCases.reduce(into: [:]) {
            $0[$1] = Self.objectionWindowDefault
        }
        twoPersons = [.destructive, .irreversible, .fleetWide]
        allowsAutomaticRollback = true
        escalation = []
        diagnostics = [:]
        ticketCheck = []
    }
}
