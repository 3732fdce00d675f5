import Incidents
import Playbooks

extension Incident {
    /// Versions of `service` that deploy records named, when the registry takes its versions from
    /// such records; none otherwise.
    package func deployedVersions(of service: String, _ configuration: Configuration) -> [String] {
        guard SlotRule.entry(service, in: configuration.services)?.versionsFrom != nil else {
            return []
        }
        return changes.filter { $0.changeKind == .deploy && NameRule.same($0.service, service) }
            .flatMap { [$0.version] + ($0.previous.map { [$0] } ?? []) }
    }
}
