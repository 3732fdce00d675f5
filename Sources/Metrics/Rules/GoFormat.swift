#if canImport(Glibc)
    import Glibc
#endif

/// Go's `fmt`, as far as templates use it.
enum GoFormat {
    /// Widths and precisions beyond this are refused.
    private static let widthMax = 200

    /// As `fmt.Sprint`: a blank between two values when neither is a text.
    static func print(_ values: [TemplateValue]) -> String {
        var out = ""
        for (position, value) in values.enumerated() {
            if position > 0, !isText(values[position - 1]), !isText(value) { out += " " }
            out += value.shown
        }
        return out
    }

    private static func isText(_ value: TemplateValue) -> Bool {
        if case .string = value { return true }
        return false
    }

    /// One `%…` of a format.
    private struct Directive {
        var isLeft = false
        var hasPlus = false
        var hasSpace = false
        var hasZero = false
        var isAlternate = false
        var width = 0
        var precision: Int?
        var verb: Character = "v"
    }

    static func printf(_ format: String, _ values: [TemplateValue]) -> String {
        var out = ""
        var rest = values[...]
        var characters = Substring(format)
        while let character = characters.popFirst() {
            guard character == "%" else {
                out.append(character)
                continue
            }
            guard let directive = directive(&characters, &rest) else {
                out += "%!(NOVERB)"
                break
            }
            if directive.verb == "%" {
                out += "%"
            } else if let value = rest.popFirst() {
                out += padded(shown(value, directive), directive, value)
            } else {
                out += "%!\(directive.verb)(MISSING)"
            }
        }
        if !rest.isEmpty {
            let extra = rest.map { "\($0.typeName)=\($0.shown)" }.joined(separator: ", ")
            out += "%!(EXTRA \(extra))"
        }
        return out
    }

    private static func directive(
        _ format: inout Substring, _ values: inout ArraySlice<TemplateValue>
    ) -> Directive? {
        var directive = Directive()
        flags: while let flag = format.first {
            switch flag {
            case "-": directive.isLeft = true
            case "+": directive.hasPlus = true
            case " ": directive.hasSpace = true
            case "0": directive.hasZero = true
            case "#": directive.isAlternate = true
            default: break flags
            }
            format.removeFirst()
        }
        directive.width = number(&format, &values) ?? 0
        if format.first == "." {
            format.removeFirst()
            directive.precision = number(&format, &values) ?? 0
        }
        guard let verb = format.popFirst() else { return nil }
        directive.verb = verb
        return directive
    }

    private static func number(
        _ format: inout Substring, _ values: inout ArraySlice<TemplateValue>
    ) -> Int? {
        if format.first == "*" {
            format.removeFirst()
            guard case .int(let value)? = values.popFirst() else { return nil }
            return Int(max(0, min(value, Int64(widthMax))))
        }
        let digits = format.prefix { $0.isASCII && $0.isNumber }
        format = format.dropFirst(digits.count)
        return digits.isEmpty ? nil : min(Int(digits) ?? widthMax, widthMax)
    }

    private static func padded(
        _ text: String, _ directive: Directive, _ value: TemplateValue
    ) -> String {
        let missing = directive.width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        if directive.isLeft { return text + String(repeating: " ", count: missing) }
        guard directive.hasZero else { return String(repeating: " ", count: missing) + text }
        let hasSign = text.hasPrefix("-") || text.hasPrefix("+")
        let sign = hasSign && !isText(value) ? text.prefix(1) : ""
        return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
    }

    // MARK: Verbs

    private static func shown(_ value: TemplateValue, _ directive: Directive) -> String {
        let verb = directive.verb
        if verb == "v" || verb == "T" {
            if verb == "T" { return value.typeName }
            if case .float(let number) = value {
                return signed(
                    float(number, verb: "g", precision: directive.precision), number, directive)
            }
            return value.shown
        }
        switch value {
        case .string(let text): return string(text, directive) ?? bad(value, verb)
        case .int(let number): return integer(number, directive) ?? bad(value, verb)
        case .float(let number):
            guard "eEfFgG".contains(verb) else { return bad(value, verb) }
            let isPlain = verb == "g" || verb == "G"
            let text = float(
                number, verb: verb, precision: directive.precision ?? (isPlain ? nil : 6))
            return signed(text, number, directive)
        case .bool(let flag): return verb == "t" ? (flag ? "true" : "false") : bad(value, verb)
        default: return verb == "s" ? value.shown : bad(value, verb)
        }
    }

    private static func bad(_ value: TemplateValue, _ verb: Character) -> String {
        "%!\(verb)(\(value.typeName)=\(value.shown))"
    }

    private static func signed(
        _ text: String, _ value: Double, _ directive: Directive
    ) -> String {
        if value.sign == .minus || value.isNaN { return text }
        if text.hasPrefix("+") { return directive.hasPlus ? text : text }
        if directive.hasPlus { return "+" + text }
        return directive.hasSpace ? " " + text : text
    }

    private static func string(_ text: String, _ directive: Directive) -> String? {
        let cut = directive.precision.map {
            String(text.unicodeScalars.prefix($0).map(Character.init))
        }
        let shown = cut ?? text
        switch directive.verb {
        case "s": return shown
        case "q":
            if directive.isAlternate, !shown.contains("`") { return "`\(shown)`" }
            return QuotedText.goQuote(Array(shown.utf8))
        case "x": return shown.utf8.map { QuotedText.hex(UInt32($0), 2) }.joined()
        case "X": return shown.utf8.map { QuotedText.hex(UInt32($0), 2).uppercased() }.joined()
        default: return nil
        }
    }

    private static func integer(_ number: Int64, _ directive: Directive) -> String? {
        let text: String
        switch directive.verb {
        case "d": text = String(number)
        case "x": text = String(number, radix: 16)
        case "X": text = String(number, radix: 16, uppercase: true)
        case "o": text = String(number, radix: 8)
        case "b": text = String(number, radix: 2)
        case "c": return Unicode.Scalar(UInt32(clamping: number)).map { String(Character($0)) }
        case "q": return Unicode.Scalar(UInt32(clamping: number)).map { QuotedText.goQuote($0) }
        default: return nil
        }
        if number >= 0, directive.hasPlus { return "+" + text }
        return number >= 0 && directive.hasSpace ? " " + text : text
    }

    /// - Parameter precision: nil for the shortest that reads back.
    static func float(_ value: Double, verb: Character, precision: Int?) -> String {
        guard value.isFinite else { return GoNumber.format(value, .f) }
        guard let precision else { return GoNumber.format(value, .g) }
        let kind = verb == "F" ? "f" : String(verb)
        var buffer = [CChar](repeating: 0, count: 700)
        let capacity = buffer.count
        let length = withVaList([Int32(min(precision, widthMax)), value]) {
            vsnprintf(&buffer, capacity, "%.*" + kind, $0)
        }
        let bytes = buffer[..<max(0, min(Int(length), capacity - 1))]
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
