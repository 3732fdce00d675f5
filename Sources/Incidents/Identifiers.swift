import Basics

/// An incident's id: `INC-` and four to eight ASCII digits.
///
/// Compared and matched as bytes: Swift's `==` on strings accepts look-alikes (the Kelvin sign for
/// K).
package struct IncidentID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// Nil unless the whole of `text` matches `INC-[0-9]{4,8}`.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (8...12).contains(bytes.count), bytes.starts(with: Array("INC-".utf8)),
            bytes.dropFirst(4).allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        self.text = text
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = IncidentID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected INC- and 4 to 8 digits")
        }
        self = id
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { text }
}

/// The environments there are. Anything else runs nowhere.
package enum DeploymentEnvironment: String, Sendable, Codable, CaseIterable {
    case dev, staging, canary, production

    /// Byte-exact: `Production`, `prod` and `production ` are not environments.
    package init?(exactly text: String) {
        guard
            let match = Self.allCases.first(where: {
                Array($0.rawValue.utf8) == Array(text.utf8)
            })
        else { return nil }
        self = match
    }
}

/// Byte-exact checks of names that reach a command line.
package enum NameRule {
    /// `[a-zA-Z0-9][a-zA-Z0-9._-]{1,63}` over the whole text.
    package static func isServiceName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (2...64).contains(bytes.count), isAlphanumeric(bytes[0]) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
    }

    /// Whether two names are the same bytes.
    package static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    package static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte)
    }
}
