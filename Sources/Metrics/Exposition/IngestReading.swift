import Basics

/// One pass over one dump.
struct IngestReading {
    private let readAt: Int64
    private let futureLimit: Int64
    private let extra: ExtraLabels
    private let filter: LabelFilter?
    private(set) var report = IngestReport()
    /// Where the series of the last sample is remembered, or -1.
    private var previous = -1
    /// Series in a row that the store had no room for; beyond `refusalsTriedMax` others are not
    /// even tried in this read.
    private var refusalsInRow = 0
    private static let refusalsTriedMax = 64

    init(readAt: Int64, extra: [Labels.Entry], filter: LabelFilter?) {
        self.filter = filter
        self.readAt = readAt
        futureLimit = readAt + DumpIngestor.futureMax.inMilliseconds
        self.extra = ExtraLabels(extra)
    }

    /// Stores up to `DumpIngestor.samplesPerWriteMax` samples.
    /// - Returns: whether that was the rest of the dump.
    mutating func readPiece(
        _ scanner: inout ExpositionScanner, _ memory: inout IngestMemory,
        _ writer: inout SeriesWriter
    ) -> Bool {
        var room = DumpIngestor.samplesPerWriteMax
        while room > 0 {
            if let position = expected(&scanner, memory) {
                store(position, &scanner, &memory, &writer)
                room &-= 1
                continue
            }
            if scanner.index < scanner.count, scanner.base[scanner.index] == 0x23,
                memory.skipsKnownLine(&scanner)
            {
                continue
            }
            switch scanner.step() {
            case .sample:
                store(position(scanner, memory), &scanner, &memory, &writer)
                room &-= 1
            case .metadata: memory.take(scanner)
            case .skipped: skip { scanner.skippedLine() }
            case .comment, .cutOff: continue
            case .end:
                memory.finish()
                return true
            }
        }
        return false
    }

    /// Reads the next line when it holds the series that followed the last one also in the last
    /// read: its text needs no second check, and its end is known.
    @inline(__always)
    private func expected(
        _ scanner: inout ExpositionScanner, _ memory: borrowing IngestMemory
    ) -> Int? {
        let cache = memory.cache
        let position = previous < 0 ? memory.first : Int(cache.entries[previous].next)
        guard position < cache.count else { return nil }
        let start = scanner.index
        let length = Int(cache.entries[position].length)
        let end = start &+ length
        guard scanner.isQuick(upTo: end), scanner.base[end] == 0x20 else { return nil }
        let hash = memory.hasher.hash(
            scanner.base + start, count: length, variant: variant(scanner))
        guard hash == cache.entries[position].hash,
            scanner.quickFields(start: start, seriesEnd: end)
        else { return nil }
        return position
    }

    /// Where the series of the sample just read is remembered, or -1.
    private func position(_ scanner: ExpositionScanner, _ memory: IngestMemory) -> Int {
        memory.cache.find(hash(scanner, memory))
    }

    private func hash(_ scanner: ExpositionScanner, _ memory: IngestMemory) -> TextHash {
        memory.hasher.hash(
            scanner.base + scanner.seriesStart, count: scanner.seriesEnd - scanner.seriesStart,
            variant: variant(scanner))
    }

    /// The same text is another series with other rules.
    @inline(__always)
    private func variant(_ scanner: ExpositionScanner) -> UInt64 {
        (scanner.normalisesBounds ? 1 : 0) | (scanner.format == .openMetrics ? 4 : 0)
    }

    // MARK: Samples

    /// - Parameter position: where the series is remembered, or -1 for a new one.
    @inline(__always)
    private mutating func store(
        _ position: Int, _ scanner: inout ExpositionScanner, _ memory: inout IngestMemory,
        _ writer: inout SeriesWriter
    ) {
        let time = scanner.hasTimestamp ? scanner.timestamp : readAt
        if time > futureLimit {
            skip {
                SkippedLine(
                    line: scanner.lineNumber(at: scanner.lineStart),
                    reason: "the sample is dated more than 10 minutes ahead")
            }
            return
        }
        var position = position
        if position < 0 || !isUsable(memory.cache.entries[position], writer) {
            position = prepare(position, &scanner, &memory, &writer)
        }
        link(position, &memory)
        let entry = memory.cache.entries + position
        if entry.pointee.state.contains(.isRefused) {
            entry.pointee.generation = memory.generation
            entry.pointee.state = .isRefused
            writer.refuseSeries()
            report.count(.seriesLimit)
            return
        }
        if entry.pointee.generation != memory.generation {
            entry.pointee.generation = memory.generation
            report.series &+= 1
        }
        entry.pointee.state = scanner.hasTimestamp ? .hasOwnTimestamp : []
        if scanner.hasTimestamp { report.hasOwnTimestamps = true }
        report.newestTimestamp = max(report.newestTimestamp ?? time, time)
        report.count(writer.append(to: entry.pointee.reference, t: time, v: scanner.value))
        if scanner.hasExemplar { takeExemplar(&scanner) }
    }

