/// What the sanitiser does with one scalar.
enum ScalarClass {
    /// Shows as itself.
    case visible
    /// Sits on the scalar before it.
    case mark
    /// U+200D or a presentation selector: kept inside emoji only.
    case emojiPart
    /// C0 or DEL: `^X`.
    case caret
    /// C1, line and paragraph separators: `\u009b`.
    case escaped
    /// Direction marks, tags, fillers, private and unassigned scalars: `‹U+202E›`.
    case named

    static func of(_ scalar: Unicode.Scalar) -> ScalarClass {
        let value = scalar.value
        switch value {
        case 0x20...0x7E, 0xA0...0xAC, 0xAE...0x2FF: return .visible
        case 0...0x1F, 0x7F: return .caret
        case 0x80...0x9F, 0x2028, 0x2029: return .escaped
        case 0x200D, 0xFE0E, 0xFE0F: return .emojiPart
        // Blank although they count as letters, marks or symbols: fillers, Khmer inherent vowels,
        // the empty braille pattern, the null note head.
        case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x1D159: return .named
        default: break
        }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .format, .privateUse, .unassigned, .surrogate, .control, .lineSeparator,
            .paragraphSeparator:
            return .named
        case .nonspacingMark, .enclosingMark:
            return properties.isDefaultIgnorableCodePoint ? .named : .mark
        default:
            return properties.isDefaultIgnorableCodePoint ? .named : .visible
        }
    }

    static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        if value >= 0x20, value < 0x7F { return true }
        // The glyphs panes draw with: dashes, quotes, arrows, mathematics, boxes, blocks, shapes.
        if value >= 0x2010, value <= 0x2027 { return true }
        if value >= 0x2190, value < 0x2800 { return true }
        return of(scalar) == .visible
    }
}
