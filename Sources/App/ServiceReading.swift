import Actions
import Basics
import Diagnosis
import Incidents
import Metrics
import Playbooks

/// How one service does, from what the room sees: its alerts, the signals that name it, and whether
/// anything is read from it at all.
enum ServiceReading {
    /// Labels that exporters and agents use for a service's name.
    private static let labels = ["service", "service_name", "app", "job"]
    /// Older samples say nothing about now.
    private static let sampleAgeMax: Duration = .seconds(120)
    /// Older observations say nothing about now.
    private static let observationAgeMax: Duration = .seconds(30)

    static func health(
        of service: String, observation: Observation?, _ snapshot: SeriesSnapshot, now: Timestamp
    ) -> ServiceHealth {
        guard let observation, now - observation.time <= observationAgeMax else {
            return .unknown("the room has not looked for \(TimeText.span(observationAgeMax))")
        }
        if let why = harm(to: service, observation) { return .unstable(why) }
        guard isRead(service, snapshot, now) else {
            return .unknown("no source delivers metrics of \(service)")
        }
        return .stable
    }

    private static func harm(to service: String, _ observation: Observation) -> String? {
        let alert = observation.alerts.first { alert in
            alert.isFiring && names(alert.labels.map { ($0.key, $0.value) }, service)
        }
        if let alert { return "alert \(alert.name) fires" }
        for signal in observation.signals where signal.isBad == true {
            let isItsOwn = selectors(signal.definition.promql).contains { names($0, service) }
            let isAffected =
                signal.definition.role == .errorRatio
                && observation.situation.affectedService.map { NameRule.same($0, service) } == true
            if isItsOwn || isAffected {
                let value = signal.value.map { " \(signal.text($0))" } ?? ""
                return "\(signal.definition.name)\(value) is out of its band"
            }
        }
        return nil
    }

    private static func names(_ pairs: [(String, String)], _ service: String) -> Bool {
        pairs.contains { labels.contains($0.0) && NameRule.same($0.1, service) }
    }

    /// The labels that each selector of an expression fixes.
    private static func selectors(_ promql: String) -> [[(String, String)]] {
        guard let expression = try? PromQLExpression.parse(promql) else { return [] }
        return expression.selectors.map { selector in
            selector.matchers.filter { $0.kind == .equal }.map { ($0.name.string, $0.value.string) }
        }
    }

    private static func isRead(
        _ service: String, _ snapshot: SeriesSnapshot, _ now: Timestamp
    ) -> Bool {
        let oldest = (now - sampleAgeMax).milliseconds
        return labels.contains { label in
            snapshot.select([LabelMatcher(equal: ByteText(label), ByteText(service))]).contains {
                $0.newest.map { $0.t >= oldest && !StaleMarker.isStale($0.v) } ?? false
            }
        }
    }
}
