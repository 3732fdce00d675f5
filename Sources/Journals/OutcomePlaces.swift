import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// The directories of the second path, and which of them may be trusted.
package enum OutcomePlaces {
    /// `$XDG_RUNTIME_DIR/warroom-outcomes`, `/run/warroom-outcomes`, `/tmp/warroom-UID-outcomes`.
    /// The first two do not outlive a reboot. Apart from the room's socket, whose directory others
    /// may pass through.
    package static var standard: [String] {
        var places: [String] = []
        if let runtime = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }),
            runtime.utf8.first == 0x2F
        {
            places.append(runtime + "/warroom-outcomes")
        }
        return places + ["/run/warroom-outcomes", "/tmp/warroom-\(geteuid())-outcomes"]
    }

    /// Makes `directory` when it is missing; throws unless it is a directory of ours that nobody
    /// else can write to.
    static func prepare(_ directory: String, _ files: any FileSystem) throws(SystemError) {
        do throws(SystemError) {
            try files.makeDirectory(directory)
        } catch {
            if error.code != EEXIST { throw error }
        }
        try check(directory, files)
    }

    static func check(_ directory: String, _ files: any FileSystem) throws(SystemError) {
        let descriptor = try files.open(
            directory, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, mode: 0)
        defer { files.close(descriptor) }
        let status = try files.status(descriptor)
        guard status.isDirectory, status.owner == geteuid(), status.permissions & 0o022 == 0
        else { throw SystemError(EACCES) }
    }
}

/// A journal's continuation on a second path, begun when the journal took nothing more.
///
/// It has the journal's framing, continues its chain after the last durable entry, and counts as
/// the segment after that entry's, so that `warroom verify FILE` reads it.
struct OutcomeSegment: Sendable {
    /// Names end so.
    static let suffix = ".outcome.wj"

    let path: String
    private let files: any FileSystem
    private let clock: any TimeSource
    private var descriptor: Int32
    private var head: JournalHead

    /// Begins the file in the first of the options' directories that takes it.
    static func begin(
        after durable: JournalHead, file: String, incident: String, reason: String,
        options: JournalOptions, clock: any TimeSource
    ) throws(SystemError) -> OutcomeSegment {
        var first = SystemError(ENOENT)
        for (index, directory) in options.outcomeDirectories.enumerated() {
            do throws(SystemError) {
                try OutcomePlaces.prepare(directory, options.fileSystem)
                var segment = try create(in: directory, incident, after: durable, options, clock)
                let note = JournalKinds.Elsewhere(
                    file: file, incident: incident, sequence: durable.sequence,
                    hash: durable.hash, reason: reason)
                try segment.append(
                    SegmentWriter.Entry(
                        kind: JournalKinds.Elsewhere.kind, time: nil, actor: .automation,
                        data: JSONText.asciiOnly((try? JSONText.encode(note)) ?? [])))
                try options.fileSystem.synchronizeDirectory(directory)
                return segment
            } catch {
                if index == 0 { first = error }
            }
        }
        throw first
    }

    private static func create(
        in directory: String, _ incident: String, after durable: JournalHead,
        _ options: JournalOptions, _ clock: any TimeSource
    ) throws(SystemError) -> OutcomeSegment {
        var last = SystemError(EEXIST)
        for number in 1...99 {
            let path = "\(directory)/\(incident)-\(number)\(suffix)"
            do throws(SystemError) {
                let descriptor = try options.fileSystem.open(
                    path, flags: O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
                var head = durable
                head.position = JournalPosition(segment: durable.segment + 1, offset: 0)
                return OutcomeSegment(
                    path: path, files: options.fileSystem, clock: clock, descriptor: descriptor,
                    head: head)
            } catch {
                last = error
                if error.code != EEXIST { throw error }
            }
        }
        throw last
    }

    /// Writes one entry; it is on the disk on return.
    mutating func append(_ entry: SegmentWriter.Entry) throws(SystemError) {
        let now = clock.now
        let payload = RecordPayload(
            kind: entry.kind, time: entry.time ?? now.wall, entry: now.wall, boot: now.boot,
            bootID: clock.bootID, actor: entry.actor, data: entry.data, previous: head.hash,
            synced: head.position
        ).bytes
        guard payload.count <= RecordFrame.payloadBytesMax else { throw SystemError(EFBIG) }
        let line = RecordFrame.line(sequence: head.sequence + 1, payload: payload)
        try files.writeAll(descriptor, line)
        try files.synchronize(descriptor)
        head.sequence += 1
        head.position.offset += line.count
        head.hash = Digests.sha256(line)
    }

    mutating func close() {
        if descriptor >= 0 { files.close(descriptor) }
        descriptor = -1
    }
}
