import App
import ArgumentParser
import Basics
import Playbooks
import SafeText

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
        var configuration = try Self.loaded(config)
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

    /// The named file's configuration, the usual one, or none but what is built in.
    static func loaded(_ config: String?) throws(Failure) -> Configuration {
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
    private static func load(_ path: String) throws(Failure) -> Configuration {
        let (configuration, problems) = try Trust.load(path: path)
        if let failure = problems.failure { throw failure }
        return configuration
    }
}

/// Which configuration adds to what is redacted, for commands that only read text.
struct RedactionOption: ParsableArguments {
    @Option(
        help: "The configuration whose redaction: is used; default: warroom.yaml as for the room.")
    var config: String?

    /// A configuration that was named must be right. One that merely lies there must not keep text
    /// from being cleaned: the built-in rules hold, and that is said.
    func setup() throws(Failure) -> RedactionSetup {
        var configuration = ConfigurationLoader.builtin()
        var notes: [String] = []
        do throws(Failure) {
            configuration = try SourceOptions.loaded(config)
        } catch {
            guard config == nil else { throw error }
            notes = ["The configuration adds nothing to the built-in rules: \(error)"]
        }
        var setup = RedactionSetup(
            configuration, stateDirectory: SignalFolders.stateDirectory)
        setup.notes = notes + setup.notes
        return setup
    }

    /// What removes credentials; values that could not be read are said on standard error.
    func redactor() throws(Failure) -> Redactor {
        let setup = try setup()
        for note in setup.notes { Talk.say(note) }
        return setup.redactor
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
