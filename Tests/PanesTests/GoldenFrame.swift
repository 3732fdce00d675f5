import Canvas
import FoundationEssentials
import Support
import Testing

/// Frames kept as text beside the tests: `S` rows are what is shown, `A` rows are the tokens.
///
/// With `WARROOM_RECORD=1` in the environment they are written instead of compared.
enum GoldenFrame {
    static let isRecording = ProcessInfo.processInfo.environment["WARROOM_RECORD"] == "1"

    /// Compares a frame with `Frames/<folder>/<case>-<width>x<height>.frame`.
    static func check(
        _ frame: Frame, _ folder: String, _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let size = "\(frame.size.width)x\(frame.size.height)"
        let path = "Tests/PanesTests/Frames/\(folder)/\(name)-\(size).frame"
        let text = write(frame)
        let url = URL(filePath: Repository.root + "/" + path)
        if isRecording {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
            return
        }
        guard let kept = try? Repository.text(path) else {
            Issue.record("no \(path): run scripts/golden --record", sourceLocation: sourceLocation)
            return
        }
        let difference = diff(kept, text)
        #expect(
            difference.isEmpty, "\(path)\n\(difference)\nif this is meant: scripts/golden --record",
            sourceLocation: sourceLocation)
    }

    static func write(_ frame: Frame) -> String {
        var lines: [String] = []
        for row in 0..<frame.size.height {
            lines.append("S |" + frame.textRow(row) + "|")
        }
        for row in 0..<frame.size.height { lines.append("A " + frame.tokenRow(row)) }
        if let cursor = frame.cursor { lines.append("C \(cursor.column),\(cursor.row)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The rows that differ, each with its number, was and is.
    private static func diff(_ kept: String, _ now: String) -> String {
        guard kept != now else { return "" }
        let old = kept.split(separator: "\n", omittingEmptySubsequences: false)
        let new = now.split(separator: "\n", omittingEmptySubsequences: false)
        var lines: [String] = []
        for index in 0..<max(old.count, new.count) {
            let was = index < old.count ? String(old[index]) : "(nothing)"
            let `is` = index < new.count ? String(new[index]) : "(nothing)"
            if was != `is` { lines += ["row \(index + 1)", "  was \(was)", "  is  \(`is`)"] }
        }
        return lines.prefix(30).joined(separator: "\n")
    }
}
