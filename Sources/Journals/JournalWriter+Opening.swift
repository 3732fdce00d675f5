import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

extension JournalWriter {
    /// Takes the writer's lock on the journal in `directory`, checks it whole, puts a torn end
    /// right and goes on at its end; creates it when there is none.
    ///
    /// - Parameters:
    ///   - directory: the incident's own directory (`…/incidents/INC-2041`).
    ///   - incident: its id, which must be the one in an existing journal's first record.
    ///   - scrub: redacts; every string of every payload passes through it before it is written.
    /// - Throws: `journal.locked` when another process writes (open a `JournalReader` instead),
    ///   `journal.corrupt` when something durable is damaged (likewise),
    ///   `journal.remoteFileSystem`, `journal.otherIncident`, `journal.notWritable`.
    package static func open(
        directory: String, incident: String, clock: any TimeSource,
        options: JournalOptions = JournalOptions(), scrub: @escaping Scrub
    ) throws(Failure) -> JournalWriter {
        let opening = JournalOpening(
            place: JournalDirectory(directory), incident: incident, clock: clock, options: options)
        try opening.makeDirectory()
        try opening.refuseRemote()
        let lock = try opening.takeLock()
        do throws(Failure) {
            let opened = try opening.begin(lock)
            return JournalWriter(
                opened.writer, lock: lock, incident: incident, file: opened.file,
                notes: opened.notes, scrub: scrub)
        } catch {
            options.fileSystem.unlock(lock)
            throw error
        }
    }
}

/// The steps of opening a journal for writing, in order.
private struct JournalOpening {
    let place: JournalDirectory
    let incident: String
    let clock: any TimeSource
    let options: JournalOptions

    private var files: any FileSystem { options.fileSystem }

    func makeDirectory() throws(Failure) {
        do throws(SystemError) {
            try files.makeDirectories(place.journal)
        } catch {
            throw notWritable(place.journal, error)
        }
    }

    func refuseRemote() throws(Failure) {
        guard !options.allowsRemoteFileSystem else { return }
        let type: Int64
        do throws(SystemError) {
            type = try files.fileSystemType(place.journal)
        } catch {
            throw notWritable(place.journal, error)
        }
        guard let name = RemoteFileSystems.name(of: type) else { return }
        throw Failure(
            "journal.remoteFileSystem", "The journal may not live on this file system",
            subject: place.journal,
            why: "\(name) does not promise that locks and syncs reach the disk",
            unchanged: "Nothing was recorded and no action was run",
            next: "Set XDG_STATE_HOME to a local directory")
    }

    func takeLock() throws(Failure) -> Int32 {
        do throws(SystemError) {
            let descriptor = try files.open(place.lock, flags: O_RDWR | O_CREAT, mode: 0o600)
            do throws(SystemError) {
                try files.lock(descriptor)
                // Somebody may have put another file there between open and lock.
                let isSame =
                    try files.status(place.lock).inode == files.status(descriptor).inode
                guard isSame else { throw SystemError(EAGAIN) }
                try noteHolder(descriptor)
                return descriptor
            } catch {
                files.unlock(descriptor)
                throw error
            }
        } catch {
            guard error.code == EAGAIN else { throw notWritable(place.lock, error) }
            throw Failure(
                "journal.locked", "Another room writes this incident", subject: place.path,
                why: holder, unchanged: "Nothing was changed", next: "Watch it read-only")
        }
    }

    /// Who holds the lock, for people only: one line of fixed width, so that none needs truncating.
    private func noteHolder(_ descriptor: Int32) throws(SystemError) {
        var text = "pid \(getpid()) boot \(clock.bootID)"
        text += String(repeating: " ", count: max(0, 79 - text.utf8.count))
        do throws(SystemError) {
            try files.writeAll(descriptor, Array((String(text.prefix(79)) + "\n").utf8))
        } catch {
            // A full disk must not keep the room from its journal.
            guard [ENOSPC, EDQUOT].contains(error.code) else { throw error }
        }
    }

    private var holder: String {
        let bytes = (try? files.readAll(place.lock, max: 4096)) ?? []
        let line = bytes.prefix { (0x20...0x7E).contains($0) }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        return words.count >= 2 && words[0] == "pid"
            ? "process \(words[1]) holds the lock" : "locked"
    }

    /// A journal that is open at its end.
    struct Opened {
        var writer: SegmentWriter
        /// `JournalKinds.Opened.file`.
        var file: String
        var notes: [String]
    }

