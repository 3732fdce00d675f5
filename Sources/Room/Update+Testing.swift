import Basics
import Diagnosis
import Incidents
import Playbooks
import Safety

/// A diagnostic that was asked for and has not reported yet.
package struct RunningTest: Sendable, Hashable {
    package var diagnostic: String
    package var since: BootTime
    package var timeout: Duration

    package init(diagnostic: String, since: BootTime, timeout: Duration) {
        self.diagnostic = diagnostic
        self.since = since
        self.timeout = timeout
    }
}

// `t`: the fastest test of a hypothesis, by its diagnostic command where it has one.
extension Model {
    /// The diagnostic command that carries out the hypothesis' fastest test; nil when a person must
    /// look.
    package func diagnostic(of hypothesis: RankedHypothesis) -> Diagnostic? {
        let rule = activePlaybooks.flatMap(\.hypotheses).first {
            NameRule.same(hypothesis.id, $0.id)
                || hypothesis.id.utf8.starts(with: ($0.id + ":").utf8)
        }
        return rule?.diagnostic.flatMap { configuration.safety.diagnostics[$0] }
    }

    /// Runs the diagnostic; where there is none, or a slot cannot be filled, a person tests.
    mutating func test() -> [Effect] {
        guard let hypothesis = selectedHypothesis else { return [] }
        guard let diagnostic = diagnostic(of: hypothesis) else { return markTested(hypothesis) }
        if let running = runningTest(of: hypothesis.id) {
            say("\(running.diagnostic) is still running: its result comes to the timeline")
            return []
        }
        switch slots(for: diagnostic, hypothesis) {
        case .failure(let gap):
            say("\(diagnostic.id): \(gap.why); test it by hand", isError: true)
            return markTested(hypothesis)
        case .success(let slots):
            runningTests[hypothesis.id] = RunningTest(
                diagnostic: diagnostic.id, since: now.boot, timeout: diagnostic.timeout)
            say("\(diagnostic.id) runs, it changes nothing; Enter shows what it says")
            let request = DiagnosticRequest(
                diagnostic: diagnostic.id, slots: slots, hypothesis: hypothesis.id)
            return markTested(hypothesis) + [.runDiagnostic(request)]
        }
    }

    private func markTested(_ hypothesis: RankedHypothesis) -> [Effect] {
        write(
            HypothesisStatusChanged(
                id: hypothesis.id, status: .investigating,
                reason: "testing: \(hypothesis.fastestTest)"))
    }

    /// What nobody can fill in.
    private struct Gap: Error {
        var why: String
    }

    private func slots(for diagnostic: Diagnostic, _ hypothesis: RankedHypothesis)
        -> Result<[String: String], Gap>
    {
        let service =
            hypothesis.service ?? incident.service ?? observation?.situation.affectedService
        var slots: [String: String] = [:]
        for (name, type) in diagnostic.slots.sorted(by: { $0.key < $1.key }) {
            let value: String? =
                switch type {
                case .service: service
                case .environment: incident.environment.rawValue
                case .version, .revision: version(of: service)
                case .integer, .flagID, .contact: nil
                }
            guard let value else { return .failure(Gap(why: "nothing says what {\(name)} is")) }
            slots[name] = value
        }
        return .success(slots)
    }

    private func version(of service: String?) -> String? {
        guard let service else { return nil }
        return incident.changes.last { NameRule.same($0.service, service) }?.version
    }

    // MARK: Its end

    /// A command about a hypothesis has reported.
    mutating func noteTest(_ payload: any EventPayload) {
        guard let ran = payload as? CommandRan, ran.purpose == .diagnostic,
            let hypothesis = ran.hypothesis
        else { return }
        runningTests[hypothesis] = nil
        let last = ran.lastLine.isEmpty ? "it printed nothing" : ran.lastLine
        say("test: \(ran.outcome): \(last)", isError: !ran.isOK)
    }

    /// It was refused before it began.
    mutating func forgetTest(_ failure: Failure) {
        guard NameRule.same(failure.code, "diagnostic.refused") else { return }
        runningTests = runningTests.filter { !NameRule.same($0.value.diagnostic, failure.subject) }
    }

    /// The diagnostic that runs for this hypothesis; one that never reported is forgotten.
    package func runningTest(of hypothesis: String) -> RunningTest? {
        guard let test = runningTests[hypothesis],
            now.boot - test.since <= test.timeout + .seconds(15)
        else { return nil }
        return test
    }
}
