import Basics
import Playbooks

/// What the executor would refuse whatever was approved, told while the files are written.
package enum CatalogueLint {
    /// Command lines and variables that no room would run, in the order of their names. Files that
    /// they name are not looked at: those may be others by then.
    package static func problems(_ configuration: Configuration) -> [LintProblem] {
        var problems: [LintProblem] = []
        func check(_ commands: [[String]], _ what: String, _ position: String) {
            for argv in commands {
                guard let why = ArgvRule.words(of: argv) else { continue }
                problems.append(
                    LintProblem(
                        .error, position: position, what: "\(what) is never run: \(why)",
                        expected: "a command line without it"))
            }
        }
        for (id, action) in configuration.actions.sorted(by: { $0.key < $1.key }) {
            check(action.steps, "a step of \(id)", action.position)
            check(action.rollbackSteps, "the rollback of \(id)", action.position)
            check(action.readyCheck, "the rollback's check of \(id)", action.position)
            check(action.capture, "a capture of \(id)", action.position)
            let variables = action.environment.filter { $0.key != "KUBECONFIG" }
            guard let why = ChildEnvironment.defect(of: variables) else { continue }
            problems.append(
                LintProblem(
                    .error, position: action.position, what: "\(id) is never run: \(why)",
                    expected: "an environment without it"))
        }
        for (id, diagnostic) in configuration.safety.diagnostics.sorted(by: { $0.key < $1.key }) {
            check([diagnostic.command], "the diagnostic \(id)", diagnostic.position)
        }
        let file = configuration.files.first ?? ""
        check(configuration.notify, "a notification", file)
        let tickets = configuration.safety.ticketCheck
        check(tickets.isEmpty ? [] : [tickets], "the ticket check", file)
        return problems
    }
}
