import Basics

/// One thing to read, as the configuration or the command line names it.
package struct SourceSpec: Sendable, Hashable, Identifiable {
    package enum Kind: Sendable, Hashable {
        /// Log files: a path or a glob.
        case logs(path: String)
        /// A program whose output is read as a log: its name or absolute path, then its arguments.
        case command([String])
        /// Prometheus text dumps: a path or a glob, and how often they are written (nil: learned).
        case metrics(path: String, every: Duration?)
        /// JSON-lines files of deploys, flags and configuration changes.
        case changes(path: String)
    }

    /// Unique among the specifications.
    package var id: String
    package var kind: Kind
    /// The service that log lines and changes without one belong to.
    package var service: String?
    /// Added to every series of a dump.
    package var labels: [String: String]

    package init(
        id: String, kind: Kind, service: String? = nil, labels: [String: String] = [:]
    ) {
        self.id = id
        self.kind = kind
        self.service = service
        self.labels = labels
    }

    /// The path or glob; for a command its words as people see them.
    package var path: String {
        switch kind {
        case .command(let words): CommandLineText.name(words)
        case .logs(let path), .metrics(let path, _), .changes(let path): path
        }
    }

    /// `logs`, `metrics` or `changes`.
    package var kindWord: String {
        switch kind {
        case .logs, .command: "logs"
        case .metrics: "metrics"
        case .changes: "changes"
        }
    }
}
