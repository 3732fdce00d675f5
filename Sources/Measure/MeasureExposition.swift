import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// Reading dumps and storing what they hold.
enum MeasureExposition {
    /// Prints, for a dump, the rate of parsing alone and the cost of a sample parsed and
    /// stored, in the first reading and in later ones. CPU time of this process, best of several.
    /// - Parameter arguments: the path, and `parse` to leave the store out.
    static func run(_ arguments: [String]) {
        guard let path = arguments.first else { return print("exposition PATH [parse]") }
        guard let bytes = read(path) else { return print("\(path): not readable") }
        var summary = ExpositionSummary()
        let parse = best(of: 7) { summary = ExpositionParser.summary(of: bytes) }
        let count = Double(max(summary.samples, 1))
        line("samples", "\(summary.samples)")
        line("skipped", "\(summary.skipped)")
        line("bytes per sample", text(Double(bytes.count) / count))
        line("parse MB/s", text(Double(bytes.count) / 1e6 / parse))
        line("parse ns/sample", text(parse * 1e9 / count))
        if arguments.dropFirst().first == "parse" { return }
        let store = SeriesStore(retention: .seconds(3600), seriesMax: 5_000_000)
        let ingestor = DumpIngestor()
        var time: Int64 = 1_800_000_000_000
        func ingest() {
            time += 15_000
            let report = ingestor.ingest(bytes, readAt: time, into: store)
            if report.samples != summary.samples { print("stored only \(report.samples)") }
        }
        line("first read ns/sample", text(best(of: 1, ingest) * 1e9 / count))
        line("re-read ns/sample", text(best(of: 5, ingest) * 1e9 / count))
        line("series", "\(store.statistics.series)")
    }

    private static func best(of rounds: Int, _ body: () -> Void) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let begin = cpuSeconds
            body()
            best = min(best, cpuSeconds - begin)
        }
        return best
    }

    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func line(_ name: String, _ value: String) {
        print("exposition  \(name): \(value)")
    }

    private static func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count <= 0 { return count == 0 ? bytes : nil }
            bytes += block[..<count]
        }
    }
}
