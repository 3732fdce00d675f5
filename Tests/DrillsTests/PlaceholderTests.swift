import Testing

@Suite struct DrillsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
