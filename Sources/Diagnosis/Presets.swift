import Playbooks

/// Signals that are recognised from metric names alone, so that plain dumps need no configuration.
package enum Presets {
    /// One signal that is there when all its metrics are.
    struct Entry: Sendable {
        let name: String
        let needs: [String]
        let promql: String
        let unit: SignalDefinition.Unit
        let role: SignalDefinition.Role
        var floor = 0.0
        var target: Double?
        let origin: String
        var harm = SignalDefinition.Harm.up
    }

    /// A family of request counters whose label tells failed requests.
    struct RequestFamily: Sendable {
        let counter: String
        /// Labels that may hold the status, the first with data wins.
        let labels: [String]
        let origin: String
        /// Requests to the monitoring itself: used only when nothing else serves requests.
        var isSelf = false
    }

    /// A family of duration histograms.
    struct DurationFamily: Sendable {
        let bucket: String
        let origin: String
        /// Seconds in one unit of the metric.
        var scale = 1.0
        var isSelf = false
    }

    private static let statusLabels = ["code", "status", "status_code", "http_status_code"]
    private static let otelLabels = ["http_response_status_code", "http_status_code"]

    static let requests: [RequestFamily] = [
        RequestFamily(counter: "http_requests_total", labels: statusLabels, origin: "HTTP"),
        RequestFamily(
            counter: "http_server_request_duration_seconds_count", labels: otelLabels,
            origin: "OpenTelemetry"),
        RequestFamily(
            counter: "http_server_duration_milliseconds_count", labels: otelLabels,
            origin: "OpenTelemetry"),
        RequestFamily(
            counter: "http_server_requests_seconds_count", labels: ["status"], origin: "HTTP"),
        RequestFamily(
            counter: "http_request_duration_seconds_count", labels: statusLabels, origin: "HTTP"),
        RequestFamily(
            counter: "nginx_ingress_controller_requests", labels: ["status"], origin: "nginx"),
        RequestFamily(
            counter: "nginx_vts_server_requests_total", labels: ["code"], origin: "nginx"),
        RequestFamily(
            counter: "nginxplus_server_zone_responses", labels: ["code"], origin: "nginx"),
        RequestFamily(
            counter: "haproxy_backend_http_responses_total", labels: ["code"], origin: "HAProxy"),
        RequestFamily(
            counter: "prometheus_http_requests_total", labels: ["code"], origin: "Prometheus",
            isSelf: true),
    ]

    static let durations: [DurationFamily] = [
        DurationFamily(bucket: "http_request_duration_seconds_bucket", origin: "HTTP"),
        DurationFamily(
            bucket: "http_server_request_duration_seconds_bucket", origin: "OpenTelemetry"),
        DurationFamily(
            bucket: "http_server_duration_milliseconds_bucket", origin: "OpenTelemetry",
            scale: 0.001),
        DurationFamily(bucket: "http_server_requests_seconds_bucket", origin: "HTTP"),
        DurationFamily(
            bucket: "nginx_ingress_controller_request_duration_seconds_bucket", origin: "nginx"),
        DurationFamily(
            bucket: "prometheus_http_request_duration_seconds_bucket", origin: "Prometheus",
            isSelf: true),
        DurationFamily(
            bucket: "alertmanager_http_request_duration_seconds_bucket", origin: "Alertmanager",
            isSelf: true),
    ]

    static let table: [Entry] = machine + proxies + databases + queues + kubernetes

    private static let machine: [Entry] = [
        Entry(
            name: "saturation.cpu", needs: ["node_cpu_seconds_total"],
            promql:
                #"max(1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])))"#,
            unit: .ratio, role: .saturation, target: 0.9, origin: "node_exporter"),
        Entry(
            name: "saturation.memory",
            needs: ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"],
            promql: "max(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
            unit: .ratio, role: .saturation, target: 0.9, origin: "node_exporter"),
        Entry(
            name: "saturation.disk",
            needs: ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"],
            promql: #"max(1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|"#
                + #"ramfs|iso9660"} / node_filesystem_size_bytes)"#,
            unit: .ratio, role: .saturation, target: 0.9, origin: "node_exporter"),
        Entry(
            name: "saturation.load", needs: ["node_load5", "node_cpu_seconds_total"],
            promql: "max(sum by (instance) (node_load5) / "
                + #"count by (instance) (node_cpu_seconds_total{mode="idle"}))"#,
            unit: .count, role: .saturation, target: 2, origin: "node_exporter"),
        Entry(
            name: "saturation.files", needs: ["process_open_fds", "process_max_fds"],
            promql: "max(process_open_fds / process_max_fds)", unit: .ratio, role: .saturation,
            target: 0.9, origin: "process"),
        Entry(
            name: "oom_kills", needs: ["node_vmstat_oom_kill"],
            promql: "sum(increase(node_vmstat_oom_kill[5m]))", unit: .count, role: .saturation,
            target: 0, origin: "node_exporter"),
    ]

    private static let proxies: [Entry] = [
        Entry(
            name: "queue.haproxy", needs: ["haproxy_backend_current_queue"],
            promql: "sum(haproxy_backend_current_queue)", unit: .count, role: .queue, floor: 5,
            origin: "HAProxy"),
        Entry(
            name: "saturation.haproxy_sessions",
            needs: ["haproxy_backend_current_sessions", "haproxy_backend_limit_sessions"],
            promql: "max(haproxy_backend_current_sessions / "
                + "(haproxy_backend_limit_sessions > 0))",
            unit: .ratio, role: .saturation, target: 0.9, origin: "HAProxy"),
        Entry(
            name: "saturation.haproxy_connections",
            needs: ["haproxy_process_current_connections", "haproxy_process_max_connections"],
            promql: "max(haproxy_process_current_connections / "
                + "(haproxy_process_max_connections > 0))",
            unit: .ratio, role: .saturation, target: 0.9, origin: "HAProxy"),
        Entry(
            name: "latency.haproxy", needs: ["haproxy_backend_response_time_average_seconds"],
            promql: "max(haproxy_backend_response_time_average_seconds)", unit: .seconds,
            role: .latency, floor: 0.01, origin: "HAProxy"),
        Entry(
            name: "nginx_waiting", needs: ["nginx_connections_waiting"],
            promql: "sum(nginx_connections_waiting)", unit: .count, role: .other, floor: 10,
            origin: "nginx", harm: .none),
        Entry(
            name: "nginx_dropped",
            needs: ["nginx_connections_accepted", "nginx_connections_handled"],
            promql: "sum(rate(nginx_connections_accepted[5m])) - "
                + "sum(rate(nginx_connections_handled[5m]))",
            unit: .perSecond, role: .saturation, floor: 0.1, target: 0.1, origin: "nginx"),
    ]

    private static let databases: [Entry] = [
        Entry(
            name: "saturation.pg_connections",
            needs: ["pg_stat_activity_count", "pg_settings_max_connections"],
            promql: "sum(pg_stat_activity_count) / sum(pg_settings_max_connections)",
            unit: .ratio, role: .saturation, target: 0.9, origin: "PostgreSQL"),
        Entry(
            name: "saturation.pool", needs: ["db_pool_in_use", "db_pool_max"],
            promql: "max(db_pool_in_use / (db_pool_max > 0))", unit: .ratio, role: .saturation,
            target: 0.9, origin: "connection pool"),
        Entry(
            name: "saturation.hikari",
            needs: ["hikaricp_connections_active", "hikaricp_connections_max"],
            promql: "max(hikaricp_connections_active / (hikaricp_connections_max > 0))",
            unit: .ratio, role: .saturation, target: 0.9, origin: "HikariCP"),
        Entry(
            name: "saturation.go_sql",
            needs: ["go_sql_in_use_connections", "go_sql_max_open_connections"],
            promql: "max(go_sql_in_use_connections / (go_sql_max_open_connections > 0))",
            unit: .ratio, role: .saturation, target: 0.9, origin: "Go database/sql"),
        Entry(
            name: "pg_deadlocks", needs: ["pg_stat_database_deadlocks"],
            promql: "sum(rate(pg_stat_database_deadlocks[5m]))", unit: .perSecond, role: .other,
            floor: 0.1, origin: "PostgreSQL"),
        Entry(
            name: "saturation.redis_memory",
            needs: ["redis_memory_used_bytes", "redis_memory_max_bytes"],
            promql: "max(redis_memory_used_bytes / (redis_memory_max_bytes > 0))", unit: .ratio,
            role: .saturation, target: 0.95, origin: "Redis"),
        Entry(
            name: "saturation.redis_clients",
            needs: ["redis_connected_clients", "redis_config_maxclients"],
            promql: "max(redis_connected_clients / (redis_config_maxclients > 0))", unit: .ratio,
            role: .saturation, target: 0.9, origin: "Redis"),
        Entry(
            name: "redis_blocked_clients", needs: ["redis_blocked_clients"],
            promql: "sum(redis_blocked_clients)", unit: .count, role: .other, floor: 5,
            origin: "Redis"),
        Entry(
            name: "redis_rejected", needs: ["redis_rejected_connections_total"],
            promql: "sum(rate(redis_rejected_connections_total[5m]))", unit: .perSecond,
            role: .saturation, target: 0, origin: "Redis"),
        Entry(
            name: "redis_evictions", needs: ["redis_evicted_keys_total"],
            promql: "sum(rate(redis_evicted_keys_total[5m]))", unit: .perSecond, role: .other,
            floor: 1, origin: "Redis"),
    ]

    private static let queues: [Entry] = [
        Entry(
            name: "queue.kafka_lag", needs: ["kafka_consumergroup_lag"],
            promql: "sum(kafka_consumergroup_lag > 0) or 0 * sum(kafka_consumergroup_lag)",
            unit: .count, role: .queue, floor: 100, origin: "Kafka"),
        Entry(
            name: "queue.kafka_lag", needs: ["kafka_consumergroup_group_lag"],
            promql: "sum(kafka_consumergroup_group_lag)", unit: .count, role: .queue, floor: 100,
            origin: "Kafka"),
        Entry(
            name: "queue.rabbitmq", needs: ["rabbitmq_queue_messages_ready"],
            promql: "sum(rabbitmq_queue_messages_ready)", unit: .count, role: .queue, floor: 100,
            origin: "RabbitMQ"),
        Entry(
            name: "queue_depth", needs: ["queue_depth"], promql: "sum(queue_depth)", unit: .count,
            role: .queue, floor: 10, origin: "queue_depth"),
    ]

    private static let kubernetes: [Entry] = [
        Entry(
            name: "kube_restarts", needs: ["kube_pod_container_status_restarts_total"],
            promql: "sum(increase(kube_pod_container_status_restarts_total[10m]))", unit: .count,
            role: .other, floor: 1, origin: "kube-state-metrics"),
        Entry(
            name: "kube_unavailable", needs: ["kube_deployment_status_replicas_unavailable"],
            promql: "sum(kube_deployment_status_replicas_unavailable)", unit: .count,
            role: .other, floor: 1, origin: "kube-state-metrics"),
        Entry(
            name: "kube_pending", needs: ["kube_pod_status_phase"],
            promql: #"sum(kube_pod_status_phase{phase="Pending"})"#, unit: .count, role: .other,
            floor: 1, origin: "kube-state-metrics"),
        Entry(
            name: "saturation.kube_node_pressure", needs: ["kube_node_status_condition"],
            promql: #"sum(kube_node_status_condition{condition=~".*Pressure",status="true"})"#,
            unit: .count, role: .saturation, target: 0, origin: "kube-state-metrics"),
    ]
}

