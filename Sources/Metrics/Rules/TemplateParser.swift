/// A template that was read and can be filled any number of times.
struct Template: Sendable {
    let nodes: [TemplateNode]
    /// `{{ define "name" }}…{{ end }}`
    let definitions: [String: [TemplateNode]]

    /// - Throws: the first error.
    init(_ text: String) throws(TemplateError) {
        // Most labels and annotations are plain.
        guard text.utf8.contains(0x7B) else {
            nodes = [.text(text)]
            definitions = [:]
            return
        }
        var parser = TemplateParser(text)
        nodes = try parser.parse()
        definitions = parser.definitions
    }
}

struct TemplateParser {
    private var lexer: TemplateLexer
    private var tokens: [(token: TemplateLexer.Token, offset: Int)] = []
    private var depth = 0
    private var loops = 0
    /// Variables in scope.
    private var variables = ["$", "$labels", "$externalLabels", "$externalURL", "$value"]
    private(set) var definitions: [String: [TemplateNode]] = [:]

    private static let nestingMax = 50

    init(_ text: String) { lexer = TemplateLexer(text) }

    mutating func parse() throws(TemplateError) -> [TemplateNode] {
        let (nodes, end) = try list()
        if let end { throw fail("unexpected {{\(end)}}") }
        return nodes
    }

    // MARK: Tokens

    private mutating func peek() throws(TemplateError) -> TemplateLexer.Token {
        if let first = tokens.first { return first.token }
        let token = try lexer.next()
        tokens.append((token, lexer.offset))
        return token
    }

    @discardableResult
    private mutating func take() throws(TemplateError) -> TemplateLexer.Token {
        let token = try peek()
        tokens.removeFirst()
        return token
    }

    private mutating func skipSpace() throws(TemplateError) {
        while try peek() == .space { try take() }
    }

    private func fail(_ message: String) -> TemplateError {
        TemplateError(message: message, offset: tokens.first?.offset ?? lexer.offset)
    }

    private mutating func enter() throws(TemplateError) {
        depth += 1
        if depth > Self.nestingMax { throw fail("actions nest more than 50 levels deep") }
    }

    private mutating func close(_ context: String) throws(TemplateError) {
        try skipSpace()
        guard try peek() == .close else { throw try unexpected(in: context) }
        try take()
    }

    private mutating func unexpected(in context: String) throws(TemplateError) -> TemplateError {
        fail("unexpected \(Self.name(try peek())) in \(context)")
    }

    private static func name(_ token: TemplateLexer.Token) -> String {
        switch token {
        case .text, .end: "EOF"
        case .open: "\"{{\""
        case .close: "\"}}\""
        case .word(let word): "<\(word)>"
        case .field(let name): "<.\(name)>"
        case .variable(let name): "\"\(name)\""
        case .string(let text): QuotedText.goQuote(Array(text.utf8))
        case .number(let value): "\"\(value.shown)\""
        case .leftParenthesis: "\"(\""
        case .rightParenthesis: "\")\""
        case .pipe: "\"|\""
        case .comma: "\",\""
        case .declare: "\":=\""
        case .assign: "\"=\""
        case .space: "\" \""
        }
    }

    // MARK: Lists and actions

    /// Nodes up to `{{ end }}` or `{{ else … }}`, which is named and left behind `{{`.
    private mutating func list() throws(TemplateError) -> (nodes: [TemplateNode], end: String?) {
        try enter()
        defer { depth -= 1 }
        var nodes: [TemplateNode] = []
        while true {
            switch try peek() {
            case .end: return (nodes, nil)
            case .text(let text):
                try take()
                if !text.isEmpty { nodes.append(.text(text)) }
            default:
                try take()
                try skipSpace()
                if case .word(let word) = try peek(), word == "end" || word == "else" {
                    try take()
                    return (nodes, word)
                }
                if let node = try action() { nodes.append(node) }
            }
        }
    }

    private mutating func action() throws(TemplateError) -> TemplateNode? {
        guard case .word(let word) = try peek() else { return try pipeAction() }
        switch word {
        case "if":
            try take()
            return try block("if") { .condition($0, then: $1, otherwise: $2) }
        case "with":
            try take()
            return try block("with") { .with($0, then: $1, otherwise: $2) }
        case "range":
            try take()
            loops += 1
            defer { loops -= 1 }
            return try block("range") { .loop($0, body: $1, otherwise: $2) }
        case "break", "continue":
            guard loops > 0 else { throw fail("{{\(word)}} outside {{range}}") }
            try take()
            try close(word)
            return word == "break" ? .leaveLoop : .nextRound
        case "define", "block", "template":
            try take()
            return try named(word)
        default: return try pipeAction()
        }
    }

    private mutating func pipeAction() throws(TemplateError) -> TemplateNode {
        let pipe = try pipeline("command")
        try close("command")
        return .action(pipe)
    }

    private mutating func block(
        _ context: String,
        _ build: (TemplatePipe, [TemplateNode], [TemplateNode]) -> TemplateNode
    ) throws(TemplateError) -> TemplateNode {
        let outer = variables
        defer { variables = outer }
        let pipe = try pipeline(context)
        try close(context)
        let (body, end) = try list()
        switch end {
        case nil: throw fail("unexpected EOF")
        case "else"?: return build(pipe, body, try alternative(context))
        default:
            try close("end")
            return build(pipe, body, [])
        }
    }

