import Basics

/// The simulated machines, and how load, faults and actions move their counters.
struct Fleet: Sendable {
    let scenario: Scenario
    var machines: [Machine] = []
    /// What each service suffered in the last step, by its index: for its logs.
    private(set) var errorsInStep: [Int]
    private var random: SplitMix64
    /// Indices of the services, called ones before their callers.
    private let order: [Int]

    /// What a service hands to its callers.
    private struct Harm {
        /// Share of requests that fail beyond the everyday ones.
        var errors = 0.0
        /// Share of requests that are slow, and how slow they are in the middle (seconds).
        var slow = 0.0
        var slowMedian = 0.0
    }

    /// The fleet as it is at `time`, the canary included if it is there by then.
    init(scenario: Scenario, seed: UInt64, at time: Timestamp) {
        self.scenario = scenario
        random = SplitMix64.stream(seed, "fleet")
        order = Self.calleesFirst(scenario.services)
        errorsInStep = Array(repeating: 0, count: scenario.services.count)
        for (index, service) in scenario.services.enumerated() {
            for (position, zone) in service.zones.enumerated() {
                let isCanary =
                    service.name == scenario.fault.service
                    && scenario.fault.canary?.instance == position + 1
                var machine = Machine(
                    service: index, name: "\(service.name)-\(position + 1)", zone: zone,
                    isImmune: isCanary, version: service.version,
                    startedAt: time - .seconds(3600 * (30 + 7 * index + position)))
                machine.queueDepth = Double(service.queue?.depth ?? 0)
                machine.poolInUse = service.pool?.inUse ?? 0
                preload(&machine, service: service, at: time)
                machines.append(machine)
            }
        }
    }

    /// What the process has counted since its start, so that averages over its life are true.
    private mutating func preload(
        _ machine: inout Machine, service: Scenario.Service, at time: Timestamp
    ) {
        let seconds = (time - machine.startedAt).inSeconds
        let share = 1 / Double(service.zones.count)
        let requests = random.poisson(service.requestsPerSecond * share * seconds)
        let model = LatencyModel(parts: [
            .init(
                weight: 1, median: service.latency.p50.inSeconds,
                sigma: LatencyModel.sigma(of: service.latency))
        ])
        machine.failed = min(requests, random.poisson(Double(requests) * service.errorRatio))
        machine.notFound = min(
            requests - machine.failed, random.poisson(Double(requests) * Self.notFoundRatio))
        machine.succeeded = requests - machine.failed - machine.notFound
        machine.buckets = LatencyModel.bounds.map {
            Int(Double(requests) * model.share(within: $0))
        }
        machine.durationSum = Double(requests) * model.mean
        machine.processorSeconds = Double(requests) * Self.cores(perRequest: model)
    }

    private static let notFoundRatio = 0.004

    /// Processor seconds that one request takes.
    private static func cores(perRequest model: LatencyModel) -> Double {
        0.002 + 0.01 * model.mean
    }

    /// Lets `seconds` pass, ending at `time`.
    mutating func step(to time: Timestamp, seconds: Double) {
        var harms = [Harm](repeating: Harm(), count: scenario.services.count)
        errorsInStep = Array(repeating: 0, count: scenario.services.count)
        let load = loadFactor(at: time)
        for service in order {
            let inherited = inheritedHarm(of: service, from: harms)
            harms[service] = stepService(
                service, inherited: inherited, load: load, time: time, seconds: seconds)
        }
    }

    // MARK: Changes

    /// Makes one instance run `version`.
    mutating func change(_ index: Int, to version: String, at time: Timestamp) {
        let strength = strength(of: machines[index], at: time)
        machines[index].restart(version: version, at: time)
        if version == scenario.fault.version, !machines[index].isImmune {
            machines[index].brokenSince = machines[index].brokenSince ?? time
            machines[index].relieved = nil
        } else if machines[index].brokenSince != nil {
            machines[index].brokenSince = nil
            machines[index].relieved = (time, strength)
        }
    }

    /// Restarts one instance as it is: a broken one breaks again.
    mutating func restart(_ index: Int, at time: Timestamp) {
        machines[index].restart(version: machines[index].version, at: time)
        machines[index].warmUntil = time + .seconds(10)
        if machines[index].brokenSince != nil { machines[index].brokenSince = time }
    }

