import Basics
import SafeText

/// Patterns as text for people and as JSON for programs. Everything is sanitised and redacted
/// again: what stands side by side in a template may look like a secret only there.
package enum PatternReport {
    /// Bytes of a template or an example that are printed.
    private static let textMax = 400

    /// A heading, then per pattern a line with figures and template, and one with its example.
    package static func table(_ patterns: [PatternSummary], lines: Int, hasTimes: Bool) -> [String]
    {
        var rows = [["ID", "COUNT", "SHARE", "LEVEL"] + (hasTimes ? ["FIRST", "LAST"] : [])]
        for pattern in patterns {
            var row = [
                name(pattern.id), "\(pattern.count)", share(pattern.count, lines),
                pattern.level?.word ?? "-",
            ]
            if hasTimes {
                row += [TimeText.rfc3339(pattern.firstSeen), TimeText.rfc3339(pattern.lastSeen)]
            }
            rows.append(row)
        }
        var widths = [Int](repeating: 0, count: rows[0].count)
        for row in rows {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], cell.utf8.count)
            }
        }
        return rows.enumerated().flatMap { index, row -> [String] in
            let figures = row.enumerated().map { column, cell in
                let pad = String(repeating: " ", count: widths[column] - cell.utf8.count)
                return column == 1 || column == 2 ? pad + cell : cell + pad
            }.joined(separator: "  ")
            guard index > 0 else { return [figures + "  TEMPLATE"] }
            let pattern = patterns[index - 1]
            let change = pattern.change.map { "[\(word($0))] " } ?? ""
            let example = shown(pattern.example)
            return [figures + "  " + change + shown(pattern.template)]
                + (example.isEmpty ? [] : ["          e.g. " + example])
        }
    }

    /// One JSON object. Times are null when no line bore one.
    package static func json(_ pattern: PatternSummary, lines: Int, hasTimes: Bool) -> String {
        let share = lines > 0 ? Double(pattern.count) / Double(lines) : 0
        func time(_ time: Timestamp) -> String {
            hasTimes ? JSONText.quoted(TimeText.rfc3339(time, fractionDigits: 3)) : "null"
        }
        let services = pattern.services.map { JSONText.quoted(Clean.text($0)) }
        return "{\"id\":\"\(name(pattern.id))\",\"count\":\(pattern.count),\"share\":\(share),"
            + "\"level\":\(pattern.level.map { JSONText.quoted($0.word) } ?? "null"),"
            + "\"services\":[\(services.joined(separator: ","))],"
            + "\"first\":\(time(pattern.firstSeen)),\"last\":\(time(pattern.lastSeen)),"
            + "\"change\":\(pattern.change.map { JSONText.quoted(word($0)) } ?? "null"),"
            + "\"template\":\(JSONText.quoted(shown(pattern.template))),"
            + "\"example\":\(JSONText.quoted(shown(pattern.example)))}"
    }

    /// Eight hexadecimal digits.
    package static func name(_ id: PatternID) -> String {
        let digits = String(id.value, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// The id of such a name: one to eight hexadecimal digits, or nil.
    package static func id(_ name: some StringProtocol) -> PatternID? {
        guard (1...8).contains(name.utf8.count), name.allSatisfy(\.isHexDigit) else { return nil }
        return UInt32(name, radix: 16).map(PatternID.init)
    }

    private static func word(_ change: PatternChange) -> String {
        switch change {
        case .new: "new"
        case .spiking: "spiking"
        case .vanished: "vanished"
        }
    }

    private static func share(_ count: Int, _ lines: Int) -> String {
        let permille = lines > 0 ? (Double(count) / Double(lines) * 1_000).rounded() : 0
        return "\(Int(permille) / 10).\(Int(permille) % 10)%"
    }

    private static func shown(_ text: String) -> String {
        let clean = Clean.text(text)
        return clean.utf8.count <= textMax ? clean : String(clean.prefix(textMax)) + "…"
    }
}
