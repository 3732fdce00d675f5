import Basics
import Canvas
import Documents

extension Theme {
    private static let attributeNames: [(name: String, value: Style.Attributes)] = [
        ("bold", .bold), ("dim", .dim), ("underline", .underline), ("reverse", .reverse),
        ("italic", .italic),
    ]

    /// Deepest chain of `inherits`.
    private static let depthMax = 4

    /// Reads theme text; every problem is reported with its position.
    static func read(_ text: String, file: String, depth: Int = 0) throws(Failure) -> Theme {
        let context = YAMLDecoderContext()
        let root = MappingReader(
            try YAMLReader.parse(text, file: file), in: context, what: "a theme")
        let name = root.requiredString("name")
        let kind = root.choice("kind", of: Kind.allCases.map(\.rawValue)).flatMap(Kind.init)
        let parent = try parent(of: root, context, depth: depth)
        var palette = parent?.palette ?? [:]
        for (key, shade) in shades(root, context) { palette[key] = shade }
        var looks = parent?.looks ?? [:]
        for (key, look) in self.looks(root, palette, context) { looks[key] = look }
        var glyphs = parent?.glyphs ?? [:]
        for (key, glyph) in self.glyphs(root, context) { glyphs[key] = glyph }
        root.finish()
        if let failure = context.failure("theme.invalid", "The theme has mistakes") {
            throw failure
        }
        return Theme(
            name: name, kind: kind ?? parent?.kind ?? .dark, palette: palette, looks: looks,
            glyphs: glyphs)
    }

    private static func parent(
        of root: MappingReader, _ context: YAMLDecoderContext, depth: Int
    ) throws(Failure) -> Theme? {
        guard let name = root.choice("inherits", of: builtinNames),
            let file = BuiltinThemes.files.first(where: { $0.name == name })
        else { return nil }
        guard depth < depthMax else {
            throw Failure(
                "theme.invalid", "The theme inherits itself", subject: root.node.position,
                unchanged: "The theme stays as it is", exit: .finding)
        }
        return try read(file.text, file: "themes/\(name).yaml", depth: depth + 1)
    }

    private static func shades(_ root: MappingReader, _ context: YAMLDecoderContext)
        -> [(String, Shade)]
    {
        guard let palette = root.mapping("palette") else { return [] }
        return palette.keys.compactMap { key in
            let names = palette.strings(key)
            let colours = names.compactMap(Shade.colour)
            guard let first = colours.first, colours.count == names.count, names.count <= 3 else {
                context.report(
                    palette.node[key] ?? palette.node, "\(key) is not a colour",
                    expected: "#rrggbb, 0 to 255, default or a name such as bright-red; "
                        + "up to three of them, for true colour, 256 and 16 colours")
                return nil
            }
            return (
                key,
                Shade(
                    trueColour: first, indexed: colours.count > 1 ? colours[1] : nil,
                    ansi: colours.count > 2 ? colours[2] : nil)
            )
        }
    }

    private static func looks(
        _ root: MappingReader, _ palette: [String: Shade], _ context: YAMLDecoderContext
    ) -> [(String, Look)] {
        guard let tokens = root.mapping("tokens") else { return [] }
        let known = Set(Token.allCases.flatMap(\.lineage))
        return (tokens.node.entries ?? []).compactMap { entry in
            guard let key = entry.key.text else { return nil }
            guard known.contains(key) else {
                context.report(
                    entry.key, "unknown token \"\(key)\"", expected: "a token's name",
                    suggestion: nearest(key, in: known.sorted()))
                return nil
            }
            return (key, look(entry.value, palette, context))
        }
    }

    private static func look(
        _ node: YAMLNode, _ palette: [String: Shade], _ context: YAMLDecoderContext
    ) -> Look {
        var look = Look()
        if node.entries != nil {
            let reader = MappingReader(node, in: context, what: "a look")
            look.foreground = reader.string("fg")
            look.background = reader.string("bg")
            for item in reader.sequence("attributes") { add(item, to: &look, palette, context) }
            reader.finish()
            for (key, name) in [("fg", look.foreground), ("bg", look.background)] {
                if let name, let value = reader.node(key) { check(name, value, palette, context) }
            }
            return look
        }
        for item in node.items ?? [node] where !item.isNull {
            add(item, to: &look, palette, context)
        }
        return look
    }

    /// Adds one word of a list: an attribute, or else the foreground.
    private static func add(
        _ item: YAMLNode, to look: inout Look, _ palette: [String: Shade],
        _ context: YAMLDecoderContext
    ) {
        guard let word = item.text else {
            context.report(item, "\(item.kindName) stands here", expected: "a colour or attribute")
            return
        }
        if let attribute = attributeNames.first(where: { $0.name == word }) {
            look.attributes.insert(attribute.value)
        } else {
            check(word, item, palette, context)
            look.foreground = word
        }
    }

    private static func check(
        _ name: String, _ node: YAMLNode, _ palette: [String: Shade], _ context: YAMLDecoderContext
    ) {
        guard palette[name] == nil, Shade.colour(name) == nil else { return }
        let names = palette.keys.sorted() + Shade.ansiNames + attributeNames.map(\.name)
        context.report(
            node, "unknown colour or attribute \"\(name)\"",
            expected: "a name of the palette, #rrggbb, 0 to 255, or one of "
                + attributeNames.map(\.name).joined(separator: ", "),
            suggestion: nearest(name, in: names))
    }

    private static func glyphs(_ root: MappingReader, _ context: YAMLDecoderContext)
        -> [(String, String)]
    {
        guard let reader = root.mapping("glyphs") else { return [] }
        return reader.keys.compactMap { key in
            guard let glyph = reader.string(key) else { return nil }
            guard GlyphMap.isUsable(key, glyph) else {
                context.report(
                    reader.node[key] ?? reader.node, "\(key) cannot be drawn as \(glyph)",
                    expected: "one glyph of the same width")
                return nil
            }
            return (key, glyph)
        }
    }
}
