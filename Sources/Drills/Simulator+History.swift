import Basics

extension Simulator {
    /// How far the recorded metrics reach back: the baseline's hour and the five minutes it spares.
    package static let historySpan = Duration.seconds(65 * 60)
    /// Seconds between two points of the recorded history.
    static let historyStep = 30
    /// The last minutes before the opening have the interval of the live dumps, so that a rate over
    /// five minutes never mixes the two.
    static let fineSpan = Duration.seconds(6 * 60)
    /// How far the logs reach back.
    static let logSpan = Duration.seconds(30 * 60)

    /// Writes the hour before the opening: metrics with timestamps, logs, change records.
    func writeHistory() throws(Failure) {
        var moments: [(time: Timestamp, machines: [Machine])] = []
        try DrillFiles.create(paths.deploys, [])
        while clock < start {
            if clock > start - Self.historySpan { moments.append((clock, fleet.machines)) }
            let isFine = clock >= start - Self.fineSpan
            try pass(
                seconds: isFine ? Int(Self.dumpInterval.inSeconds) : Self.historyStep,
                writingLogs: clock >= start - Self.logSpan)
        }
        for (index, service) in scenario.services.enumerated() {
            let text = DumpText(service: service, region: scenario.region)
            let own = moments.map { moment in
                DumpText.Moment(
                    time: moment.time, machines: moment.machines.filter { $0.service == index })
            }
            try DrillFiles.create(paths.history(of: service.name), text.render(own))
        }
        try flushLogs()
    }

    /// Log lines for each of the seconds that passed; the errors of the step stand in its last one.
    func addLogs(from time: Timestamp, seconds: Int) {
        for offset in 0..<seconds {
            let second = time + .seconds(offset)
            for index in scenario.services.indices {
                let machines = fleet.machines.filter { $0.service == index }
                let entry = LogLines.Second(
                    time: second, machines: machines,
                    broken: machines.filter { fleet.strength(of: $0, at: second) > 0.05 },
                    errors: offset == seconds - 1 ? fleet.errorsInStep[index] : 0,
                    extras: extras(of: scenario.services[index].name, at: second))
                pendingLogs[index] += logs[index].lines(entry)
            }
        }
    }

    /// The decoys' lines that are due in one second.
    private func extras(of service: String, at time: Timestamp)
        -> [(level: String, message: String)]
    {
        var extras: [(level: String, message: String)] = []
        let elapsed = Int((time - start).nanoseconds / 1_000_000_000)
        for noise in scenario.decoys.noise where noise.service == service {
            let every = max(1, Int(noise.every.inSeconds))
            if elapsed % every == 0 { extras.append((noise.level, noise.message)) }
        }
        for job in scenario.decoys.jobs where job.service == service {
            guard isRunning(job, at: time), elapsed % 20 == 7 else { continue }
            extras.append(("info", job.message))
        }
        return extras
    }

    private func isRunning(_ job: Scenario.Decoys.Job, at time: Timestamp) -> Bool {
        time >= start + job.at && time < start + job.at + job.lasts
    }

    func setJobs(at time: Timestamp) {
        fleet.busyCores = [:]
        for job in scenario.decoys.jobs where isRunning(job, at: time) {
            guard let index = scenario.services.firstIndex(where: { $0.name == job.service })
            else { continue }
            fleet.busyCores[index, default: 0] += job.cores
        }
    }
}
