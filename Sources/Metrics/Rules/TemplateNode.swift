/// A parsed template: the part of Go's `text/template` that rule files use.
indirect enum TemplateNode: Sendable {
    case text(String)
    case action(TemplatePipe)
    case condition(TemplatePipe, then: [TemplateNode], otherwise: [TemplateNode])
    case loop(TemplatePipe, body: [TemplateNode], otherwise: [TemplateNode])
    case with(TemplatePipe, then: [TemplateNode], otherwise: [TemplateNode])
    case call(template: String, TemplatePipe?, offset: Int)
    case leaveLoop
    case nextRound
}

/// `$x := a | b c`: commands, each of which gets what the one before gave as its last argument.
struct TemplatePipe: Sendable {
    var variables: [String] = []
    /// `=` rather than `:=`.
    var isAssignment = false
    var commands: [[TemplateOperand]] = []
    /// Byte offset in the template.
    var offset = 0
}

/// One word of a command.
indirect enum TemplateOperand: Sendable {
    case value(TemplateValue)
    case dot
    case field([String])
    case variable(String, fields: [String])
    case function(String, offset: Int)
    case pipe(TemplatePipe, fields: [String])
}

/// What is wrong in a template.
struct TemplateError: Error, Hashable {
    var message: String
    /// Byte offset in the template.
    var offset: Int
}

/// What a part of a template evaluates to.
enum TemplateValue: Sendable, Hashable {
    case nothing
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(String)
    /// Seconds since the epoch.
    case time(Double)
    case list([TemplateValue])
    case map([String: TemplateValue])
    /// The labels of an alert or a sample: what is missing is empty.
    case labels([String: String])
    case sample(labels: [String: String], value: Double)
    /// `.Labels`, `.Value` and so on.
    case data(TemplateData)

    /// Whether `if` takes it for true: not empty and not zero.
    var isTrue: Bool {
        switch self {
        case .nothing: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let value): !value.isEmpty
        case .map(let value): !value.isEmpty
        case .labels(let value): !value.isEmpty
        case .sample, .data, .time: true
        }
    }

    /// Its type in Go's words, for messages.
    var typeName: String {
        switch self {
        case .nothing: "<nil>"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .time: "*time.Time"
        case .list: "template.queryResult"
        case .map: "map[string]interface {}"
        case .labels: "map[string]string"
        case .sample: "*template.sample"
        case .data: "template data"
        }
    }

    /// As Go's `%v`.
    var shown: String {
        switch self {
        case .nothing: return "<no value>"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return String(value)
        case .float(let value): return GoNumber.format(value, .g)
        case .string(let value): return value
        case .time(let value): return HumanText.timestamp(value)
        case .list(let items): return "[" + items.map(\.shown).joined(separator: " ") + "]"
        case .map(let entries):
            let parts = entries.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.shown)" }
            return "map[" + parts.joined(separator: " ") + "]"
        case .labels(let labels): return TemplateValue.map(labels.mapValues { .string($0) }).shown
        case .sample(let labels, let value):
            return "{\(TemplateValue.labels(labels).shown) \(TemplateValue.float(value).shown)}"
        case .data: return "{…}"
        }
    }
}

/// What a template is filled with.
struct TemplateData: Sendable, Hashable {
    var labels: [String: String] = [:]
    var externalLabels: [String: String] = [:]
    var externalURL = ""
    var value = 0.0

    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "Labels": .labels(labels)
        case "ExternalLabels": .labels(externalLabels)
        case "ExternalURL": .string(externalURL)
        case "Value": .float(value)
        default: nil
        }
    }
}
