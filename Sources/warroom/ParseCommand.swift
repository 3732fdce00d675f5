import App
import ArgumentParser
import Basics
import Metrics
import SafeText

struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Show what Prometheus text dumps hold, and every line that cannot be used.",
        discussion: """
            Reads the Prometheus text format 0.0.4 and OpenMetrics 1.0, also gzip'd; the content \
            decides which. - reads standard input.

            With --format json, one document: {"files": [{"file", "format": "text" or \
            "openmetrics", "complete", "families": [{"name", "type", "help", "unit", "samples"}], \
            "samples": [{"metric": {…}, "value", "timestamp_ms", "line", "exemplar": {"labels", \
            "value", "timestamp_ms"}}], "skipped": [{"line", "reason"}]}]}. Values are strings \
            ("1.5", "NaN", "+Inf"); what a dump does not say is null, and exemplar is there only \
            where the line has one. A file that cannot be read has {"file", "error"}.

            Exit codes: 0 ok, 1 lines were skipped or an OpenMetrics dump was cut off, 2 usage, \
            4 a file is not readable.
            """)

    @Argument(help: "Dumps; - is standard input.")
    var files: [String]

    @Option(help: "text or json")
    var format: OutputFormat = .text

    func run() throws {
        var status = ExitStatus.ok
        if format == .json { print("{\"files\":[", terminator: "") }
        for (index, file) in files.enumerated() {
            let separator = index == 0 ? "" : format == .json ? ",\n" : "\n"
            print(separator, terminator: "")
            let found = show(file)
            if status != .environment, found != .ok { status = found }
        }
        if format == .json { print("]}") }
        if status != .ok { throw ExitCode(status.rawValue) }
    }

    private func show(_ file: String) -> ExitStatus {
        let bytes: [UInt8]
        do throws(Failure) {
            bytes = try DumpFile.read(file)
        } catch {
            Talk.say("warroom: \(error)")
            if format == .json {
                let why = JSONText.quoted(Clean.text(error.description))
                print("{\"file\":\(JSONText.quoted(file)),\"error\":\(why)}", terminator: "")
            }
            return .environment
        }
        let listing = DumpListing(file: file, bytes: bytes)
        switch format {
        case .json: listing.writeJSON { print($0, terminator: "") }
        case .text: listing.writeText { print(Clean.text($0)) }
        }
        return listing.hasFindings ? .finding : .ok
    }
}
