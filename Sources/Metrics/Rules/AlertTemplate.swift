/// Fills `{{ … }}` in the labels and annotations of a rule.
///
/// The part of Prometheus's templates that rule files use most: `$labels.name`, `$value`,
/// `.Labels.name`, `.Value`, and the functions `humanize`, `humanize1024`, `humanizePercentage`,
/// `humanizeDuration`, `toUpper`, `toLower` and `printf` with one argument, called or piped.
/// Anything else stays in the text as it was written, so that nothing false is shown.
struct AlertTemplate {
    private let labels: Labels
    private let value: Double

    private enum Item {
        case number(Double)
        case text(String)

        var shown: String {
            switch self {
            case .number(let value): GoNumber.format(value, .g)
            case .text(let text): text
            }
        }
    }

    init(labels: Labels, value: Double) {
        self.labels = labels
        self.value = value
    }

    func expand(_ text: String) -> String {
        var out = ""
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else { break }
            out += rest[..<open.lowerBound]
            let inner = rest[open.upperBound..<close.lowerBound]
            out += evaluate(inner) ?? String(rest[open.lowerBound..<close.upperBound])
            rest = rest[close.upperBound...]
        }
        return out + rest
    }

    private func evaluate(_ text: Substring) -> String? {
        var item: Item?
        for stage in text.split(separator: "|", omittingEmptySubsequences: false) {
            guard let words = Self.words(stage), let first = words.first else { return nil }
            if item == nil, words.count == 1, let found = reference(first) {
                item = found
                continue
            }
            var arguments: [Item] = []
            for word in words.dropFirst() {
                guard let argument = reference(word) else { return nil }
                arguments.append(argument)
            }
            if let item { arguments.append(item) }
            guard let result = Self.call(first, arguments) else { return nil }
            item = .text(result)
        }
        return item?.shown
    }

    /// Words separated by blanks; a quoted text is one word, its quotes kept.
    private static func words(_ text: Substring) -> [String]? {
        var words: [String] = []
        var current = ""
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character.isWhitespace, !isQuoted {
                if !current.isEmpty { words.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { words.append(current) }
        return isQuoted ? nil : words
    }

    private func reference(_ word: String) -> Item? {
        if word == "$value" || word == ".Value" { return .number(value) }
        for prefix in ["$labels.", ".Labels."] where word.hasPrefix(prefix) {
            let name = String(word.dropFirst(prefix.count))
            guard Identifier.isLabelName(Array(name.utf8)) else { return nil }
            return .text(labels[name] ?? "")
        }
        if word.count >= 2, word.hasPrefix("\""), word.hasSuffix("\""), !word.contains("\\") {
            return .text(String(word.dropFirst().dropLast()))
        }
        return nil
    }

    // MARK: Functions

    private static func call(_ name: String, _ arguments: [Item]) -> String? {
        if name == "printf" { return printf(arguments) }
        guard arguments.count == 1, let argument = arguments.first else { return nil }
        switch name {
        case "toUpper": return argument.shown.uppercased()
        case "toLower": return argument.shown.lowercased()
        default: break
        }
        guard let number = number(argument) else { return nil }
        switch name {
        case "humanize": return humanize(number)
        case "humanize1024": return humanize1024(number)
        case "humanizePercentage": return rounded(number * 100) + "%"
        case "humanizeDuration": return humanizeDuration(number)
        default: return nil
        }
    }

    private static func number(_ item: Item) -> Double? {
        switch item {
        case .number(let value): value
        case .text(let text): GoNumber.parseFloat(Array(text.utf8))
        }
    }

    /// `printf "%.2f" $value`: one verb out of `%s %v %d %f %.Nf %g`, with text around it.
    private static func printf(_ arguments: [Item]) -> String? {
        guard arguments.count == 2, case .text(let format) = arguments[0],
            let percent = format.firstIndex(of: "%")
        else { return nil }
        let tail = format[format.index(after: percent)...]
        guard let verb = tail.firstIndex(where: { $0.isLetter }) else { return nil }
        let options = tail[..<verb]
        let rest = tail[tail.index(after: verb)...]
        guard !rest.contains("%"), let shown = shown(arguments[1], tail[verb], options) else {
            return nil
        }
        return format[..<percent] + shown + rest
    }

    private static func shown(
        _ item: Item, _ verb: Character, _ options: Substring
    ) -> String? {
        switch (verb, item) {
        case ("s", .text(let text)) where options.isEmpty: return text
        case ("v", _) where options.isEmpty: return item.shown
        case ("g", .number(let value)) where options.isEmpty: return GoNumber.format(value, .g)
        case ("f", .number(let value)):
            if options.isEmpty { return GoNumber.fixed(value, 6) }
            guard options.hasPrefix("."), let decimals = Int(options.dropFirst()), decimals <= 20
            else { return nil }
            return GoNumber.fixed(value, decimals)
        default: return nil
        }
    }

    /// Four significant digits, as `%.4g`.
    private static func rounded(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return GoNumber.format(value, .g) }
        var exponent = 0
        var magnitude = value.magnitude
        while magnitude >= 10 {
            magnitude /= 10
            exponent += 1
        }
        while magnitude < 1 {
            magnitude *= 10
            exponent -= 1
        }
        let text = GoNumber.fixed(value, max(0, 3 - exponent))
        guard let exact = GoNumber.parseFloat(Array(text.utf8)) else { return text }
        return GoNumber.format(exact, exponent >= -4 && exponent < 4 ? .f : .g)
    }

    private static func humanize(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return rounded(value) }
        var scaled = value
        let isSmall = value.magnitude < 1
        let suffixes =
            isSmall
            ? ["m", "u", "n", "p", "f", "a", "z", "y"] : ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        var suffix = ""
        for next in suffixes {
            if isSmall ? scaled.magnitude >= 1 : scaled.magnitude < 1000 { break }
            suffix = next
            scaled = isSmall ? scaled * 1000 : scaled / 1000
        }
        return rounded(scaled) + suffix
    }

    private static func humanize1024(_ value: Double) -> String {
        var scaled = value
        var suffix = ""
        guard value.isFinite else { return rounded(value) }
        for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] {
            if scaled.magnitude < 1024 { break }
            suffix = next
            scaled /= 1024
        }
        return rounded(scaled) + suffix
    }

    /// `1d 2h 3m 4s`; below a second with an SI prefix.
    private static func humanizeDuration(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return rounded(value) }
        if value == 0 { return "0s" }
        if value.magnitude < 1 { return humanize(value) + "s" }
        let sign = value < 0 ? "-" : ""
        let total = Int(value.magnitude)
        let (days, hours) = (total / 86_400, total / 3600 % 24)
        let (minutes, seconds) = (total / 60 % 60, total % 60)
        if days > 0 { return sign + "\(days)d \(hours)h \(minutes)m \(seconds)s" }
        if hours > 0 { return sign + "\(hours)h \(minutes)m \(seconds)s" }
        if minutes > 0 { return sign + "\(minutes)m \(seconds)s" }
        return sign + rounded(value.magnitude) + "s"
    }
}

extension Substring {
    /// The first place where `needle` stands, compared byte by byte.
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].utf8.starts(with: needle.utf8) {
                return start..<utf8.index(start, offsetBy: needle.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
