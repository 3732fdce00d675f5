import Testing

@Suite struct PlaybooksPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
