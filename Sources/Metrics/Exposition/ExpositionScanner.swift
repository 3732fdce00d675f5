import CSystem

/// Reads a dump line by line in place.
///
/// Most lines take the short way (`quickLine`), which checks all of a line's syntax 64 bytes at a
/// time; what it does not know (comments, escapes, blanks inside braces, exemplars) and everything
/// that is wrong goes the long way, byte by byte, which has the reasons for people.
struct ExpositionScanner {
    enum Step {
        /// `sample` was read.
        case sample
        /// `metadata` was read.
        case metadata
        /// A comment was read: `text`.
        case comment
        /// A line was left out: `error` says why, `lineStart` where.
        case skipped
        /// OpenMetrics: the dump does not end with `# EOF`.
        case cutOff
        case end
    }

    /// Line ends inside the quotes of one sample, which the classic format allows. The bound keeps
    /// the work linear: a sample that turns out bad is left out by its first line alone, and the
    /// next line is read again.
    static let lineEndsPerSampleMax = 16

    /// Valid during the closure that made the scanner; see `ExpositionParser.withScanner`.
    var base: UnsafePointer<UInt8>
    let count: Int
    let format: ExpositionFormat
    let window: BlockWindow
    /// The next byte to read.
    var index = 0
    /// Where the line that was read last begins.
    var lineStart = 0
    /// Lines that begin before it end with a line end, so that reading one may run up to that
    /// without asking for the end of the bytes. 0 behind an OpenMetrics `# EOF`.
    private var quickEnd = 0

    // What the last step read.
    var value = 0.0
    var timestamp: Int64 = 0
    var hasTimestamp = false
    var seriesStart = 0
    var seriesEnd = 0
    var hasExemplar = false
    /// Of the last sample that had one.
    var exemplar = RawExemplar(labels: 0..<0, value: 0, timestamp: nil)
    var metadata = RawMetadata()
    var text = 0..<0
    var error = LineError("")

    /// Type of the metric that the last TYPE line named.
    var currentType: MetricType?
    /// Whether `le` and `quantile` are rewritten now. Part of a series' identity in the dump.
    var normalisesBounds = false
    var sawEOF = false
    private var isFinished = false

    // Label ranges of the series that `labels` reads again; kept only while `keepsRanges`.
    var keepsRanges = false
    var labelRanges: [LabelRange] = []
    var nameRange = TextRange(start: 0, end: 0, hasEscapes: false)

    // How far line ends were counted, and how many lines that makes.
    private var countedTo = 0
    private var countedLines = 1

    init(
        _ bytes: UnsafeBufferPointer<UInt8>, format: ExpositionFormat, window: BlockWindow
    ) {
        // An empty buffer has no address; nothing is read then.
        base =
            bytes.baseAddress ?? window.placeholder.assumingMemoryBound(to: UInt8.self)
        count = bytes.count
        self.format = format
        self.window = window
        quickEnd = (bytes.lastIndex(of: 0x0A) ?? -1) + 1
    }

    /// Reads up to the next thing worth telling.
    @inline(__always)
    mutating func step() -> Step { quickLine() ? .sample : slowStep() }

    @inline(never)
    private mutating func slowStep() -> Step {
        while true {
            guard index < count else {
                if isFinished { return .end }
                isFinished = true
                return format == .openMetrics && !sawEOF ? .cutOff : .end
            }
            lineStart = index
            do throws(LineError) {
                if let step = try slowLine() { return step }
            } catch {
                self.error = error
                index = min(ByteScan.first(0x0A, base, from: lineStart, end: count) + 1, count)
                return .skipped
            }
            if quickLine() { return .sample }
        }
    }

    /// Ends the quick reading: behind `# EOF` every line is an error.
    mutating func markEOF() {
        sawEOF = true
        quickEnd = 0
    }

    /// The 1-based line of a byte. Cost: the bytes since the last question, when it moves forward.
    mutating func lineNumber(at position: Int) -> Int {
        if position < countedTo {
            countedTo = 0
            countedLines = 1
        }
        countedLines += ByteScan.lineEnds(base, from: countedTo, end: position)
        countedTo = position
        return countedLines
    }