    /// Checks the journal, recovers its end, takes in what was recorded elsewhere and returns the
    /// writer at that end.
    func begin(_ lock: Int32) throws(Failure) -> Opened {
        var match = OutcomeMatch(
            FoundOutcome.search(incident: incident, options.outcomeDirectories, files))
        let scan: JournalScan
        do throws(SystemError) {
            scan = try JournalScan.run(place, files) { match.follow($0) }
        } catch {
            throw notWritable(place.journal, error)
        }
        try refuseOtherIncident(scan)
        if case .corrupt(let segment, let offset, let reason) = scan.report.verdict {
            guard options.acceptsDamage, !scan.hasUnknownFraming else {
                throw corrupt(segment, offset, reason)
            }
            return try goOnBehindDamage(scan, reason, lock)
        }
        var writer = try writer(at: scan, lock)
        do throws(Failure) {
            var notes = try recover(&writer, scan)
            let file = try identify(opened(scan), &writer)
            for outcome in match.pending {
                notes.append(try adopt(outcome, match.missing(of: outcome), &writer))
            }
            try writer.synchronize()
            try writer.refreshHead()
            for outcome in match.pending { keep(outcome) }
            return Opened(writer: writer, file: file, notes: notes)
        } catch {
            writer.close()
            throw error
        }
    }

    private func opened(_ scan: JournalScan) -> JournalKinds.Opened? {
        if let opened = scan.scanner.opened { return opened }
        guard let last = scan.recordWithoutNewline?.payload,
            last.kind == JournalKinds.Opened.kind
        else { return nil }
        return try? JSONText.decode(JournalKinds.Opened.self, from: last.data)
    }

    /// Writes what a room recorded elsewhere when this journal took nothing more.
    private func adopt(
        _ outcome: FoundOutcome, _ entries: [RecordPayload], _ writer: inout SegmentWriter
    ) throws(Failure) -> String {
        try write(
            JournalKinds.Adopted(
                path: outcome.path, sha256: outcome.sha256, sequence: outcome.note.sequence,
                entries: entries.count, reason: outcome.note.reason), to: &writer)
        for entry in entries {
            _ = try writer.append(
                SegmentWriter.Entry(
                    kind: entry.kind, time: entry.time, actor: entry.actor, data: entry.data))
        }
        return "The journal took nothing after entry \(outcome.note.sequence) "
            + "(\(outcome.note.reason)); \(entries.count) entries were recorded in "
            + "\(outcome.path) and stand here now."
    }

    /// Moves an adopted file beside the journal. Should that fail it stays where it is: its digest
    /// stands in the journal, so it is not taken in twice.
    private func keep(_ outcome: FoundOutcome) {
        let path = place.journal + "/" + JournalDirectory.lastComponent(of: outcome.path)
        guard (try? files.status(path)) == nil,
            (try? files.replace(path, with: outcome.bytes, in: place.journal)) != nil
        else { return }
        try? files.remove(outcome.path)
    }

    private func refuseOtherIncident(_ scan: JournalScan) throws(Failure) {
        guard let opened = scan.scanner.opened,
            !opened.incident.utf8.elementsEqual(incident.utf8)
        else { return }
        throw Failure(
            "journal.otherIncident", "This journal belongs to another incident",
            subject: place.path, why: "it says \(opened.incident), not \(incident)",
            unchanged: "Nothing was changed", next: "Open it under its own id")
    }

    /// Begins a new segment whose first record names the damage, with an operator's consent.
    private func goOnBehindDamage(_ scan: JournalScan, _ reason: String, _ lock: Int32)
        throws(Failure) -> Opened
    {
        let last = scan.segments.last ?? 0
        let start = JournalPosition(segment: last + 1, offset: 0)
        let damage: Damage
        let descriptor: Int32
        do throws(SystemError) {
            damage = try Damage.measure(from: scan.scanner, to: last, in: place, files)
            descriptor = try SegmentWriter.createSegment(start.segment, place, files)
        } catch {
            throw notWritable(place.segment(start.segment), error)
        }
        var head = scan.scanner.head
        let note = JournalKinds.Continued(
            sequence: head.sequence, hash: head.hash, segment: damage.position.segment,
            offset: damage.position.offset, length: damage.length, sha256: damage.sha256,
            reason: reason)
        head.position = start
        var writer = SegmentWriter(
            directory: place, clock: clock, options: options, descriptor: descriptor, lock: lock,
            head: head, durable: start)
        let file: String
        do throws(Failure) {
            try write(note, to: &writer)
            file = try identify(scan.scanner.opened, &writer)
            try writer.synchronize()
            try writer.refreshHead()
        } catch {
            writer.close()
            throw error
        }
        return Opened(
            writer: writer, file: file,
            notes: [
                "The journal is damaged from \(JournalDirectory.name(of: damage.position.segment)) "
                    + "offset \(damage.position.offset) (\(reason)); it goes on in "
                    + "\(JournalDirectory.name(of: start.segment))."
            ])
    }

