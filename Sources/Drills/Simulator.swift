import Basics

/// Writes the files of a small fleet that breaks, and reacts to what the actuator did.
///
/// Time moves in whole simulated seconds, so the files are the same for the same scenario, seed and
/// start whatever steps `advance` is called with; only the moment at which an action is noticed
/// depends on them. Used from one queue at a time.
package final class Simulator {
    package let scenario: Scenario
    package let paths: SimulatorPaths
    /// The simulated time of the fault.
    package let faultAt: Timestamp
    /// Lines of the actuations file that could not be read, complete sentences.
    package var problems: [String] { actuations.problems }

    let seed: UInt64
    let start: Timestamp
    let actuator: [String]
    var fleet: Fleet
    var logs: [LogLines]
    var schedule: [(at: Timestamp, event: Event)] = []
    /// Log text that is not written yet, by service.
    var pendingLogs: [String]
    /// Everything up to here happened.
    private(set) var clock: Timestamp
    private var actuations: ActuationReader
    private var isPrepared = false

    /// How often the dumps are written.
    package static let dumpInterval = Duration.seconds(15)

    enum Event {
        case version(machine: Int, String)
        case record(ChangeRecord)
    }

    /// - Parameters:
    ///   - directory: where everything is written; it must not exist yet, or be empty and private.
    ///   - start: the simulated wall time of the room's opening.
    ///   - actuator: how the drill's actions start the actuator, for example
    ///     `["/usr/bin/warroom", "drill-actuator"]`.
    package init(
        scenario: Scenario, seed: UInt64, directory: String, start: Timestamp, actuator: [String]
    ) throws(Failure) {
        guard directory.hasPrefix("/") else {
            throw Failure(
                "drill.directory", "The drill's directory has no absolute path",
                subject: directory, unchanged: "Nothing was written", exit: .usage)
        }
        guard let program = actuator.first, program.hasPrefix("/") else {
            throw Failure(
                "drill.actuator", "The actuator has no absolute path",
                subject: actuator.first ?? "", unchanged: "Nothing was written", exit: .usage)
        }
        self.scenario = scenario
        self.seed = seed
        self.start = start
        self.actuator = actuator
        paths = SimulatorPaths(directory: directory)
        faultAt = start + scenario.fault.at
        clock = start - Self.historySpan
        fleet = Fleet(scenario: scenario, seed: seed, at: clock)
        logs = scenario.services.map {
            LogLines(service: $0, faultMessage: scenario.fault.message, seed: seed)
        }
        pendingLogs = scenario.services.map { _ in "" }
        actuations = ActuationReader(path: paths.actuations)
    }

    /// The score of this incident before anybody saw anything.
    package var emptyScore: DrillScore {
        DrillScore(scenario: scenario, seed: seed, faultAt: faultAt)
    }

    /// Writes everything that existed before the room opened. Called once, before `advance`.
    package func prepare() throws(Failure) {
        precondition(!isPrepared, "a drill is prepared once")
        try DrillFiles.makePrivateDirectory(paths.directory)
        for folder in [paths.logs, paths.dumps, paths.history] {
            try DrillFiles.makeDirectory(folder)
        }
        try writeDescriptions()
        planChanges()
        try writeHistory()
        try writeDumps()
        isPrepared = true
    }

    /// Writes everything that is due up to `now` (cut to whole seconds). Does nothing when `now` is
    /// not later than before.
    package func advance(to now: Timestamp) throws(Failure) {
        precondition(isPrepared, "a drill is prepared before it runs")
        for actuation in try actuations.next() { react(to: actuation) }
        while clock + .seconds(1) <= now {
            try pass(seconds: 1)
            let isDue = (clock - start).nanoseconds % Self.dumpInterval.nanoseconds == 0
            // An earlier dump of this call would be replaced unread.
            if isDue, clock + Self.dumpInterval > now { try writeDumps() }
        }
        try flushLogs()
    }

    /// Lets time pass: what is scheduled first, then load, then log lines of the last second.
    func pass(seconds: Int, writingLogs: Bool = true) throws(Failure) {
        let next = clock + .seconds(seconds)
        while let first = schedule.first, first.at <= next {
            schedule.removeFirst()
            try apply(first.event, at: first.at)
        }
        setJobs(at: next)
        fleet.step(to: next, seconds: Double(seconds))
        if writingLogs { addLogs(from: clock, seconds: seconds) }
        clock = next
    }

    /// Enters an event behind those of the same time.
    func plan(_ event: Event, at time: Timestamp) {
        let index = schedule.firstIndex { $0.at > time } ?? schedule.count
        schedule.insert((time, event), at: index)
    }

    private func apply(_ event: Event, at time: Timestamp) throws(Failure) {
        switch event {
        case .version(let machine, let version): fleet.change(machine, to: version, at: time)
        case .record(let record): try DrillFiles.append(paths.deploys, Array(record.line.utf8))
        }
    }

    func writeDumps() throws(Failure) {
        for (index, service) in scenario.services.enumerated() {
            let machines = fleet.machines.filter { $0.service == index }
            let text = DumpText(service: service, region: scenario.region)
            try DrillFiles.replace(
                paths.dump(of: service.name), text.render([.init(time: nil, machines: machines)]))
        }
    }

    func flushLogs() throws(Failure) {
        for (index, service) in scenario.services.enumerated() where !pendingLogs[index].isEmpty {
            try DrillFiles.append(paths.log(of: service.name), Array(pendingLogs[index].utf8))
            pendingLogs[index] = ""
        }
    }
}
