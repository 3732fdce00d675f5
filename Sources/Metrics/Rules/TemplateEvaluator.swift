/// Fills a template. Work and output are bounded, so that a rule file cannot hold up an evaluation.
struct TemplateEvaluator {
    /// Answers `query`; nil where there is none.
    let query: ((String) throws(TemplateError) -> [VectorSample])?
    let externalURL: String

    private static let stepsMax = 20_000
    private static let outputMax = 64 << 10
    private static let depthMax = 50

    private var definitions: [String: [TemplateNode]] = [:]
    private var scopes: [(name: String, value: TemplateValue)] = []
    private var dot: TemplateValue = .nothing
    private(set) var output = ""
    private var steps = 0
    private var depth = 0

    private enum Flow {
        case on, leave, next
    }

    init(
        externalURL: String = "",
        query: ((String) throws(TemplateError) -> [VectorSample])? = nil
    ) {
        self.externalURL = externalURL
        self.query = query
    }

    /// - Throws: the first error; what was written until then is lost.
    mutating func fill(
        _ template: Template, with data: TemplateData
    ) throws(TemplateError) -> String {
        definitions = template.definitions
        dot = .data(data)
        scopes = [
            ("$", dot), ("$labels", .labels(data.labels)),
            ("$externalLabels", .labels(data.externalLabels)),
            ("$externalURL", .string(data.externalURL)), ("$value", .float(data.value)),
        ]
        _ = try run(template.nodes)
        return output
    }

    // MARK: Nodes

    private mutating func step(_ offset: Int) throws(TemplateError) {
        steps += 1
        if steps > Self.stepsMax {
            throw TemplateError(message: "takes more than \(Self.stepsMax) steps", offset: offset)
        }
    }

    private mutating func write(_ text: String) throws(TemplateError) {
        output += text
        if output.utf8.count > Self.outputMax {
            throw TemplateError(message: "writes more than 64 KiB", offset: 0)
        }
    }

    private mutating func run(_ nodes: [TemplateNode]) throws(TemplateError) -> Flow {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthMax {
            throw TemplateError(message: "exceeded maximum template depth", offset: 0)
        }
        for node in nodes {
            let flow = try run(node)
            if flow != .on { return flow }
        }
        return .on
    }

    private mutating func run(_ node: TemplateNode) throws(TemplateError) -> Flow {
        switch node {
        case .text(let text): try write(text)
        case .action(let pipe):
            let value = try evaluate(pipe)
            if pipe.variables.isEmpty { try write(value.shown) }
        case .leaveLoop: return .leave
        case .nextRound: return .next
        case .condition(let pipe, let then, let otherwise):
            return try scoped { (me: inout Self) throws(TemplateError) in
                try me.run(try me.evaluate(pipe).isTrue ? then : otherwise)
            }
        case .with(let pipe, let then, let otherwise):
            return try scoped { (me: inout Self) throws(TemplateError) in
                let value = try me.evaluate(pipe)
                guard value.isTrue else { return try me.run(otherwise) }
                me.dot = value
                return try me.run(then)
            }
        case .loop(let pipe, let body, let otherwise):
            return try scoped { (me: inout Self) throws(TemplateError) in
                try me.loop(pipe, body, otherwise)
            }
        case .call(let name, let pipe, let offset):
            let value = try pipe.map { (pipe) throws(TemplateError) in try evaluate(pipe) }
            try call(name, value ?? .nothing, offset)
        }
        return .on
    }

    /// Variables and the dot are as before afterwards.
    private mutating func scoped(
        _ body: (inout Self) throws(TemplateError) -> Flow
    ) throws(TemplateError) -> Flow {
        let (outer, count) = (dot, scopes.count)
        defer {
            dot = outer
            scopes.removeLast(scopes.count - count)
        }
        return try body(&self)
    }

    private mutating func loop(
        _ pipe: TemplatePipe, _ body: [TemplateNode], _ otherwise: [TemplateNode]
    ) throws(TemplateError) -> Flow {
        let value = try evaluate(pipe, declares: false)
        let rounds: [(key: TemplateValue, value: TemplateValue)]
        switch value {
        case .nothing: rounds = []
        case .list(let items):
            rounds = items.enumerated().map { (.int(Int64($0.offset)), $0.element) }
        case .int(let count):
            rounds = (0..<max(0, min(count, Int64(Self.stepsMax)))).map { (.int($0), .int($0)) }
        case .map(let entries):
            rounds = entries.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .labels(let labels):
            rounds = labels.sorted { $0.key < $1.key }.map {
                (.string($0.key), .string($0.value))
            }
        default:
            throw TemplateError(
                message: "range can't iterate over \(value.shown)", offset: pipe.offset)
        }
        if rounds.isEmpty { return try run(otherwise) }
        for round in rounds {
            let flow = try scoped { (me: inout Self) throws(TemplateError) in
                me.dot = round.value
                switch pipe.variables.count {
                case 1: me.scopes.append((pipe.variables[0], round.value))
                case 2:
                    me.scopes.append((pipe.variables[0], round.key))
                    me.scopes.append((pipe.variables[1], round.value))
                default: break
                }
                try me.step(pipe.offset)
                return try me.run(body)
            }
            if flow == .leave { break }
        }
        return .on
    }

