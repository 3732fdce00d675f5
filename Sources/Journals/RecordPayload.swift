import Basics
import Incidents

/// What a record says, with the event's own data still as JSON.
struct RecordPayload: Hashable, Sendable {
    static let currentVersion = 1

    var version = RecordPayload.currentVersion
    var kind: String
    /// When it happened.
    var time: Timestamp
    /// When it was written.
    var entry: Timestamp
    var boot: BootTime
    var bootID: String
    var actor: Actor
    /// Printable ASCII JSON.
    var data: [UInt8]
    /// SHA-256 of the line before.
    var previous: String
    /// What was known to be on the disk when this was written.
    var synced: JournalPosition

    /// The keys in their one order; nanoseconds as strings, because tools that read JSON numbers as
    /// doubles would round them.
    var bytes: [UInt8] {
        var text = "{\"v\":\(version),\"kind\":\(JSONText.quoted(kind))"
        text += ",\"t\":\"\(time.nanoseconds)\",\"entry\":\"\(entry.nanoseconds)\""
        text += ",\"boot\":\"\(boot.nanoseconds)\",\"bootId\":\(JSONText.quoted(bootID))"
        text += ",\"actor\":{\"uid\":\(actor.uid),\"name\":\(JSONText.quoted(actor.name))}"
        var bytes = Array((text + ",\"data\":").utf8)
        bytes += data
        let end = "\"segment\":\(synced.segment),\"offset\":\(synced.offset)"
        bytes += Array(",\"prev\":\"\(previous)\",\"synced\":{\(end)}}".utf8)
        return bytes
    }

    /// Reads what `bytes` writes, or nil.
    init?(_ payload: ArraySlice<UInt8>) {
        var scan = PayloadScanner(payload)
        guard scan.skip("{\"v\":"), let version = scan.integer(), scan.skip(",\"kind\":"),
            let kind = scan.string(), scan.skip(",\"t\":"), let time = scan.quotedInteger(),
            scan.skip(",\"entry\":"), let entry = scan.quotedInteger(), scan.skip(",\"boot\":"),
            let boot = scan.quotedInteger(), scan.skip(",\"bootId\":"),
            let bootID = scan.string(), scan.skip(",\"actor\":{\"uid\":"),
            let uid = scan.integer().flatMap({ UInt32(exactly: $0) }), scan.skip(",\"name\":"),
            let name = scan.string(), scan.skip("},\"data\":"), let data = scan.value(),
            scan.skip(",\"prev\":"), let previous = scan.string(),
            scan.skip(",\"synced\":{\"segment\":"), let segment = scan.integer(),
            scan.skip(",\"offset\":"), let offset = scan.integer(), scan.skip("}}"), scan.isAtEnd
        else { return nil }
        self.init(
            kind: kind, time: Timestamp(nanoseconds: time), entry: Timestamp(nanoseconds: entry),
            boot: BootTime(nanoseconds: boot), bootID: bootID, actor: Actor(uid: uid, name: name),
            data: Array(data), previous: previous,
            synced: JournalPosition(segment: Int(segment), offset: Int(offset)))
        self.version = Int(version)
    }

    init(
        kind: String, time: Timestamp, entry: Timestamp, boot: BootTime, bootID: String,
        actor: Actor, data: [UInt8], previous: String, synced: JournalPosition
    ) {
        self.kind = kind
        self.time = time
        self.entry = entry
        self.boot = boot
        self.bootID = bootID
        self.actor = actor
        self.data = data
        self.previous = previous
        self.synced = synced
    }

    /// The event as the rest of the program sees it. Payloads of another version stay raw.
    func event(sequence: UInt64) -> Event {
        let payload: any EventPayload =
            if version != Self.currentVersion {
                UnknownPayload(name: kind, json: String(decoding: data, as: UTF8.self))
            } else {
                JournalKinds.decode(kind: kind, json: data)
                    ?? EventCatalog.decode(kind: kind, json: data)
            }
        return Event(
            sequence: sequence, time: time, entry: entry, boot: boot, bootID: bootID, actor: actor,
            payload: payload)
    }
}

/// Reads the one order of keys that `RecordPayload` writes.
private struct PayloadScanner {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var isAtEnd: Bool { index == bytes.endIndex }

    mutating func skip(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard bytes.endIndex - index >= count else { return false }
        for offset in 0..<count where bytes[index + offset] != literal.utf8Start[offset] {
            return false
        }
        index += count
        return true
    }

    mutating func integer() -> Int64? {
        let start = index
        if index < bytes.endIndex, bytes[index] == 0x2D { index += 1 }
        while index < bytes.endIndex, (0x30...0x39).contains(bytes[index]) { index += 1 }
        return Int64(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    mutating func quotedInteger() -> Int64? {
        guard skip("\""), let value = integer(), skip("\"") else { return nil }
        return value
    }

    mutating func string() -> String? {
        guard let end = JSONRewriter.endOfString(bytes, from: index) else { return nil }
        defer { index = end }
        return JSONRewriter.unquoted(bytes[index..<end])
    }

    /// A JSON value as it stands. Brackets and quotes must match; the rest was checked on writing.
    mutating func value() -> ArraySlice<UInt8>? {
        let start = index
        var depth = 0
        while index < bytes.endIndex {
            switch bytes[index] {
            case 0x22:
                guard let end = JSONRewriter.endOfString(bytes, from: index) else { return nil }
                index = end
                if depth == 0 { return bytes[start..<index] }
                continue
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D:
                depth -= 1
                if depth == 0 {
                    index += 1
                    return bytes[start..<index]
                }
                guard depth > 0 else { return nil }
            case 0x2C where depth == 0: return bytes[start..<index]
            default: break
            }
            index += 1
        }
        return nil
    }
}
