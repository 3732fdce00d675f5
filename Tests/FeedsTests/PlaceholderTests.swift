import Testing

@Suite struct FeedsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
