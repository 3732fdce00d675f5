import Actions
import App
import ArgumentParser
import Basics
import Documents
import Metrics
import Playbooks
import SafeText

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration, playbooks and rule files; every finding has its position.")

    @Argument(help: "Files to check; without them the configuration in use.")
    var files: [String] = []

    func run() throws {
        let standard = Environment.configurationDirectory + "/warroom.yaml"
        let targets = files.isEmpty && Paths.exists(standard) ? [standard] : files
        if targets.isEmpty {
            Talk.say("No file named and no \(standard): nothing to check.")
            throw ExitCode(ExitStatus.usage.rawValue)
        }
        var findings = 0
        for path in targets { findings += try check(Paths.absolute(path)) }
        if findings > 0 { throw ExitCode(ExitStatus.finding.rawValue) }
        print("\(targets.count) file\(targets.count == 1 ? "" : "s") checked, no errors")
    }

    /// Prints what is wrong with one file and returns the number of errors; notes do not count.
    private func check(_ path: String) throws(Failure) -> Int {
        let text = try TextFile.read(path)
        do throws(Failure) {
            let problems = try problems(of: text, path)
            for problem in problems { print(Clean.text("\(problem)")) }
            return problems.filter(\.isError).count
        } catch {
            print(Clean.document(error.description))
            return 1
        }
    }

    private func problems(of text: String, _ path: String) throws(Failure) -> [LintProblem] {
        let lines = text.split(separator: "\n")
        if lines.contains(where: { $0.hasPrefix("groups:") }) {
            return try Trust.problems(of: [path])
                + RuleFile.load(text: text, file: path).notes.map {
                    LintProblem(.note, position: $0.position, what: $0.what)
                }
        }
        if lines.contains(where: { $0.hasPrefix("hypotheses:") }) {
            return try Trust.problems(of: [path])
                + ConfigurationLoader.parsePlaybook(text: text, file: path).1
        }
        var (configuration, problems) = try ConfigurationLoader.parse(text: text, file: path)
        problems += RedactionSetup.unreadable(configuration).map {
            LintProblem(.error, position: path, what: $0)
        }
        problems += CatalogueLint.problems(configuration)
        let playbooks = configuration.files.filter { Paths.absolute($0) != path }
        let exposed = Trust.problems(of: [path] + playbooks + RuleFiles.paths(configuration))
        // Loading would say the first of them again, and nothing else.
        if exposed.isEmpty { _ = try RuleFiles.load(configuration) }
        return problems + exposed
    }
}
