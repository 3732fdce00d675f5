import Metrics
import Testing

@Suite struct PromQLSuiteTests {
    private static let files = [
        "aggregators", "at_modifier", "collision", "duration_expression", "extended_vectors",
        "fill-modifier", "functions", "histograms", "literals", "name_label_dropping",
        "native_histograms", "operators", "range_queries", "selectors", "staleness",
        "start_timestamps", "subquery", "trig_functions", "type_and_unit",
    ]

    @Test(arguments: [nil, ExpositionFormat.text, ExpositionFormat.openMetrics])
    func evaluationsAgreeWithTheReference(through format: ExpositionFormat?) throws {
        var passed = 0
        var wrong: [String] = []
        let name = format?.rawValue ?? "direct"
        for file in Self.files {
            let path = "promql/\(file).test.json"
            guard let commands = try Suites.decode([SuiteCommand].self, path) else { return }
            var runner = SuiteRunner(name: file, through: format)
            runner.run(commands)
            passed += runner.passed
            print("PromQL \(file) (\(name)): \(runner.passed) of \(runner.count)")
            wrong += runner.wrong
        }
        print("PromQL evaluations (\(name)): \(passed) of \(passed + wrong.count)")
        for line in wrong { print("  wrong: \(line)") }
        #expect(wrong.isEmpty)
        #expect(passed == 930)
    }
}
