import Basics
import Incidents
import Journals

/// Where the executor writes what it does. The journal's writer is the one used in production.
package protocol EventSink: Sendable {
    /// Writes one event; with `sync` it is on the disk on return.
    func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event
    /// Keeps redacted output under its SHA-256 and returns that in hex.
    func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String
}

extension JournalWriter: EventSink {}
