import Basics
import Canvas
import Documents

/// Colours, attributes and glyphs for every token.
package struct Theme: Sendable {
    package let name: String

    /// The themes that come with the program.
    package static let builtinNames = [
        "dark", "light", "high-contrast", "colour-blind", "mono", "sixteen",
    ]

    package static func builtin(_ name: String) throws(Failure) -> Theme { Theme(name: name) }
    /// A theme file.
    package static func load(path: String) throws(Failure) -> Theme { Theme(name: path) }
    package func styleSheet(depth: ColourDepth, ascii: Bool) -> StyleSheet {
        var sheet = StyleSheet.plain
        if ascii { sheet.glyphs = .ascii }
        return sheet
    }
}