    private mutating func call(
        _ name: String, _ value: TemplateValue, _ offset: Int
    ) throws(TemplateError) {
        guard let nodes = definitions[name] else {
            throw TemplateError(
                message: "template \(QuotedText.goQuote(Array(name.utf8))) not defined",
                offset: offset)
        }
        let outer = scopes
        scopes = [("$", value)]
        defer { scopes = outer }
        _ = try scoped { (me: inout Self) throws(TemplateError) in
            me.dot = value
            return try me.run(nodes)
        }
    }

    // MARK: Pipelines

    private mutating func evaluate(
        _ pipe: TemplatePipe, declares: Bool = true
    ) throws(TemplateError) -> TemplateValue {
        try step(pipe.offset)
        var value: TemplateValue?
        for command in pipe.commands { value = try evaluate(command, last: value, pipe.offset) }
        let result = value ?? .nothing
        guard declares, let name = pipe.variables.first else { return result }
        if pipe.isAssignment {
            if let place = scopes.lastIndex(where: { $0.name == name }) {
                scopes[place].value = result
            }
        } else {
            scopes.append((name, result))
        }
        return result
    }

    private mutating func evaluate(
        _ command: [TemplateOperand], last: TemplateValue?, _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        if case .function(let name, let offset) = command[0] {
            return try function(name, Array(command.dropFirst()), last, offset)
        }
        if command.count > 1 || last != nil {
            throw TemplateError(message: "can't give argument to non-function", offset: offset)
        }
        if case .value(.nothing) = command[0] {
            throw TemplateError(message: "nil is not a command", offset: offset)
        }
        return try value(of: command[0], offset)
    }

    private mutating func value(
        of operand: TemplateOperand, _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        switch operand {
        case .value(let value): return value
        case .dot: return dot
        case .field(let names): return try fields(names, of: dot, offset)
        case .variable(let name, let names):
            let value = scopes.last { $0.name == name }?.value ?? .nothing
            return try fields(names, of: value, offset)
        case .function(let name, let offset): return try function(name, [], nil, offset)
        case .pipe(let pipe, let names): return try fields(names, of: evaluate(pipe), offset)
        }
    }

    private func fields(
        _ names: [String], of value: TemplateValue, _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        var value = value
        for name in names {
            switch value {
            case .labels(let labels): value = .string(labels[name] ?? "")
            case .map(let entries): value = entries[name] ?? .nothing
            case .sample(let labels, _) where name == "Labels": value = .labels(labels)
            case .sample(_, let number) where name == "Value": value = .float(number)
            case .data(let data):
                guard let field = data.field(name) else { fallthrough }
                value = field
            default:
                throw TemplateError(
                    message: "can't evaluate field \(name) in type \(value.typeName)",
                    offset: offset)
            }
        }
        return value
    }

    private mutating func function(
        _ name: String, _ operands: [TemplateOperand], _ last: TemplateValue?, _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        try step(offset)
        // `and` and `or` look no further than they must.
        if name == "and" || name == "or" {
            var result: TemplateValue = .nothing
            for operand in operands {
                result = try value(of: operand, offset)
                if result.isTrue == (name == "or") { return result }
            }
            return last ?? result
        }
        var arguments: [TemplateValue] = []
        for operand in operands { arguments.append(try value(of: operand, offset)) }
        if let last { arguments.append(last) }
        if name == "tmpl" { return try tmpl(arguments, offset) }
        do throws(TemplateFunctions.Problem) {
            return try TemplateFunctions.call(
                name, arguments, externalURL: externalURL, query: query)
        } catch {
            throw TemplateError(
                message: "error calling \(name): \(error.message)", offset: offset)
        }
    }

    /// What a defined template writes, as a text.
    private mutating func tmpl(
        _ arguments: [TemplateValue], _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        guard arguments.count == 2, case .string(let name) = arguments[0] else {
            throw TemplateError(message: "wrong arguments for tmpl", offset: offset)
        }
        let outer = output
        output = ""
        defer { output = outer }
        try call(name, arguments[1], offset)
        return .string(output)
    }
}
