import Testing

@Suite struct ActionsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
