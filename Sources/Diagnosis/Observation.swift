import Basics
import Incidents
import Playbooks

/// What one tick found out: a value, the same for the same inputs and time.
package struct Observation: Sendable {
    package var time: Timestamp
    package var situation = Situation()
    package var signals: [SignalState] = []
    package var alerts: [AlertView] = []
    /// All six, in order.
    package var conditions: [StopCondition] = []
    /// Ranked, best first; refuted ones last.
    package var hypotheses: [RankedHypothesis] = []
    package var mitigations: [MitigationAdvice] = []
    /// Things that just changed and belong into the journal, in order.
    package var findings: [Finding] = []
    /// The playbooks that apply, by id.
    package var playbooks: [String] = []
    /// Errors of expressions and rules, complete sentences.
    package var problems: [String] = []

    package init(time: Timestamp) { self.time = time }

    /// All six are met, not applicable or checked by hand.
    package var allConditionsMet: Bool {
        conditions.count == ConditionID.allCases.count && conditions.allSatisfy(\.state.counts)
    }
    package func signal(_ role: SignalDefinition.Role) -> SignalState? {
        signals.first { $0.definition.role == role }
    }
}

/// What is broken, since when, for whom, and where it is going. Nil means unknown, and is said.
package struct Situation: Sendable, Hashable {
    package enum Reach: String, Sendable, CaseIterable { case host, zone, region, global, unknown }
    package enum Direction: String, Sendable, CaseIterable { case worse, steady, better, unknown }

    /// "error ratio 7.2 % (baseline 0.11 %)".
    package var what: String?
    package var onset: Timestamp?
    /// "6 min after deploy 4f2a91c".
    package var onsetDetail = ""
    package var reach = Reach.unknown
    /// "9 of 12 instances, us-east-1 only".
    package var reachDetail = ""
    package var affectedService: String?
    package var affectedInstances: [String] = []
    package var totalInstances = 0
    package var direction = Direction.unknown
    /// "+0.4 pp/min".
    package var directionDetail = ""
    /// "burn rate 38×, budget gone in 38 min".
    package var doNothing = ""
    /// Of what P2 asks for, what nobody knows.
    package var unknowns: [String] = []
    /// The main signal's recent values for a sparkline, oldest first.
    package var spark: [Double?] = []

    package init() {}
}

/// A signal now, against its baseline.
package struct SignalState: Sendable, Hashable {
    package var definition: SignalDefinition
    /// Nil when there is no data.
    package var value: Double?
    package var baseline: Baseline?
    /// Whether it is out of its band in the harmful direction; nil when that is unknown.
    package var isBad: Bool?
    /// Why there is no value or no judgement.
    package var reason = ""
    /// One value per tick interval, oldest first.
    package var spark: [Double?] = []
    /// The source it was computed from and its age, for the row.
    package var source = ""
    package var age: Duration?

    package init(definition: SignalDefinition) { self.definition = definition }

    /// The value in its unit.
    package func text(_ value: Double) -> String {
        switch definition.unit {
        case .ratio: UnitText.percent(value)
        case .seconds: UnitText.seconds(value)
        case .bytes: UnitText.bytes(value)
        case .count: UnitText.number(value)
        case .perSecond: UnitText.number(value) + "/s"
        }
    }
}

/// What a signal did before, and where that was read.
package struct Baseline: Sendable, Hashable {
    package enum Origin: String, Sendable, CaseIterable {
        /// Samples recorded before the room opened.
        case recorded
        /// Timestamps inside the dumps.
        case dumpHistory
        case logHistory
        /// Counter averages since the process started.
        case sinceProcessStart
        case typed
        case journalled
        /// `target:` or `slo:` in the configuration.
        case configured
    }
    package var median: Double
    package var mad: Double
    package var points: Int
    package var origin: Origin
    /// The edge of the band in the harmful direction.
    package var bandEdge: Double
    /// "60 min before the onset (240 points, from dump timestamps)".
    package var label: String

    package init(
        median: Double, mad: Double, points: Int, origin: Origin, bandEdge: Double, label: String
    ) {
        self.median = median
        self.mad = mad
        self.points = points
        self.origin = origin
        self.bandEdge = bandEdge
        self.label = label
    }
}

/// An alert as the room shows it.
package struct AlertView: Sendable, Hashable {
    package var name: String
    package var labels: [String: String]
    package var isFiring: Bool
    package var since: Timestamp
    package var value: Double
    package var summary: String
    package init(
        name: String, labels: [String: String], isFiring: Bool, since: Timestamp, value: Double,
        summary: String
    ) {
        self.name = name
        self.labels = labels
        self.isFiring = isFiring
        self.since = since
        self.value = value
        self.summary = summary
    }
}

