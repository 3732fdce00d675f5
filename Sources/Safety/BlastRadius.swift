import Basics

/// What an action touches.
package struct BlastRadius: Sendable, Hashable {
    package var targets: [String]
    /// Transitive, cycles handled.
    package var dependants: [String]
    /// 0…1; nil is unknown and treated as everyone.
    package var customers: Double?
    package var zones: [String]
    /// Something needed to know it is missing; treated as maximal.
    package var isUnknown: Bool
    package var unknownReason: String
    /// How many services the registry has.
    package var registered: Int
    package init(
        targets: [String], dependants: [String], customers: Double?, zones: [String],
        isUnknown: Bool, unknownReason: String, registered: Int = 0
    ) {
        self.targets = targets
        self.dependants = dependants
        self.customers = customers
        self.zones = zones
        self.isUnknown = isUnknown
        self.unknownReason = unknownReason
        self.registered = registered
    }

    /// "touches 1 service, 3 dependants, ~31 % of customers, 2 zones (a, b)".
    package var text: String {
        if isUnknown { return "unknown (\(unknownReason)): treated as everything" }
        let services = "\(targets.count) service\(targets.count == 1 ? "" : "s")"
        let others = "\(dependants.count) dependant\(dependants.count == 1 ? "" : "s")"
        return "touches \(services), \(others), \(customersText)" + zonesText
    }

    private var customersText: String {
        customers.map { "~\(UnitText.percent($0)) of customers" } ?? "customers unknown"
    }

    private static let zonesNamedMax = 3

    private var zonesText: String {
        guard !zones.isEmpty else { return "" }
        let named = zones.prefix(Self.zonesNamedMax).joined(separator: ", ")
        let more = zones.count > Self.zonesNamedMax ? ", …" : ""
        return ", \(zones.count) zone\(zones.count == 1 ? "" : "s") (\(named)\(more))"
    }

    /// Share of the registry's services that are touched directly, 0…1; everything when unknown.
    package var serviceShare: Double {
        guard !isUnknown, registered > 0 else { return 1 }
        return min(1, Double(targets.count) / Double(registered))
    }
    /// Share of customers behind it, 0…1; everyone when unknown.
    package var customerShare: Double { isUnknown ? 1 : customers ?? 1 }

    /// "touches 3 of 12 services, ~31 % of customers".
    package var shareText: String {
        if isUnknown { return text }
        return "touches \(targets.count) of \(registered) services, "
            + (customers == nil ? "customers unknown, so all of them" : customersText)
    }
}
