import Basics

/// What the room saw at one moment, kept so that report, replay and postmortem need no memory.
///
/// Written when the leading hypothesis or the reach changes, at every intent, and at least every
/// five minutes while something is wrong. Texts are as they stood on screen, units included.
package struct SituationRecorded: EventPayload, Hashable {
    package static let kind = "situation.recorded"

    package struct Signal: Sendable, Codable, Hashable {
        package var name: String
        package var value: String
        package var baseline: String
        package var isBad: Bool?
        /// The value in the signal's own unit, for what compares; nil without data.
        package var number: Double?
        package init(
            name: String, value: String, baseline: String, isBad: Bool?, number: Double? = nil
        ) {
            self.number = number
            self.name = name
            self.value = value
            self.baseline = baseline
            self.isBad = isBad
        }
    }

    package struct Hypothesis: Sendable, Codable, Hashable {
        package var id: String
        package var statement: String
        package var strength: String
        package var bits: Double
        /// 0…1.
        package var share: Double
        package var status: HypothesisStatus
        package var supporting: [String]
        package var contradicting: [String]
        package var falsifiedBy: String
        package var fastestTest: String
        package init(
            id: String, statement: String, strength: String, bits: Double, share: Double,
            status: HypothesisStatus, supporting: [String], contradicting: [String],
            falsifiedBy: String, fastestTest: String
        ) {
            self.id = id
            self.statement = statement
            self.strength = strength
            self.bits = bits
            self.share = share
            self.status = status
            self.supporting = supporting
            self.contradicting = contradicting
            self.falsifiedBy = falsifiedBy
            self.fastestTest = fastestTest
        }
    }

    package struct Condition: Sendable, Codable, Hashable {
        package var id: ConditionID
        package var state: String
        package var detail: String
        package init(id: ConditionID, state: String, detail: String) {
            self.id = id
            self.state = state
            self.detail = detail
        }
    }

    package var what: String
    package var since: String
    package var reach: String
    package var reachDetail: String
    package var trend: String
    package var doNothing: String
    package var service: String?
    package var signals: [Signal]
    package var hypotheses: [Hypothesis]
    package var conditions: [Condition]
    package var playbooks: [String]
    package var unknowns: [String]
    /// Attempts and work by hand that had just begun: this is how things were before them.
    package var before: [String]?

    package init(
        what: String, since: String, reach: String, reachDetail: String, trend: String,
        doNothing: String, service: String?, signals: [Signal], hypotheses: [Hypothesis],
        conditions: [Condition], playbooks: [String], unknowns: [String]
    ) {
        self.what = what
        self.since = since
        self.reach = reach
        self.reachDetail = reachDetail
        self.trend = trend
        self.doNothing = doNothing
        self.service = service
        self.signals = signals
        self.hypotheses = hypotheses
        self.conditions = conditions
        self.playbooks = playbooks
        self.unknowns = unknowns
    }
}
