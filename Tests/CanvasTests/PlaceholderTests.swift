import Testing

@Suite struct CanvasPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