    mutating func skippedLine() -> SkippedLine {
        SkippedLine(line: lineNumber(at: lineStart), reason: error.reason(base, count))
    }

    // MARK: The short way

    /// Reads a whole line `name{label="value",…} number [timestamp]` without escapes, doubled
    /// blanks and exemplars. False leaves everything as it was.
    @inline(__always)
    mutating func quickLine() -> Bool {
        let start = index
        guard start < quickEnd, let end = quickSeries(start) else { return false }
        return quickFields(start: start, seriesEnd: end)
    }

    /// Takes a line whose series is known: `length` bytes that were checked in an earlier read.
    /// The caller compares them; this looks at what follows.
    @inline(__always)
    mutating func quickFields(start: Int, seriesEnd end: Int) -> Bool {
        guard base[end] == 0x20 else { return false }
        var next = end &+ 1
        if let number = DecimalText.read(base, at: next) {
            value = number.value
            next = number.end
        } else {
            guard let end = unusualNumber(next) else { return false }
            next = end
        }
        if base[next] == 0x0A {
            hasTimestamp = false
        } else {
            guard base[next] == 0x20, let after = quickTimestamp(next &+ 1) else { return false }
            next = after
        }
        lineStart = start
        seriesStart = start
        seriesEnd = end
        hasExemplar = false
        index = next &+ 1
        return true
    }

    /// Reads `NaN`, `+Inf` and the numbers that need care into `value`.
    /// - Returns: where it ends, or nil for the long way.
    @inline(never)
    private mutating func unusualNumber(_ start: Int) -> Int? {
        var end = start
        while base[end] > 0x20 { end += 1 }
        let field = UnsafeBufferPointer(start: base + start, count: end - start)
        guard let number = GoNumber.parsePlainFloat(Array(field)[...]) else { return nil }
        value = number.isNaN ? .ordinaryNaN : number
        return end
    }

    /// Whether a line begins here that `quickFields` may read up to `end`.
    @inline(__always)
    func isQuick(upTo end: Int) -> Bool { end < quickEnd }

    /// - Returns: where the line ends, or nil for the long way.
    @inline(__always)
    private mutating func quickTimestamp(_ start: Int) -> Int? {
        if format == .text {
            guard let (time, end) = DecimalText.readInteger(base, at: start), base[end] == 0x0A
            else { return nil }
            timestamp = time
            hasTimestamp = true
            return end
        }
        guard let seconds = DecimalText.read(base, at: start), base[seconds.end] == 0x0A,
            let time = OpenMetricsTime.milliseconds(seconds.value)
        else { return nil }
        timestamp = time
        hasTimestamp = true
        return seconds.end
    }

    /// The end of a series that begins at `start`, or nil for the long way.
    @inline(__always)
    private mutating func quickSeries(_ start: Int) -> Int? {
        let first = base[start]
        guard first | 0x20 >= 0x61, first | 0x20 <= 0x7A || first == 0x5F else { return nil }
        var block = start >> 6
        if block < window.first || block >= window.end {
            guard window.move(to: start, base, count: count) else { return nil }
        }
        var range = UInt64.max << UInt64(start & 63)
        while true {
            var rest = ~window.blocks[block &- window.first].word & range
            // Colons are rare, and have no mask of their own.
            while rest != 0, base[block << 6 &+ rest.trailingZeroBitCount] == 0x3A {
                rest &= rest &- 1
            }
            if rest != 0 {
                range = rest
                break
            }
            range = .max
            block &+= 1
            if block >= window.end {
                guard window.move(to: start, base, count: count), block < window.end else {
                    return nil
                }
            }
        }
        let nameEnd = block << 6 &+ range.trailingZeroBitCount
        if base[nameEnd] == 0x20 { return nameEnd }
        guard base[nameEnd] == 0x7B else { return nil }
        return quickLabels(line: start, open: nameEnd)
    }
}

/// Timestamps of OpenMetrics.
enum OpenMetricsTime {
    /// Milliseconds of a time in seconds; nil when it is no time that a store could hold.
    @inline(__always)
    static func milliseconds(_ seconds: Double) -> Int64? {
        guard seconds.magnitude < 9e15 else { return nil }
        return Int64((seconds * 1000).rounded())
    }
}
