import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// Searches and counts over all incidents of a store, by way of `<state>/index/INC-2041.wi`.
///
/// The journals are the record; the index is only faster. A part that is missing, damaged, of
/// another version or older than its journal is made again, and where it cannot be written the
/// journal is read instead: deleting it loses nothing. It proves nothing either; `warroom verify`
/// does.
package struct IncidentIndex: Sendable {
    /// One line of one incident.
    package struct Hit: Hashable, Sendable {
        package var incident: String
        package var line: IndexedLine
    }

    /// What was done, and which incidents could not be read.
    package struct Work: Hashable, Sendable {
        package var reused = 0
        package var rebuilt = 0
        package var unread: [String: String] = [:]
    }

    private let store: IncidentStore
    private let files: any FileSystem

    package init(store: IncidentStore, fileSystem: any FileSystem = SystemFileSystem()) {
        self.store = store
        files = fileSystem
    }

    package var directory: String { store.stateDirectory + "/index" }

    package func path(for id: String) -> String { directory + "/\(id).wi" }

    // MARK: Asking

    /// The figures of every incident, by number.
    package func summaries() -> (summaries: [IncidentSummary], work: Work) {
        var summaries: [IncidentSummary] = []
        let work = eachPart { summaries.append($0.summary) }
        return (summaries, work)
    }

    /// The newest `limit` lines that hold every word of `text` since `since`, newest first; of each
    /// incident those that were written last. Case is ignored for A to Z; a word may be part of a
    /// longer one.
    package func search(_ text: String, since: Timestamp? = nil, limit: Int = .max) -> (
        hits: [Hit], work: Work
    ) {
        let words = text.split { $0 == " " || $0 == "\t" }.map {
            IndexFile.escaped(String($0)).map(Self.folded)
        }
        var hits: [Hit] = []
        let work = eachPart { part in
            var found = 0
            for range in Self.lines(with: words, in: part.lines).reversed() where found < limit {
                guard let line = IndexFile.line(part.lines[range]) else { continue }
                if let since, line.time < since { continue }
                hits.append(Hit(incident: part.summary.id, line: line))
                found += 1
            }
        }
        hits.sort {
            ($0.line.time, $0.incident, $0.line.sequence)
                > ($1.line.time, $1.incident, $1.line.sequence)
        }
        return (Array(hits.prefix(limit)), work)
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// The lines in whose actor, kind or text every word stands.
    private static func lines(with words: [[UInt8]], in bytes: ArraySlice<UInt8>)
        -> [Range<Int>]
    {
        guard let longest = words.max(by: { $0.count < $1.count }) else { return [] }
        let folded = bytes.map(Self.folded)
        var found: [Range<Int>] = []
        var index = 0
        while let hit = position(of: longest, in: folded[index...]) {
            let start = (folded[index..<hit].lastIndex(of: 0x0A) ?? index - 1) + 1
            let end = folded[hit...].firstIndex(of: 0x0A) ?? folded.endIndex
            // Behind the number and the time.
            let said = folded[start..<end].split(
                separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false
            ).last
            if let said, words.allSatisfy({ position(of: $0, in: said) != nil }) {
                found.append((bytes.startIndex + start)..<(bytes.startIndex + end))
            }
            index = min(end + 1, folded.endIndex)
        }
        return found
    }

    private static func position(of word: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            var offset = 0
            while offset + word.count <= bytes.count,
                let found = memchr(
                    base + offset, Int32(word[0]), bytes.count - word.count - offset + 1)
            {
                offset = UnsafeRawPointer(found) - base
                if memcmp(base + offset, word, word.count) == 0 { return offset }
                offset += 1
            }
            return nil
        }.map { bytes.startIndex + $0 }
    }

    // MARK: Keeping it

    /// Every incident's part, brought up to date first.
    private func eachPart(_ body: (IndexFile) -> Void) -> Work {
        var work = Work()
        let ids = store.list()
        for id in ids {
            do throws(SystemError) {
                let key = try key(of: id)
                if let part = kept(id), part.key == key {
                    work.reused += 1
                    body(part)
                } else {
                    body(try rebuild(id, key))
                    work.rebuilt += 1
                }
            } catch {
                // A number that was only just claimed has no journal yet.
                if error.code != ENOENT { work.unread[id] = "\(error)" }
            }
        }
        removeOthers(ids)
        return work
    }

    private func kept(_ id: String) -> IndexFile? {
        (try? files.readAll(path(for: id), max: JournalScan.segmentBytesMax))
            .flatMap(IndexFile.init(bytes:))
    }

    private func key(of id: String) throws(SystemError) -> IndexFile.Key {
        let place = JournalDirectory(store.path(for: id))
        let segments = try files.list(place.journal).compactMap {
            JournalDirectory.number(inName: $0)
        }
        guard let last = segments.last else { throw SystemError(ENOENT) }
        let status = try files.status(place.segment(last))
        let head = try? files.readAll(place.head, max: 4096)
        return IndexFile.Key(
            version: IndexFile.version, segment: last, device: status.device, inode: status.inode,
            size: status.size, modified: status.modified, head: head.map(Digests.sha256) ?? "")
    }

    /// Reads the journal. Written while it is read, the part is out of date at once, which its key
    /// shows: the key was taken before.
    private func rebuild(_ id: String, _ key: IndexFile.Key) throws(SystemError) -> IndexFile {
        guard let incidentID = IncidentID(id) else { throw SystemError(EINVAL) }
        var events: [Event] = []
        var damage: Failure?
        do throws(Failure) {
            let reader = try JournalReader.open(store.path(for: id), fileSystem: files)
            events = try reader.readNew()
            // The first reading hands out what is whole; the second says why it ended there.
            events += try reader.readNew()
        } catch {
            guard error.code != "journal.unreadable" else { throw SystemError(EACCES) }
            damage = error
        }
        let summary = IncidentSummary(
            Incident(id: incidentID, events: events), events: events, damage: damage)
        let part = IndexFile(
            key: key, summary: summary,
            lines: events.map {
                let line = TimelineLine($0)
                return IndexedLine(
                    sequence: line.sequence, time: line.time, actor: line.actor, word: line.word,
                    text: line.text)
            })
        keep(part, id)
        return part
    }

    /// Puts a part into its place. Whether that works does not matter to the answer.
    private func keep(_ part: IndexFile, _ id: String) {
        let path = path(for: id)
        let temporary = path + ".\(getpid()).tmp"
        try? files.makeDirectory(directory)
        guard
            let descriptor = try? files.open(
                temporary, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        else { return }
        let isWritten = (try? files.writeAll(descriptor, part.bytes)) != nil
        files.close(descriptor)
        if !isWritten || (try? files.rename(temporary, to: path)) == nil {
            try? files.remove(temporary)
        }
    }

    /// Parts of incidents that are gone.
    private func removeOthers(_ ids: [String]) {
        let names = Set(ids.map { $0 + ".wi" })
        for name in (try? files.list(directory)) ?? []
        where name.hasSuffix(".wi") && !names.contains(name) {
            try? files.remove(directory + "/" + name)
        }
    }
}
