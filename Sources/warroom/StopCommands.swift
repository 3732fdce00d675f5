import Actions
import App
import ArgumentParser
import Basics
import Journals
import Playbooks
import SafeText
import Safety

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract:
            "Set the EMERGENCY STOP: no room that reads it runs an action until it is cleared.",
        discussion: """
            Rooms of every user read /etc/incident-response/EMERGENCY_STOP; beside it each reads \
            the stop_files of its own configuration and the file in its own user's state \
            directory. What could not be written, and whom that leaves running, is said.
            """)

    @Argument(help: "The reason; it is shown wherever something is blocked.")
    var reason: [String] = []

    @OptionGroup var sources: SourceOptions

    func run() throws {
        let files = files()
        let words = reason.joined(separator: " ")
        let result = files.set(
            reason: Clean.text(words.isEmpty ? "set from the command line" : words),
            by: try CurrentUser.actor(), at: SystemClock().now.wall)
        for path in result.written { print(Clean.text("EMERGENCY STOP ON: \(path)")) }
        for path in result.unreached { Talk.say("not written: \(path)") }
        if let gap = files.gap(written: result.written) { Talk.say(gap) }
        if result.written.isEmpty {
            throw Failure(
                "stop.notWritten", "The emergency stop could not be written anywhere",
                subject: result.unreached.joined(separator: ", "),
                unchanged: "Nothing was stopped", next: "Create one of the files as root")
        }
    }

    /// A configuration that cannot be used must not keep anybody from stopping: the usual files are
    /// looked at by every room.
    private func files() -> StopFiles {
        do throws(Failure) {
            return try StopAccess.files(sources)
        } catch {
            Talk.say("\(error)\nOnly the usual stop files are written, not those it names.")
            return StopAccess.files(of: ConfigurationLoader.builtin())
        }
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract:
            "Remove the emergency-stop files; open rooms stay stopped until their IC clears them.")

    @OptionGroup var sources: SourceOptions

    func run() throws {
        let files = try StopAccess.files(sources)
        let remaining = files.clear()
        guard remaining.isEmpty else {
            throw Failure(
                "stop.notCleared", "The emergency stop stays on",
                subject: remaining.joined(separator: ", "), why: "these files could not be removed",
                next: "Remove them as their owner")
        }
        let state = StopState(files: files.read(), isLatched: false)
        guard !state.isOn else {
            throw Failure(
                "stop.notCleared", "The emergency stop stays on", why: state.reason,
                next: "Mend what keeps its absence from being proven")
        }
        print("EMERGENCY STOP off. Open rooms stay stopped until their IC types :clear-stop REASON")
    }
}

enum StopAccess {
    static func files(_ sources: SourceOptions) throws(Failure) -> StopFiles {
        files(of: try sources.configuration())
    }

    static func files(of configuration: Configuration) -> StopFiles {
        StopFiles(
            configuration: configuration,
            stateDirectory: IncidentStore.defaultStateDirectory(environment: Environment.all))
    }
}
