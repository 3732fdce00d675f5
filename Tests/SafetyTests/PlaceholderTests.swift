import Testing

@Suite struct SafetyPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
