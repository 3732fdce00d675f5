/// The functions that templates may call: Go's own and those of Prometheus.
enum TemplateFunctions {
    struct Problem: Error {
        var message: String
    }

    typealias Query = (String) throws(TemplateError) -> [VectorSample]

    static let names: Set<String> = [
        "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print",
        "printf", "println", "html", "js", "urlquery", "query", "first", "label", "value",
        "strvalue", "args", "reReplaceAll", "safeHtml", "match", "title", "toUpper", "toLower",
        "graphLink", "tableLink", "sortByLabel", "stripPort", "stripDomain", "humanize",
        "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime",
        "toDuration", "now", "pathPrefix", "externalURL", "parseDuration", "tmpl",
        "urlQueryEscape",
    ]

    static func call(
        _ name: String, _ arguments: [TemplateValue], externalURL: String, query: Query?
    ) throws(Problem) -> TemplateValue {
        if let result = try general(name, arguments) { return result }
        if let result = try text(name, arguments) { return result }
        if let result = try number(name, arguments) { return result }
        if let result = try samples(name, arguments, query) { return result }
        switch name {
        case "externalURL": return .string(externalURL)
        case "pathPrefix":
            let path = externalURL.split(separator: "/", maxSplits: 3).dropFirst(2)
            return .string(path.isEmpty ? "" : "/" + path.joined(separator: "/"))
        default: throw Problem(message: "\(name) is not available here")
        }
    }

    private static func need(_ count: Int, _ arguments: [TemplateValue]) throws(Problem) {
        guard arguments.count == count else {
            throw Problem(
                message: "wrong number of args: want \(count) got \(arguments.count)")
        }
    }

    // MARK: Go's own

    private static func general(
        _ name: String, _ arguments: [TemplateValue]
    ) throws(Problem) -> TemplateValue? {
        switch name {
        case "not":
            try need(1, arguments)
            return .bool(!arguments[0].isTrue)
        case "eq", "ne", "lt", "le", "gt", "ge": return .bool(try compare(name, arguments))
        case "len":
            try need(1, arguments)
            return .int(try length(arguments[0]))
        case "index": return try index(arguments)
        case "slice": return try slice(arguments)
        case "print": return .string(GoFormat.print(arguments))
        case "println":
            return .string(arguments.map(\.shown).joined(separator: " ") + "\n")
        case "printf":
            guard case .string(let format)? = arguments.first else {
                throw Problem(message: "printf needs a format")
            }
            return .string(GoFormat.printf(format, Array(arguments.dropFirst())))
        case "args":
            var entries: [String: TemplateValue] = [:]
            for (position, argument) in arguments.enumerated() {
                entries["arg\(position)"] = argument
            }
            return .map(entries)
        default: return nil
        }
    }

    private static func length(_ value: TemplateValue) throws(Problem) -> Int64 {
        switch value {
        case .string(let text): Int64(text.utf8.count)
        case .list(let items): Int64(items.count)
        case .map(let entries): Int64(entries.count)
        case .labels(let labels): Int64(labels.count)
        default: throw Problem(message: "len of type \(value.typeName)")
        }
    }

    private static func index(_ arguments: [TemplateValue]) throws(Problem) -> TemplateValue {
        guard var value = arguments.first else { throw Problem(message: "index of nothing") }
        for key in arguments.dropFirst() {
            switch (value, key) {
            case (.list(let items), .int(let place)):
                guard items.indices.contains(Int(clamping: place)) else {
                    throw Problem(message: "index out of range: \(place)")
                }
                value = items[Int(place)]
            case (.labels(let labels), .string(let name)): value = .string(labels[name] ?? "")
            case (.map(let entries), .string(let name)): value = entries[name] ?? .nothing
            case (.string(let text), .int(let place)):
                guard (0..<Int64(text.utf8.count)).contains(place) else {
                    throw Problem(message: "index out of range: \(place)")
                }
                value = .int(Int64(Array(text.utf8)[Int(place)]))
            default: throw Problem(message: "can't index item of type \(value.typeName)")
            }
        }
        return value
    }

    private static func slice(_ arguments: [TemplateValue]) throws(Problem) -> TemplateValue {
        guard case .string(let text)? = arguments.first else {
            throw Problem(message: "can't slice item")
        }
        let bytes = Array(text.utf8)
        var ends = [0, bytes.count]
        for (position, argument) in arguments.dropFirst().prefix(2).enumerated() {
            guard case .int(let value) = argument, (0...Int64(bytes.count)).contains(value) else {
                throw Problem(message: "index out of range: \(argument.shown)")
            }
            ends[position] = Int(value)
        }
        guard ends[0] <= ends[1] else {
            throw Problem(message: "invalid slice index: \(ends[0]) > \(ends[1])")
        }
        return .string(String(decoding: bytes[ends[0]..<ends[1]], as: UTF8.self))
    }

    /// Both sides are of one kind: Go compares no whole number with a float.
    private static func compare(
        _ name: String, _ arguments: [TemplateValue]
    ) throws(Problem) -> Bool {
        guard arguments.count >= 2 else {
            throw Problem(message: "missing argument for comparison")
        }
        let left = arguments[0]
        switch name {
        case "eq":
            for right in arguments.dropFirst() where try isEqual(left, right) { return true }
            return false
        case "ne": return !(try isEqual(left, arguments[1]))
        case "lt": return try isLess(left, arguments[1])
        case "le":
            let isSame = try isEqual(left, arguments[1])
            return isSame ? true : try isLess(left, arguments[1])
        case "gt":
            let isSame = try isEqual(left, arguments[1])
            return isSame ? false : !(try isLess(left, arguments[1]))
        default: return !(try isLess(left, arguments[1]))
        }
    }

