import Basics

/// A change of the system that a `changes` file reports.
package struct ObservedChange: Sendable, Hashable {
    package var time: Timestamp
    package var service: String?
    /// `deploy`, `flag`, `config`, or what the file says.
    package var kind: String
    package var version: String?
    package var previous: String?
    package var by: String?
    package var summary: String
    /// The id of the source that reported it.
    package var source: String

    package init(
        time: Timestamp, service: String? = nil, kind: String, version: String? = nil,
        previous: String? = nil, by: String? = nil, summary: String = "", source: String
    ) {
        self.time = time
        self.service = service
        self.kind = kind
        self.version = version
        self.previous = previous
        self.by = by
        self.summary = summary
        self.source = source
    }
}
