import Incidents
import Playbooks

/// Works out whom an action reaches. What cannot be known counts as everything.
package enum Blast {
    /// The reach of an action on `targets`.
    ///
    /// Dependants are the services that need a target, directly or through others. The radius is
    /// unknown with an empty registry, a target outside of it, a dependency that it does not have
    /// (what is missing may need the target), a cycle among those reached, or when `outdated` says
    /// why the registry is not to be trusted.
    package static func radius(
        of targets: [String], services: [String: Service], isFleetWide: Bool,
        outdated: String? = nil
    ) -> BlastRadius {
        if isFleetWide { return fleet(services, outdated) }
        let graph = Graph(services)
        let dependants = graph.dependants(of: targets)
        let reached = (targets + dependants).compactMap { SlotRule.entry($0, in: services) }
        let zones = Set(
            targets.compactMap { SlotRule.entry($0, in: services) }.flatMap(\.zones.keys))
        let why =
            outdated
            ?? unknownReason(targets, services, graph, reached: targets + dependants)
        return BlastRadius(
            targets: targets, dependants: dependants,
            customers: why == nil ? customers(of: reached) : nil, zones: zones.sorted(),
            isUnknown: why != nil, unknownReason: why ?? "", registered: services.count)
    }

    private static func fleet(_ services: [String: Service], _ outdated: String?) -> BlastRadius {
        let why = outdated ?? (services.isEmpty ? "the service registry is empty" : nil)
        return BlastRadius(
            targets: services.keys.sorted(), dependants: [], customers: 1,
            zones: Set(services.values.flatMap(\.zones.keys)).sorted(), isUnknown: why != nil,
            unknownReason: why ?? "", registered: services.count)
    }

    private static func unknownReason(
        _ targets: [String], _ services: [String: Service], _ graph: Graph, reached: [String]
    ) -> String? {
        if services.isEmpty { return "the service registry is empty" }
        if targets.isEmpty { return "no target is named" }
        if let missing = targets.first(where: { SlotRule.entry($0, in: services) == nil }) {
            return "\(missing) is not in the service registry"
        }
        if let dangling = dangling(services) { return dangling }
        return graph.cycle(among: reached).map {
            "the registry's dependencies run in a circle: \($0)"
        }
    }

    /// A dependency on something that the registry does not have.
    private static func dangling(_ services: [String: Service]) -> String? {
        let known = Set(services.keys.map { Array($0.utf8) })
        for (name, service) in services.sorted(by: { $0.key < $1.key }) {
            let missing = service.dependsOn.first { !known.contains(Array($0.utf8)) }
            if let missing {
                return "the registry is incomplete: \(name) needs \(missing), which is not in it"
            }
        }
        return nil
    }

    /// The largest share among those reached, since they mostly serve the same people; nil when one
    /// of them is unknown or is no share.
    private static func customers(of services: [Service]) -> Double? {
        var largest = 0.0
        for service in services {
            guard let share = service.customers, share.isFinite, (0...1).contains(share) else {
                return nil
            }
            largest = max(largest, share)
        }
        return services.isEmpty ? nil : largest
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
