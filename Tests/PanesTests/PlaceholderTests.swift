import Testing

@Suite struct PanesPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