    @inline(__always)
    private func isUsable(_ entry: SeriesCache.Entry, _ writer: borrowing SeriesWriter) -> Bool {
        !entry.state.contains(.isRefused) && writer.isValid(entry.reference)
    }

    /// Remembers that this series follows the one before it.
    @inline(__always)
    private mutating func link(_ position: Int, _ memory: inout IngestMemory) {
        if previous < 0 {
            memory.first = position
        } else if Int(memory.cache.entries[previous].next) != position {
            memory.cache.entries[previous].next = Int32(position)
        }
        previous = position
    }

    /// Asks the store for a series that is new, or that it dropped, or had no room for.
    /// - Returns: where it is remembered now.
    private mutating func prepare(
        _ position: Int, _ scanner: inout ExpositionScanner, _ memory: inout IngestMemory,
        _ writer: inout SeriesWriter
    ) -> Int {
        if position >= 0, refusalsInRow >= Self.refusalsTriedMax { return position }
        let labels = labels(&scanner)
        let reference = refusalsInRow < Self.refusalsTriedMax ? writer.reference(for: labels) : nil
        refusalsInRow = reference == nil ? refusalsInRow + 1 : 0
        let state: SeriesCache.State = reference == nil ? .isRefused : []
        let usable = reference ?? SeriesReference(slot: 0, id: 0)
        if position >= 0 {
            memory.cache.entries[position].reference = usable
            memory.cache.entries[position].state = state
            return position
        }
        let name = memory.position(ofName: labels.value(of: LabelName.metricName) ?? .empty)
        return memory.cache.insert(
            SeriesCache.Entry(
                hash: hash(scanner, memory), reference: usable,
                length: Int32(scanner.seriesEnd - scanner.seriesStart), next: 0, name: name,
                generation: memory.generation &- 1, state: state))
    }

    /// The labels of the sample just read, with the source's own where it has none.
    private func labels(_ scanner: inout ExpositionScanner) -> Labels {
        let range = scanner.seriesStart..<scanner.seriesEnd
        let labels = scanner.labels(
            in: range, normalised: scanner.normalisesBounds, adding: extra)
        guard let filter else { return labels }
        let text = UnsafeBufferPointer(start: scanner.base + range.lowerBound, count: range.count)
        return filter.mayChange(text) ? filter.change(labels) : labels
    }

    private mutating func takeExemplar(_ scanner: inout ExpositionScanner) {
        let raw = scanner.exemplar
        report.exemplarCount += 1
        guard report.exemplars.count < DumpIngestor.exemplarsListedMax else { return }
        report.exemplars.append(
            Exemplar(
                series: labels(&scanner), labels: scanner.labels(of: raw), value: raw.value,
                timestamp: raw.timestamp))
    }

    /// Counts a line; `line` is asked for only while the list has room, because words and number
    /// cost more than the line itself.
    private mutating func skip(_ line: () -> SkippedLine) {
        report.skippedCount += 1
        if report.skipped.count < DumpIngestor.skippedLinesListedMax {
            report.skipped.append(line())
        }
    }

    // MARK: What is gone

    /// Two spellings of one series (`a{b="1"}` and `a{ b="1" }`) count as one: a marker is written
    /// only when none of them was in this read.
    mutating func endVanished(_ memory: inout IngestMemory, _ writer: inout SeriesWriter) {
        let cache = memory.cache
        var missing: [Int] = []
        var ended = 0
        for position in 0..<cache.count {
            let entry = cache.entries[position]
            if entry.state.contains(.isEnded) {
                ended += 1
            } else if entry.generation != memory.generation {
                missing.append(position)
            }
        }
        if missing.isEmpty { return }
        let respelled = respelled(missing, memory)
        for position in missing {
            let entry = cache.entries[position]
            cache.entries[position].state.insert(.isEnded)
            cache.entries[position].generation = 0
            guard entry.state.isEmpty, !respelled.contains(entry.reference),
                writer.isValid(entry.reference)
            else { continue }
            if writer.append(to: entry.reference, t: readAt, v: StaleMarker.value) == .stored {
                report.vanished += 1
            }
        }
        if memory.compact(ended: ended + missing.count) { previous = -1 }
    }

    /// Which of the series at `missing` another entry of this read stands for.
    private func respelled(_ missing: [Int], _ memory: IngestMemory) -> Set<SeriesReference> {
        let cache = memory.cache
        var candidates = Set<SeriesReference>()
        for position in missing where cache.entries[position].state.isEmpty {
            candidates.insert(cache.entries[position].reference)
        }
        var found = Set<SeriesReference>()
        if candidates.isEmpty { return found }
        for position in 0..<cache.count {
            let entry = cache.entries[position]
            if entry.generation == memory.generation, candidates.contains(entry.reference) {
                found.insert(entry.reference)
            }
        }
        return found
    }
}
