import Incidents
import Playbooks

/// Which services an action touches one after the other, and in which order: edge, middleware,
/// backend, so that whoever calls is changed before whom it calls.
package enum StageOrder {
    /// The services that `action` spans, in the order in which they are changed; empty for an
    /// action on its target alone.
    /// - Throws: when the registry does not say where one of them belongs, or the target is not one
    ///   of them.
    package static func services(
        of action: CatalogueAction, target: String, services registry: [String: Service]
    ) throws(ArgvTemplate.Defect) -> [String] {
        guard !action.spans.isEmpty else { return [] }
        guard action.spans.contains(where: { NameRule.same($0, target) }) else {
            throw ArgvTemplate.Defect("spans other services than \(target)")
        }
        var places: [(name: String, tier: Int)] = []
        for name in action.spans {
            guard !places.contains(where: { NameRule.same($0.name, name) }) else {
                throw ArgvTemplate.Defect("spans \(name) twice")
            }
            guard let service = SlotRule.entry(name, in: registry) else {
                throw ArgvTemplate.Defect("spans \(name), which is not in the service registry")
            }
            guard let tier = service.tier.flatMap(Service.Tier.allCases.firstIndex) else {
                throw ArgvTemplate.Defect(
                    "spans \(name), whose tier the registry does not say: its turn is unknown")
            }
            places.append((name, tier))
        }
        return places.enumerated().sorted {
            ($0.element.tier, $0.offset) < ($1.element.tier, $1.offset)
        }.map(\.element.name)
    }

    /// The stages of as many equal parts of `steps`, in the order of `services`; nil without any.
    package static func stages(_ services: [String], steps: Int) -> [ActionStage]? {
        guard !services.isEmpty, steps.isMultiple(of: services.count) else { return nil }
        let part = steps / services.count
        return services.enumerated().map { place, service in
            ActionStage(service: service, steps: Array(place * part..<(place + 1) * part))
        }
    }
}

extension ArgvTemplate {
    /// `steps` filled once for each of `services`: wherever a slot for a service holds the target,
    /// it holds that service instead. Without services they are filled once, as they are.
    package static func fill(
        _ steps: [[String]], of action: CatalogueAction, target: String, slots: [String: String],
        services: [String]
    ) throws(Defect) -> [[String]] {
        guard !services.isEmpty else { return try fill(steps, slots: slots) }
        var filled: [[String]] = []
        for service in services {
            var own = slots
            for (name, type) in action.slots where type == .service {
                if own[name].map({ NameRule.same($0, target) }) == true { own[name] = service }
            }
            filled += try fill(steps, slots: own)
        }
        return filled
    }
}
