import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Reads a whole journal in order.
struct JournalScan {
    /// No segment is ever this long; a longer file is not ours and is not read into memory.
    static let segmentBytesMax = 256 * 1024 * 1024

    private(set) var scanner = ChainScanner()
    private(set) var report: VerifyReport
    /// The bytes after the last good record when the end is torn.
    private(set) var tail: [UInt8] = []
    /// Another version wrote here: nothing of ours may follow.
    private(set) var hasUnknownFraming = false
    /// Segment numbers found, ascending.
    let segments: [Int]

    private let directory: JournalDirectory
    private let files: any FileSystem
    private var head: JournalHead?
    private var isHeadMet = true
    private var headProblem: String?

    /// Scans all segments, calling `each` for every good record in order.
    static func run(
        _ directory: JournalDirectory, _ files: any FileSystem,
        each: (ScannedRecord) -> Void = { _ in }
    ) throws(SystemError) -> JournalScan {
        var scan = try JournalScan(directory, files)
        try scan.readSegments(each)
        scan.finish()
        return scan
    }

    /// HEAD is read before the segments: read afterwards, it could name records that a writer added
    /// in between.
    private init(_ directory: JournalDirectory, _ files: any FileSystem) throws(SystemError) {
        self.directory = directory
        self.files = files
        let head: [UInt8]?
        do throws(SystemError) {
            head = try files.readAll(directory.head, max: 4096)
        } catch {
            guard error.code == ENOENT else { throw error }
            head = nil
        }
        segments = try files.list(directory.journal).compactMap {
            JournalDirectory.number(inName: $0)
        }
        report = VerifyReport(
            records: 0, segments: segments.count, verdict: .intact, recoveredGaps: [], head: .empty,
            notes: [])
        guard let head else {
            report.notes.append("There is no HEAD: a shortened end would not be noticed.")
            return
        }
        self.head = JournalHead(bytes: head)
        report.headSequence = self.head?.sequence
        isHeadMet = false
        if self.head == nil { headProblem = "HEAD is not readable" }
    }

    /// The last record when a crash cost it nothing but its newline. A newline makes it whole, so
    /// it cannot be skipped as a torn line: no later record could name it as a gap.
    var recordWithoutNewline: ScannedRecord? {
        guard !tail.isEmpty, !tail.contains(0x0A) else { return nil }
        var probe = scanner
        var found: ScannedRecord?
        _ = probe.scan(tail + [0x0A]) { found = $0 }
        return found
    }

    private mutating func readSegments(_ each: (ScannedRecord) -> Void) throws(SystemError) {
        let last = segments.last ?? 0
        var number = 1
        while number <= last {
            if segments.contains(number) {
                try read(number, isLast: number == last, each)
            } else {
                fail(JournalPosition(segment: number, offset: 0), "the segment is missing")
            }
            if report.verdict == .intact {
                number += 1
                if number <= last { scanner.beginNextSegment() }
            } else if let damage = try Damage.passage(
                from: scanner, to: last, in: directory, files)
            {
                scanner.pass(damage)
                number = damage.nextSegment
                report.verdict = .intact
                tail = []
            } else {
                return
            }
        }
    }

    private mutating func read(_ number: Int, isLast: Bool, _ each: (ScannedRecord) -> Void)
        throws(SystemError)
    {
        let bytes = try files.readAll(directory.segment(number), max: Self.segmentBytesMax)
        let head = head
        var isHeadMet = isHeadMet
        // A segment that was begun and has no entry yet starts where the last one ended.
        if head?.position == scanner.position, scanner.position.offset == 0 {
            isHeadMet = scanner.sequence == head?.sequence && scanner.hash == head?.hash
        }
        let stop = scanner.scan(bytes) { record in
            if record.end == head?.position {
                isHeadMet = record.sequence == head?.sequence && record.hash == head?.hash
            }
            each(record)
        }
        self.isHeadMet = isHeadMet
        guard let stop else { return }
        tail = Array(bytes[stop.position.offset...])
        hasUnknownFraming = stop.isUnknownFraming
        let durable = max(scanner.synced, head?.position ?? scanner.synced)
        report.verdict = Self.classify(
            stop, rest: tail[...], durable: durable, isLastSegment: isLast)
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

    private mutating func finish() {
        report.records = scanner.recordCount
        report.recoveredGaps = scanner.gaps
        report.head = scanner.head
        if case .corrupt = report.verdict { return }
        if let headProblem {
            fail(scanner.position, headProblem)
        } else if let head, head.position > scanner.position {
            fail(
                scanner.position,
                "the journal ends before entry \(head.sequence), which HEAD names")
        } else if let head, !isHeadMet, !scanner.passedOver(head.position) {
            fail(head.position, "HEAD does not fit the record it points at")
        } else if scanner.recordCount == 0, report.verdict == .intact {
            report.verdict = .tornTail(segment: 1, offset: 0, bytes: 0)
        }
    }

    private mutating func fail(_ position: JournalPosition, _ reason: String) {
        report.verdict = .corrupt(
            segment: position.segment, offset: position.offset, reason: reason)
    }
}
