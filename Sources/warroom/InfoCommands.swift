import Actions
import App
import ArgumentParser
import Basics
import Canvas
import Feeds
import Incidents
import Journals
import Panes
import Playbooks
import SafeText
import Safety
import Themes

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Print every key and command.")

    enum KeysFormat: String, ExpressibleByArgument, CaseIterable { case text, json, markdown }

    @Option(help: "text, json or markdown")
    var format: KeysFormat = .text

    func run() throws {
        switch format {
        case .text: print(Bindings.text())
        case .json: print(Bindings.json())
        case .markdown: print(Bindings.markdownTable())
        }
    }
}

struct ThemeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "theme", abstract: "List the themes, or show what one makes of every token.")

    @Argument(help: "A theme's name or the path of a theme file.")
    var name: String?

    func run() throws {
        guard let name else {
            for name in Theme.builtinNames { print(name) }
            return
        }
        let sheet = try Theme.named(name).styleSheet(depth: .trueColour, ascii: false)
        for token in Token.allCases { print("\(token.rawValue)\t\(sheet[token])") }
    }
}

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Print paths, terminal and what is missing here.")

    @OptionGroup var sources: SourceOptions

    func run() throws {
        let state = IncidentStore.defaultStateDirectory(environment: Environment.all)
        var rows = [
            ("version", Version.text),
            ("configuration", Environment.configurationDirectory + "/warroom.yaml"),
            ("state", state),
            ("terminal", Environment.value("TERM") ?? "TERM is not set"),
            ("colour", Environment.value("NO_COLOR") == nil ? "on" : "off (NO_COLOR)"),
        ]
        let configuration = try sources.configuration()
        rows.append(("environment", configuration.environment.rawValue))
        rows.append(
            (
                "catalogue",
                "\(configuration.actions.count) actions, \(configuration.services.count) services"
            ))
        rows.append(("playbooks", configuration.playbooks.map(\.id).joined(separator: ", ")))
        for file in StopFiles(configuration: configuration, stateDirectory: state).read() {
            rows.append(("stop file", "\(file.path): \(words(file.presence))"))
        }
        for source in configuration.sources where !source.command.isEmpty {
            rows.append(("command", program(source.command)))
        }
        let redaction = RedactionSetup(configuration, stateDirectory: state)
        let origins = redaction.origins.joined(separator: ", ")
        rows.append(
            (
                "redaction",
                "\(redaction.redactor.knownValues) exact values"
                    + (origins.isEmpty ? "" : " (\(origins))")
            ))
        for note in redaction.notes { rows.append(("redaction", note)) }
        for (name, value) in rows {
            let gap = String(repeating: " ", count: max(1, 15 - name.count))
            print(Clean.text(name + gap + value))
        }
    }

    /// Which program a command that is read would start, or why none.
    private func program(_ words: [String]) -> String {
        do throws(Failure) {
            return "\(CommandLineText.name(words)): \(try CommandLineText.resolved(words)[0])"
        } catch {
            return "\(CommandLineText.name(words)): NOT POSSIBLE: \(error)"
        }
    }

    private func words(_ presence: StopState.FileState.Presence) -> String {
        switch presence {
        case .absent: "absent, proven"
        case .present(let reason): "PRESENT: \(reason)"
        case .unproven(let why): "treated as stop: \(why)"
        }
    }
}
