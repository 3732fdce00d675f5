import App
import ArgumentParser
import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// The command line. Standard output is data, standard error is talk.
///
/// Exit codes: 0 ok, 1 finding, 2 usage, 3 refused by a gate, 4 environment.
@main
struct Warroom: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warroom",
        abstract: "A war room for incident commanders, in one terminal.",
        discussion: """
            Opens on log files and Prometheus text dumps, says what is happening, ranks causes \
            with evidence, holds every mitigation behind safety gates and writes the incident down.

            Exit codes: 0 ok, 1 finding, 2 usage, 3 refused by a gate, 4 environment.
            """,
        version: Version.text,
        subcommands: [
            OpenCommand.self, DrillCommand.self, EvaluateCommand.self, ParseCommand.self,
            LogsCommand.self, RecordsCommand.self, PatternsCommand.self, CleanCommand.self,
            ReportCommand.self, RecordCommand.self, ReplayCommand.self,
            StatusCommand.self, CheckCommand.self, VerifyCommand.self, KeysCommand.self,
            DoctorCommand.self, StopCommand.self, ResumeCommand.self, ThemeCommand.self,
            NoteCommand.self, ProposeCommand.self, ApproveCommand.self, ObjectCommand.self,
            RefuseCommand.self, AcknowledgeCommand.self, AttendCommand.self,
            TakeCommandCommand.self,
            DrillActuatorCommand.self,
        ], defaultSubcommand: OpenCommand.self)

    static func main() {
        ProcessSignals.prepareForPipes()
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let failure as Failure {
            Talk.say("warroom: \(failure)")
            Glibc.exit(failure.exit.rawValue)
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            leave(with: error)
        }
    }

    /// The arguments as the parser wants them.
    private static var arguments: [String] {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.first == "eval" else { return words }
        return ["eval"] + EvaluateCommand.normalised(Array(words.dropFirst()))
    }

    /// Help and version are data; a usage error is talk and ends with 2.
    private static func leave(with error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success {
            print(fullMessage(for: error))
            Glibc.exit(ExitStatus.ok.rawValue)
        }
        Talk.say(fullMessage(for: error))
        Glibc.exit(ExitStatus.usage.rawValue)
    }
}

/// Standard output.
enum Output {
    /// Hands over what was printed, to a pipe as well.
    static func flush() { fflush(nil) }
}

/// Text or JSON, for every command that prints data.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
