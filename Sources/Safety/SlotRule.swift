import Basics
import Incidents
import Playbooks

/// What may stand in a slot of a command line. Bytes are compared, never Swift strings: those
/// accept look-alikes of a name.
package enum SlotRule {
    /// Longest value of any slot, in bytes.
    package static let valueBytesMax = 4 * 1024
    /// Longest version, flag or contact name, in bytes.
    package static let nameBytesMax = 128

    /// Why `value` may not stand in a slot of this type, or nil when it may.
    ///
    /// - Parameters:
    ///   - service: whose artefacts a version must be; nil means those of any service.
    ///   - deployed: versions that deploy records named, for a service whose versions come from
    ///     such records (`versions: {from: …}`).
    package static func validate(
        _ value: String, type: CatalogueAction.SlotType, configuration: Configuration,
        service: String? = nil, deployed: [String] = []
    ) -> String? {
        if let defect = defectOfShape(value) { return defect }
        switch type {
        case .service: return unregistered(value, configuration)
        case .revision, .version: return version(value, configuration, service, deployed)
        case .environment: return environment(value, configuration)
        case .integer: return integer(value)
        case .flagID, .contact: return name(value, of: type.rawValue)
        }
    }

    /// The registry's entry whose name is these bytes.
    package static func entry(_ name: String, in services: [String: Service]) -> Service? {
        services.first { NameRule.same($0.key, name) }?.value
    }

    private static func defectOfShape(_ value: String) -> String? {
        let bytes = Array(value.utf8)
        if bytes.isEmpty { return "is empty" }
        if bytes.count > valueBytesMax { return "is longer than 4 KiB" }
        if bytes.contains(0) { return "contains a NUL byte" }
        if bytes.contains(where: { $0 >= 0x80 }) { return "contains non-ASCII characters" }
        if bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "contains white space or control characters"
        }
        if bytes.first == 0x2D { return "starts with \"-\", so a program would read an option" }
        if let bad = bytes.first(where: { Array("@=:/".utf8).contains($0) }) {
            return "contains \"\(Unicode.Scalar(bad))\""
        }
        return nil
    }

    private static func unregistered(_ value: String, _ configuration: Configuration) -> String? {
        guard NameRule.isServiceName(value), !containsDoubleDot(value) else {
            return "is not a service name"
        }
        guard entry(value, in: configuration.services) != nil else {
            return "is not in the service registry"
        }
        return nil
    }

    private static func version(
        _ value: String, _ configuration: Configuration, _ service: String?, _ deployed: [String]
    ) -> String? {
        if let defect = name(value, of: "version") { return defect }
        if value.utf8.allSatisfy({ $0 == 0x30 }) {
            return "means \"the previous one\", whatever that is by then"
        }
        if movingNames.contains(where: { NameRule.same($0, asciiLowercased(value)) }) {
            return "is a moving name, not an artefact"
        }
        var known = deployed
        if let service {
            known += entry(service, in: configuration.services)?.versions ?? []
        } else {
            known += configuration.services.values.flatMap { $0.versions ?? [] }
        }
        guard known.contains(where: { NameRule.same($0, value) }) else {
            return known.isEmpty
                ? "cannot be checked: no artefact versions are known"
                : "is not a known artefact version"
        }
        return nil
    }

    /// Names that point to something else tomorrow.
    private static let movingNames = [
        "latest", "stable", "main", "master", "head", "edge", "nightly", "previous", "current",
    ]

    private static func environment(_ value: String, _ configuration: Configuration) -> String? {
        guard let environment = DeploymentEnvironment(exactly: value) else {
            return "is none of dev, staging, canary, production"
        }
        return environment == configuration.environment
            ? nil : "is not this room's environment, \(configuration.environment.rawValue)"
    }

    private static func integer(_ value: String) -> String? {
        let digits = Array(value.utf8)
        let isNumber = digits.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, digits.count <= 9, digits.count == 1 || digits[0] != 0x30 else {
            return "is not a whole number of at most nine digits"
        }
        return nil
    }

    private static func name(_ value: String, of kind: String) -> String? {
        let bytes = Array(value.utf8)
        let isPlain = bytes.allSatisfy {
            NameRule.isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D || $0 == 0x2B
        }
        guard isPlain, bytes.first.map(NameRule.isAlphanumeric) == true,
            bytes.count <= nameBytesMax, !containsDoubleDot(value)
        else {
            return "is not a \(kind) name (letters, digits, \".\", \"_\", \"-\", \"+\")"
        }
        return nil
    }

    private static func containsDoubleDot(_ value: String) -> Bool {
        zip(value.utf8, value.utf8.dropFirst()).contains { $0 == 0x2E && $1 == 0x2E }
    }

    private static func asciiLowercased(_ value: String) -> String {
        String(
            decoding: value.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
