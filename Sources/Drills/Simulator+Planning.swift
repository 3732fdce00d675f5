import Basics

extension Simulator {
    /// Enters every change of the scenario into the schedule, decoys and fault alike.
    func planChanges() {
        let began = start - Self.historySpan
        for (index, service) in scenario.services.enumerated() {
            let version = firstVersion(of: service)
            for machine in fleet.indices(of: service.name) {
                fleet.machines[machine].version = version
            }
            let record = ChangeRecord(
                start - .seconds(3600 * (26 + 5 * (scenario.services.count - index))),
                kind: "deploy", service: service.name,
                version: version, previous: nil, by: "pipeline", summary: "weekly release")
            plan(.record(record), at: began)
        }
        for change in scenario.decoys.changes { plan(change) }
        planCanary()
        planFault()
    }

    /// What a service ran before the decoys touched it.
    private func firstVersion(of service: Scenario.Service) -> String {
        let deploys = scenario.decoys.changes.filter {
            $0.kind == "deploy" && $0.service == service.name && $0.previous != nil
        }
        return deploys.min { $0.at < $1.at }?.previous ?? service.version
    }

    private func plan(_ change: Scenario.Decoys.Change) {
        let time = start + change.at
        let record = ChangeRecord(
            time, kind: change.kind, service: change.service, version: change.version,
            previous: change.previous, by: "pipeline", summary: change.summary)
        plan(.record(record), at: time)
        guard change.kind == "deploy" else { return }
        planVersions(
            fleet.indices(of: change.service), to: change.version, from: time, over: .seconds(40))
    }

    /// The canary has no record of its own: the pipeline reports rollouts.
    private func planCanary() {
        let fault = scenario.fault
        guard let canary = fault.canary else { return }
        let time = start - canary.since
        let machine = fleet.indices(of: fault.service)[canary.instance - 1]
        plan(.version(machine: machine, fault.version), at: time)
    }

    private func planFault() {
        let fault = scenario.fault
        let record = ChangeRecord(
            faultAt, kind: "deploy", service: fault.service, version: fault.version,
            previous: fault.previous, by: "pipeline",
            summary: "rollout of \(fault.version) to \(fault.service)")
        plan(.record(record), at: faultAt)
        let candidates = fleet.indices(of: fault.service).filter {
            !fleet.machines[$0].isImmune
        }
        let count = max(1, Int((Double(candidates.count) * fault.instances).rounded()))
        planVersions(
            Array(candidates.prefix(count)), to: fault.version, from: faultAt, over: fault.rollout)
    }

    /// Changes the machines one after the other.
    func planVersions(
        _ machines: [Int], to version: String, from time: Timestamp, over span: Duration
    ) {
        for (position, machine) in machines.enumerated() {
            let share = machines.count > 1 ? Double(position) / Double(machines.count - 1) : 0
            let offset = Duration.seconds(Int64((span.inSeconds * share).rounded()))
            plan(.version(machine: machine, version), at: time + offset)
        }
    }

    // MARK: Reactions

    /// What an action of the actuator does to the fleet, from this moment on.
    func react(to actuation: Actuation) {
        switch actuation.verb {
        case .rollback:
            changeVersion(actuation, over: scenario.fault.recovery * (1 - Fleet.restShare))
        case .redeploy: changeVersion(actuation, over: scenario.fault.rollout)
        case .restart:
            for machine in fleet.indices(of: actuation.service ?? "") {
                fleet.restart(machine, at: clock)
            }
        case .drain, .undrain:
            for machine in fleet.machines.indices
            where fleet.machines[machine].zone == actuation.zone {
                fleet.machines[machine].isDrained = actuation.verb == .drain
            }
            record(kind: "config", summary: "\(actuation.verb.rawValue) \(actuation.zone ?? "")")
        case .flagOff, .flagOn:
            let state = actuation.verb == .flagOn ? "on" : "off"
            let owner = scenario.decoys.changes.first {
                $0.kind == "flag" && $0.version == actuation.flag
            }
            record(
                kind: "flag", service: owner?.service, version: actuation.flag,
                summary: "\(actuation.flag ?? "flag") \(state)")
        }
    }

    private func changeVersion(_ actuation: Actuation, over span: Duration) {
        guard let service = actuation.service, let revision = actuation.revision else { return }
        let machines = fleet.indices(of: service).filter {
            fleet.machines[$0].version != revision
        }
        let previous = machines.first.map { fleet.machines[$0].version }
        // A rollout that is under way ends where the new one begins.
        let own = Set(fleet.indices(of: service))
        schedule.removeAll { entry in
            if case .version(let machine, _) = entry.event { return own.contains(machine) }
            return false
        }
        record(
            kind: "deploy", service: service, version: revision, previous: previous,
            summary: "\(actuation.verb.rawValue) of \(service) to \(revision)")
        planVersions(
            machines, to: revision, from: clock + .seconds(3), over: max(.zero, span - .seconds(3)))
    }

    private func record(
        kind: String, service: String? = nil, version: String? = nil, previous: String? = nil,
        summary: String
    ) {
        let record = ChangeRecord(
            clock, kind: kind, service: service, version: version, previous: previous,
            by: "drill-actuator", summary: summary)
        plan(.record(record), at: clock)
    }
}