    func indices(of service: String) -> [Int] {
        machines.indices.filter { scenario.services[machines[$0].service].name == service }
    }

    // MARK: One service

    private mutating func stepService(
        _ service: Int, inherited: Harm, load: Double, time: Timestamp, seconds: Double
    ) -> Harm {
        let definition = scenario.services[service]
        let indices = machines.indices.filter { machines[$0].service == service }
        let serving = indices.filter { !machines[$0].isDrained }
        guard !serving.isEmpty else { return Harm(errors: 1) }
        let pressure = Double(indices.count) / Double(serving.count)
        var harm = Harm(slowMedian: inherited.slowMedian)
        for index in indices {
            let own = strength(of: machines[index], at: time)
            let share = machines[index].isDrained ? 0 : load / Double(serving.count)
            let context = StepContext(
                service: definition, strength: own,
                errorRatio: errorRatio(definition, own: own, inherited, machines[index], time),
                latency: latency(definition, own: own, inherited: inherited, pressure: pressure),
                expected: definition.requestsPerSecond * share * seconds, seconds: seconds,
                extraCores: extraCores(machines[index], at: time))
            count(index, context)
            guard share > 0 else { continue }
            harm.errors +=
                (own * scenario.fault.errorRatio + inherited.errors)
                / Double(serving.count)
            harm.slow += max(own, inherited.slow) / Double(serving.count)
            if own > 0 { harm.slowMedian = slowMedian(definition) }
        }
        harm.errors = min(1, harm.errors)
        return harm
    }

    private struct StepContext {
        var service: Scenario.Service
        var strength: Double
        var errorRatio: Double
        var latency: LatencyModel
        /// Requests.
        var expected: Double
        var seconds: Double
        var extraCores: Double
    }

    /// Adds one step to the counters and sets the gauges of one machine.
    private mutating func count(_ index: Int, _ context: StepContext) {
        let noise = 1 + scenario.traffic.noise * random.normal()
        let requests = random.poisson(max(0, context.expected * noise))
        let failed = min(requests, random.poisson(Double(requests) * context.errorRatio))
        let notFound = min(requests - failed, random.poisson(Double(requests) * Self.notFoundRatio))
        let offset = random.unit()
        machines[index].failed += failed
        machines[index].notFound += notFound
        machines[index].succeeded += requests - failed - notFound
        errorsInStep[machines[index].service] += failed
        // One offset for all bounds keeps the buckets cumulative and their tail fair over time.
        for (bound, limit) in LatencyModel.bounds.enumerated() {
            let share = context.latency.share(within: limit)
            machines[index].buckets[bound] += min(requests, Int(Double(requests) * share + offset))
        }
        machines[index].durationSum += Double(requests) * context.latency.mean
        machines[index].processorSeconds +=
            Double(requests) * Self.cores(perRequest: context.latency)
            + context.extraCores * context.seconds
        setGauges(index, context, failed: failed)
    }

    private mutating func setGauges(_ index: Int, _ context: StepContext, failed: Int) {
        if let queue = context.service.queue {
            // Failed work waits to be tried again and drains within minutes once it succeeds.
            let usual = Double(queue.depth)
            let wears = Curve.exp(-context.seconds / (context.strength > 0.2 ? 600 : 35))
            let added = context.strength * Double(failed) * 0.5
            let backlog = min(usual * 40, machines[index].backlog * wears + added)
            machines[index].backlog = backlog
            machines[index].queueDepth = max(0, usual * (1 + 0.05 * random.normal()) + backlog)
        }
        if let pool = context.service.pool {
            let usual = Double(pool.inUse)
            let wanted = usual * (1 + 1.6 * context.strength) + usual * 0.06 * random.normal()
            machines[index].poolInUse = Int(wanted.rounded()).clamped(to: 0...pool.max)
        }
    }

    // MARK: Harm

