import SafeText

/// Replaces drawn glyphs by others of the same width, in one place, when a frame is shown.
///
/// Panes always draw Unicode. A theme may change single glyphs, and the ASCII tier (a locale that
/// is not UTF-8, or `--ascii`) changes all of them.
package struct GlyphMap: Hashable, Sendable {
    private var replacements: [String: String]
    /// Whether whatever is not ASCII and not replaced is drawn as `?`.
    package private(set) var isASCII: Bool

    /// Draws everything as it is.
    package static let unicode = GlyphMap(replacements: [:], isASCII: false)
    /// Draws everything in ASCII.
    package static let ascii = GlyphMap(replacements: asciiGlyphs, isASCII: true)

    private init(replacements: [String: String], isASCII: Bool) {
        self.replacements = replacements
        self.isASCII = isASCII
    }

    /// A theme's own glyphs; a pair whose widths differ, or that is not one glyph each, is ignored.
    package init(overrides: [String: String]) {
        self.init(
            replacements: overrides.filter { Self.isUsable($0.key, $0.value) }, isASCII: false)
    }

    /// Whether `glyph` may stand for `original`: one visible glyph each, of the same width.
    package static func isUsable(_ original: String, _ glyph: String) -> Bool {
        let from = Array(Clusters(Sanitiser.visible(original)))
        let to = Array(Clusters(Sanitiser.visible(glyph)))
        return from.count == 1 && to.count == 1 && from[0].width == to[0].width
    }

    package var isIdentity: Bool { replacements.isEmpty && !isASCII }

    /// The glyph for one cell's text. A wide glyph of the ASCII tier becomes two narrow `?`.
    func map(_ text: String, isWide: Bool) -> (text: String, width: Int) {
        if let replacement = replacements[text] { return (replacement, isWide ? 2 : 1) }
        guard isASCII, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return (text, isWide ? 2 : 1) }
        if let base = text.unicodeScalars.first, base.isASCII { return (String(base), 1) }
        return ("?", 1)
    }

    /// A text of visible glyphs with every glyph replaced; it keeps its width.
    package func replaced(in text: String) -> String {
        guard !isIdentity else { return text }
        return Clusters(text).map { cluster in
            let glyph = map(cluster.text, isWide: cluster.width == 2)
            return glyph.width < cluster.width ? glyph.text + glyph.text : glyph.text
        }.joined()
    }

    private static let asciiGlyphs: [String: String] = {
        let table: [(from: String, to: String)] = [
            ("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋", "++++++++++++++++++++++"), ("─━│┃┄┆═║╌╎", "--||-:=|-:"),
            ("▁▂▃▄▅▆▇█", "_.:-=+*#"), ("▏▎▍▌▋▊▉", ".:-=+*#"), ("░▒▓", ".:%"),
            ("▲△▼▽◆◇■□▪▫", "^^vv**##.."), ("▸▶►▹◂◀◄◃", ">>>><<<<"),
            ("✓✔✗✘✕×", "++xxxx"), ("◔◑◕○●◉◌◍", "oooo**o*"), ("◷⏱⚠⚑★☆", "@@!!**"),
            ("→←↑↓↗↘↳⇒↔", "><^v/\\>>-"), ("…–—−‐‑", ".-----"), ("‘’‚“”„«»‹›", "'',\"\"\"<><>"),
            ("·•∙", ".**"), ("✎✏✉", "~~@"), ("αβγδ", "abgd"), ("²³", "23"), ("≤≥≠≈±÷", "<>!~~/"),
            ("µμ°σΣΔ", "uuosSD"), ("⌃⏎⌫", "^<<"),
            ("\u{A0}\u{2009}\u{202F}", "   "),
        ]
        var glyphs: [String: String] = [:]
        for (from, to) in table {
            for (key, value) in zip(from, to) { glyphs[String(key)] = String(value) }
        }
        return glyphs
    }()
}
