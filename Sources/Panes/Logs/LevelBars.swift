import Basics
import Canvas
import Feeds
import Incidents
import Logs
import Room
import SafeText

/// Lines per minute over the last hour, stacked by level, with the incident's milestones and the
/// time of the line under the cursor below them.
///
/// Each level has a glyph of its own, so that the bars read without colour. A minute with any error
/// shows at least one cell of it: four errors among ten thousand lines are what somebody looks for.
enum LevelBars {
    private static let labelWidth = 13
    private static let error = (glyph: "█", token: Token.levelError)
    private static let warning = (glyph: "▓", token: Token.levelWarning)
    private static let other = (glyph: "░", token: Token.chartBar)

    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        guard let minutes = model.feeds?.levelHistogram, let first = minutes.first,
            rect.height > LogLayout.axisRows
        else { return }
        let parts = rect.splitLeft(labelWidth)
        let scale = Scale(first: first.minute, minutes: minutes.count, width: parts.rest.width - 1)
        let height = rect.height - LogLayout.axisRows
        let columns = scale.buckets(minutes)
        let highest = columns.map(\.total).max() ?? 0
        let marks = marks(model, scale)
        for row in 0..<height {
            let line = columns.enumerated().map { offset, bucket -> Span in
                cell(bucket, level: height - 1 - row, of: height, highest: highest)
                    ?? (marks.contains { $0.column == offset }
                        ? Span("┆", .timelineKind) : Span(" "))
            }
            frame.put(
                TextLine(label(row, of: height, highest) + joined(line)), in: rect,
                row: rect.row + row)
        }
        frame.put(
            TextLine(
                [Span(CellWidth.padded(" milestones", to: labelWidth), .textDim)]
                    + labels(marks, width: parts.rest.width - 1)), in: rect, row: rect.row + height)
        frame.put(times(model, scale), in: rect, row: rect.row + height + 1)
    }

    /// Lines of one minute at error or worse.
    static func errors(_ minute: MinuteLevels) -> Int {
        LogLevel.allCases.filter { $0 >= .error }.reduce(0) { $0 + minute[$1] }
    }

    private static func label(_ row: Int, of height: Int, _ highest: Int) -> [Span] {
        if row == 0 {
            let text = " ≤" + LogsScreen.number(highest) + "/min"
            return [Span(CellWidth.padded(text, to: labelWidth), .textDim)]
        }
        guard row == height - 1 else {
            return [Span(String(repeating: " ", count: labelWidth))]
        }
        return [
            Span(" " + error.glyph + "err ", error.token),
            Span(warning.glyph + "warn ", warning.token), Span(other.glyph + " ", other.token),
        ]
    }

    /// The cell `level` rows above the bottom; nil where nothing stands.
    private static func cell(_ bucket: Bucket, level: Int, of height: Int, highest: Int) -> Span? {
        guard bucket.total > 0, highest > 0 else { return nil }
        func rows(_ count: Int) -> Int {
            Int((Double(count) / Double(highest) * Double(height)).rounded())
        }
        let errors = min(max(rows(bucket.errors), bucket.errors > 0 ? 1 : 0), height)
        let warnings = min(rows(bucket.warnings), height - errors)
        let all = max(rows(bucket.total), errors + warnings, 1)
        if level < errors { return Span(error.glyph, error.token) }
        if level < errors + warnings { return Span(warning.glyph, warning.token) }
        return level < all ? Span(other.glyph, other.token) : nil
    }

    /// Neighbours of one look as one span.
    private static func joined(_ cells: [Span]) -> [Span] {
        var spans: [Span] = []
        for cell in cells {
            if let last = spans.last, last.token == cell.token {
                spans[spans.count - 1].text += cell.text
            } else {
                spans.append(cell)
            }
        }
        return spans
    }

    // MARK: Below the bars

    private struct Mark {
        var column: Int
        var words: String
    }

    /// The milestones of the hour shown; those in one column share a mark.
    private static func marks(_ model: Model, _ scale: Scale) -> [Mark] {
        var marks: [Mark] = []
        let set = model.incident.milestones.map { (time: $0.value.at, word: $0.key.rawValue) }
        for milestone in set.sorted(by: { ($0.time, $0.word) < ($1.time, $1.word) }) {
            guard let column = scale.column(milestone.time) else { continue }
            if let last = marks.last, last.column == column {
                marks[marks.count - 1].words += "+" + milestone.word
            } else {
                marks.append(Mark(column: column, words: milestone.word))
            }
        }
        return marks
    }

    /// An arrow under its column and the words beside it, cut where the next one begins; at the
    /// right edge they stand to the left of it.
    private static func labels(_ marks: [Mark], width: Int) -> [Span] {
        var text = ""
        for (index, mark) in marks.enumerated() {
            let end = index + 1 < marks.count ? marks[index + 1].column : width
            let used = CellWidth.of(text)
            guard mark.column >= used else { continue }
            let room = end - mark.column - 1
            if mark.words.count > room, mark.column - used > mark.words.count {
                let gap = mark.column - used - mark.words.count
                text += String(repeating: " ", count: gap) + mark.words + "↑"
            } else {
                text += String(repeating: " ", count: mark.column - used) + "↑"
                text += CellWidth.truncated(mark.words, to: max(0, room))
            }
        }
        return [Span(text, .timelineKind)]
    }

    /// Clock times, and the cursor's time among them.
    private static func times(_ model: Model, _ scale: Scale) -> TextLine {
        var cells = [Character](repeating: " ", count: scale.columns)
        var end = 0
        for minute in scale.ticks {
            guard let column = scale.column(minute), column >= end else { continue }
            let label = TimeText.clockBare(minute).prefix(5)
            guard column + label.count <= cells.count else { break }
            for (offset, character) in label.enumerated() { cells[column + offset] = character }
            end = column + label.count + 2
        }
        var label = " times UTC"
        guard model.logs.mode == .lines, let time = model.logs.selected?.time else {
            return TextLine([
                Span(CellWidth.padded(label, to: labelWidth), .textDim),
                Span(String(cells), .textDim),
            ])
        }
        let column = scale.column(time)
        label = column == nil ? (time < scale.first ? " ◂ cursor" : " ▸ cursor") : " ▲ cursor"
        let head = Span(CellWidth.padded(label, to: labelWidth), .key)
        guard let column else { return TextLine([head, Span(String(cells), .textDim)]) }
        return TextLine([
            head, Span(String(cells[..<column]), .textDim), Span("▲", .key),
            Span(String(cells[(column + 1)...]), .textDim),
        ])
    }
}

