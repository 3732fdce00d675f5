import Testing

@Suite struct ProcessesPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
