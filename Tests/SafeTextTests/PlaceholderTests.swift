import Testing

@Suite struct SafeTextPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
