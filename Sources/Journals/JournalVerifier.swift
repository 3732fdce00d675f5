import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// Checks a journal without changing it.
package enum JournalVerifier {
    /// Checks the incident directory, the journal directory or the one segment file at `path`.
    ///
    /// A single file is checked without HEAD, and without the segments before it when it is not
    /// the first.
    ///
    /// - Parameters:
    ///   - anchor: a head hash kept elsewhere, lower-case hex, at least its first 12 digits.
    ///   - outcomeDirectories: where rooms leave what their journal did not take.
    package static func verify(
        _ path: String, anchor: String? = nil,
        outcomeDirectories: [String] = OutcomePlaces.standard,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(Failure) -> VerifyReport {
        var witness = Witness(anchor: anchor)
        do throws(SystemError) {
            var report: VerifyReport
            if try fileSystem.status(path).isDirectory {
                report = try verifyDirectory(path, outcomeDirectories, fileSystem, &witness)
            } else {
                report = try verifyFile(path, fileSystem, &witness)
            }
            report.trusted = witness.trusted
            if anchor != nil { report.anchor = witness.finding }
            return report
        } catch {
            throw Failure(
                "journal.unreadable", "Journal not readable", subject: path, why: "\(error)",
                next: "Name an incident's directory or one of its .wj files")
        }
    }

    /// Whether `text` can be an anchor: 12 to 64 lower-case hex digits.
    package static func isAnchor(_ text: String) -> Bool {
        (12...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
    }

    /// What is remembered of the good records.
    private struct Witness {
        let anchor: String?
        var trusted: VerifyReport.Stretch?
        var found: (sequence: UInt64, written: Timestamp)?

        init(anchor: String?) { self.anchor = anchor }

        mutating func follow(_ record: ScannedRecord) {
            VerifyReport.Stretch.add(record.sequence, record.payload.entry, to: &trusted)
            if let anchor, record.hash.utf8.starts(with: anchor.utf8) {
                found = (record.sequence, record.payload.entry)
            }
        }

        var finding: VerifyReport.Anchor {
            guard let found else { return .absent }
            return .entry(
                sequence: found.sequence, written: found.written,
                after: Int((trusted?.last ?? found.sequence) - found.sequence))
        }
    }

    private static func verifyDirectory(
        _ path: String, _ outcomeDirectories: [String], _ files: any FileSystem,
        _ witness: inout Witness
    ) throws(SystemError) -> VerifyReport {
        let trimmed = path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let isInner =
            (try? files.status(trimmed + "/journal"))?.isDirectory != true
            && JournalDirectory.lastComponent(of: trimmed) == "journal"
        let directory = JournalDirectory(
            isInner ? JournalDirectory.parent(of: trimmed) : trimmed)
        var match = OutcomeMatch([])
        let id = JournalDirectory.lastComponent(of: directory.path)
        if IncidentStore.isValid(id) {
            match = OutcomeMatch(FoundOutcome.search(incident: id, outcomeDirectories, files))
        }
        var seen = witness
        let scan = try JournalScan.run(directory, files) { record in
            seen.follow(record)
            match.follow(record)
        }
        witness = seen
        var report = scan.report
        report.incident = scan.scanner.opened?.incident
        report.outcomes = match.pending.map {
            VerifyReport.Outcome(
                path: $0.path, entries: $0.entries.count, sequence: $0.note.sequence)
        }
        if case .corrupt(let segment, let offset, _) = report.verdict {
            for number in scan.segments where number >= segment {
                let bytes = try files.readAll(
                    directory.segment(number), max: JournalScan.segmentBytesMax)
                ChainScanner.eachFrame(in: bytes.dropFirst(number == segment ? offset : 0)) {
                    VerifyReport.Stretch.add($0, $1.entry, to: &report.remnants)
                }
            }
        }
        return report
    }

    private static func verifyFile(
        _ path: String, _ fileSystem: any FileSystem, _ witness: inout Witness
    ) throws(SystemError) -> VerifyReport {
        let bytes = try fileSystem.readAll(path, max: JournalScan.segmentBytesMax)
        let first = (try? RecordFrame.parse(bytes[...])).map {
            ($0.sequence, RecordPayload($0.payload))
        }
        let named = JournalDirectory.number(inName: JournalDirectory.lastComponent(of: path))
        let sequence = first?.0 ?? 1
        let segment = named ?? (sequence == 1 ? 1 : first?.1?.synced.segment ?? 1)
        let isContinuation = sequence != 1 && segment > 1
        var scanner = ChainScanner(segment: segment, adoptsChain: isContinuation)
        var seen = witness
        let stop = scanner.scan(bytes) { seen.follow($0) }
        witness = seen
        var report = VerifyReport(
            records: scanner.recordCount, segments: 1, verdict: .intact,
            recoveredGaps: scanner.gaps, head: scanner.head, notes: ["HEAD was not consulted."])
        report.incident = scanner.opened?.incident
        if isContinuation {
            report.notes.append("The chain before entry \(sequence) was not checked.")
        }
        if let stop {
            let rest = bytes[stop.position.offset...]
            report.verdict = JournalScan.classify(
                stop, rest: rest, durable: scanner.synced, isLastSegment: true)
            ChainScanner.eachFrame(in: rest) {
                VerifyReport.Stretch.add($0, $1.entry, to: &report.remnants)
            }
        } else if scanner.recordCount == 0 {
            report.verdict = .tornTail(segment: segment, offset: 0, bytes: 0)
        }
        return report
    }
}
