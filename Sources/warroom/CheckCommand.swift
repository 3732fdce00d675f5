import App
import ArgumentParser
import Basics
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
        print("\(targets.count) file\(targets.count == 1 ? "" : "s") checked, nothing found")
    }

    private func check(_ path: String) throws(Failure) -> Int {
        let text = try TextFile.read(path)
        let problems = ConfigurationLoader.lint(text: text, file: path)
        for problem in problems { print(Clean.text(problem)) }
        return problems.count
    }
}
