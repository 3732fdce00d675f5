import Testing

@testable import Feeds

@Suite("Source specifications")
struct SpecTests {
    @Test("Globs are told from paths", arguments: [("/var/log/*.log", true), ("a.log", false)])
    func globs(path: String, isGlob: Bool) {
        #expect(PathPattern.isGlob(path) == isGlob)
    }
}
