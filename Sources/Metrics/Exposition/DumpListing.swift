import Basics

/// What a dump holds, for people and for programs: its metric families, every sample and every line
/// that was left out.
package struct DumpListing: Sendable {
    /// A metric family; nil for what the dump does not say of it.
    package struct Family: Sendable, Hashable {
        package var name: ByteText
        package var type: MetricType?
        package var help: ByteText?
        package var unit: ByteText?
        /// Lines with samples of it, those of `_bucket`, `_sum` and the like included.
        package var samples = 0
    }

    package let file: String
    package let format: ExpositionFormat
    /// False for OpenMetrics without `# EOF`: a room uses nothing of such a dump.
    package let isComplete: Bool
    /// In the order in which the dump names them first.
    package private(set) var families: [Family] = []
    package private(set) var sampleCount = 0
    package private(set) var skippedCount = 0
    private let bytes: [UInt8]
    private var positions: [ByteText: Int] = [:]

    /// Endings of sample names that belong to the family without them.
    private static let suffixes: [[UInt8]] = [
        "_bucket", "_sum", "_count", "_total", "_created", "_info", "_gsum", "_gcount",
    ].map { Array($0.utf8) }

    /// - Parameter file: its name, as it is to be shown.
    package init(
        file: String, bytes: [UInt8], format: ExpositionFormat = .automatic
    ) {
        self.file = file
        self.bytes = bytes
        var parser = ExpositionParser(bytes, format: format)
        self.format = parser.format
        isComplete = parser.isComplete
        while let event = parser.next() {
            switch event {
            case .sample(let sample):
                sampleCount += 1
                families[family(of: parser.metricName(of: sample))].samples += 1
            case .type(let name, let type): families[position(of: name)].type = type
            case .help(let name, let text): families[position(of: name)].help = text
            case .unit(let name, let text): families[position(of: name)].unit = text
            case .skipped: skippedCount += 1
            case .comment, .cutOff: continue
            }
        }
    }

    /// Whether something is wrong with the dump.
    package var hasFindings: Bool { skippedCount > 0 || !isComplete }

    private mutating func position(of name: ByteText) -> Int {
        if let known = positions[name] { return known }
        positions[name] = families.count
        families.append(Family(name: name))
        return families.count - 1
    }

    private mutating func family(of name: ByteText) -> Int {
        if let known = positions[name] { return known }
        for suffix in Self.suffixes
        where name.count > suffix.count && name.bytes.suffix(suffix.count).elementsEqual(suffix) {
            let stem = ByteText(name.bytes.dropLast(suffix.count))
            if let known = positions[stem], families[known].type != nil { return known }
        }
        return position(of: name)
    }

    private func forEach(
        _ body: (ExpositionParser.Event, inout ExpositionParser) -> Void
    ) {
        var parser = ExpositionParser(bytes, format: format)
        while let event = parser.next() { body(event, &parser) }
    }
}

// MARK: JSON

extension DumpListing {
    /// Writes one JSON object, in pieces: `file`, `format`, `complete`, `families`, `samples`,
    /// `skipped`. Floats are strings, as in answers of the Prometheus HTTP API; a sample without a
    /// time of its own has null there.
    package func writeJSON(_ emit: (String) -> Void) {
        emit("{\"file\":\(JSONText.quoted(file)),\"format\":\"\(formatWord)\"")
        emit(",\"complete\":\(isComplete),\"families\":[")
        for (index, family) in families.enumerated() {
            emit((index > 0 ? ",\n" : "\n") + Self.json(family))
        }
        emit("],\"samples\":[")
        var separator = "\n"
        forEach { event, parser in
            guard case .sample(let sample) = event else { return }
            emit(separator + Self.json(sample, &parser))
            separator = ",\n"
        }
        emit("],\"skipped\":[")
        separator = "\n"
        forEach { event, _ in
            guard case .skipped(let line) = event else { return }
            let reason = JSONText.quoted(line.reason)
            emit(separator + "{\"line\":\(line.line),\"reason\":\(reason)}")
            separator = ",\n"
        }
        emit("]}")
    }

