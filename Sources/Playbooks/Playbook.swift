import Basics

/// Checks, hypotheses, mitigations, confirmation and hardening for one class of incident.
package struct Playbook: Sendable, Hashable {
    package var id: String
    package var title: String
    /// PromQL or signal conditions, any of which makes it apply: `error_ratio above baseline`.
    package var appliesWhen: [String]
    /// What to look at, in order.
    package var check: [String]
    package var hypotheses: [Hypothesis]
    /// Least invasive first.
    package var mitigations: [Step]
    /// What happens if we wait.
    package var doNothing: String
    package var confirm: [String]
    package var harden: [String]
    /// Who owns what is out of scope here.
    package var deferTo: [String]
    package var position: String

    package struct Hypothesis: Sendable, Hashable {
        package var id: String
        /// May name `{service}`, `{version}`, `{previous}`.
        package var statement: String
        /// Bits, usually -2…2.
        package var prior: Double
        package var evidence: [Evidence]
        package var falsifiedBy: String
        package var fastestTest: String
        /// The diagnostic command that carries the fastest test out, by its id; nil when a person
        /// must look.
        package var diagnostic: String?
        package init(
            id: String, statement: String, prior: Double, evidence: [Evidence],
            falsifiedBy: String, fastestTest: String, diagnostic: String? = nil
        ) {
            self.id = id
            self.statement = statement
            self.prior = prior
            self.evidence = evidence
            self.falsifiedBy = falsifiedBy
            self.fastestTest = fastestTest
            self.diagnostic = diagnostic
        }
    }

    /// One rule of evidence. Exactly one of the tests is set.
    package struct Evidence: Sendable, Hashable {
        package enum Test: Sendable, Hashable {
            /// True when the expression has a result.
            case promql(String)
            /// A new or spiking log pattern that contains this text.
            case pattern(String)
            /// A change of this kind within this time before the onset.
            case change(kind: String, within: Duration)
            /// Whether the affected instances are those that run the new version.
            case versionSplit
            /// Somebody must look; silent until they attach evidence.
            case manual
        }
        package var text: String
        package var supports: Bool
        /// weak 1, moderate 2, strong 4, decisive 8.
        package var bits: Double
        package var test: Test
        package init(text: String, supports: Bool, bits: Double, test: Test) {
            self.text = text
            self.supports = supports
            self.bits = bits
            self.test = test
        }
    }

    package struct Step: Sendable, Hashable {
        /// An id of the action catalogue.
        package var action: String
        package var why: String
        package var couldBreak: String
        package var monitor: String
        /// The hypothesis it answers, if one.
        package var hypothesis: String?
        package init(
            action: String, why: String, couldBreak: String, monitor: String,
            hypothesis: String? = nil
        ) {
            self.action = action
            self.why = why
            self.couldBreak = couldBreak
            self.monitor = monitor
            self.hypothesis = hypothesis
        }
    }

    package init(
        id: String, title: String, appliesWhen: [String], check: [String],
        hypotheses: [Hypothesis], mitigations: [Step], doNothing: String, confirm: [String],
        harden: [String], deferTo: [String], position: String
    ) {
        self.id = id
        self.title = title
        self.appliesWhen = appliesWhen
        self.check = check
        self.hypotheses = hypotheses
        self.mitigations = mitigations
        self.doNothing = doNothing
        self.confirm = confirm
        self.harden = harden
        self.deferTo = deferTo
        self.position = position
    }
}
