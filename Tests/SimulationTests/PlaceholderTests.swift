import Testing

@Suite struct SimulationPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
