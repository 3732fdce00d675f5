import Basics
import Incidents

/// Everything people wrote for this room, validated. Values only: nothing here reads a file later.
package struct Configuration: Sendable {
    package var environment = DeploymentEnvironment.production
    /// False when nobody said which environment this is: production with everything required.
    package var environmentIsDeclared = false
    package var hasTickets = true
    package var hasOnCall = true
    package var sources: [SourceEntry] = []
    /// Definitions by signal name; they win over presets.
    package var signals: [SignalDefinition] = []
    package var services: [String: Service] = [:]
    package var actions: [String: CatalogueAction] = [:]
    package var playbooks: [Playbook] = []
    package var slo: ServiceObjective?
    /// Configured emergency-stop files; the default path is always checked as well.
    package var stopFiles: [String] = []
    /// Allow-listed argv templates that deliver an escalation.
    package var notify: [[String]] = []
    /// People, windows, escalation, diagnostics.
    package var safety = SafetySettings()
    /// The files it came from, for `doctor` and for the policy digest.
    package var files: [String] = []
    /// Those that were read from the disk, as they were then; empty for text that came otherwise.
    package var loaded: [LoadedFile] = []
    package var isDrill = false
    /// What is removed from text beside what the built-in rules find.
    package var redaction = RedactionEntry()

    package init() {}
}

/// A configuration file or playbook as it was read.
package struct LoadedFile: Sendable, Hashable {
    /// Absolute.
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// One line of `sources:`.
package struct SourceEntry: Sendable, Hashable {
    package enum Kind: String, Sendable { case logs, metrics, rules, changes }
    package var kind: Kind
    /// Path or glob, absolute or relative to the configuration file (already resolved). Empty for
    /// a command.
    package var path: String
    /// A program and its arguments whose output is read as a log; empty for files.
    package var command: [String]
    package var service: String?
    /// How often a dump is expected to change.
    package var every: Duration?
    package var labels: [String: String]
    /// `file:line:column` for messages.
    package var position: String

    package init(
        kind: Kind, path: String = "", command: [String] = [], service: String? = nil,
        every: Duration? = nil, labels: [String: String] = [:], position: String = ""
    ) {
        self.kind = kind
        self.path = path
        self.command = command
        self.service = service
        self.every = every
        self.labels = labels
        self.position = position
    }
}

/// A named PromQL expression with a unit and a direction of harm.
package struct SignalDefinition: Sendable, Hashable {
    package enum Unit: String, Sendable, CaseIterable {
        case ratio, seconds, bytes, count, perSecond
    }
    /// Which direction hurts; `none` is shown and never judged.
    package enum Harm: String, Sendable, CaseIterable { case up, down, none }
    /// Which stop condition it feeds.
    package enum Role: String, Sendable, CaseIterable {
        case errorRatio, latency, saturation, queue, traffic, other
    }

    package var name: String
    package var promql: String
    package var unit: Unit
    package var harm: Harm
    package var role: Role
    /// The smallest departure that counts, in the signal's unit.
    package var floor: Double
    /// A fixed target that stands in for a baseline; nil means the baseline band.
    package var target: Double?
    /// `configuration` or the preset that recognised it.
    package var origin: String

    package init(
        name: String, promql: String, unit: Unit, harm: Harm, role: Role, floor: Double,
        target: Double? = nil, origin: String
    ) {
        self.name = name
        self.promql = promql
        self.unit = unit
        self.harm = harm
        self.role = role
        self.floor = floor
        self.target = target
        self.origin = origin
    }
}

/// One entry of the service registry.
package struct Service: Sendable, Hashable {
    package enum Tier: String, Sendable, CaseIterable { case edge, middleware, backend }
    package var name: String
    package var tier: Tier?
    package var dependsOn: [String]
    /// Share of customers it serves, 0…1; nil is unknown and treated as all.
    package var customers: Double?
    package var onCall: String?
    /// Artefact versions known to exist (from `versions:`); nil means nothing is known.
    package var versions: [String]?
    /// A file of deploy records (JSON lines) whose versions are known artefacts.
    package var versionsFrom: String?
    /// Instances per zone, when the registry says so.
    package var zones: [String: Int]

    package init(
        name: String, tier: Tier? = nil, dependsOn: [String] = [], customers: Double? = nil,
        onCall: String? = nil, versions: [String]? = nil, versionsFrom: String? = nil,
        zones: [String: Int] = [:]
    ) {
        self.name = name
        self.tier = tier
        self.dependsOn = dependsOn
        self.customers = customers
        self.onCall = onCall
        self.versions = versions
        self.versionsFrom = versionsFrom
        self.zones = zones
    }
}

/// `slo: {objective: 99.9%, window: 30d, budget_left: 62%}`.
package struct ServiceObjective: Sendable, Hashable {
    /// 0…1.
    package var objective: Double
    package var window: Duration
    /// 0…1 of the window's budget; nil when nobody said.
    package var budgetLeft: Double?

    package init(objective: Double, window: Duration, budgetLeft: Double?) {
        self.objective = objective
        self.window = window
        self.budgetLeft = budgetLeft
    }
}
