import Basics

extension Simulator {
    /// Writes the files that say what the room is to read and may run, and who is in the fleet.
    func writeDescriptions() throws(Failure) {
        try DrillFiles.create(paths.rules, Array(AlertRule.file(AlertRule.all).utf8))
        try DrillFiles.create(paths.configuration, Array(configuration.utf8))
        var fleetLines = ""
        for machine in fleet.machines {
            let service = scenario.services[machine.service].name
            fleetLines += "{\"service\":\(JSONText.quoted(service)),"
            fleetLines += "\"instance\":\(JSONText.quoted(machine.name)),"
            fleetLines += "\"zone\":\(JSONText.quoted(machine.zone))}\n"
        }
        try DrillFiles.create(paths.fleet, Array(fleetLines.utf8))
    }

    private var configuration: String {
        """
        # A drill. Everything it names lies in the drill's own directory.
        environment: production
        tickets: false
        on_call: true
        sources:
          metrics:
            - {path: \(quoted(paths.history + "/*.prom")), every: 1d}
            - {path: \(quoted(paths.dumps + "/*.prom")), every: 15s}
          logs:
        \(logSources)
          alerts:
            - {rules: \(quoted(paths.rules))}
          changes:
            - {path: \(quoted(paths.deploys))}
        signals:
          queue_depth: {promql: 'sum(queue_depth)', unit: count, harm: up, floor: 100}
          saturation.pool:
            promql: 'max(db_pool_in_use / db_pool_max)'
            unit: ratio
            harm: up
            target: 0.9
        services:
        \(services)
        actions:
        \(actions)
        slo: {objective: 99.9%, window: 30d, budget_left: 62%}
        stop_files: [\(quoted(paths.stopFile))]
        severity_policy: default

        """
    }

    private func quoted(_ text: String) -> String { JSONText.quoted(text) }

    private var logSources: String {
        scenario.services.map {
            "    - {path: \(quoted(paths.log(of: $0.name))), service: \($0.name)}"
        }.joined(separator: "\n")
    }

    private var services: String {
        scenario.services.map { service in
            let zones = Dictionary(grouping: service.zones) { $0 }.mapValues(\.count)
                .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            let customers = DecimalText.trimmed(service.customers * 100, places: 2)
            return "  \(service.name): {tier: \(service.tier), "
                + "depends_on: [\(service.dependsOn.joined(separator: ", "))], "
                + "customers: \(customers)%, on_call: \(quoted(service.onCall)), "
                + "zones: {\(zones.joined(separator: ", "))}, "
                + "versions: {from: \(quoted(paths.deploys))}}"
        }.joined(separator: "\n")
    }

    /// One argv of the actuator as a YAML list.
    private func step(_ words: String...) -> String {
        let argv = actuator + ["--directory", paths.directory] + words
        return "[" + argv.map(quoted).joined(separator: ", ") + "]"
    }

    /// The catalogue: the right action among others that are harmless, costly or useless here.
    private var actions: String {
        """
          disable-flag:
            title: "disable flag {flag}"
            tier: contained
            risk: low
            steps: [\(step("flag-off", "{flag}"))]
            slots: {flag: flag-id}
            rollback: {steps: [\(step("flag-on", "{flag}"))]}
            tested_in: [staging]
          drain-zone:
            title: "drain zone {zone}"
            tier: contained
            risk: medium
            containment: true
            steps: [\(step("drain", "{zone}"))]
            slots: {zone: flag-id}
            rollback: {steps: [\(step("undrain", "{zone}"))]}
            tested_in: [staging]
          restart-service:
            title: "restart {service}"
            tier: moderate
            risk: medium
            irreversible: true
            steps: [\(step("restart", "{service}"))]
            slots: {service: service}
            tested_in: [staging]
          rollback-deployment:
            title: "roll back {service} to {revision}"
            tier: aggressive
            risk: medium
            steps: [\(step("rollback", "{service}", "{revision}"))]
            slots: {service: service, revision: revision}
            inverse: redeploy
            on_stop: finish
            timeout: 5m
            verify: ["error_ratio at baseline within 5m", "latency_p99 at baseline within 5m"]
            tested_in: [staging]
          redeploy:
            title: "deploy {revision} to {service} again"
            tier: aggressive
            risk: high
            steps: [\(step("redeploy", "{service}", "{revision}"))]
            slots: {service: service, revision: revision}
            inverse: rollback-deployment
            timeout: 5m
        """
    }
}
