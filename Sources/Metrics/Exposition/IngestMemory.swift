/// What the readings of one source leave for the next one.
struct IngestMemory {
    let hasher = TextHasher()
    private(set) var cache = SeriesCache()
    /// Where the first sample of the last read is remembered.
    var first = 0
    /// Which read this is; never 0, which stands for none.
    private(set) var generation: UInt16 = 0
    /// The last read's; what is remembered was checked by its rules.
    private var format = ExpositionFormat.automatic
    private var extraLabels: [String: String] = [:]
    private(set) var names: [ByteText] = []
    private var positions: [ByteText: Int32] = [:]

    private(set) var families: [ByteText: MetricMetadata] = [:]
    /// The metadata lines of the last read, in order.
    private var lines: [MetadataLine] = []
    private var nextLine = 0
    /// Whether this read may skip metadata lines that are as they were. It may not when the last
    /// read met others: then families are collected anew.
    private var trustsLines = false
    private var sawOtherLines = false

    private struct MetadataLine {
        /// Bytes up to, not including, the line end that a reading stopped at: a quoted name may
        /// hold others.
        var length: Int
        var hash: TextHash
        var type: MetricType?
    }

    mutating func begin(_ labels: [String: String], _ format: ExpositionFormat) {
        if extraLabels != labels {
            cache = SeriesCache()
            first = 0
            names = []
            positions = [:]
            extraLabels = labels
        }
        advanceGeneration()
        if format != self.format { trustsLines = false }
        self.format = format
        nextLine = 0
        sawOtherLines = false
        if !trustsLines {
            families = [:]
            lines = []
        }
    }

    mutating func advanceGeneration() {
        generation = generation == .max ? 1 : generation + 1
    }

    /// Called at the end of a dump.
    mutating func finish() { trustsLines = !sawOtherLines && nextLine == lines.count }

    var metricNames: Set<String> {
        var seen = [Bool](repeating: false, count: names.count)
        for position in 0..<cache.count {
            let entry = cache.entries[position]
            if entry.generation == generation, !entry.state.contains(.isRefused) {
                seen[Int(entry.name)] = true
            }
        }
        return Set(names.indices.filter { seen[$0] }.map { names[$0].string })
    }

    mutating func position(ofName name: ByteText) -> Int32 {
        if let known = positions[name] { return known }
        let position = Int32(names.count)
        names.append(name)
        positions[name] = position
        return position
    }

    /// Removes what ended when that is much, and the names that nothing bears any more.
    /// - Returns: whether it did; positions have changed then.
    mutating func compact(ended: Int) -> Bool {
        guard cache.compact(ended: ended) else { return false }
        let old = names
        var moved = [Int32](repeating: -1, count: old.count)
        names = []
        positions = [:]
        for position in 0..<cache.count {
            let name = Int(cache.entries[position].name)
            if moved[name] < 0 { moved[name] = self.position(ofName: old[name]) }
            cache.entries[position].name = moved[name]
        }
        first = 0
        return true
    }

    // MARK: Metadata

    /// Passes a metadata line that is the same as in the last read.
    mutating func skipsKnownLine(_ scanner: inout ExpositionScanner) -> Bool {
        guard trustsLines, nextLine < lines.count, !scanner.sawEOF else { return false }
        let start = scanner.index
        let known = lines[nextLine]
        let end = start + known.length
        guard end == scanner.count || (end < scanner.count && scanner.base[end] == 0x0A),
            hash(scanner, start..<end) == known.hash
        else { return false }
        nextLine += 1
        scanner.index = min(end + 1, scanner.count)
        if let type = known.type { scanner.setType(type) }
        return true
    }

    /// Keeps what the metadata line says that was just read.
    mutating func take(_ scanner: ExpositionScanner) {
        let found = scanner.metadata
        var type: MetricType?
        if case .type(let named) = found.kind { type = named }
        if trustsLines {
            sawOtherLines = true
        } else if lines.count < DumpIngestor.familiesMax * 3 {
            let start = scanner.lineStart
            let end = scanner.index - (scanner.base[scanner.index - 1] == 0x0A ? 1 : 0)
            let hash = hash(scanner, start..<end)
            lines.append(MetadataLine(length: end - start, hash: hash, type: type))
            nextLine = lines.count
        }
        let name = ByteText(scanner.unescaped(found.name))
        guard families[name] != nil || families.count < DumpIngestor.familiesMax else { return }
        switch found.kind {
        case .type(let type): families[name, default: MetricMetadata()].type = type
        case .help:
            let text = found.text.prefix(DumpIngestor.helpBytesMax)
            families[name, default: MetricMetadata()].help = ByteText(scanner.bytes(text))
        case .unit:
            families[name, default: MetricMetadata()].unit = ByteText(scanner.bytes(found.text))
        }
    }

    private func hash(_ scanner: ExpositionScanner, _ range: Range<Int>) -> TextHash {
        hasher.hash(scanner.base + range.lowerBound, count: range.count, variant: 2)
    }
}
