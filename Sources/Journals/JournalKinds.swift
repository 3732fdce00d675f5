import Basics
import Incidents

/// The events the journal writes about itself.
package enum JournalKinds {
    /// The first record: which file this is.
    package struct Opened: EventPayload, Hashable {
        package static let kind = "journal.opened"
        /// Random, 32 hex digits: tells two journals of the same incident id apart.
        package var file: String
        package var incident: String
        package var host: String
        /// The boot id at creation.
        package var boot: String
        /// The program's version.
        package var version: String
    }

    /// A stretch of bytes before this record that a crash left behind and readers skip.
    package struct Recovered: EventPayload, Hashable {
        package static let kind = "journal.recovered"
        package var segment: Int
        /// Where the stretch begins.
        package var offset: Int
        /// How many bytes it has; this record follows directly.
        package var length: Int
        /// Lower-case hex SHA-256 of those bytes.
        package var sha256: String
        /// The file the bytes were copied to, empty when they were written again in full.
        package var copy: String
    }

    /// The first record of a segment that an operator started after damage.
    package struct Continued: EventPayload, Hashable {
        package static let kind = "journal.continued"
        /// The last good record before the damage.
        package var sequence: UInt64
        package var hash: String
        /// Where the damage begins.
        package var segment: Int
        package var offset: Int
        /// From there to the end of the segment before this one: bytes and their SHA-256.
        package var length: Int
        package var sha256: String
        /// What was wrong.
        package var reason: String
    }

    static func decode(kind: String, json: [UInt8]) -> (any EventPayload)? {
        switch kind {
        case Opened.kind: try? JSONText.decode(Opened.self, from: json)
        case Recovered.kind: try? JSONText.decode(Recovered.self, from: json)
        case Continued.kind: try? JSONText.decode(Continued.self, from: json)
        default: nil
        }
    }
}
