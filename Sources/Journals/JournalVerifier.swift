import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// What a check of a journal found.
package struct VerifyReport: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case intact
        /// The end is not a whole record, as a crash leaves it; nothing durable is affected. The
        /// next writer recovers it.
        case tornTail(segment: Int, offset: Int, bytes: Int)
        /// Something durable is damaged or missing.
        case corrupt(segment: Int, offset: Int, reason: String)
    }

    package var records: Int
    package var segments: Int
    package var verdict: Verdict
    package var recoveredGaps: [RecoveredGap]
    /// The last good record.
    package var head: JournalHead
    /// What a reader should know besides the verdict.
    package var notes: [String]

    package var headHash: String { head.hash }
    /// Anything but an intact journal is a finding.
    package var isIntact: Bool { verdict == .intact }

    /// The report for people, a sentence a line.
    package var lines: [String] {
        var lines = [sentence]
        lines.append("\(records) records in \(segments) segments. Last entry \(head.sequence).")
        lines.append("Head hash \(head.hash).")
        for gap in recoveredGaps {
            lines.append(
                "\(gap.length) bytes at \(JournalDirectory.name(of: gap.position.segment)) offset "
                    + "\(gap.position.offset) were left by a crash and are accounted for.")
        }
        return lines + notes
    }

    private var sentence: String {
        switch verdict {
        case .intact: "The chain is intact."
        case .tornTail(let segment, let offset, let bytes):
            "The end is torn: \(bytes) bytes from \(JournalDirectory.name(of: segment)) offset "
                + "\(offset) are not a whole record. Opening the incident recovers it."
        case .corrupt(let segment, let offset, let reason):
            "The journal is damaged at \(JournalDirectory.name(of: segment)) offset \(offset): "
                + "\(reason)."
        }
    }
}

/// Checks a journal without changing it.
package enum JournalVerifier {
    /// Checks the incident directory, the journal directory or the one segment file at `path`.
    ///
    /// A single file is checked without HEAD, and without the segments before it when it is not
    /// the first.
    package static func verify(_ path: String, fileSystem: any FileSystem = SystemFileSystem())
        throws(Failure) -> VerifyReport
    {
        do throws(SystemError) {
            guard try fileSystem.status(path).isDirectory else {
                return try verifyFile(path, fileSystem)
            }
            let trimmed =
                path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            let isInner =
                (try? fileSystem.status(trimmed + "/journal"))?.isDirectory != true
                && JournalDirectory.lastComponent(of: trimmed) == "journal"
            let directory = JournalDirectory(
                isInner ? JournalDirectory.parent(of: trimmed) : trimmed)
            return try JournalScan.run(directory, fileSystem).report
        } catch {
            throw Failure(
                "journal.unreadable", "Journal not readable", subject: path, why: "\(error)",
                next: "Name an incident's directory or one of its .wj files")
        }
    }

    private static func verifyFile(_ path: String, _ fileSystem: any FileSystem)
        throws(SystemError) -> VerifyReport
    {
        let bytes = try fileSystem.readAll(path, max: JournalScan.segmentBytesMax)
        let first = (try? RecordFrame.parse(bytes[...])).map {
            ($0.sequence, RecordPayload($0.payload))
        }
        let named = JournalDirectory.number(inName: JournalDirectory.lastComponent(of: path))
        let sequence = first?.0 ?? 1
        let segment = named ?? (sequence == 1 ? 1 : first?.1?.synced.segment ?? 1)
        let isContinuation = sequence != 1 && segment > 1
        var scanner = ChainScanner(segment: segment, adoptsChain: isContinuation)
        let stop = scanner.scan(bytes) { _ in }
        var report = VerifyReport(
            records: scanner.recordCount, segments: 1, verdict: .intact,
            recoveredGaps: scanner.gaps, head: scanner.head, notes: ["HEAD was not consulted."])
        if isContinuation {
            report.notes.append("The chain before entry \(sequence) was not checked.")
        }
        if let stop {
            let rest = bytes[stop.position.offset...]
            report.verdict = JournalScan.classify(
                stop, rest: rest, durable: scanner.synced, isLastSegment: true)
        } else if scanner.recordCount == 0 {
            report.verdict = .tornTail(segment: segment, offset: 0, bytes: 0)
        }
        return report
    }
}

/// Reads a whole journal in order.
struct JournalScan {
    /// No segment is ever this long; a longer file is not ours and is not read into memory.
    static let segmentBytesMax = 256 * 1024 * 1024

