import App
import ArgumentParser
import Basics
import Playbooks

/// Where data comes from.
struct SourceOptions: ParsableArguments {
    @Option(help: "The configuration file; default: warroom.yaml in the configuration directory.")
    var config: String?

    @Option(help: "A log file or glob to follow; may be repeated.")
    var logs: [String] = []

    @Option(
        help: """
            A program whose output is followed as a log, for example 'journalctl -f -o json': \
            words split at blanks, or a JSON array of texts; no shell reads it. May be repeated.
            """)
    var logCommand: [String] = []

    @Option(help: "A Prometheus text dump or glob to re-read; may be repeated.")
    var metrics: [String] = []

    @Option(help: "A Prometheus rule file or glob; may be repeated.")
    var rules: [String] = []

    @Option(help: "A file of change records, one JSON object a line; may be repeated.")
    var changes: [String] = []

    /// The file's configuration with the sources of the command line added.
    func configuration() throws(Failure) -> Configuration {
        var configuration = try loaded()
        func add(_ paths: [String], _ kind: SourceEntry.Kind) {
            configuration.sources += paths.map {
                SourceEntry(kind: kind, path: Paths.absolute($0), position: "command line")
            }
        }
        add(logs, .logs)
        for text in logCommand {
            let words = try CommandWords.parse(text)
            configuration.sources.append(
                SourceEntry(kind: .logs, command: words, position: "command line"))
        }
        add(metrics, .metrics)
        add(rules, .rules)
        add(changes, .changes)
        return configuration
    }

    private func loaded() throws(Failure) -> Configuration {
        if let config {
            return try load(Paths.absolute(config))
        }
        let standard = Environment.configurationDirectory + "/warroom.yaml"
        if Paths.exists(standard) {
            return try load(standard)
        }
        return ConfigurationLoader.builtin()
    }

    /// A file with errors opens nothing: half a catalogue would be a trap.
    private func load(_ path: String) throws(Failure) -> Configuration {
        let (configuration, problems) = try ConfigurationLoader.load(path: path)
        if let failure = problems.failure { throw failure }
        return configuration
    }
}

/// How the screen looks.
struct ScreenOptions: ParsableArguments {
    @Option(help: "dark, light, high-contrast, colour-blind, mono, sixteen, or the path of a file.")
    var theme: String = "dark"

    @Flag(help: "No colour (also: NO_COLOR).")
    var noColor = false

    @Flag(help: "ASCII glyphs only.")
    var ascii = false

    @Flag(help: "Leave the mouse to the terminal.")
    var noMouse = false

    var options: RoomLauncher.Options {
        var options = RoomLauncher.Options()
        options.theme = theme
        options.isASCII = ascii
        options.isMono = noColor || Environment.value("NO_COLOR") != nil
        options.usesMouse = !noMouse
        return options
    }
}
