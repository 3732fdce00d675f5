import Testing

@Suite struct BasicsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
