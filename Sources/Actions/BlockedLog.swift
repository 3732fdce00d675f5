import Basics
import Incidents
import Safety

#if canImport(Glibc)
    import Glibc
#endif

/// One JSON line per action that was blocked, in a file beside the journal.
///
/// It is written also when the journal takes nothing any more. Lines are ASCII, appended in one
/// write each, and never changed.
package struct BlockedLog: Sendable {
    package static let fileName = "blocked.jsonl"

    package let path: String
    private let incident: String
    private let clock: any TimeSource
    private let scrub: @Sendable (String) -> String

    /// - Parameters:
    ///   - directory: the incident's own.
    ///   - scrub: redacts; every text passes it.
    package init(
        directory: String, incident: String, clock: any TimeSource,
        scrub: @escaping @Sendable (String) -> String
    ) {
        path = directory + "/" + Self.fileName
        self.incident = incident
        self.clock = clock
        self.scrub = scrub
    }

    private struct Line: Encodable {
        var timestamp: String
        var incident: String
        var action: String
        var target: String
        var proposal: String
        var gate: String
        var reason: String
        var outcome = "blocked"
    }

    /// Appends one line; what kept it from being written, or nil.
    @discardableResult
    package func write(_ proposal: MitigationProposed, gate: String, reason: String) -> Failure? {
        let line = Line(
            timestamp: TimeText.rfc3339(clock.now.wall, fractionDigits: 3), incident: incident,
            action: scrub(proposal.action), target: scrub(proposal.target),
            proposal: scrub(proposal.id), gate: gate, reason: scrub(reason))
        guard let json = try? JSONText.encode(line) else { return failure("it has no JSON form") }
        return append(JSONText.asciiOnly(json) + [0x0A])
    }

    private func append(_ line: [UInt8]) -> Failure? {
        let flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { return failure("\(SystemError.current)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return failure("it is not a regular file")
        }
        // After a line that a full disk cut short this one begins a line of its own.
        var last: UInt8 = 0x0A
        if status.st_size > 0 { pread(descriptor, &last, 1, status.st_size - 1) }
        let bytes = last == 0x0A ? line : [0x0A] + line
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else {
            return failure(count < 0 ? "\(SystemError.current)" : "the disk is full")
        }
        fdatasync(descriptor)
        return nil
    }

    private func failure(_ why: String) -> Failure {
        Failure(
            "blocked.notLogged", "A blocked action is not in its log", subject: path, why: why,
            unchanged: "It was blocked all the same",
            next: "Make the incident's directory writable")
    }
}
