import Basics

/// One entry of the catalogue, the allow-list: argv templates with typed slots, never a shell line.
package struct CatalogueAction: Sendable, Hashable {
    /// How invasive it is, least first.
    package enum Tier: Int, Sendable, CaseIterable, Comparable {
        case contained, moderate, aggressive
        package var name: String { "\(self)" }
        package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
    }
    package enum Risk: Int, Sendable, CaseIterable, Comparable {
        case low, medium, high
        package var name: String { "\(self)" }
        package static func < (left: Risk, right: Risk) -> Bool { left.rawValue < right.rawValue }
    }
    /// What a slot may hold.
    package enum SlotType: String, Sendable, CaseIterable {
        case service, revision, version, environment, integer, flagID = "flag-id", contact
    }
    /// What the emergency stop does to it while it runs.
    package enum OnStop: String, Sendable, CaseIterable { case finish, terminate }

    package var id: String
    package var title: String
    package var tier: Tier
    package var risk: Risk
    /// argv lists, run in order. `{slot}` inside an argument is replaced by the slot's value.
    package var steps: [[String]]
    package var slots: [String: SlotType]
    /// The paired rollback, run by `r`; empty when there is none.
    package var rollbackSteps: [[String]]
    /// The action that undoes a rollback: manual, never armed.
    package var inverse: String?
    package var onStop: OnStop
    package var timeout: Duration
    /// Sentences of the expected effect: `error_ratio at baseline within 5m`.
    package var verify: [String]
    /// DROP, DELETE, key rotation, node termination: asks for CONFIRM.
    package var isDestructive: Bool
    package var isIrreversible: Bool
    /// Touches every instance or service at once: the IC only, asks for CONFIRM.
    package var isFleetWide: Bool
    /// Takes traffic away instead of changing the thing itself; needs no known scope.
    package var isContainment: Bool
    /// A rollback of a deploy (`r` of a change that this room did not make).
    package var isRollback: Bool
    /// Where it was validated: non-production environments or failure classes.
    package var testedIn: [String]
    /// Variables of the child's environment beyond the fixed ones.
    package var environment: [String: String]
    /// Read-only commands whose output is kept before the first step destroys it.
    package var capture: [[String]] = []
    /// Commands that must end with 0 before an approval: whether the rollback would work.
    package var readyCheck: [[String]] = []
    /// The services it spans, each its own stage; empty for an action on its target alone. Its
    /// steps are then filled once per service.
    package var spans: [String] = []
    /// What cannot be undone, for the card.
    package var cannotUndo: String?
    package var position: String

    package init(
        id: String, title: String, tier: Tier, risk: Risk, steps: [[String]],
        slots: [String: SlotType], rollbackSteps: [[String]] = [], inverse: String? = nil,
        onStop: OnStop = .terminate, timeout: Duration = .seconds(300), verify: [String] = [],
        isDestructive: Bool = false, isIrreversible: Bool = false, isFleetWide: Bool = false,
        isContainment: Bool = false, isRollback: Bool = false, testedIn: [String] = [],
        environment: [String: String] = [:], position: String = ""
    ) {
        self.id = id
        self.title = title
        self.tier = tier
        self.risk = risk
        self.steps = steps
        self.slots = slots
        self.rollbackSteps = rollbackSteps
        self.inverse = inverse
        self.onStop = onStop
        self.timeout = timeout
        self.verify = verify
        self.isDestructive = isDestructive
        self.isIrreversible = isIrreversible
        self.isFleetWide = isFleetWide
        self.isContainment = isContainment
        self.isRollback = isRollback
        self.testedIn = testedIn
        self.environment = environment
        self.position = position
    }

    /// The word in its steps by which it destroys something, declared or not; nil when there is
    /// none.
    package var destruction: String? { DestructiveWords.destruction(in: steps) }
    /// Whether it destroys something, by declaration or by its words.
    package var destroys: Bool { isDestructive || destruction != nil }

    /// Whether something known undoes it.
    package var isReversible: Bool {
        !isIrreversible && (!rollbackSteps.isEmpty || inverse != nil)
    }
}