    private var formatWord: String { format == .openMetrics ? "openmetrics" : "text" }

    private static func json(_ family: Family) -> String {
        func text(_ bytes: ByteText?) -> String {
            bytes.map { JSONText.quoted($0.string) } ?? "null"
        }
        let type = family.type.map { "\"\($0.rawValue)\"" } ?? "null"
        return "{\"name\":\(text(family.name)),\"type\":\(type),\"help\":\(text(family.help)),"
            + "\"unit\":\(text(family.unit)),\"samples\":\(family.samples)}"
    }

    private static func json(_ sample: RawSample, _ parser: inout ExpositionParser) -> String {
        var out = "{\"metric\":\(json(parser.labels(of: sample)))"
        out += ",\"value\":\"\(GoNumber.formatForJSON(sample.value))\""
        out += ",\"timestamp_ms\":\(sample.timestamp.map(String.init) ?? "null")"
        out += ",\"line\":\(parser.lineNumber(of: sample))"
        if let exemplar = parser.exemplar(of: sample) {
            out += ",\"exemplar\":{\"labels\":\(json(exemplar.labels))"
            out += ",\"value\":\"\(GoNumber.formatForJSON(exemplar.value))\""
            out += ",\"timestamp_ms\":\(exemplar.timestamp.map(String.init) ?? "null")}"
        }
        return out + "}"
    }

    private static func json(_ labels: Labels) -> String {
        let members = labels.pairs.map {
            JSONText.quoted($0.name) + ":" + JSONText.quoted($0.value)
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}

// MARK: Text

extension DumpListing {
    /// Writes a table line by line. Names and texts stand in it as the dump has them: whoever shows
    /// the lines makes them safe.
    package func writeText(_ emit: (String) -> Void) {
        let name = format == .openMetrics ? "OpenMetrics 1.0" : "Prometheus text 0.0.4"
        let state =
            isComplete ? "" : ", cut off: it does not end with # EOF, a room would not use it"
        emit("\(file): \(name)\(state)")
        emit(
            "  \(Self.count(families.count, "family", "families")), "
                + "\(Self.count(sampleCount, "sample", "samples")), "
                + "\(Self.count(skippedCount, "line", "lines")) skipped")
        writeFamilies(emit)
        writeSamples(emit)
        if skippedCount > 0 {
            emit("")
            emit("  " + Self.right("line", 8) + "  skipped because")
            forEach { event, _ in
                guard case .skipped(let line) = event else { return }
                emit("  " + Self.right("\(line.line)", 8) + "  " + line.reason)
            }
        }
    }

    private func writeFamilies(_ emit: (String) -> Void) {
        if families.isEmpty { return }
        let longest = families.map { $0.name.string.count }.max() ?? 0
        let width = min(60, max(6, longest))
        emit("")
        emit("  " + Self.left("family", width) + "  type            samples  help")
        for family in families {
            let unit = family.unit.map { $0.isEmpty ? "" : "[\($0.string)] " } ?? ""
            emit(
                "  " + Self.left(family.name.string, width) + "  "
                    + Self.left(family.type?.rawValue ?? "-", 14)
                    + Self.right("\(family.samples)", 9) + "  " + unit
                    + (family.help?.string ?? ""))
        }
    }

    private func writeSamples(_ emit: (String) -> Void) {
        if sampleCount == 0 { return }
        emit("")
        emit("  " + Self.right("line", 8) + "  series, value, milliseconds since the epoch")
        forEach { event, parser in
            guard case .sample(let sample) = event else { return }
            var line = "  " + Self.right("\(parser.lineNumber(of: sample))", 8)
            line += "  \(parser.labels(of: sample)) \(GoNumber.formatForJSON(sample.value))"
            if let time = sample.timestamp { line += " \(time)" }
            if let exemplar = parser.exemplar(of: sample) {
                line += " # \(exemplar.labels) \(GoNumber.formatForJSON(exemplar.value))"
                if let time = exemplar.timestamp { line += " \(time)" }
            }
            emit(line)
        }
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
