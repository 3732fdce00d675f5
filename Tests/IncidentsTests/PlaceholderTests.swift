import Testing

@Suite struct IncidentsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
