import Incidents
import Playbooks

/// Works out whom an action reaches. What cannot be known counts as everything.
package enum Blast {
    /// The reach of an action on `targets`.
    ///
    /// Dependants are the services that need a target, directly or through others. A dependency
    /// cycle among them, a target outside the registry and an empty registry make the radius
    /// unknown.
    package static func radius(
        of targets: [String], services: [String: Service], isFleetWide: Bool
    ) -> BlastRadius {
        if isFleetWide { return fleet(services) }
        let graph = Graph(services)
        let dependants = graph.dependants(of: targets)
        let reached = (targets + dependants).compactMap { SlotRule.entry($0, in: services) }
        let zones = Set(
            targets.compactMap { SlotRule.entry($0, in: services) }.flatMap(\.zones.keys))
        let why = unknownReason(targets, services, graph, reached: targets + dependants)
        return BlastRadius(
            targets: targets, dependants: dependants,
            customers: why == nil ? customers(of: reached) : nil, zones: zones.sorted(),
            isUnknown: why != nil, unknownReason: why ?? "")
    }

    private static func fleet(_ services: [String: Service]) -> BlastRadius {
        BlastRadius(
            targets: services.keys.sorted(), dependants: [], customers: 1,
            zones: Set(services.values.flatMap(\.zones.keys)).sorted(), isUnknown: services.isEmpty,
            unknownReason: services.isEmpty ? "the service registry is empty" : "")
    }

    private static func unknownReason(
        _ targets: [String], _ services: [String: Service], _ graph: Graph, reached: [String]
    ) -> String? {
        if services.isEmpty { return "the service registry is empty" }
        if targets.isEmpty { return "no target is named" }
        if let missing = targets.first(where: { SlotRule.entry($0, in: services) == nil }) {
            return "\(missing) is not in the service registry"
        }
        return graph.cycle(among: reached).map {
            "the registry's dependencies run in a circle: \($0)"
        }
    }

    /// The largest share among those reached, since they mostly serve the same people; nil when one
    /// of them is unknown.
    private static func customers(of services: [Service]) -> Double? {
        let shares = services.map(\.customers)
        guard !shares.contains(nil) else { return nil }
        return shares.compactMap(\.self).max()
    }

    /// Who needs whom, by the bytes of the names.
    private struct Graph {
        /// Service → the services that need it.
        private var neededBy: [[UInt8]: [String]] = [:]

        init(_ services: [String: Service]) {
            for (name, service) in services {
                for dependency in service.dependsOn {
                    neededBy[Array(dependency.utf8), default: []].append(name)
                }
            }
        }

        func dependants(of targets: [String]) -> [String] {
            var seen = Set(targets.map { Array($0.utf8) })
            var waiting = targets
            var found: [String] = []
            while let name = waiting.popLast() {
                for dependant in neededBy[Array(name.utf8)] ?? [] {
                    guard seen.insert(Array(dependant.utf8)).inserted else { continue }
                    found.append(dependant)
                    waiting.append(dependant)
                }
            }
            return found.sorted()
        }

        /// One dependency cycle through any of `names`, as text.
        func cycle(among names: [String]) -> String? {
            for name in names.sorted() {
                let direct = neededBy[Array(name.utf8)] ?? []
                if direct.contains(where: { NameRule.same($0, name) }) {
                    return "\(name) → \(name)"
                }
                let beyond = dependants(of: direct) + direct
                if beyond.contains(where: { NameRule.same($0, name) }) {
                    return "\(name) → … → \(name)"
                }
            }
            return nil
        }
    }
}