extension Presets {
    /// The definitions for what is there.
    /// - Parameters:
    ///   - names: every metric name that has been read.
    ///   - statusLabel: which of some labels holds a status code on a counter that has data.
    package static func recognise(
        _ names: Set<String>, statusLabel: (_ counter: String, _ labels: [String]) -> String?
    ) -> [SignalDefinition] {
        var definitions = requestSignals(names, statusLabel) + durationSignals(names)
        for entry in table where entry.needs.allSatisfy(names.contains) {
            guard !definitions.contains(where: { $0.name == entry.name }) else { continue }
            definitions.append(
                SignalDefinition(
                    name: entry.name, promql: entry.promql, unit: entry.unit, harm: entry.harm,
                    role: entry.role, floor: entry.floor, target: entry.target,
                    origin: entry.origin))
        }
        return definitions
    }

    private static func requestSignals(
        _ names: Set<String>, _ statusLabel: (String, [String]) -> String?
    ) -> [SignalDefinition] {
        var found: [SignalDefinition] = []
        for family in requests where names.contains(family.counter) {
            if family.isSelf, !found.isEmpty { continue }
            guard let label = statusLabel(family.counter, family.labels) else { continue }
            // One application counter is enough; its duration histogram counts the same requests.
            if found.contains(where: { $0.origin == family.origin }) { continue }
            let suffix = found.isEmpty ? "" : "." + family.origin.lowercased()
            found.append(errorRatio(family, label, suffix))
            found.append(traffic(family, suffix))
        }
        return found.filter { $0.role == .errorRatio } + found.filter { $0.role == .traffic }
    }

