import Basics
import Metrics

/// Recorded samples as OpenMetrics text with timestamps, which any tool reads.
///
/// The format knows no staleness markers, so they are left out and counted.
package struct SignalDump {
    package private(set) var samples = 0
    package private(set) var markersLeftOut = 0

    package init() {}

    /// Hands out the text in pieces, metric by metric, ending with `# EOF`.
    package mutating func write(_ snapshot: SeriesSnapshot, to out: (String) -> Void) {
        var scratch: [Sample] = []
        for series in snapshot.all.sorted(by: { $0.labels < $1.labels }) {
            guard let newest = series.newest else { continue }
            let head = Self.text(series.labels) + " "
            var text = ""
            series.withSamples(
                after: -4_000_000_000_000_000, through: newest.t, scratch: &scratch
            ) { samples in
                for sample in samples {
                    if StaleMarker.isStale(sample.v) {
                        markersLeftOut += 1
                        continue
                    }
                    self.samples += 1
                    text += head + Self.text(sample.v) + " " + Self.seconds(sample.t) + "\n"
                }
            }
            if !text.isEmpty { out(text) }
        }
        out("# EOF\n")
    }

    private static func text(_ labels: Labels) -> String {
        var name = ""
        var rest: [String] = []
        for (key, value) in labels.pairs {
            if key == "__name__" {
                name = value
            } else {
                rest.append((isPlain(key, colons: false) ? key : quoted(key)) + "=" + quoted(value))
            }
        }
        guard isPlain(name, colons: true) else {
            if !name.isEmpty { rest.insert(quoted(name), at: 0) }
            return "{" + rest.joined(separator: ",") + "}"
        }
        return rest.isEmpty ? name : name + "{" + rest.joined(separator: ",") + "}"
    }

    private static func isPlain(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == 0x5F || (colons && $0 == 0x3A)
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        let (whole, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return (milliseconds < 0 ? "-" : "") + "\(whole)."
            + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
