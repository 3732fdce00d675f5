import Basics
import Canvas
import Metrics
import SafeText

/// The answer of `warroom eval` for people: one line an element, sanitised. Warnings and infos are
/// not in it.
package struct EvaluationTable {
    /// The terminal's width in cells; nil when the output is no terminal: then nothing is cut or
    /// drawn, and a range shows every point as `value@seconds`.
    private let width: Int?
    private let isASCII: Bool

    /// Cells of a sparkline at most and at least.
    private static let sparkWidthMax = 48
    private static let sparkWidthMin = 8
    /// Cells of one number in the columns of a range.
    private static let numberWidth = 12

    package init(width: Int?, isASCII: Bool) {
        self.width = width.map { max($0, 20) }
        self.isASCII = isASCII
    }

    /// Lines without line ends.
    package func lines(_ answer: QueryAnswer) -> [String] {
        let lines: [String]
        switch answer.value {
        case .scalar(_, let v): lines = aligned([("scalar", EvalCommand.number(v))])
        case .string(_, let text): lines = aligned([("string", EvalCommand.quotedText(text))])
        case .vector(let samples):
            lines = aligned(samples.map { ($0.labels.description, EvalCommand.number($0.v)) })
        case .matrix(let series):
            lines = width.map { range(series, width: $0) } ?? aligned(series.map(Self.points))
        }
        let glyphs = isASCII ? GlyphMap.ascii : .unicode
        return (lines.isEmpty ? ["no series"] : lines).map { glyphs.replaced(in: $0) }
    }

    private static func points(_ series: MatrixSeries) -> (String, String) {
        let points = series.samples.map { EvalCommand.number($0.v) + "@" + EvalCommand.time($0.t) }
        return (series.labels.description, points.joined(separator: " "))
    }

    /// Labels and value in two columns.
    private func aligned(_ rows: [(labels: String, value: String)]) -> [String] {
        let rows = rows.map { (Self.clean($0.labels), Self.clean($0.value)) }
        var column = rows.map { CellWidth.of($0.0) }.max() ?? 0
        if let width {
            let values = rows.map { CellWidth.of($0.1) }.max() ?? 0
            column = min(column, max(10, width - values - 2))
        }
        return rows.map { CellWidth.padded($0.0, to: column) + "  " + $0.1 }
    }

    /// Labels, sparkline, newest, lowest and highest value, as far as the width reaches.
    private func range(_ series: [MatrixSeries], width: Int) -> [String] {
        guard !series.isEmpty else { return [] }
        let numbers = (Self.numberWidth + 1) * 3
        let labels = series.map { Self.clean($0.labels.description) }
        let wanted = max(6, labels.map { CellWidth.of($0) }.max() ?? 0)
        let hasNumbers = width >= numbers + Self.sparkWidthMin + 12
        let rest = width - (hasNumbers ? numbers : 0) - 1
        let points = series.map(\.samples.count).max() ?? 0
        let spark = max(
            Self.sparkWidthMin, min(Self.sparkWidthMax, points, rest - wanted))
        let column = max(1, min(wanted, rest - spark))
        var lines = [CellWidth.padded("series", to: column) + " " + CellWidth.padded("", to: spark)]
        for name in ["newest", "lowest", "highest"] where hasNumbers {
            lines[0] += " " + CellWidth.padded(name, to: Self.numberWidth, right: true)
        }
        let span = Self.span(of: series)
        for (one, label) in zip(series, labels) {
            var line = CellWidth.padded(label, to: column) + " "
            let values = Self.steps(one, span, cells: max(1, min(points, spark)))
            line += Sparkline.render(values, width: spark, base: .minimum)
            if hasNumbers { line += Self.numbers(of: one) }
            lines.append(line)
        }
        return lines
    }

    private static func numbers(of series: MatrixSeries) -> String {
        let values = series.samples.map(\.v).filter { !$0.isNaN }
        return [series.samples.last?.v, values.min(), values.max()].map { value in
            let text = value.map(short) ?? "–"
            return " " + CellWidth.padded(text, to: numberWidth, right: true)
        }.joined()
    }

    /// A number in at most `numberWidth` cells: all its digits, or six significant ones.
    private static func short(_ value: Double) -> String {
        let exact = EvalCommand.number(value)
        return exact.utf8.count <= numberWidth ? exact : EvalCommand.shortNumber(value)
    }

    /// The first and the last time of all series.
    private static func span(of series: [MatrixSeries]) -> ClosedRange<Int64> {
        let first = series.compactMap(\.samples.first?.t).min() ?? 0
        let last = series.compactMap(\.samples.last?.t).max() ?? first
        return first...max(first, last)
    }

    /// The values over the common time axis, so that sparklines of different rows align; nil where
    /// the series has none.
    private static func steps(
        _ series: MatrixSeries, _ span: ClosedRange<Int64>, cells: Int
    ) -> [Double?] {
        var values = [Double?](repeating: nil, count: cells)
        let length = Double(span.upperBound - span.lowerBound)
        for sample in series.samples {
            let share = length > 0 ? Double(sample.t - span.lowerBound) / length : 1
            let cell = Int((share * Double(cells - 1)).rounded())
            guard !sample.v.isNaN else { continue }
            values[cell] = max(values[cell] ?? -.infinity, sample.v)
        }
        return values
    }

    private static func clean(_ text: String) -> String { Clean.text(text) }
}