    var scanner = ChainScanner()
    var report: VerifyReport
    /// The bytes after the last good record when the end is torn.
    var tail: [UInt8] = []

    /// The last record when a crash cost it nothing but its newline. A newline makes it whole, so it
    /// cannot be skipped as a torn line: no later record could name it as a gap.
    var recordWithoutNewline: ScannedRecord? {
        guard !tail.isEmpty, !tail.contains(0x0A) else { return nil }
        var probe = scanner
        var found: ScannedRecord?
        _ = probe.scan(tail + [0x0A]) { found = $0 }
        return found
    }

    /// Scans all segments, calling `each` for every good record in order.
    static func run(
        _ directory: JournalDirectory, _ fileSystem: any FileSystem,
        each: (ScannedRecord) -> Void = { _ in }
    ) throws(SystemError) -> JournalScan {
        let numbers = try fileSystem.list(directory.journal).compactMap {
            JournalDirectory.number(inName: $0)
        }
        var scan = JournalScan(
            report: VerifyReport(
                records: 0, segments: numbers.count, verdict: .intact, recoveredGaps: [],
                head: .empty, notes: []))
        let head = try scan.readHead(directory, fileSystem)
        var isHeadMet = head == nil
        for (index, number) in numbers.enumerated() where scan.report.verdict == .intact {
            guard number == index + 1 else {
                scan.fail(JournalPosition(segment: index + 1, offset: 0), "the segment is missing")
                break
            }
            try scan.read(number, of: numbers.count, directory, fileSystem, head: head) { record in
                if record.end == head?.position {
                    isHeadMet = record.sequence == head?.sequence && record.hash == head?.hash
                }
                each(record)
            }
        }
        scan.finish(head, isHeadMet: isHeadMet)
        return scan
    }

    private mutating func read(
        _ number: Int, of count: Int, _ directory: JournalDirectory, _ fileSystem: any FileSystem,
        head: JournalHead?, each: (ScannedRecord) -> Void
    ) throws(SystemError) {
        if number > 1 { scanner.beginNextSegment() }
        let bytes = try fileSystem.readAll(directory.segment(number), max: Self.segmentBytesMax)
        guard let stop = scanner.scan(bytes, each: each) else { return }
        let rest = bytes[stop.position.offset...]
        let durable = max(scanner.synced, head?.position ?? scanner.synced)
        report.verdict = Self.classify(
            stop, rest: rest, durable: durable, isLastSegment: number == count)
        tail = Array(rest)
    }

    /// Torn or damaged: a bad record is damage when anything proves that it was durable.
    static func classify(
        _ stop: ScanStop, rest: ArraySlice<UInt8>, durable: JournalPosition, isLastSegment: Bool
    ) -> VerifyReport.Verdict {
        let claimed = ChainScanner.largestSynced(in: rest.dropFirst()) ?? durable
        let isDurable = max(durable, claimed) > stop.position
        if isDurable || !isLastSegment || stop.isUnknownFraming {
            return .corrupt(
                segment: stop.position.segment, offset: stop.position.offset, reason: stop.reason)
        }
        return .tornTail(
            segment: stop.position.segment, offset: stop.position.offset, bytes: rest.count)
    }

    private mutating func readHead(_ directory: JournalDirectory, _ fileSystem: any FileSystem)
        throws(SystemError) -> JournalHead?
    {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try fileSystem.readAll(directory.head, max: 4096)
        } catch {
            guard error.code == ENOENT else { throw error }
            report.notes.append("There is no HEAD: a shortened end would not be noticed.")
            return nil
        }
        guard let head = JournalHead(bytes: bytes) else {
            fail(JournalPosition(segment: 1, offset: 0), "HEAD is not readable")
            return nil
        }
        return head
    }

    private mutating func finish(_ head: JournalHead?, isHeadMet: Bool) {
        report.records = scanner.recordCount
        report.recoveredGaps = scanner.gaps
        report.head = scanner.head
        if case .corrupt = report.verdict { return }
        if let head, head.position > scanner.position {
            fail(
                scanner.position,
                "the journal ends before entry \(head.sequence), which HEAD names")
        } else if !isHeadMet {
            fail(head?.position ?? scanner.position, "HEAD does not fit the record it points at")
        } else if scanner.recordCount == 0, report.verdict == .intact {
            report.verdict = .tornTail(segment: 1, offset: 0, bytes: 0)
        }
    }

    private mutating func fail(_ position: JournalPosition, _ reason: String) {
        report.verdict = .corrupt(
            segment: position.segment, offset: position.offset, reason: reason)
    }
}
