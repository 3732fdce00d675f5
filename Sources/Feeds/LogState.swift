import Basics
import Logs

#if canImport(Glibc)
    import Glibc
#endif

/// What of the logs goes on after a restart, as one file: how far each source was counted, the
/// patterns and the totals, all of one moment. A program that is killed counts every line once,
/// because lines and the place up to which they are counted reach the disk together.
///
///     "warroom log state 1\n"
///     saved     8  nanoseconds
///     totals, histogram, sources by id, patterns: see `append(to:)` of each
///     crc32c    4  of everything before it
///
/// It holds no raw line: texts in it were sanitised and redacted before they were counted.
package struct LogState: Sendable {
    package struct Totals: Sendable, Hashable {
        /// Complete records.
        package var records = 0
        /// Physical lines.
        package var lines = 0
        package var dropped = 0
        package var redactions = 0
        package var sightings: [CredentialSighting] = []
    }

    /// One log, by the id of its source.
    package struct Source: Sendable, Hashable {
        package var lines: Int
        package var redactions: Int
        package var checkpoint: FollowCheckpoint
    }

    private static let magic = Array("warroom log state 1\n".utf8)
    private static let bytesMax = 256 * 1024 * 1024
    private static let sourcesMax = 100_000

    package var saved: Timestamp
    package var totals = Totals()
    var histogram = LevelHistogram()
    package var sources: [String: Source] = [:]
    package var miner: PatternMiner

    /// The name of the file in an incident's folder or a recording's.
    package static func path(in folder: String) -> String { folder + "/logs.state" }

    package func bytes() -> [UInt8] {
        var out = Self.magic
        out.appendFixed(saved.nanoseconds)
        for count in [
            totals.records, totals.lines, totals.dropped, totals.redactions,
            totals.sightings.count,
        ] {
            out.appendVarint(count)
        }
        for sighting in totals.sightings {
            for text in [sighting.class, sighting.tag, sighting.source] { out.appendText(text) }
        }
        histogram.append(to: &out)
        out.appendVarint(sources.count)
        for (id, source) in sources {
            out.appendText(id)
            out.appendVarint(source.lines)
            out.appendVarint(source.redactions)
            source.checkpoint.append(to: &out)
        }
        out.appendBlock(miner.snapshot())
        out.appendFixed(out[...].checksum)
        return out
    }

    /// - Throws: for damaged bytes and those of another version.
    package init(_ bytes: [UInt8], path: String, patternsMax: Int) throws(Failure) {
        guard bytes.starts(with: Self.magic), bytes.count > Self.magic.count + 4 else {
            throw Self.unusable(path, "it is none of this version of warroom")
        }
        var end = ByteCursor(bytes.suffix(4))
        guard end.fixed(UInt32.self) == bytes.dropLast(4).checksum else {
            throw Self.unusable(path, "it is damaged")
        }
        var cursor = ByteCursor(bytes.dropLast(4).dropFirst(Self.magic.count))
        guard let saved = cursor.fixed(Int64.self), let totals = Totals(&cursor),
            let histogram = LevelHistogram(&cursor), let sources = Self.sources(&cursor),
            let patterns = cursor.block(), cursor.isAtEnd
        else { throw Self.unusable(path, "it holds what no version writes") }
        self.saved = Timestamp(nanoseconds: saved)
        self.totals = totals
        self.histogram = histogram
        self.sources = sources
        miner = try PatternMiner(snapshot: patterns, patternsMax: patternsMax)
    }

    init(saved: Timestamp, miner: PatternMiner) {
        self.saved = saved
        self.miner = miner
    }

    private static func sources(_ cursor: inout ByteCursor) -> [String: Source]? {
        guard let count = cursor.varint(), count <= sourcesMax else { return nil }
        var sources: [String: Source] = [:]
        for _ in 0..<count {
            guard let id = cursor.text(), let lines = cursor.varint(),
                let redactions = cursor.varint(), let checkpoint = FollowCheckpoint(&cursor)
            else { return nil }
            sources[id] = Source(lines: lines, redactions: redactions, checkpoint: checkpoint)
        }
        return sources
    }

    private static func unusable(_ path: String, _ why: String) -> Failure {
        Failure(
            "logs.state", "The state of the logs is not used", subject: path, why: why,
            unchanged: "The logs are read as if for the first time",
            next: "It is replaced in a few seconds; a copy of it beforehand is all that can be kept"
        )
    }
}

extension LogState.Totals {
    fileprivate init?(_ cursor: inout ByteCursor) {
        guard let records = cursor.varint(), let lines = cursor.varint(),
            let dropped = cursor.varint(), let redactions = cursor.varint(),
            let count = cursor.varint(), count <= 1 << 16
        else { return nil }
        self.init(records: records, lines: lines, dropped: dropped, redactions: redactions)
        for _ in 0..<count {
            guard let kind = cursor.text(), let tag = cursor.text(), let source = cursor.text()
            else { return nil }
            sightings.append(CredentialSighting(class: kind, tag: tag, source: source))
        }
    }
}

// MARK: - Files

extension LogState {
    /// Nil when there is none.
    package static func read(_ path: String, patternsMax: Int = FeedLimits().patternsMax)
        throws(Failure) -> LogState?
    {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw unusable(path, "\(SystemError.current)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= bytesMax
        else { throw unusable(path, "it is no regular file of a possible size") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { all in
                Glibc.read(descriptor, all.baseAddress.map { $0 + done }, all.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unusable(path, "it ends early") }
            done += count
        }
        return try LogState(bytes, path: path, patternsMax: patternsMax)
    }

    /// Replaces the file as a whole: after a crash at any moment the old or the new one is there.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do throws(SystemError) {
            let temporary = path + ".new"
            unlink(temporary)
            let descriptor = try SignalFile.create(temporary)
            defer { close(descriptor) }
            try SignalFile.write(descriptor, at: 0, bytes)
            try SignalFile.synchronize(descriptor)
            guard rename(temporary, path) == 0 else { throw SystemError.current }
            try SignalFile.synchronizeFolder(PathPattern.directory(of: path))
        } catch {
            throw Failure(
                "logs.stateNotWritten", "The state of the logs is not written", subject: path,
                why: "\(error)", unchanged: "Reading goes on",
                next:
                    "Make room; it is tried again. Until then a restart counts new lines twice"
            )
        }
    }
}