    private static let incompatible = Problem(message: "incompatible types for comparison")

    private static func isEqual(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(Problem) -> Bool {
        switch (left, right) {
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bool(let a), .bool(let b)): a == b
        case (.nothing, .nothing): true
        case (.nothing, _), (_, .nothing): false
        default: throw incompatible
        }
    }

    private static func isLess(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(Problem) -> Bool {
        switch (left, right) {
        case (.int(let a), .int(let b)): a < b
        case (.float(let a), .float(let b)): a < b
        case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        default: throw incompatible
        }
    }

    // MARK: Texts

    private static func string(_ value: TemplateValue) throws(Problem) -> String {
        guard case .string(let text) = value else {
            throw Problem(message: "wrong type for value; expected string; got \(value.typeName)")
        }
        return text
    }

    private static func text(
        _ name: String, _ arguments: [TemplateValue]
    ) throws(Problem) -> TemplateValue? {
        switch name {
        case "title", "toUpper", "toLower", "stripPort", "stripDomain", "safeHtml", "html", "js",
            "urlquery", "urlQueryEscape", "graphLink", "tableLink":
            try need(1, arguments)
            return .string(TemplateText.apply(name, try string(arguments[0])))
        case "match":
            try need(2, arguments)
            let search = try search(string(arguments[0]))
            return .bool(search.matches(Array(try string(arguments[1]).utf8)))
        case "reReplaceAll":
            try need(3, arguments)
            let search = try search(string(arguments[0]))
            let text = search.replacing(
                in: Array(try string(arguments[2]).utf8),
                with: Array(try string(arguments[1]).utf8))
            return .string(String(decoding: text, as: UTF8.self))
        default: return nil
        }
    }

    private static func search(_ pattern: String) throws(Problem) -> RegexSearch {
        do throws(RegexPattern.SyntaxError) {
            return try RegexSearch(Array(pattern.utf8))
        } catch {
            throw Problem(message: error.message)
        }
    }

    // MARK: Numbers

    static func double(_ value: TemplateValue) throws(Problem) -> Double {
        switch value {
        case .float(let number): return number
        case .int(let number): return Double(number)
        case .string(let text):
            if let number = GoNumber.parseFloat(Array(text.utf8)) { return number }
            throw Problem(
                message: "strconv.ParseFloat: parsing \(QuotedText.goQuote(Array(text.utf8))): "
                    + "invalid syntax")
        default: throw Problem(message: "can't convert \(value.typeName) to float")
        }
    }

    private static func number(
        _ name: String, _ arguments: [TemplateValue]
    ) throws(Problem) -> TemplateValue? {
        switch name {
        case "humanize", "humanize1024", "humanizeDuration", "humanizePercentage",
            "humanizeTimestamp":
            try need(1, arguments)
            return .string(HumanText.apply(name, try double(arguments[0])))
        case "toTime":
            try need(1, arguments)
            return .time(try double(arguments[0]))
        case "toDuration":
            try need(1, arguments)
            return .string(HumanText.goDuration(try double(arguments[0])))
        case "parseDuration":
            try need(1, arguments)
            let text = Array(try string(arguments[0]).utf8)
            do throws(PromQLDuration.Problem) {
                return .float(Double(try PromQLDuration.read(text)) / 1000)
            } catch {
                throw Problem(message: error.message)
            }
        default: return nil
        }
    }

    // MARK: Samples

    private static func samples(
        _ name: String, _ arguments: [TemplateValue], _ query: Query?
    ) throws(Problem) -> TemplateValue? {
        switch name {
        case "query":
            try need(1, arguments)
            guard let query else { throw Problem(message: "queries are not possible here") }
            do throws(TemplateError) {
                return .list(try query(try text(arguments[0])).map(sample))
            } catch {
                throw Problem(message: error.message)
            }
        case "first":
            try need(1, arguments)
            guard case .list(let items) = arguments[0], let first = items.first else {
                throw Problem(message: "first() called on vector with no elements")
            }
            return first
        case "label", "sortByLabel":
            try need(2, arguments)
            let label = try string(arguments[0])
            if name == "sortByLabel", case .list(let items) = arguments[1] {
                return .list(items.sorted { labels($0)[label] ?? "" < labels($1)[label] ?? "" })
            }
            return .string(labels(arguments[1])[label] ?? "")
        case "strvalue":
            try need(1, arguments)
            return .string(labels(arguments[0])["__value__"] ?? "")
        case "value":
            try need(1, arguments)
            guard case .sample(_, let value) = arguments[0] else {
                throw Problem(message: "value of \(arguments[0].typeName)")
            }
            return .float(value)
        default: return nil
        }
    }

    private static func text(_ value: TemplateValue) throws(TemplateError) -> String {
        guard case .string(let text) = value else {
            throw TemplateError(message: "a query is a text", offset: 0)
        }
        return text
    }

    private static func sample(_ sample: VectorSample) -> TemplateValue {
        .sample(labels: sample.labels.texts, value: sample.v)
    }

    private static func labels(_ value: TemplateValue) -> [String: String] {
        if case .sample(let labels, _) = value { return labels }
        return [:]
    }
}

extension Labels {
    /// As texts, for people.
    var texts: [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in pairs { texts[name] = value }
        return texts
    }
}
