import Basics
import Playbooks
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PlaybookTests {
    static let valid = """
        id: slow
        title: Slow
        applies_when: [latency_p99 above baseline, 'up == 0']
        check: [look]
        hypotheses:
          - id: pool
            statement: the pool of {service} is empty
            prior: 0.5
            evidence:
              - {for: waits, promql: 'traffic > 1.5 * traffic:baseline', weight: strong}
              - {against: quiet, pattern: pool exhausted}
              - {for: changed, change: config, within: 10m, weight: decisive}
              - {for: split, versions: split, weight: moderate}
              - {against: seen, manual: true}
            falsified_by: free connections
            fastest_test: count them
        mitigations:
          - {action: restart, why: w, could_break: c, monitor: m, hypothesis: pool}
        do_nothing: it stays slow
        confirm: [fast]
        harden: [alert]
        defer_to: [owners]
        """

    @Test func `a playbook is read whole`() throws {
        let (read, problems) = try ConfigurationLoader.parsePlaybook(
            text: Self.valid, file: "slow.yaml")
        #expect(problems == [])
        let playbook = try #require(read)
        let hypothesis = try #require(playbook.hypotheses.first)
        #expect(hypothesis.prior == 0.5)
        #expect(hypothesis.evidence.map(\.bits) == [4, 1, 8, 2, 1])
        #expect(hypothesis.evidence.map(\.supports) == [true, false, true, true, false])
        #expect(hypothesis.evidence[2].test == .change(kind: "config", within: .seconds(600)))
        #expect(playbook.mitigations.first?.hypothesis == "pool")
        #expect(playbook.deferTo == ["owners"])
    }

    @Test(arguments: [
        ("id: slow", "idd: slow", "Did you mean id?"),
        ("manual: true", "manuel: true", "Did you mean manual?"),
        ("pattern: pool exhausted", "for: both, manual: true", "exactly one of for"),
        ("versions: split, ", "", "evidence without a test"),
        ("versions: split", "versions: split, manual: true", "evidence with two tests"),
        ("weight: strong", "weight: huge", "one of weak, moderate, strong, decisive"),
        ("traffic > 1.5", "traffic >", "does not parse"),
        ("hypothesis: pool", "hypothesis: pol", "Did you mean pool?"),
        ("'up == 0'", "'up =='", "neither a condition nor PromQL"),
        ("latency_p99 above", "latency_p9 above", "Did you mean latency_p99?"),
        ("change: config", "change: confg", "Did you mean config?"),
        ("do_nothing: it stays slow", "x: 1", "do_nothing is missing"),
    ])
    func `mistakes in playbooks`(right: String, wrong: String, message: String) throws {
        let (_, problems) = try ConfigurationLoader.parsePlaybook(
            text: replacing(right, wrong), file: "slow.yaml")
        #expect(
            problems.contains { $0.description.contains(message) }, "\(problems)")
        #expect(problems.allSatisfy { $0.position.hasPrefix("slow.yaml:") })
    }

    private func replacing(_ old: String, _ new: String) -> String {
        var text = Self.valid
        if let range = text.firstRange(of: old) { text.replaceSubrange(range, with: new) }
        return text
    }

    @Test func `own playbooks are read from beside the configuration and linted against it`() throws
    {
        var template = Array("/tmp/warroom-playbooks-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            unlink(folder + "/slow.yaml")
            unlink(folder + "/warroom.yaml")
            rmdir(folder)
        }
        try write(Self.valid, to: folder + "/slow.yaml")
        let configuration = """
            playbooks: [slow.yaml]
            actions:
              restarts: {tier: contained, risk: low, steps: [[/bin/true]], irreversible: true}
            """
        try write(configuration, to: folder + "/warroom.yaml")
        let (result, problems) = try ConfigurationLoader.load(path: folder + "/warroom.yaml")
        #expect(result.playbooks.map(\.id) == ["slow", "high-error-after-deploy"])
        #expect(result.files == [folder + "/warroom.yaml", folder + "/slow.yaml"])
        #expect(problems.count == 1)
        #expect(problems.first?.suggestion == "restarts")
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "we"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }
}
