import Basics
import Incidents
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

/// A fresh directory that goes away with the test.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/warroom-actions-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(SystemError.current)") }
        path = String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        let command = "chmod -R u+rwx '\(path)' 2>/dev/null; rm -rf '\(path)'"
        _ = system(command)
    }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
        let path = file(name)
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { fatalError("\(path): \(SystemError.current)") }
        let bytes = Array(text.utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        precondition(count == bytes.count, "a short write in a test")
        close(descriptor)
        chmod(path, mode)
        return path
    }

    /// A shell script to stand in for an operator's tool.
    func script(_ name: String, _ body: String) -> String {
        write(name, "#!/bin/sh\n\(body)\n", mode: 0o755)
    }

    func read(_ name: String) -> String? {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return FileBytes.read(descriptor, atMost: 1 << 24).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    /// Waits until a file is there; gives up after 10 s.
    func wait(for name: String) -> Bool {
        for _ in 0..<1000 {
            if exists(name) { return true }
            usleep(10_000)
        }
        return false
    }
}

/// A journal in memory that can fail and tell.
final class MemorySink: EventSink {
    private struct State {
        var events: [Event] = []
        var synced: Set<String> = []
        var blobs: [String: [UInt8]] = [:]
    }
    private let state = Mutex(State())
    private let failing: Set<String>
    private let onAppend: @Sendable (EventDraft) -> Void
    private let clock: any TimeSource

    init(
        clock: any TimeSource = SystemClock(), failing: Set<String> = [],
        onAppend: @escaping @Sendable (EventDraft) -> Void = { _ in }
    ) {
        self.clock = clock
        self.failing = failing
        self.onAppend = onAppend
    }

    func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
        let kind = draft.payload.eventKind
        if failing.contains(kind) {
            throw Failure("journal.poisoned", "Journal not writable", why: "EIO")
        }
        let now = clock.now
        let event = state.withLock { state in
            let event = Event(
                sequence: UInt64(state.events.count + 1), time: draft.time ?? now.wall,
                entry: now.wall, boot: now.boot, bootID: clock.bootID, actor: draft.actor,
                payload: draft.payload)
            state.events.append(event)
            if sync { state.synced.insert(kind) }
            return event
        }
        onAppend(draft)
        return event
    }

    func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String {
        if failing.contains("blob") { throw Failure("journal.blobNotStored", "Output not kept") }
        let name = String(format(bytes))
        state.withLock { $0.blobs[name] = bytes }
        return name
    }

    private func format(_ bytes: [UInt8]) -> String { "blob-\(bytes.count)-\(bytes.hashValue)" }

    var events: [Event] { state.withLock { $0.events } }
    var kinds: [String] { events.map(\.kind) }
    var synced: Set<String> { state.withLock { $0.synced } }
    var blobText: String {
        state.withLock { state in
            state.blobs.values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        }
    }
    /// Everything that was written, as one text to search in.
    var everything: String {
        let json = events.map { event in
            (try? JSONText.encode(event.payload)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        return json.joined(separator: "\n") + "\n" + blobText
    }
    func payload<Payload: EventPayload>(_ type: Payload.Type) -> Payload? {
        events.compactMap { $0.payload as? Payload }.last
    }
}
