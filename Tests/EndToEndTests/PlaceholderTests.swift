import Testing

@Suite struct EndToEndPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
