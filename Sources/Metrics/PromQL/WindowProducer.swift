/// Produces the results of a function over windows, one row at a time, so that whoever adds them up
/// need not keep them all.
struct WindowProducer {
    let table: LabelTable
    let windows: Windows
    private let kernel: WindowKernel
    private let grid: Grid
    private let parameter: [Double]
    private var change: ExtrapolatedChange
    /// For one window that needs no single samples.
    private var summary: WindowSummary?
    private var quantiles = QuantileScratch()
    private var newest = Int64.min
    private var read = 0
    /// One row can hold very many windows, so that the time is looked at within it too.
    private var isLate = false
    private var unchecked = 0
    private static let samplesPerClock = 500_000
    /// Set when a window was not empty.
    private var hasRead = false
    /// How many samples of a coming row are asked for.
    private let prefetched: Int
    private let range: PositionRange
    private let parameterRange: PositionRange
    /// The metric whose name was looked at last.
    private var checkedName: ByteText?

    init(
        _ windows: Windows, _ kernel: WindowKernel, _ grid: Grid, parameter: [Double],
        range: PositionRange, parameterRange: PositionRange
    ) {
        self.windows = windows
        self.kernel = kernel
        self.grid = grid
        self.parameter = parameter
        // Samples come every 15 s or so; more than a raw buffer has are of no use.
        prefetched = Int(max(24, min(windows.length / 15_000, 128)))
        self.range = range
        self.parameterRange = parameterRange
        table = kernel.keepsName ? windows.source.table : windows.source.table.bare
        summary = grid.isSingle ? kernel.summaryPart.map { WindowSummary($0) } : nil
        if case .extrapolated(let kind) = kernel {
            change = ExtrapolatedChange(windows, kind)
        } else {
            change = ExtrapolatedChange(windows, .delta)
        }
    }

    var count: Int { windows.source.table.count }

    /// Whether rows can end with the same labels.
    var mayCollide: Bool { table.merge != nil }

    /// Writes the results of one row; returns how many steps have one.
    mutating func write(
        _ row: Int, to values: UnsafeMutablePointer<Double>, _ evaluator: Evaluator
    ) throws(QueryError) -> Int {
        try evaluator.budget.tick()
        values.update(repeating: Absent.value, count: grid.count)
        var present = 0
        var window = 0
        if summary != nil, case .series(let selection) = windows.source {
            selection.prefetch(after: row, samples: prefetched)
            present = summarise(selection.series[row], to: values, &evaluator.scratch)
            window = summary?.count ?? 0
        } else if grid.isSingle, case .quantile = kernel,
            case .series(let selection) = windows.source
        {
            selection.prefetch(after: row, samples: prefetched)
            present = writeQuantile(selection.series[row], to: values, &evaluator.scratch)
            window = quantiles.count
        } else {
            let windows = windows
            windows.withSamples(ofRow: row, &evaluator.scratch) { samples in
                guard let last = samples.last else { return }
                let before = read
                present = write(samples, to: values, evaluator.budget)
                guard read > before else { return }
                hasRead = true
                newest = max(newest, last.t)
                window = samples.count
            }
        }
        if isLate { throw QueryBudget.late }
        try evaluator.budget.check(window + present)
        if present > 0 { noteOtherThanCounter(row, evaluator) }
        return present
    }

    /// One window, of which only the whole matters.
    private mutating func summarise(
        _ series: Series, to values: UnsafeMutablePointer<Double>, _ scratch: inout SampleScratch
    ) -> Int {
        guard var summary else { return 0 }
        self.summary = nil
        defer { self.summary = summary }
        summary.reset()
        let end = windows.ends.start
        series.withPieces(
            after: end &- windows.length, through: end, scratch: &scratch.unpacked
        ) { summary.add($0) }
        guard summary.count > 0 else { return 0 }
        read += summary.count
        newest = max(newest, summary.last.t)
        switch kernel {
        case .extrapolated: values[0] = change.value(summary)
        case .count: values[0] = Double(summary.count)
        case .present: values[0] = 1
        case .first: values[0] = summary.first.v
        case .last: values[0] = summary.last.v
        case .minimum: values[0] = summary.minimum
        case .maximum: values[0] = summary.maximum
        case .reduce, .predictLinear, .quantile: break
        }
        return Absent.isPresent(values[0]) ? 1 : 0
    }

    /// The quantile of one window, whose values need not stand side by side before.
    private mutating func writeQuantile(
        _ series: Series, to values: UnsafeMutablePointer<Double>, _ scratch: inout SampleScratch
    ) -> Int {
        quantiles.reset()
        let end = windows.ends.start
        series.withPieces(
            after: end &- windows.length, through: end, scratch: &scratch.unpacked,
            isSummarised: false
        ) { piece in
            if case .samples(let samples) = piece { quantiles.add(samples) }
        }
        guard quantiles.count > 0 else { return 0 }
        hasRead = true
        read += quantiles.count
        newest = max(newest, quantiles.newest)
        values[0] = quantiles.quantile(parameter[0])
        return Absent.isPresent(values[0]) ? 1 : 0
    }

