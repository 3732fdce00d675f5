import Actions
import Basics
import Canvas
import Dispatch
import Feeds
import Incidents
import Journals
import Metrics
import Playbooks
import Reports
import Room
import SafeText
import Safety
import Synchronization

/// Everything behind the room that does something: journal, feeds, planner, executor, stop files.
///
/// It carries out effects on its own queues and answers with messages. The order is always journal,
/// then act, then show.
package final class Backend: Sendable {
    package let setup: RoomSetup
    package let clock: any TimeSource
    package let hub: FeedHub
    package let evaluator: Evaluator
    package let journal: RoomJournal
    let stopFiles: any StopKeeping
    let planner: Planner
    let executor: Executor
    let post: @Sendable (Message) -> Void
    let store: SeriesStore
    /// The room's socket, and who is at the other end of it.
    let control = RoomControl()
    /// Keeps samples in the incident's directory; nil in a room that only reads.
    let recorder: SignalRecorder?
    /// Appends; one at a time, in order.
    let journalQueue = DispatchQueue(label: "warroom.journal", qos: .userInitiated)
    /// Looks at the programs of what was approved: hashing a large one must not delay a note.
    let approvalQueue = DispatchQueue(label: "warroom.approvals", qos: .userInitiated)
    /// Runs one action at a time.
    let actionQueue = DispatchQueue(label: "warroom.actions", qos: .userInitiated)
    /// Writes the emergency stop without waiting for anything else.
    private let stopQueue = DispatchQueue(label: "warroom.stop", qos: .userInteractive)
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)
    /// The model as the main loop last left it; gates at execution look at it.
    private let latest: Mutex<Model?> = Mutex(nil)
    private let numbers = Mutex(Numbers())
    private let beats = Atomic(0)
    /// Whether the configuration on the disk is still the one in use.
    let policy: PolicyWatch
    /// What was done in other incidents of this machine.
    let others: AttemptsElsewhere
    /// How often a stop was asked for, counted when it is asked and again when it is carried out.
    let stopOrders = Atomic(0)
    /// Around writing and removing the stop files.
    let stopWriting = Mutex(())

    private struct Numbers {
        var proposal = 0
        var attempt = 0
    }

    package init(
        setup: RoomSetup, clock: any TimeSource, rules: [RuleGroup],
        options: JournalOptions = JournalOptions(), machine: Machine? = nil,
        post: @escaping @Sendable (Message) -> Void
    ) throws(Failure) {
        let machine = machine ?? .real(setup)
        self.setup = setup
        self.clock = clock
        self.post = post
        var options = options
        options.programVersion = Version.text
        journal = try RoomJournal(
            directory: setup.directory, incident: setup.id, clock: clock,
            isObserver: setup.isObserver, options: options,
            scrub: { setup.redaction.redactor.clean($0) }, post: post)
        let store = SeriesStore(retention: Self.retention)
        self.store = store
        let wasStopped = Mutex(false)
        recorder =
            journal.readOnlyReason != nil
            ? nil
            : SignalRecorder(
                store: store, folder: SignalFolders.ofIncident(setup.directory),
                limits: RecordingLimits(folderBytesMax: RecordingLimits.incidentBytesMax),
                clock: clock,
                onChange: { status in wasStopped.withLock { Self.tell(status, &$0, post) } })
        var limits = FeedLimits()
        limits.redactor = setup.redaction.redactor
        hub = FeedHub(specs: setup.sourceSpecs, store: store, clock: clock, limits: limits)
        evaluator = Evaluator(store: store, configuration: setup.configuration, rules: rules)
        stopFiles = machine.stopFiles
        planner = Planner(configuration: setup.configuration)
        policy = PolicyWatch(setup.configuration)
        others = AttemptsElsewhere(
            stateDirectory: setup.stateDirectory, own: setup.id, isDrill: setup.isDrill,
            fileSystem: options.fileSystem)
        executor = Executor(
            journal: journal, clock: clock, stopFiles: stopFiles, runner: machine.runner,
            programs: machine.programs,
            kubeconfigExec: setup.configuration.safety.kubeconfigExec,
            blockedLog: BlockedLog(
                directory: setup.directory, incident: "\(setup.id)", clock: clock,
                scrub: { setup.redaction.redactor.clean($0) }),
            // Whatever is decided is journalled there.
            exclusively: { [journalQueue] body in journalQueue.sync(execute: body) },
            scrub: { Self.lineScrub(setup.redaction.redactor) })
    }

    /// How far back samples are kept: a baseline of an hour, the incident, and room for a long one.
    private static let retention: Duration = .hours(6)

    /// Cleans one output line by line, with the state that secrets across lines need.
    private static func lineScrub(_ redactor: Redactor) -> Executor.LineScrub {
        var cleaner = LineCleaner(redactor: redactor)
        return { line in
            let cleaned = cleaner.clean(line)
            return ScrubbedLine(
                cleaned.text,
                credentials: cleaned.findings.map {
                    ScrubbedLine.Credential(credentialClass: $0.cls, tag: $0.tag)
                })
        }
    }

    // MARK: Opening

    /// The model as the journal leaves it, and what must be written first: the declaration of a new
    /// incident, the unknown outcomes of a room that died.
    package func openModel(size: Size) throws(Failure) -> Model {
        let events = try journal.readAll()
        let incident = Incident(id: setup.id, events: events)
        var model = Model(
            incident: incident,
            access: journal.readOnlyReason.map { .viewer($0) } ?? .writer,
            configuration: setup.configuration, actor: setup.actor, now: clock.now,
            bootID: clock.bootID, size: size)
        model.timeline = events.map { TimelineLine($0) }
        model.speed = setup.speed
        model.stopFiles = stopFilesNow()
        publish(model)
        // What was there before the room must be latched and written down as well.
        if holdUnder(model.stopFiles) { post(.stopFiles(model.stopFiles)) }
        numbers.withLock {
            $0.proposal = Self.lastNumber(incident.mitigations.map(\.proposal.id))
            $0.attempt = Self.lastNumber(incident.attempts.map(\.id))
        }
        if journal.readOnlyReason == nil { try writeOpening(incident) }
        // Until somebody knows when it started, what came since it was opened is new, also to a
        // room that goes on with it.
        let known = incident.startedAt ?? incident.milestones[.acknowledged]?.at
        hub.setIncidentStart(known ?? clock.now.wall)
        return model
    }

    /// The highest number in ids such as M3: counting them would give an id twice, because a number
    /// whose proposal was refused leaves a gap.
    private static func lastNumber(_ ids: [String]) -> Int {
        ids.compactMap { Int($0.dropFirst()) }.max() ?? 0
    }

    private func writeOpening(_ incident: Incident) throws(Failure) {
        if !incident.isOpen && incident.resolution == nil && incident.status != .closed {
            for draft in declaration() { try journal.append(draft, sync: true) }
        }
        for draft in CrashRecovery.findings(for: incident) {
            try journal.append(draft, sync: true)
        }
    }

    private func declaration() -> [EventDraft] {
        let configuration = setup.configuration
        var drafts = [
            EventDraft(
                IncidentOpened(
                    id: setup.id, title: setup.title, environment: configuration.environment,
                    severity: .sev2, service: nil, startedAt: nil,
                    unknowns: ["what is broken", "where", "since when", "recent changes"],
                    isDrill: setup.isDrill), by: setup.actor),
            EventDraft(RoleAssigned(role: .commander, person: setup.actor.name), by: setup.actor),
        ]
        if configuration.environmentIsDeclared {
            drafts.append(
                EventDraft(
                    EnvironmentAnswered(
                        environment: configuration.environment,
                        hasTickets: configuration.hasTickets, hasOnCall: configuration.hasOnCall),
                    by: .automation))
        }
        return drafts
    }

    /// Begins to follow the sources, the stop files and, read-only, the other room's journal.
    package func start() {
        hub.onChange { [self] snapshot in post(.feeds(withRecording(snapshot))) }
        hub.onTick(every: setup.tickInterval) { [self] snapshot in
            evaluate(snapshot)
        }
        for note in setup.redaction.notes { post(.notice(note)) }
        if let why = stopFiles.watchFailure { post(.notice(why)) }
        loadSignals()
        loadLogs()
        hub.start()
        startControl()
        timer.withLock { slot in
            let timer = DispatchSource.makeTimerSource(queue: journalQueue)
            timer.schedule(deadline: .now(), repeating: .milliseconds(250))
            timer.setEventHandler { [self] in beat() }
            timer.activate()
            slot = timer
        }
    }

    /// Four times a second on the journal queue; every fourth time unsynced entries become durable.
    private func beat() {
        watchStopFiles()
        watchPolicy()
        journal.poll()
        if let head = journal.recordHead, head != latestModel?.recordHead {
            post(.recordHead(head))
        }
        if beats.add(1, ordering: .relaxed).newValue % 4 == 0 { journal.sync() }
    }

    /// Evaluates one snapshot and tells the room.
    package func evaluate(_ snapshot: FeedSnapshot) {
        guard let incident = latest.withLock({ $0?.incident }) else { return }
        var findings = evaluator.evaluate(snapshot, incident: incident, now: clock.now.wall)
        findings.feeds = withRecording(findings.feeds)
        post(.observed(findings))
    }

    /// Tells the room when the stop files look different. What was seen holds the executor at once,
    /// before the main loop has written it down, and until the IC clears it. Returns what it saw.
    @discardableResult
    package func watchStopFiles() -> [StopState.FileState] {
        let files = stopFilesNow()
        holdUnder(files)
        let known = latest.withLock { $0?.stopFiles }
        if files != known { post(.stopFiles(files)) }
        return files
    }

    /// A room that only watches takes what was, and its clearing, from the other room's journal.
    private func stopFilesNow() -> [StopState.FileState] {
        journal.readOnlyReason == nil ? stopFiles.read() : stopFiles.readNow()
    }

    /// Latches the executor when these files mean a stop; whether they do.
    @discardableResult
    func holdUnder(_ files: [StopState.FileState]) -> Bool {
        let seen = StopState(files: files, isLatched: false)
        if seen.isOn { executor.latchStop(reason: seen.reason) }
        return seen.isOn
    }

    /// The main loop hands over its model after every change.
    package func publish(_ model: Model) {
        latest.withLock { $0 = model }
        control.published(model)
    }

    /// Lets a running action finish, syncs and closes. Afterwards nothing is written any more.
    package func finish() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
        stopControl()
        hub.stop()
        recorder?.finish()
        executor.commands.close()
        settle()
        journal.sync()
        journal.close()
    }

    /// Waits until every effect handed over so far has been carried out (headless rooms).
    package func settle() {
        settleRecord()
        actionQueue.sync {}
        executor.commands.settle()
        journalQueue.sync {}
    }

    /// Waits until what was handed over so far stands in the journal; actions may still be running.
    package func settleRecord() {
        stopQueue.sync {}
        // An approval is looked at, then journalled, then run.
        approvalQueue.sync {}
        journalQueue.sync {}
    }

    var latestModel: Model? { latest.withLock { $0 } }

    func nextProposal() -> String {
        numbers.withLock {
            $0.proposal += 1
            return "M\($0.proposal)"
        }
    }

    func nextAttempt() -> String {
        numbers.withLock {
            $0.attempt += 1
            return "A\($0.attempt)"
        }
    }

    /// Something beside the room could not be done (a drill's files, say).
    package func tell(_ failure: Failure) { post(.failed(failure)) }

    // MARK: Effects

    /// Carries out one effect. Effects of the screen (`suspend`, `redraw`, `quit`, `setTheme`,
    /// `copy`) belong to whoever owns the screen and do nothing here.
    package func perform(_ effect: Effect, _ model: Model) {
        switch effect {
        case .journal(let drafts, let sync):
            journalQueue.async { [self] in append(drafts, sync: sync) }
        case .propose(let request):
            journalQueue.async { [self] in propose(request) }
        case .approve(let approval):
            approvalQueue.async { [self] in approve(approval, by: setup.actor) }
        case .setStop(let reason):
            stopOrders.add(1, ordering: .sequentiallyConsistent)
            stopQueue.async { [self] in setStop(reason) }
        case .clearStop(let reason):
            let order = stopOrders.load(ordering: .sequentiallyConsistent)
            journalQueue.async { [self] in clearStop(reason, asked: order) }
        case .setIncidentStart(let time): hub.setIncidentStart(time)
        case .makeReport:
            journalQueue.async { [self] in
                post(
                    .report(setup.redaction.redactor.cleanDocument(report(of: model).markdown)))
            }
        case .export: journalQueue.async { [self] in export(model) }
        case .findLogs(let request): hub.find(request) { [post] in post(.logPage($0)) }
        case .runDiagnostic(let request): runDiagnostic(request)
        case .notify(let escalation): notify(escalation: escalation)
        case .rollBackAutomatically(let proposal): rollBackAutomatically(proposal)
        case .copy, .setTheme, .suspend, .redraw, .quit: break
        }
    }

    /// Writes what it can: an entry that is too long has told the room, and the others do not
    /// depend on it. A lost journal takes nothing more.
    private func append(_ drafts: [EventDraft], sync: Bool) {
        if journal.readOnlyReason != nil { return forward(drafts) }
        for draft in drafts {
            do throws(Failure) {
                try journal.append(draft, sync: false)
            } catch  where error.code == "journal.recordTooLong" {
                continue
            } catch {
                return
            }
        }
        if sync { journal.sync() }
    }
    // MARK: Documents

    private func report(of model: Model) -> Report {
        Report(
            incident: model.incident, timeline: model.timeline,
            configuration: setup.configuration, time: clock.now.wall)
    }

    private func export(_ model: Model) {
        let path = setup.directory + "/report.md"
        do throws(Failure) {
            try Exports.write(
                setup.redaction.redactor.cleanDocument(report(of: model).markdown), to: path)
            post(.notice("report written to \(path)"))
        } catch {
            post(.failed(error))
        }
    }
}
