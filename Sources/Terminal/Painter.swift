import CNcurses
import Canvas

/// Translates styles to curses attributes and colour pairs, each style once.
struct Painter {
    struct Look: Hashable {
        var attributes: Int32
        var pair: Int32
    }

    private struct Subject: Hashable {
        var token: Token
        var isSelected: Bool
    }

    private let styles: StyleSheet
    private let depth: ColourDepth
    private let colours: Int
    private var known: [Subject: Look] = [:]

    init(styles: StyleSheet, depth: ColourDepth, colours: Int) {
        self.styles = styles
        self.depth = depth
        self.colours = colours
    }

    /// `pair` allocates a pair for two colour numbers (-1: the terminal's own).
    mutating func look(of cell: Cell, pair: (Int32, Int32) -> Int32) -> Look {
        let subject = Subject(token: cell.token, isSelected: cell.isSelected)
        if let look = known[subject] { return look }
        let style = styles.style(of: cell)
        var attributes = Int32(style.attributes.rawValue)
        var look = Look(attributes: attributes, pair: 0)
        if depth != .mono {
            let foreground = number(style.foreground)
            let background = number(style.background)
            if foreground.isBright { attributes |= Int32(Style.Attributes.bold.rawValue) }
            look = Look(
                attributes: attributes, pair: pair(foreground.value, background.value))
        }
        known[subject] = look
        return look
    }

    /// The number curses takes for a colour at this depth.
    ///
    /// On eight-colour terminals a bright colour is its base in bold. On direct-colour terminals
    /// 0…7 are the palette and the rest are 0xRRGGBB, so the darkest blues are lifted out of 0…7.
    private func number(_ colour: Colour?) -> (value: Int32, isBright: Bool) {
        switch colour {
        case nil, .terminalDefault: return (-1, false)
        case .ansi(let index):
            if depth == .trueColour, index > 7 { return (Self.brightRGB[Int(index & 7)], false) }
            if colours < 16, index > 7 { return (Int32(index & 7), true) }
            return (Int32(index & 15), false)
        case .indexed(let index):
            return depth == .trueColour
                ? (direct(Palette256.rgb(index)), false) : (Int32(index), false)
        case .rgb(let red, let green, let blue):
            switch depth {
            case .trueColour: return (direct((red, green, blue)), false)
            case .indexed256: return (Int32(Palette256.nearest(red, green, blue)), false)
            default: return number(.ansi(Palette256.nearestANSI(red, green, blue)))
            }
        }
    }

    private func direct(_ rgb: (red: UInt8, green: UInt8, blue: UInt8)) -> Int32 {
        let value = Int32(rgb.red) << 16 | Int32(rgb.green) << 8 | Int32(rgb.blue)
        return value < 8 ? 8 : value
    }

    private static let brightRGB: [Int32] = [
        0x7F7F7F, 0xFF5F5F, 0x5FD75F, 0xFFD75F, 0x5F87FF, 0xFF5FD7, 0x5FD7D7, 0xFFFFFF,
    ]
}

extension ColourDepth {
    /// The depth of a terminal that shows `colours` colours.
    init(colours: Int) {
        switch colours {
        case 0x100_0000...: self = .trueColour
        case 256...: self = .indexed256
        case 8...: self = .sixteen
        default: self = .mono
        }
    }
}
