/// A colour as a terminal takes it.
package enum Colour: Hashable, Sendable {
    /// The terminal's own foreground or background.
    case terminalDefault
    /// 0…15: the sixteen ANSI colours, whose shades the person's terminal decides.
    case ansi(UInt8)
    /// 16…255 of the usual 256-colour palette.
    case indexed(UInt8)
    case rgb(red: UInt8, green: UInt8, blue: UInt8)
}

/// How many colours the terminal shows.
package enum ColourDepth: Int, Comparable, Sendable, CaseIterable {
    case mono, sixteen, indexed256, trueColour
    package static func < (left: ColourDepth, right: ColourDepth) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How a cell looks: two colours and attributes.
package struct Style: Hashable, Sendable {
    package struct Attributes: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let bold = Attributes(rawValue: 1)
        package static let dim = Attributes(rawValue: 2)
        package static let underline = Attributes(rawValue: 4)
        package static let reverse = Attributes(rawValue: 8)
        package static let italic = Attributes(rawValue: 16)
    }

    /// nil: as the terminal has it.
    package var foreground: Colour?
    package var background: Colour?
    package var attributes: Attributes

    package init(
        foreground: Colour? = nil, background: Colour? = nil, attributes: Attributes = []
    ) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }
}

/// A style for every token, for one colour depth, and the glyphs to draw with.
package struct StyleSheet: Hashable, Sendable {
    package var glyphs: GlyphMap
    private var styles: [Token: Style]

    package init(styles: [Token: Style] = [:], glyphs: GlyphMap = .unicode) {
        self.styles = styles
        self.glyphs = glyphs
    }

    /// Everything in the terminal's own colours, the selection reversed.
    package static let plain = StyleSheet(styles: [
        .selection: Style(attributes: .reverse), .buttonFocused: Style(attributes: .reverse),
    ])

    package subscript(token: Token) -> Style {
        get { styles[token] ?? styles[.text] ?? Style() }
        set { styles[token] = newValue }
    }

    /// A cell's style: its token's, under the selection bar its own foreground on the bar.
    ///
    /// A token that has a background of its own keeps its colours and is underlined instead, so
    /// that a warning never loses its look by being selected.
    package func style(of cell: Cell) -> Style {
        let own = self[cell.token]
        guard cell.isSelected else { return own }
        let bar = self[.selection]
        let page = self[.text].background
        if let background = own.background, background != page, own.background != bar.background {
            return Style(
                foreground: own.foreground, background: background,
                attributes: own.attributes.union(.underline))
        }
        if bar.attributes.contains(.reverse) {
            return Style(
                foreground: own.foreground, background: own.background,
                attributes: own.attributes.symmetricDifference(.reverse))
        }
        let isPlain = cell.token == .text || cell.token == .textDim
        return Style(
            foreground: isPlain ? bar.foreground : own.foreground ?? bar.foreground,
            background: bar.background, attributes: own.attributes.union(bar.attributes))
    }
}
