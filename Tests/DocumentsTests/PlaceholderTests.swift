import Testing

@Suite struct DocumentsPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
