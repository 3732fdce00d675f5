import Testing

@Suite struct TerminalPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
