import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// An outcome that a poisoned journal's room left on a second path.
struct FoundOutcome {
    /// No such file is longer: an action has few entries.
    private static let bytesMax = 4 * 1024 * 1024

    let path: String
    let bytes: [UInt8]
    let note: JournalKinds.Elsewhere
    /// The entries after the note.
    let entries: [RecordPayload]

    var sha256: String { Digests.sha256(bytes) }

    /// Those of `incident`, in the order of their names. What cannot be read, is not ours or does
    /// not begin as such a file does is left out.
    static func search(incident: String, _ directories: [String], _ files: any FileSystem)
        -> [FoundOutcome]
    {
        directories.flatMap { directory -> [FoundOutcome] in
            guard (try? OutcomePlaces.check(directory, files)) != nil,
                let names = try? files.list(directory)
            else { return [] }
            return names.filter {
                $0.utf8.starts(with: (incident + "-").utf8) && $0.hasSuffix(OutcomeSegment.suffix)
            }.compactMap { FoundOutcome(directory + "/" + $0, incident, files) }
        }
    }

    private init?(_ path: String, _ incident: String, _ files: any FileSystem) {
        guard let bytes = Self.read(path, files),
            let first = try? RecordFrame.parse(bytes[...]),
            let payload = RecordPayload(first.payload),
            payload.kind == JournalKinds.Elsewhere.kind,
            let note = try? JSONText.decode(JournalKinds.Elsewhere.self, from: payload.data),
            note.incident.utf8.elementsEqual(incident.utf8), payload.previous == note.hash,
            first.sequence == note.sequence + 1
        else { return nil }
        var scanner = ChainScanner(segment: payload.synced.segment, adoptsChain: true)
        var entries: [RecordPayload] = []
        _ = scanner.scan(bytes) { entries.append($0.payload) }
        self.path = path
        self.bytes = bytes
        self.note = note
        self.entries = Array(entries.dropFirst())
    }

    /// Only a file of ours, and no link to another one.
    private static func read(_ path: String, _ files: any FileSystem) -> [UInt8]? {
        guard
            let descriptor = try? files.open(
                path, flags: O_RDONLY | O_NONBLOCK | O_NOFOLLOW, mode: 0)
        else { return nil }
        defer { files.close(descriptor) }
        guard let status = try? files.status(descriptor), status.isRegular,
            status.owner == geteuid(), status.permissions & 0o022 == 0, status.size <= bytesMax
        else { return nil }
        return try? files.read(descriptor, at: 0, count: status.size)
    }
}

/// Which of the found outcomes belong to the journal being read and are not yet in it.
struct OutcomeMatch {
    private let found: [FoundOutcome]
    private var fitting: Set<Int> = []
    private var adopted: Set<String> = []
    private var present: Set<[UInt8]> = []
    private var file: String?

    init(_ found: [FoundOutcome]) { self.found = found }

    /// Looks at one record of the journal, in order.
    mutating func follow(_ record: ScannedRecord) {
        guard !found.isEmpty else { return }
        let payload = record.payload
        for (index, outcome) in found.enumerated()
        where outcome.note.sequence == record.sequence && outcome.note.hash == record.hash {
            fitting.insert(index)
        }
        switch payload.kind {
        case JournalKinds.Opened.kind:
            file =
                file ?? (try? JSONText.decode(JournalKinds.Opened.self, from: payload.data))?.file
        case JournalKinds.Adopted.kind:
            if let note = try? JSONText.decode(JournalKinds.Adopted.self, from: payload.data) {
                adopted.insert(note.sha256)
            }
        default: present.insert(Self.identity(payload))
        }
    }

    /// Those to take in now.
    var pending: [FoundOutcome] {
        found.indices.filter {
            fitting.contains($0) && found[$0].note.file == file
                && !adopted.contains(found[$0].sha256)
        }.map { found[$0] }
    }

    /// The entries of `outcome` that this journal does not have: a failed sync can leave a record
    /// that is there all the same.
    func missing(of outcome: FoundOutcome) -> [RecordPayload] {
        outcome.entries.filter { !present.contains(Self.identity($0)) }
    }

    private static func identity(_ payload: RecordPayload) -> [UInt8] {
        Array("\(payload.kind) \(payload.actor.uid) ".utf8) + payload.data
    }
}