    /// How strongly the fault acts on a machine, 0…1.
    func strength(of machine: Machine, at time: Timestamp) -> Double {
        if let since = machine.brokenSince {
            let ramp = max(1, scenario.fault.ramp.inSeconds)
            return ((time - since).inSeconds / ramp).clamped(to: 0...1)
        }
        guard let relieved = machine.relieved else { return 0 }
        let rest = max(1, scenario.fault.recovery.inSeconds * Self.restShare)
        let left = 1 - (time - relieved.at).inSeconds / rest
        return (relieved.strength * left).clamped(to: 0...1)
    }

    /// Of the recovery, this share is what wears off after the last instance has changed.
    static let restShare = 0.4

    private func inheritedHarm(of service: Int, from harms: [Harm]) -> Harm {
        var result = Harm()
        for (name, share) in scenario.services[service].calls.sorted(by: { $0.key < $1.key }) {
            guard let callee = scenario.services.firstIndex(where: { $0.name == name }) else {
                continue
            }
            result.errors += share * harms[callee].errors
            if harms[callee].slow > 0 {
                result.slow += share * harms[callee].slow
                result.slowMedian = max(result.slowMedian, harms[callee].slowMedian)
            }
        }
        result.errors = min(1, result.errors)
        result.slow = min(1, result.slow)
        return result
    }

    private func errorRatio(
        _ service: Scenario.Service, own: Double, _ inherited: Harm, _ machine: Machine,
        _ time: Timestamp
    ) -> Double {
        var ratio = service.errorRatio + own * scenario.fault.errorRatio + inherited.errors
        if let until = machine.warmUntil, time < until { ratio += 0.05 }
        return min(1, ratio)
    }

    private func latency(
        _ service: Scenario.Service, own: Double, inherited: Harm, pressure: Double
    ) -> LatencyModel {
        let sigma = LatencyModel.sigma(of: service.latency)
        // Machines that carry the load of drained ones answer more slowly.
        let median = service.latency.p50.inSeconds * (1 + 0.3 * max(0, pressure - 1))
        let passedOn = (1 - own) * inherited.slow
        var parts = [
            LatencyModel.Part(weight: 1 - own - passedOn, median: median, sigma: sigma)
        ]
        if own > 0 {
            parts.append(
                LatencyModel.Part(weight: own, median: slowMedian(service), sigma: sigma))
        }
        if passedOn > 0 {
            parts.append(
                LatencyModel.Part(
                    weight: passedOn, median: median + inherited.slowMedian, sigma: sigma))
        }
        return LatencyModel(parts: parts)
    }

    private func slowMedian(_ service: Scenario.Service) -> Double {
        service.latency.p50.inSeconds * scenario.fault.latencyFactor
    }

    private func extraCores(_ machine: Machine, at time: Timestamp) -> Double {
        machine.name.hasSuffix("-1") ? busyCores[machine.service] ?? 0 : 0
    }

    /// Processor use of background jobs by service index, set by the simulator as they come and go.
    var busyCores: [Int: Double] = [:]

    private mutating func loadFactor(at time: Timestamp) -> Double {
        let traffic = scenario.traffic
        let turns = time.seconds / traffic.period.inSeconds
        return max(0, 1 + traffic.swing * Curve.sine(turns - turns.rounded(.down)))
    }
}

extension Fleet {
    /// The name of a service that calls itself through others, or nil.
    static func cycle(_ services: [Scenario.Service]) -> String? {
        let calls = Dictionary(services.map { ($0.name, $0.dependsOn) }) { first, _ in first }
        for service in services {
            var seen: Set<String> = []
            var open = service.dependsOn
            while let next = open.popLast() {
                if next == service.name { return next }
                if seen.insert(next).inserted { open += calls[next] ?? [] }
            }
        }
        return nil
    }

    /// Indices of `services`, called ones before their callers. Needs calls without a circle.
    static func calleesFirst(_ services: [Scenario.Service]) -> [Int] {
        var order: [Int] = []
        func visit(_ index: Int) {
            guard !order.contains(index) else { return }
            for name in services[index].dependsOn {
                if let callee = services.firstIndex(where: { $0.name == name }), callee != index {
                    visit(callee)
                }
            }
            order.append(index)
        }
        for index in services.indices { visit(index) }
        return order
    }
}
