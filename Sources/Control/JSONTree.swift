import Basics

/// Any JSON, so that what a room tells about itself can stand inside an answer whose lines this
/// module reads without knowing their content.
package indirect enum JSONTree: Sendable, Codable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    /// The tree of `value`; null for what JSON cannot hold.
    package init(of value: some Encodable) {
        guard let bytes = try? JSONText.encode(value),
            let tree = try? JSONText.decode(JSONTree.self, from: bytes)
        else {
            self = .null
            return
        }
        self = tree
    }

    /// The value of type `type` that this describes; nil when it describes another.
    package func value<Value: Decodable>(_ type: Value.Type) -> Value? {
        guard let bytes = try? JSONText.encode(self) else { return nil }
        return try? JSONText.decode(type, from: bytes)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let list = try? container.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }
}
