import Testing

@Suite struct JournalsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