extension LevelBars {
    struct Bucket {
        var errors = 0
        var warnings = 0
        var total = 0
    }

    /// Which column stands for which minutes.
    struct Scale {
        let first: Timestamp
        let minutes: Int
        /// Cells of a minute; 1 where a cell stands for several.
        let cellsPerMinute: Int
        let minutesPerCell: Int
        let columns: Int

        init(first: Timestamp, minutes: Int, width: Int) {
            self.first = first
            self.minutes = minutes
            let width = max(1, width)
            cellsPerMinute = max(1, width / max(1, minutes))
            minutesPerCell = width >= minutes ? 1 : (minutes + width - 1) / width
            columns =
                minutesPerCell > 1
                ? (minutes + minutesPerCell - 1) / minutesPerCell : minutes * cellsPerMinute
        }

        func buckets(_ levels: [MinuteLevels]) -> [Bucket] {
            var buckets = [Bucket](repeating: Bucket(), count: columns)
            for (index, minute) in levels.enumerated() {
                for offset in 0..<cellsPerMinute {
                    let column =
                        minutesPerCell > 1
                        ? index / minutesPerCell : index * cellsPerMinute + offset
                    guard column < columns else { continue }
                    buckets[column].errors += LevelBars.errors(minute)
                    buckets[column].warnings += minute[.warning]
                    buckets[column].total += minute.total
                }
            }
            return buckets
        }

        /// Nil outside of the hour.
        func column(_ time: Timestamp) -> Int? {
            let span = time - first
            guard span >= .zero, span < .seconds(60 * minutes) else { return nil }
            let seconds = Int(span.nanoseconds / 1_000_000_000)
            return minutesPerCell > 1
                ? seconds / 60 / minutesPerCell : seconds * cellsPerMinute / 60
        }

        /// Round times, far enough apart to be read.
        var ticks: [Timestamp] {
            let step = 10 * cellsPerMinute / minutesPerCell >= 8 ? 10 : 20
            return (0..<minutes).map { first + .seconds(60 * $0) }.filter {
                $0.nanoseconds / 60_000_000_000 % Int64(step) == 0
            }
        }
    }
}
