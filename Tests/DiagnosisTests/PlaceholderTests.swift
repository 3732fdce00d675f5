import Testing

@Suite struct DiagnosisPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
