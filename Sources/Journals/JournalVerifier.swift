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
                    + "\(gap.position.offset) "
                    + (gap.isDamage
                        ? "are damaged; the chain goes on after them with an operator's consent."
                        : "were left by a crash and are accounted for."))
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