    /// Behind `{{ else`: `{{ else }}…{{ end }}` or `{{ else if … }}…`.
    private mutating func alternative(
        _ context: String
    ) throws(TemplateError) -> [TemplateNode] {
        try enter()
        defer { depth -= 1 }
        try skipSpace()
        if case .word(let word) = try peek(), word == context, word != "range" {
            return try action().map { [$0] } ?? []
        }
        try close("else")
        let (nodes, end) = try list()
        guard end == "end" else {
            throw fail(end == nil ? "unexpected EOF" : "expected end; found {{else}}")
        }
        try close("end")
        return nodes
    }

    private mutating func named(_ word: String) throws(TemplateError) -> TemplateNode? {
        try skipSpace()
        let offset = tokens.first?.offset ?? 0
        guard case .string(let name) = try peek() else {
            throw try unexpected(in: "\(word) clause")
        }
        try take()
        try skipSpace()
        let hasPipe = try peek() != .close && word != "define"
        let pipe = hasPipe ? try pipeline(word) : nil
        try close("\(word) clause")
        guard word != "template" else { return .call(template: name, pipe, offset: offset) }
        let outer = variables
        variables = ["$"]
        defer { variables = outer }
        let (nodes, end) = try list()
        guard end == "end" else { throw fail("unexpected EOF") }
        try close("end")
        definitions[name] = nodes
        return word == "block" ? .call(template: name, pipe, offset: offset) : nil
    }

    // MARK: Pipelines

    private mutating func pipeline(_ context: String) throws(TemplateError) -> TemplatePipe {
        try enter()
        defer { depth -= 1 }
        try skipSpace()
        var pipe = TemplatePipe()
        pipe.offset = tokens.first?.offset ?? 0
        try declaration(&pipe, isLoop: context == "range")
        while true {
            let command = try command(context)
            if command.isEmpty { throw fail("missing value for \(context)") }
            if !pipe.commands.isEmpty, !Self.isCallable(command[0]) {
                throw fail("non executable command in pipeline stage \(pipe.commands.count + 1)")
            }
            pipe.commands.append(command)
            guard try peek() == .pipe else { break }
            try take()
        }
        if !pipe.isAssignment { variables += pipe.variables }
        return pipe
    }

    private static func isCallable(_ operand: TemplateOperand) -> Bool {
        switch operand {
        case .value, .dot: false
        default: true
        }
    }

    /// `$x :=`, `$i, $x :=`, `$x =`, or nothing.
    private mutating func declaration(
        _ pipe: inout TemplatePipe, isLoop: Bool
    ) throws(TemplateError) {
        let saved = (lexer, tokens)
        var names: [String] = []
        while case .variable(let name) = try peek() {
            try take()
            try skipSpace()
            names.append(name)
            switch try peek() {
            case .declare, .assign:
                pipe.isAssignment = try take() == .assign
                if names.count > (isLoop ? 2 : 1) { throw fail("too many declarations") }
                pipe.variables = names
                if pipe.isAssignment { for name in names { try check(name) } }
                return
            case .comma where isLoop:
                try take()
                try skipSpace()
            default:
                (lexer, tokens) = saved
                return
            }
        }
        (lexer, tokens) = saved
    }

    private func check(_ variable: String) throws(TemplateError) {
        guard variables.contains(variable) else {
            throw fail("undefined variable \"\(variable)\"")
        }
    }

    private mutating func command(_ context: String) throws(TemplateError) -> [TemplateOperand] {
        var operands: [TemplateOperand] = []
        while true {
            try skipSpace()
            switch try peek() {
            case .close, .pipe, .rightParenthesis, .end: return operands
            default: operands.append(try operand(context))
            }
            switch try peek() {
            case .space, .close, .pipe, .rightParenthesis: break
            default: throw try unexpected(in: "operand")
            }
        }
    }

    private mutating func operand(_ context: String) throws(TemplateError) -> TemplateOperand {
        let offset = tokens.first?.offset ?? 0
        switch try peek() {
        case .string(let text):
            try take()
            return .value(.string(text))
        case .number(let value):
            try take()
            return .value(value)
        case .field(let name):
            try take()
            if name.isEmpty { return .dot }
            return .field([name] + (try fields()))
        case .variable(let name):
            try check(name)
            try take()
            return .variable(name, fields: try fields())
        case .word(let word):
            if word == "true" || word == "false" {
                try take()
                return .value(.bool(word == "true"))
            }
            if word == "nil" {
                try take()
                return .value(.nothing)
            }
            guard TemplateFunctions.names.contains(word) else {
                throw fail("function \"\(word)\" not defined")
            }
            try take()
            return .function(word, offset: offset)
        case .leftParenthesis:
            try take()
            let pipe = try pipeline("parenthesized pipeline")
            guard try peek() == .rightParenthesis else { throw fail("unclosed left paren") }
            try take()
            return .pipe(pipe, fields: try fields())
        default: throw try unexpected(in: context)
        }
    }

    /// `.a.b` right behind an operand.
    private mutating func fields() throws(TemplateError) -> [String] {
        var names: [String] = []
        while case .field(let name) = try peek(), !name.isEmpty {
            try take()
            names.append(name)
        }
        return names
    }
}
