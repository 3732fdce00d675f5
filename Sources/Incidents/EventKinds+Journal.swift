/// The events a journal writes about itself; `Journals` writes and reads them.
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

        package init(file: String, incident: String, host: String, boot: String, version: String) {
            self.file = file
            self.incident = incident
            self.host = host
            self.boot = boot
            self.version = version
        }
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

        package init(segment: Int, offset: Int, length: Int, sha256: String, copy: String) {
            self.segment = segment
            self.offset = offset
            self.length = length
            self.sha256 = sha256
            self.copy = copy
        }
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

        package init(
            sequence: UInt64, hash: String, segment: Int, offset: Int, length: Int, sha256: String,
            reason: String
        ) {
            self.sequence = sequence
            self.hash = hash
            self.segment = segment
            self.offset = offset
            self.length = length
            self.sha256 = sha256
            self.reason = reason
        }
    }

    /// The first record of a file on a second path, begun because the journal took nothing more
    /// while an action ran. The records after it are that action's.
    package struct Elsewhere: EventPayload, Hashable {
        package static let kind = "journal.elsewhere"
        /// `Opened.file` of the journal it belongs to.
        package var file: String
        package var incident: String
        /// The last entry of that journal that was known to be on the disk.
        package var sequence: UInt64
        package var hash: String
        /// Why the journal took nothing more.
        package var reason: String

        package init(file: String, incident: String, sequence: UInt64, hash: String, reason: String)
        {
            self.file = file
            self.incident = incident
            self.sequence = sequence
            self.hash = hash
            self.reason = reason
        }
    }

    /// What was recorded elsewhere stands in this journal from here on.
    package struct Adopted: EventPayload, Hashable {
        package static let kind = "journal.adopted"
        /// Where it was found.
        package var path: String
        /// Of the whole file, lower-case hex.
        package var sha256: String
        /// The entry it continued.
        package var sequence: UInt64
        /// How many entries follow this one because of it; those that were here already are not
        /// repeated.
        package var entries: Int
        package var reason: String

        package init(path: String, sha256: String, sequence: UInt64, entries: Int, reason: String) {
            self.path = path
            self.sha256 = sha256
            self.sequence = sequence
            self.entries = entries
            self.reason = reason
        }
    }

    /// The head hashes of this journal are not kept outside of it.
    package struct AnchorSkipped: EventPayload, Hashable {
        package static let kind = "journal.anchorSkipped"
        /// The socket of the system log.
        package var socket: String
        package var reason: String

        package init(socket: String, reason: String) {
            self.socket = socket
            self.reason = reason
        }
    }
}
