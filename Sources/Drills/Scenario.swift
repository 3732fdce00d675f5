import Basics

/// A simulated incident as its file describes it: fleet, fault, what misleads and what helps.
///
/// The file is YAML; `Scenarios/bad-deploy.yaml` documents every key where it is used.
package struct Scenario: Sendable, Hashable {
    /// What `drill` is called with: lower-case letters, digits and hyphens.
    package var name: String
    package var title: String
    package var summary: String
    package var region: String
    /// Callers first or last, in the order of the file.
    package var services: [Service]
    package var traffic: Traffic
    package var fault: Fault
    package var decoys: Decoys
    /// What a good commander would run.
    package var right: RightAction
    package var truth: Truth

    /// One service of the fleet.
    package struct Service: Sendable, Hashable {
        package var name: String
        /// `edge`, `middleware` or `backend`.
        package var tier: String
        /// Called services by name, and the share (0…1) of the requests that call each.
        package var calls: [String: Double]
        /// Share of customers it serves, 0…1.
        package var customers: Double
        package var onCall: String
        /// One entry for each instance, in order: its zone.
        package var zones: [String]
        /// What runs at the opening.
        package var version: String
        /// Of the whole service, all instances together.
        package var requestsPerSecond: Double
        /// 0…1.
        package var errorRatio: Double
        package var latency: Latency
        package var method: String
        package var pool: Pool?
        package var queue: Queue?
        package var logs: Logs

        /// The services it calls, sorted.
        package var dependsOn: [String] { calls.keys.sorted() }
    }

    /// Log-normal response times, given by two quantiles.
    package struct Latency: Sendable, Hashable {
        package var p50: Duration
        package var p99: Duration
    }

    /// A connection pool of each instance.
    package struct Pool: Sendable, Hashable {
        package var max: Int
        /// In a quiet hour.
        package var inUse: Int
    }

    /// A work queue of each instance.
    package struct Queue: Sendable, Hashable {
        package var name: String
        /// In a quiet hour.
        package var depth: Int
    }

    package struct Logs: Sendable, Hashable {
        package enum Format: String, Sendable, CaseIterable { case json, logfmt, clf, java }
        package var format: Format
        package var linesPerSecond: Double
        /// Everyday texts; `{n}`, `{ms}` and `{id}` vary from line to line. For `clf` paths.
        package var messages: [String]
        /// The text of the few errors that happen on any day.
        package var errorMessage: String
    }

    /// How the load moves without any fault.
    package struct Traffic: Sendable, Hashable {
        /// Half of the difference between the peak and the low, as a share of the mean.
        package var swing: Double
        package var period: Duration
        /// Standard deviation from second to second, as a share.
        package var noise: Double
    }

    package struct Fault: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable {
            /// Instances that run `version` fail until they run another one.
            case badDeploy = "bad-deploy"
        }
        package var kind: Kind
        package var service: String
        /// After the room's opening.
        package var at: Duration
        package var version: String
        package var previous: String
        /// Share (0…1) of the requests to a broken instance that fail.
        package var errorRatio: Double
        /// How many times slower a broken instance answers.
        package var latencyFactor: Double
        /// From the first to the last instance that gets the new version.
        package var rollout: Duration
        /// From an instance's change to the fault's full strength.
        package var ramp: Duration
        /// From the right action to everything being well.
        package var recovery: Duration
        /// Share (0…1) of the instances that get the new version, the canary apart.
        package var instances: Double
        package var canary: Canary?
        /// The new log pattern it causes.
        package var message: String
    }

    /// One instance that ran the bad version before the rollout and stays well: evidence against.
    package struct Canary: Sendable, Hashable {
        /// Counted from 1.
        package var instance: Int
        /// Before the room's opening.
        package var since: Duration
    }

    /// What looks suspicious and is not the cause.
    package struct Decoys: Sendable, Hashable {
        package var changes: [Change]
        package var jobs: [Job]
        package var noise: [Noise]

        /// A harmless change of some service.
        package struct Change: Sendable, Hashable {
            /// `deploy`, `flag` or `config`.
            package var kind: String
            package var service: String
            /// After the room's opening; negative before it.
            package var at: Duration
            package var version: String
            package var previous: String?
            package var summary: String
        }

        /// A slow piece of background work: it takes processor time and writes lines.
        package struct Job: Sendable, Hashable {
            package var service: String
            /// After the room's opening; negative before it.
            package var at: Duration
            package var lasts: Duration
            /// Added to the processor use of the service's first instance, in cores.
            package var cores: Double
            package var message: String
        }

        /// Lines that come now and then, whatever happens.
        package struct Noise: Sendable, Hashable {
            package var service: String
            package var every: Duration
            package var level: String
            package var message: String
        }
    }

    package struct RightAction: Sendable, Hashable {
        /// An id of the drill's catalogue.
        package var action: String
        /// A service.
        package var target: String
    }

    package struct Truth: Sendable, Hashable {
        /// What the id of a hypothesis that names the cause starts with.
        package var hypothesis: String
        package var service: String
    }

    package func service(_ name: String) -> Service? { services.first { $0.name == name } }
}
