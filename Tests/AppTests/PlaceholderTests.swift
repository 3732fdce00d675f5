import Testing

@Suite struct AppPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