    /// Reports what was read.
    func finish(_ evaluator: Evaluator) {
        if case .series = windows.source {
            evaluator.statistics.samplesTouched += read
            evaluator.noteNewest(newest)
        }
        guard case .quantile = kernel, hasRead else { return }
        for q in Set(parameter.map(\.bitPattern)) {
            evaluator.warnAboutQuantile(Double(bitPattern: q), at: parameterRange)
        }
    }

    /// - Returns: how many values were written.
    private mutating func write(
        _ samples: UnsafeBufferPointer<Sample>, to values: UnsafeMutablePointer<Double>,
        _ budget: QueryBudget
    ) -> Int {
        let (grid, parameter) = (grid, parameter)
        switch kernel {
        case .extrapolated:
            let (count, present) = change.write(samples, to: values)
            read += count
            return present
        case .count: return each(samples, values, budget) { _, low, high in Double(high - low) }
        case .present: return each(samples, values, budget) { _, _, _ in 1 }
        case .first: return each(samples, values, budget) { _, low, _ in samples[low].v }
        case .last: return each(samples, values, budget) { _, _, high in samples[high - 1].v }
        case .minimum:
            return each(samples, values, budget) { _, low, high in
                WindowKernel.minimum(UnsafeBufferPointer(rebasing: samples[low..<high]))
            }
        case .maximum:
            return each(samples, values, budget) { _, low, high in
                WindowKernel.maximum(UnsafeBufferPointer(rebasing: samples[low..<high]))
            }
        case .reduce(let body):
            return each(samples, values, budget) { _, low, high in
                body(UnsafeBufferPointer(rebasing: samples[low..<high]))
            }
        case .predictLinear:
            return each(samples, values, budget) { step, low, high in
                guard high - low >= 2 else { return Absent.value }
                let line = LinearRegression(
                    UnsafeBufferPointer(rebasing: samples[low..<high]), origin: grid.time(step))
                return line.slope * parameter[step] + line.intercept
            }
        case .quantile:
            var scratch = QuantileScratch()
            swap(&scratch, &quantiles)
            defer { swap(&scratch, &quantiles) }
            return each(samples, values, budget) { step, low, high in
                scratch.reset()
                scratch.add(UnsafeBufferPointer(rebasing: samples[low..<high]))
                return scratch.quantile(parameter[step])
            }
        }
    }

    /// Writes what `body` makes of each window: step, first sample, end.
    @inline(__always)
    private mutating func each(
        _ samples: UnsafeBufferPointer<Sample>, _ values: UnsafeMutablePointer<Double>,
        _ budget: QueryBudget, _ body: (Int, Int, Int) -> Double
    ) -> Int {
        var total = 0
        var present = 0
        let windows = windows
        windows.forEachWindow(samples) { step, low, high in
            total += high - low
            unchecked += high - low
            if unchecked > Self.samplesPerClock {
                unchecked = 0
                isLate = isLate || budget.isLate
            }
            if isLate { return }
            values[step] = body(step, low, high)
            present += Absent.isPresent(values[step]) ? 1 : 0
        }
        read += total
        return present
    }

    private mutating func noteOtherThanCounter(_ row: Int, _ evaluator: Evaluator) {
        guard case .extrapolated(let kind) = kernel, kind.isCounter else { return }
        let table = windows.source.table
        if checkedName != nil, table.isOneMetric { return }
        guard let name = table.metricName(row), name != checkedName else { return }
        checkedName = name
        let text = name.string
        if ["_total", "_sum", "_count", "_bucket"].contains(where: text.hasSuffix) { return }
        evaluator.notes.info(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                + QuotedText.goQuote(name.bytes), at: range)
    }
}

/// Finds quantiles of windows without sorting everything.
struct QuantileScratch {
    private var values: [Double] = []
    /// Of the window, staleness markers not counted.
    private(set) var count = 0
    /// When the newest sample of the window was taken.
    private(set) var newest = Int64.min
    private var falls = 0

    mutating func reset() {
        (count, newest, falls) = (0, .min, 0)
    }

    /// Of what was added since the last reset.
    mutating func quantile(_ q: Double) -> Double {
        let (count, isSorted) = (count, falls == 0)
        return values.withUnsafeMutableBufferPointer { values in
            Quantile.of(
                UnsafeMutableBufferPointer(rebasing: values[..<count]), q, isSorted: isSorted)
        }
    }

    mutating func add(_ samples: UnsafeBufferPointer<Sample>) {
        let start = count
        if values.count < start + samples.count {
            let size = max(64, (start + samples.count) * 2)
            values.append(contentsOf: repeatElement(0, count: size - values.count))
        }
        let found = values.withUnsafeMutableBufferPointer { values in
            var found = 0
            var previous = start > 0 ? values[start - 1] : -Double.infinity
            for index in 0..<samples.count {
                let value = samples[index].v
                values[start + index] = value
                // Also counts markers, which are NaN.
                found &+= value >= previous ? 0 : 1
                previous = value
            }
            return found
        }
        if found > 0 {
            falls += found
            addWithoutMarkers(samples)
        } else if let last = samples.last {
            count += samples.count
            newest = last.t
        }
    }

    private mutating func addWithoutMarkers(_ samples: UnsafeBufferPointer<Sample>) {
        for sample in samples where !StaleMarker.isStale(sample.v) {
            values[count] = sample.v
            newest = sample.t
            count += 1
        }
    }
}
