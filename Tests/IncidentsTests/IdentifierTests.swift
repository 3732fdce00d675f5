import Incidents
import Testing

/// Names that reach a command line are compared as bytes.
@Suite struct IdentifierTests {
    @Test(arguments: ["INC-0001", "INC-2041", "INC-12345678"])
    func `incident ids`(text: String) { #expect(IncidentID(text)?.text == text) }

    @Test(arguments: [
        "INC-123", "INC-123456789", "inc-1234", "INC-1234\n", "xINC-1234", "INC-1234 ", "INC_1234",
        "INC-١٢٣٤", "INC-12٣4", "INC-", "", "INC-12 34", "\u{FF29}NC-1234", "INC\u{2010}1234",
        "INC-1234\u{0}", "INC-1234\u{2028}",
    ])
    func `not incident ids`(text: String) { #expect(IncidentID(text) == nil) }

    @Test(arguments: ["checkout", "a1", "K8s-api_v2.3", String(repeating: "a", count: 64)])
    func `service names`(text: String) { #expect(NameRule.isServiceName(text)) }

    @Test(arguments: [
        "payments\n", "payments\r\n", "payments\u{2028}", "\u{212A}8s", "a\u{37E}b",
        "p\u{0430}yments", "\u{FF50}ayments", "-rf", "a", "", String(repeating: "a", count: 65),
        "a b", "a/b", "a\u{0}b", ".hidden", "_x", "a=b", "a:b", "caf\u{E9}", "cafe\u{301}",
    ])
    func `not service names`(text: String) { #expect(!NameRule.isServiceName(text)) }

    @Test func `equal for Swift is not the same for us`() {
        #expect("K8s" == "\u{212A}8s")
        #expect(!NameRule.same("K8s", "\u{212A}8s"))
        #expect(!NameRule.same("caf\u{E9}", "cafe\u{301}"))
        #expect(NameRule.same("checkout", "checkout"))
    }

    @Test(arguments: ["dev", "staging", "canary", "production"])
    func environments(text: String) {
        #expect(DeploymentEnvironment(exactly: text)?.rawValue == text)
    }

    @Test(arguments: [
        "Production", "prod", "production ", " production", "production\n", "PRODUCTION",
        "produc\u{200B}tion", "pr\u{43E}duction", "",
    ])
    func `not environments`(text: String) {
        #expect(DeploymentEnvironment(exactly: text) == nil)
    }

    @Test(arguments: ["SEV1", "sev1", "1"])
    func severities(text: String) { #expect(Severity(name: text) == .sev1) }

    @Test(arguments: ["SEV0", "SEV5", "SEV", "", "SEVEN", "SEV١", "SEV 1"])
    func `not severities`(text: String) { #expect(Severity(name: text) == nil) }

    @Test func `a worse severity is greater`() { #expect(Severity.sev1 > Severity.sev2) }
}