/// One of the six things that must hold before "resolved".
package struct StopCondition: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case met(since: Timestamp)
        case holding(since: Timestamp, remaining: Duration)
        case notMet(value: String, target: String)
        case unknown(reason: String)
        case notApplicable(reason: String)
        case checkedByHand(by: String, expires: Timestamp)

        /// Whether it counts as held; unknown never does.
        package var counts: Bool {
            switch self {
            case .met, .notApplicable, .checkedByHand: true
            case .holding, .notMet, .unknown: false
            }
        }
        package var word: String {
            switch self {
            case .met: "met"
            case .holding: "holding"
            case .notMet: "not met"
            case .unknown: "unknown"
            case .notApplicable: "n/a"
            case .checkedByHand: "by hand"
            }
        }
    }
    package var id: ConditionID
    package var state: State
    /// What is compared: "p99 2.3 s > 410 ms".
    package var detail: String
    /// How long it must hold.
    package var hold: Duration
    package var source: String
    package var age: Duration?
    /// "14 min bad", "6:10 of 10:00".
    package var timing: String

    package init(
        id: ConditionID, state: State, detail: String, hold: Duration, source: String,
        age: Duration?, timing: String
    ) {
        self.id = id
        self.state = state
        self.detail = detail
        self.hold = hold
        self.source = source
        self.age = age
        self.timing = timing
    }
}

/// A hypothesis with its arithmetic.
package struct RankedHypothesis: Sendable, Hashable {
    package enum Strength: String, Sendable, CaseIterable {
        case strong, moderate, weak, ruledOut = "ruled out"
    }
    package struct Item: Sendable, Hashable {
        package var text: String
        /// Positive supports, negative contradicts, 0 is silent (its data is missing).
        package var bits: Double
        package var isSilent: Bool
        package var source: String
        package init(text: String, bits: Double, isSilent: Bool, source: String) {
            self.text = text
            self.bits = bits
            self.isSilent = isSilent
            self.source = source
        }
    }
    package var id: String
    package var statement: String
    package var origin: String
    /// The service it blames, if one.
    package var service: String?
    package var prior: Double
    package var items: [Item]
    /// prior + Σ items.
    package var bits: Double
    /// 2^bits / Σ 2^bits, "something else" included, 0…1.
    package var share: Double
    package var strength: Strength
    package var status: HypothesisStatus
    package var isPinned: Bool
    package var falsifiedBy: String
    package var fastestTest: String
    /// Why somebody gave it its status; empty when nobody did.
    package var reason = ""

    package init(
        id: String, statement: String, origin: String, service: String?, prior: Double,
        items: [Item], bits: Double, share: Double, strength: Strength,
        status: HypothesisStatus, isPinned: Bool, falsifiedBy: String, fastestTest: String
    ) {
        self.id = id
        self.statement = statement
        self.origin = origin
        self.service = service
        self.prior = prior
        self.items = items
        self.bits = bits
        self.share = share
        self.strength = strength
        self.status = status
        self.isPinned = isPinned
        self.falsifiedBy = falsifiedBy
        self.fastestTest = fastestTest
    }
}

/// An action that a playbook suggests now, with its slots filled as far as the data allows.
package struct MitigationAdvice: Sendable, Hashable {
    /// Stable while the target stays the same: `rollback-deployment@checkout`.
    package var id: String
    package var action: String
    package var target: String
    package var slots: [String: String]
    /// Slots nobody could fill.
    package var missing: [String]
    package var why: String
    package var couldBreak: String
    package var monitor: String
    package var hypothesis: String?
    package var playbook: String

    package init(
        id: String, action: String, target: String, slots: [String: String], missing: [String],
        why: String, couldBreak: String, monitor: String, hypothesis: String?, playbook: String
    ) {
        self.id = id
        self.action = action
        self.target = target
        self.slots = slots
        self.missing = missing
        self.why = why
        self.couldBreak = couldBreak
        self.monitor = monitor
        self.hypothesis = hypothesis
        self.playbook = playbook
    }
}

/// Something a tick noticed that the journal should keep.
package struct Finding: Sendable {
    package var payload: any EventPayload
    package var time: Timestamp
    package init(_ payload: any EventPayload, at time: Timestamp) {
        self.payload = payload
        self.time = time
    }
}
