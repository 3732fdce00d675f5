import Basics
import Canvas
import Documents

/// Colours, attributes and glyphs for every token.
package struct Theme: Sendable {
    /// What a theme is made for.
    package enum Kind: String, Sendable, CaseIterable {
        case dark, light, mono, sixteen
    }

    package let name: String
    package let kind: Kind
    let palette: [String: Shade]
    let looks: [String: Look]
    let glyphs: [String: String]

    /// The themes that come with the program; the first is the usual one.
    package static let builtinNames = [
        "dark", "light", "high-contrast", "colour-blind", "mono", "sixteen",
    ]

    /// A theme that comes with the program. Only it, and what it inherits, is parsed.
    package static func builtin(_ name: String) throws(Failure) -> Theme {
        guard let file = BuiltinThemes.files.first(where: { $0.name == name }) else {
            throw unknown(name)
        }
        return try read(file.text, file: "themes/\(name).yaml")
    }

    /// A theme file, which may inherit a built-in theme.
    package static func load(path: String) throws(Failure) -> Theme {
        try read(try TextFile.read(path), file: path)
    }

    /// A theme by the name of a built-in one or, when it contains a slash or ends in `.yaml`, by
    /// its file.
    package static func named(_ name: String) throws(Failure) -> Theme {
        let isPath = name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
        return isPath ? try load(path: name) : try builtin(name)
    }

    /// How every token looks on a terminal with `depth` colours.
    ///
    /// Without colours every theme looks as `mono` does, with its own glyphs. `ascii` draws all
    /// glyphs in ASCII and ignores the theme's own.
    package func styleSheet(depth: ColourDepth, ascii: Bool) -> StyleSheet {
        let glyphs = ascii ? GlyphMap.ascii : GlyphMap(overrides: glyphs)
        if depth == .mono, kind != .mono, let mono = try? Theme.builtin("mono") {
            var sheet = mono.styleSheet(depth: .mono, ascii: ascii)
            sheet.glyphs = glyphs
            return sheet
        }
        var styles: [Token: Style] = [:]
        for token in Token.allCases { styles[token] = style(of: token, depth: depth) }
        return StyleSheet(styles: styles, glyphs: glyphs)
    }

    /// Whether the theme or one it inherits says something about `token` or a parent of it.
    func defines(_ token: Token) -> Bool { token.lineage.contains { looks[$0] != nil } }

    private func style(of token: Token, depth: ColourDepth) -> Style {
        let text = looks["text"] ?? Look()
        let look = token.lineage.lazy.compactMap { looks[$0] }.first ?? text
        return Style(
            foreground: colour(look.foreground ?? text.foreground, depth),
            background: colour(look.background ?? text.background, depth),
            attributes: look.attributes)
    }

    private func colour(_ name: String?, _ depth: ColourDepth) -> Colour? {
        guard let name, depth != .mono else { return nil }
        let shade = palette[name] ?? Shade(name: name)
        let colour = shade?.colour(at: depth)
        return colour == .terminalDefault ? nil : colour
    }

    static func unknown(_ name: String) -> Failure {
        let near = nearest(name, in: builtinNames).map { "Did you mean \($0)? " } ?? ""
        return Failure(
            "theme.unknown", "Unknown theme", subject: name,
            unchanged: "The theme stays as it is",
            next: near + "There are " + builtinNames.joined(separator: ", ")
                + ", and any file whose name ends in .yaml",
            exit: .usage)
    }
}

/// What a theme says about one token: palette names and attributes.
struct Look: Hashable, Sendable {
    var foreground: String?
    var background: String?
    var attributes: Style.Attributes = []
}

/// One palette entry: a colour for each depth.
struct Shade: Hashable, Sendable {
    var trueColour: Colour
    var indexed: Colour?
    var ansi: Colour?

    static let ansiNames = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright-black",
        "bright-red", "bright-green", "bright-yellow", "bright-blue", "bright-magenta",
        "bright-cyan", "bright-white",
    ]

    init(trueColour: Colour, indexed: Colour? = nil, ansi: Colour? = nil) {
        self.trueColour = trueColour
        self.indexed = indexed
        self.ansi = ansi
    }

    /// A colour named directly: `default`, an ANSI name, 0…255 or `#rrggbb`.
    init?(name: String) {
        guard let colour = Self.colour(name) else { return nil }
        trueColour = colour
    }

    static func colour(_ name: String) -> Colour? {
        if name == "default" { return .terminalDefault }
        if let index = ansiNames.firstIndex(of: name) { return .ansi(UInt8(index)) }
        if let index = UInt8(name) { return index < 16 ? .ansi(index) : .indexed(index) }
        guard name.utf8.count == 7, name.hasPrefix("#"),
            let value = UInt32(name.dropFirst(), radix: 16)
        else { return nil }
        return .rgb(
            red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255))
    }

    /// The nearest colour that a terminal of this depth shows.
    func colour(at depth: ColourDepth) -> Colour? {
        switch depth {
        case .mono: return nil
        case .trueColour: return trueColour
        case .indexed256:
            if let indexed { return indexed }
            guard case .rgb(let red, let green, let blue) = trueColour else { return trueColour }
            return .indexed(Palette256.nearest(red, green, blue))
        case .sixteen:
            if let ansi { return ansi }
            switch indexed ?? trueColour {
            case .rgb(let red, let green, let blue):
                return .ansi(Palette256.nearestANSI(red, green, blue))
            case .indexed(let index):
                let shade = Palette256.rgb(index)
                return .ansi(Palette256.nearestANSI(shade.red, shade.green, shade.blue))
            case let other: return other
            }
        }
    }
}