    private static func errorRatio(_ family: RequestFamily, _ label: String, _ suffix: String)
        -> SignalDefinition
    {
        let all = "sum(rate(\(family.counter)[5m]))"
        let failed = "sum(rate(\(family.counter){\(label)=~\"5..\"}[5m]))"
        // Without a single failed request there is no such series: the ratio is then 0, but only
        // while requests are counted at all.
        return SignalDefinition(
            name: "error_ratio" + suffix, promql: "\(failed) / \(all) or 0 * \(all)",
            unit: .ratio, harm: .up, role: .errorRatio, floor: 0.001, origin: family.origin)
    }

    private static func traffic(_ family: RequestFamily, _ suffix: String) -> SignalDefinition {
        SignalDefinition(
            name: "traffic" + suffix, promql: "sum(rate(\(family.counter)[5m]))",
            unit: .perSecond, harm: .none, role: .traffic, floor: 0.1, origin: family.origin)
    }

    private static func durationSignals(_ names: Set<String>) -> [SignalDefinition] {
        var found: [SignalDefinition] = []
        for family in durations where names.contains(family.bucket) {
            if family.isSelf, !found.isEmpty { continue }
            if found.contains(where: { $0.origin == family.origin }) { continue }
            let quantile =
                "histogram_quantile(0.99, sum by (le) (rate(\(family.bucket)[5m])))"
            found.append(
                SignalDefinition(
                    name: "latency_p99" + (found.isEmpty ? "" : "." + family.origin.lowercased()),
                    promql: family.scale == 1 ? quantile : "\(quantile) * \(family.scale)",
                    unit: .seconds, harm: .up, role: .latency, floor: 0.01,
                    origin: family.origin))
        }
        return found
    }
}
