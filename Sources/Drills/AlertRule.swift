import Basics

/// One alert of the drill's Prometheus rule file.
struct AlertRule: Sendable {
    var name: String
    var expression: String
    var severity: String
    /// Fires when a resource is almost used up.
    var isSaturation = false
    var summary: String

    /// What any such fleet might watch; each must hold for a minute.
    static let all = [
        AlertRule(
            name: "HighErrorRate",
            expression: #"sum by (service) (rate(http_requests_total{code=~"5.."}[2m])) / "#
                + "sum by (service) (rate(http_requests_total[2m])) > 0.02",
            severity: "critical",
            summary: "{{ $labels.service }} fails more than 2 % of its requests"),
        AlertRule(
            name: "HighLatency",
            expression: "histogram_quantile(0.99, sum by (service, le) "
                + "(rate(http_request_duration_seconds_bucket[2m]))) > 1",
            severity: "warning", summary: "p99 of {{ $labels.service }} is above 1 s"),
        AlertRule(
            name: "QueueBacklog", expression: "sum by (service, queue) (queue_depth) > 1500",
            severity: "warning",
            summary: "queue {{ $labels.queue }} has more than 1500 entries"),
        AlertRule(
            name: "PoolSaturated",
            expression: "max by (service) (db_pool_in_use / db_pool_max) > 0.9",
            severity: "warning", isSaturation: true,
            summary: "the connection pool of {{ $labels.service }} is almost used up"),
        AlertRule(
            name: "ProcessorSaturated",
            expression: "max by (service) (rate(process_cpu_seconds_total[2m])) > 0.9",
            severity: "warning", isSaturation: true,
            summary: "an instance of {{ $labels.service }} uses a whole core"),
    ]

    /// The rule file.
    static func file(_ rules: [AlertRule]) -> String {
        var text = "groups:\n  - name: services\n    rules:\n"
        for rule in rules {
            let saturation = rule.isSaturation ? ", saturation: \"true\"" : ""
            text += "      - alert: \(rule.name)\n"
            text += "        expr: \(JSONText.quoted(rule.expression))\n"
            text += "        for: 1m\n"
            text += "        labels: {severity: \(rule.severity)\(saturation)}\n"
            text += "        annotations: {summary: \(JSONText.quoted(rule.summary))}\n"
        }
        return text
    }
}
