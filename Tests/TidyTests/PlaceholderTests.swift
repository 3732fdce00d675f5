import Testing

@Suite struct TidyPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