    /// Writes one of the journal's own events.
    private func write(_ payload: some EventPayload, to writer: inout SegmentWriter)
        throws(Failure)
    {
        _ = try writer.append(
            SegmentWriter.Entry(
                kind: payload.eventKind, time: nil, actor: .automation,
                data: JSONText.asciiOnly((try? JSONText.encode(payload)) ?? [])))
    }

    private func writer(at scan: JournalScan, _ lock: Int32) throws(Failure) -> SegmentWriter {
        var head = scan.scanner.head
        let path = place.segment(head.segment)
        do throws(SystemError) {
            let descriptor: Int32
            if scan.segments.isEmpty {
                descriptor = try SegmentWriter.createSegment(1, place, files)
            } else {
                descriptor = try files.open(path, flags: O_WRONLY | O_APPEND, mode: 0)
                // What was read may not have reached the disk when the last writer died.
                try files.synchronizeData(descriptor)
            }
            let durable = head.position
            head.position.offset += scan.tail.count
            return SegmentWriter(
                directory: place, clock: clock, options: options, descriptor: descriptor,
                lock: lock, head: head, durable: durable)
        } catch {
            throw notWritable(path, error)
        }
    }

    /// Accounts for a torn end: copies it aside, closes its line and names it in a record.
    private func recover(_ writer: inout SegmentWriter, _ scan: JournalScan) throws(Failure)
        -> [String]
    {
        guard !scan.tail.isEmpty else { return [] }
        let position = scan.scanner.position
        var skipped = scan.tail
        if let whole = scan.recordWithoutNewline {
            try writer.completeLine(whole)
            return ["The last entry was whole but for its newline, which was added."]
        }
        if skipped.last != 0x0A {
            skipped.append(0x0A)
            try writer.closeTornLine()
        }
        let copy = copyAside(skipped, segment: position.segment)
        try writer.appendRecovered(skipped, copy: copy)
        let kept = copy.isEmpty ? "" : " They are kept in \(copy)."
        return [
            "\(skipped.count) bytes at \(JournalDirectory.name(of: position.segment)) offset "
                + "\(position.offset) were left by a crash and are skipped.\(kept)"
        ]
    }

    /// Copies torn bytes to `000001.wj.torn-1` and returns the file's name. The bytes also stay in
    /// the journal, so a disk too full for the copy is no reason to stop; the name is then empty.
    private func copyAside(_ bytes: [UInt8], segment: Int) -> String {
        for number in 1...999 {
            let path = place.segment(segment) + ".torn-\(number)"
            do throws(SystemError) {
                let descriptor = try files.open(
                    path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                defer { files.close(descriptor) }
                try files.writeAll(descriptor, bytes)
                try files.synchronize(descriptor)
                try files.synchronizeDirectory(place.journal)
                return JournalDirectory.lastComponent(of: path)
            } catch {
                if error.code != EEXIST { return "" }
            }
        }
        return ""
    }

    /// The journal's own id, from its first record or from the one written now.
    private func identify(_ opened: JournalKinds.Opened?, _ writer: inout SegmentWriter)
        throws(Failure) -> String
    {
        if let opened { return opened.file }
        return try writeFirstRecord(&writer)
    }

    /// Returns the new journal's own id.
    private func writeFirstRecord(_ writer: inout SegmentWriter) throws(Failure) -> String {
        var random = SystemRandomNumberGenerator()
        let id = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        let opened = JournalKinds.Opened(
            file: Digests.hex(id), incident: incident, host: hostName, boot: clock.bootID,
            version: options.programVersion)
        try write(opened, to: &writer)
        return opened.file
    }

    private var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func corrupt(_ segment: Int, _ offset: Int, _ reason: String) -> Failure {
        Failure(
            "journal.corrupt", "The journal is damaged",
            subject: "\(place.segment(segment)) offset \(offset)", why: reason,
            unchanged: "Nothing was changed; the record up to there is readable",
            next: "Open the incident read-only and keep a copy of its directory")
    }

    private func notWritable(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            "journal.notWritable", "Journal not writable", subject: path, why: "\(error)",
            unchanged: "Nothing was recorded and no action was run",
            next: "Check the directory's owner, mode and free space, or set XDG_STATE_HOME")
    }
}
