import Playbooks
import Testing

@Suite struct BuiltinTests {
    @Test func `built-in playbooks have no problems`() {
        let builtin = ConfigurationLoader.builtinPlaybooks
        #expect(builtin.problems == [])
        #expect(builtin.playbooks.count == BuiltinPlaybooks.files.count)
        #expect(builtin.playbooks.contains { $0.id == "high-error-after-deploy" })
    }
}
