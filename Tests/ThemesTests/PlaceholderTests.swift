import Testing

@Suite struct ThemesPlaceholderTests {
    @Test func targetBuilds() { #expect(Bool(true)) }
}
