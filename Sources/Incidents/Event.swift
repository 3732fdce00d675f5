import Basics

/// Who did something: the operating system's user, never a typed name.
package struct Actor: Hashable, Sendable, Codable {
    /// Numeric user id.
    package var uid: UInt32
    /// Login name at the time, for reading only.
    package var name: String

    package init(uid: UInt32, name: String) {
        self.uid = uid
        self.name = name
    }

    /// The program itself: alerts, pattern detection, condition changes.
    package static let automation = Actor(uid: .max, name: "warroom")

    /// Whether a person did it.
    package var isPerson: Bool { uid != .max }
}

/// What one kind of event carries. The kind's name is stable and dotted (`action.intent`).
package protocol EventPayload: Codable, Sendable {
    /// The stable name in the journal.
    static var kind: String { get }
}

extension EventPayload {
    /// The kind under which this value is journalled.
    package var eventKind: String { (self as? UnknownPayload)?.name ?? Self.kind }
}

/// A kind this version does not know. It is kept, shown raw and never dropped.
package struct UnknownPayload: EventPayload {
    package static let kind = "unknown"
    /// The kind as found.
    package var name: String
    /// The payload's JSON as found, printable ASCII.
    package var json: String

    package init(name: String, json: String) {
        self.name = name
        self.json = json
    }
}

/// An event that is about to be journalled: the journal adds sequence number, entry time and chain.
package struct EventDraft: Sendable {
    package var payload: any EventPayload
    /// When it happened; nil means the time of entry.
    package var time: Timestamp?
    package var actor: Actor

    package init(_ payload: any EventPayload, at time: Timestamp? = nil, by actor: Actor) {
        self.payload = payload
        self.time = time
        self.actor = actor
    }
}

/// One immutable entry of an incident's journal.
package struct Event: Sendable {
    /// Counts from 1 across segments; the only order there is.
    package var sequence: UInt64
    /// When it happened, as far as known.
    package var time: Timestamp
    /// When it was written.
    package var entry: Timestamp
    /// Boot-time clock at entry.
    package var boot: BootTime
    /// The boot the boot-time clock belongs to.
    package var bootID: String
    package var actor: Actor
    package var payload: any EventPayload

    package init(
        sequence: UInt64, time: Timestamp, entry: Timestamp, boot: BootTime, bootID: String,
        actor: Actor, payload: any EventPayload
    ) {
        self.sequence = sequence
        self.time = time
        self.entry = entry
        self.boot = boot
        self.bootID = bootID
        self.actor = actor
        self.payload = payload
    }

    package var kind: String { payload.eventKind }
}

/// Turns a kind's name and its JSON back into a payload.
package enum EventCatalog {
    /// Decodes `json`; a kind or shape this version does not know comes back as `UnknownPayload`.
    package static func decode(kind: String, json: [UInt8]) -> any EventPayload {
        if let type = types[kind], let payload = try? decode(type, json) { return payload }
        return UnknownPayload(name: kind, json: String(decoding: json, as: UTF8.self))
    }

    private static func decode<Payload: EventPayload>(_ type: Payload.Type, _ json: [UInt8]) throws
        -> any EventPayload
    {
        try JSONText.decode(type, from: json)
    }

    private static let types: [String: any EventPayload.Type] = {
        var types: [String: any EventPayload.Type] = [:]
        for type in EventKinds.all { types[type.kind] = type }
        return types
    }()
}
