import Metrics

/// Dumps: both ways to read one agree, and reading one twice stores it once.
enum FuzzExposition {
    static func run(_ bytes: [UInt8]) {
        for format in [ExpositionFormat.automatic, .openMetrics] {
            let summary = ExpositionParser.summary(of: bytes, format: format)
            var parser = ExpositionParser(bytes, format: format)
            var samples = 0
            var skipped = 0
            while let event = parser.next() {
                switch event {
                case .sample(let sample):
                    samples += 1
                    _ = parser.labels(of: sample)
                    _ = parser.exemplar(of: sample)
                case .skipped(let line):
                    skipped += 1
                    precondition(line.line >= 1, "a skipped line has a number")
                case .type, .help, .unit, .comment, .cutOff: break
                }
            }
            precondition(samples == summary.samples, "both ways find the same samples")
            precondition(skipped == summary.skipped, "both ways skip the same lines")
            store(bytes, format)
        }
    }

    private static func store(_ bytes: [UInt8], _ format: ExpositionFormat) {
        let store = SeriesStore(retention: .seconds(1_000_000_000), seriesMax: 10_000)
        let ingestor = DumpIngestor(format: format)
        let first = ingestor.ingest(bytes, readAt: 1_000_000, into: store)
        let again = ingestor.ingest(bytes, readAt: 1_000_000, into: store)
        precondition(again.samples == 0, "the same dump read at the same time adds nothing")
        precondition(first.series == again.series, "the same dump holds the same series")
        _ = ingestor.ingest(bytes, readAt: 1_015_000, into: store)
        _ = ingestor.sourceVanished(at: 1_030_000, in: store)
        precondition(
            first.samples == 0 || !store.snapshot().metricNames.isEmpty || first.series > 0,
            "what was stored is found")
    }
}

/// Expressions: what is printed reads back as the same expression.
enum FuzzPromQL {
    static func run(_ bytes: [UInt8]) {
        guard let expression = try? Expression.parse(bytes: bytes) else { return }
        for text in [expression.description, expression.pretty] {
            do {
                let again = try Expression.parse(text)
                precondition(
                    again.description == expression.description,
                    "printed and read again, an expression stays the same")
            } catch {
                preconditionFailure("what is printed cannot be read: \(error)")
            }
        }
    }
}

/// Patterns: a text after the first zero byte. An anchored match is the same with and without the
/// short cuts that literals allow.
enum FuzzRegex {
    static func run(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        guard let pattern = try? RegexPattern(anchored: Array(parts[0])) else { return }
        let text = parts.count > 1 ? Array(parts[1]) : Array(parts[0])
        let captures = pattern.captures(text)
        precondition(
            pattern.matches(text) == (captures != nil), "captures exist exactly when it matches")
        for range in captures ?? [] {
            guard let range else { continue }
            precondition(
                range.lowerBound >= 0 && range.upperBound <= text.count,
                "a capture lies within the text")
        }
    }
}

/// Rule files, with their templates expanded over a small store.
enum FuzzRules {
    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let file = try? RuleFile.load(text: text, file: "fuzz.yaml") else { return }
        let engine = FuzzEvaluation.engine
        var book = AlertBook()
        for t in [FuzzEvaluation.end, FuzzEvaluation.end + 600_000] {
            _ = book.evaluate(rules: file.groups, engine: engine, at: t)
            for group in file.groups { _ = group.recordings(on: engine, at: t) }
        }
        _ = book.alerts
        _ = book.errors
    }
}

/// Encoded samples: any bytes decode or are refused; what is encoded decodes bit for bit.
enum FuzzCodec {
    static func run(_ bytes: [UInt8]) {
        if let samples = try? SampleCodec.decode(bytes) { check(samples) }
        var dice = ByteDice(bytes)
        var samples: [Sample] = []
        var t: Int64 = 0
        var v = 0.0
        while !dice.isEmpty, samples.count < SampleCodec.countMax {
            switch dice.below(6) {
            case 0: t = Int64(bitPattern: dice.word())
            case 1: t &+= 15_000
            default: t &+= Int64(dice.below(256)) * 100
            }
            switch dice.below(6) {
            case 0: v = Double(bitPattern: dice.word())
            case 1: v += Double(dice.below(256)) / 10
            case 2: v = StaleMarker.value
            default: v += Double(dice.below(256))
            }
            samples.append(Sample(t: t, v: v))
        }
        check(samples)
    }

    private static func check(_ samples: [Sample]) {
        do {
            let again = try SampleCodec.decode(SampleCodec.encode(samples))
            precondition(again.count == samples.count, "no sample is lost")
            for (one, two) in zip(samples, again) {
                precondition(
                    one.t == two.t && one.v.bitPattern == two.v.bitPattern,
                    "samples come back bit for bit")
            }
        } catch {
            preconditionFailure("what was encoded cannot be decoded: \(error)")
        }
    }
}
