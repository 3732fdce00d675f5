import Basics

/// Every kind this version writes and reads.
package enum EventKinds {
    package static let all: [any EventPayload.Type] = [
        NoteAdded.self
    ]
}

/// A person's note.
package struct NoteAdded: EventPayload {
    package static let kind = "note.added"
    package var text: String
    package init(text: String) { self.text = text }
}
