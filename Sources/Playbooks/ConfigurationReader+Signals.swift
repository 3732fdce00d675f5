import Basics
import Documents
import Incidents
import Metrics

extension ConfigurationReader {
    func readSignals(_ reader: MappingReader) {
        for (name, signal) in reader.namedMappings("signals") {
            let before = context.problems.count
            guard SignalNames.isValid(name) else {
                context.report(
                    signal.node, "\"\(name)\" is not a signal name",
                    expected: "lower-case letters, digits, _ and ., beginning with a letter")
                continue
            }
            let definition = readSignal(name, signal)
            if context.problems.count == before { result.signals.append(definition) }
        }
    }

    private func readSignal(_ name: String, _ reader: MappingReader) -> SignalDefinition {
        typealias Unit = SignalDefinition.Unit
        let promql = reader.requiredString("promql")
        if let node = reader.node("promql") { checkPromQL(promql, node) }
        reader.require("unit")
        let unit = reader.choice("unit", of: Unit.allCases.map(\.rawValue) + ["per_second"])
        let harm = reader.choice("harm", of: SignalDefinition.Harm.allCases.map(\.rawValue))
        let role = reader.choice("role", of: SignalDefinition.Role.allCases.map(\.rawValue))
        let floor = reader.ratio("floor") ?? 0
        if floor < 0, let node = reader.node("floor") {
            context.report(node, "floor is below zero", expected: "0 or more")
        }
        let target = reader.ratio("target")
        reader.finish()
        return SignalDefinition(
            name: name, promql: promql,
            unit: unit == "per_second" ? .perSecond : unit.flatMap(Unit.init(rawValue:)) ?? .count,
            harm: harm.flatMap(SignalDefinition.Harm.init(rawValue:)) ?? .up,
            role: role.flatMap(SignalDefinition.Role.init(rawValue:)) ?? SignalNames.role(of: name),
            floor: floor, target: target, origin: "configuration")
    }

    private func checkPromQL(_ text: String, _ node: YAMLNode) {
        guard let why = PromQLText.problem(text) else { return }
        context.report(node, "promql does not parse: \(why)", expected: "a PromQL expression")
    }
}

/// Checks of expressions that people write.
enum PromQLText {
    /// Why `text` is not an expression, or nil. Slots such as `{service}` count as their value.
    static func problem(_ text: String) -> String? {
        do {
            _ = try Expression.parse(filled(text))
            return nil
        } catch {
            return error.message
        }
    }

    private static func filled(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            let slot = ["{service}", "{version}", "{previous}", "{dependency}"].first {
                rest.hasPrefix($0)
            }
            result += slot == nil ? "{" : "x"
            rest = rest.dropFirst(slot?.count ?? 1)
        }
        return result + rest
    }
}

/// The names that presets give to signals, and what a name says about its role.
package enum SignalNames {
    /// Names that presets use; `saturation.` and `queue.` names may be followed by anything.
    package static let standard = [
        "error_ratio", "latency_p99", "latency_avg", "queue_depth", "traffic", "saturation.cpu",
        "saturation.memory", "saturation.disk", "saturation.load", "saturation.connections",
    ]

    /// `[a-z][a-z0-9_.]*`, at most 64 bytes.
    package static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first), name.utf8.count <= 64
        else { return false }
        return name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2E
        }
    }

    package static func role(of name: String) -> SignalDefinition.Role {
        if name.hasPrefix("error_ratio") { return .errorRatio }
        if name.hasPrefix("latency") { return .latency }
        if name.hasPrefix("saturation") { return .saturation }
        if name.hasPrefix("queue") { return .queue }
        if name.hasPrefix("traffic") { return .traffic }
        return .other
    }
}
