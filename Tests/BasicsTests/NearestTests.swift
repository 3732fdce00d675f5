import Basics
import Testing

@Suite struct NearestTests {
    private let names = ["promql", "unit", "harm", "error_ratio", "traffic"]

    @Test(arguments: [
        ("promlq", "promql"), ("Unit", "unit"), ("eror_ratio", "error_ratio"), ("traf", "traffic"),
        ("harms", "harm"),
    ])
    func finds(_ name: String, _ expected: String) {
        #expect(nearest(name, in: names) == expected)
    }

    @Test(arguments: ["", "zzz", "latency", "completely-different"])
    func findsNothing(_ name: String) {
        #expect(nearest(name, in: names) == nil)
    }
}
