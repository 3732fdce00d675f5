import Basics
import Logs
import Processes
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// One command whose output is read as a log. Confined to the feed queue.
///
/// ```
/// waiting(until) ──due──▶ running ──output closed──▶ closing ──▶ ended ──▶ waiting(until)
///                            └──────────ended──────────────────────▲
/// ```
/// A command that ends is started again, later each time, and is an error until it delivers. What
/// it writes is taken no faster than the other sources allow: the pipe fills, and it waits.
final class CommandSource {
    private enum Phase {
        /// To be started at this time.
        case waiting(until: BootTime)
        case running(KeptProgram)
        /// Its output ended before it did; it is told to end at this time.
        case closing(KeptProgram, endAt: BootTime)
    }
    /// How the run before ended.
    private struct Ending {
        var what: String
        var why: String
        var next: String
        /// Its last words on the standard error.
        var said: String
        var at: BootTime
    }

    let spec: SourceSpec
    let id: String
    private let words: [String]
    private let limits: FeedLimits
    private let number: Int
    private var phase: Phase
    private var reader: LineReader
    private var lines: StreamedLines
    private var errors: ErrorLines
    private var overlap = RestartOverlap()
    private var losses = FollowLosses()
    private var cursor: String?
    /// The cursor of an entry whose end was not seen yet, in the export format.
    private var openCursor: String?
    private let namesCursor: Bool
    /// Runs begun, the first is 0: the generation of the places of its lines.
    private var run: UInt64 = 0
    private var runStarted: BootTime
    /// Whether the run delivered a line.
    private var hasDelivered = false
    private var failures = 0
    private var ending: Ending?
    private var lastData: Timestamp?
    private var heldSince: BootTime?
    private var repeatedLines = 0
    private var buffer = [UInt8](repeating: 0, count: 8 * 1024)

    /// - Parameter number: by which `Readiness` reports its descriptors.
    init(
        spec: SourceSpec, words: [String], number: Int, limits: FeedLimits, now: ClockReading
    ) {
        self.spec = spec
        id = spec.id
        self.words = words
        self.number = number
        self.limits = limits
        phase = .waiting(until: now.boot)
        runStarted = now.boot
        reader = LineReader(source: id, service: spec.service, limits: limits)
        lines = StreamedLines(lineBytesMax: limits.lineBytesMax)
        errors = ErrorLines(source: id, redactor: limits.redactor)
        namesCursor = JournalCursor.isNamed(by: words)
    }

    /// Starts it when that is due, or reads one bounded piece.
    /// - Returns: whether more can be read at once.
    func turn(
        _ now: ClockReading, zoneOffset: Int, readiness: Readiness, into intake: LineIntake
    ) -> Bool {
        defer { reader.settle(now, into: intake) }
        if case .waiting(let until) = phase {
            guard now.boot >= until else { return false }
            start(now, readiness)
        }
        guard let program else { return false }
        let context = TimeContext(reference: now.wall, zoneOffset: zoneOffset)
        let sink = { (line: Span<UInt8>, offset: Int64, omitted: Int) in
            self.take(line, offset, omitted, context, now, intake)
        }
        let isQuiet = errors.read(program, into: intake)
        // Asked before reading: what a program wrote is in the pipe by the time it has ended.
        let ended = program.peekEnding()
        let (isDry, isOver) = read(program, sink)
        if let heldSince, isDry, now.boot - heldSince >= Self.holdMax {
            giveHeld(context, now, intake)
        }
        if let ended, isDry, isQuiet {
            _ = errors.read(program, into: intake)
            lines.end(sink)
            giveHeld(context, now, intake)
            reader.flush(now.wall, into: intake)
            ending(ended, now)
            return false
        }
        if isOver { closing(program, now) }
        endIfOverdue(now)
        return !isDry || !isQuiet
    }

    /// Lets go of the command: it is ended without waiting for it.
    func end(_ now: ClockReading) { phase = .waiting(until: now.boot) }

    private var program: KeptProgram? {
        switch phase {
        case .waiting: nil
        case .running(let program), .closing(let program, _): program
        }
    }

    private func place(_ offset: Int64) -> LogPlace {
        LogPlace(source: id, generation: run, offset: offset)
    }
}

// MARK: - Lines

extension CommandSource {
    /// How long lines that may be repeated ones are held back.
    private static let holdMax: Duration = .seconds(1)

    /// Reads until nothing waits, the output is over or the bound of a turn is reached.
    private func read(
        _ program: KeptProgram, _ sink: (Span<UInt8>, Int64, Int) -> Void
    ) -> (isDry: Bool, isOver: Bool) {
        guard program.output >= 0 else { return (true, false) }
        var bytes = 0
        let enough = reader.lines + limits.linesPerRoundMax
        while bytes < limits.bytesPerTurnMax, reader.lines < enough {
            let count = buffer.withUnsafeMutableBytes {
                Glibc.read(program.output, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return (true, false) }
            guard count > 0 else {
                program.closeOutput()
                return (true, true)
            }
            bytes += count
            lines.feed(buffer.span.extracting(0..<count), sink)
        }
        return (false, false)
    }

    private func take(
        _ line: Span<UInt8>, _ offset: Int64, _ omitted: Int, _ context: TimeContext,
        _ now: ClockReading, _ intake: LineIntake
    ) {
        guard overlap.isComparing else { return give(line, offset, omitted, context, now, intake) }
        let bytes = line.withUnsafeBufferPointer { Array($0) }
        let held = RestartOverlap.HeldLine(bytes: bytes, offset: offset, omitted: omitted)
        switch overlap.compare(held) {
        case .held: heldSince = now.boot
        case .repeated(let count):
            repeatedLines += count
            heldSince = nil
            delivered(now)
        case .fresh(let fresh): give(fresh, context, now, intake)
        }
    }

    private func giveHeld(_ context: TimeContext, _ now: ClockReading, _ intake: LineIntake) {
        guard heldSince != nil else { return }
        give(overlap.release(), context, now, intake)
    }

    /// Lines that do not go on where the run before ended.
    private func give(
        _ held: [RestartOverlap.HeldLine], _ context: TimeContext, _ now: ClockReading,
        _ intake: LineIntake
    ) {
        heldSince = nil
        let gap = ending.map { TimeText.span(runStarted - $0.at) } ?? "a moment"
        losses.note(
            FollowLoss(
                at: now.wall, path: spec.path, generation: run, offset: held.first?.offset ?? 0,
                reason: .interrupted,
                sentence: "the command was down for \(gap): what was written meanwhile may be "
                    + "missing"))
        for line in held {
            give(line.bytes.span, line.offset, line.omitted, context, now, intake)
        }
    }

    private func give(
        _ line: Span<UInt8>, _ offset: Int64, _ omitted: Int, _ context: TimeContext,
        _ now: ClockReading, _ intake: LineIntake
    ) {
        reader.take(
            line, at: place(offset), omitted: omitted, context, now: now, into: intake)
        if namesCursor {
            noteCursor(line)
        } else {
            overlap.remember(line)
        }
        delivered(now)
    }

    /// Entries of the export format end with an empty line; only then was all of one delivered.
    private func noteCursor(_ line: Span<UInt8>) {
        if line.count == 0 {
            cursor = openCursor ?? cursor
        } else if let found = JournalCursor.found(in: line) {
            openCursor = found
            if line[0] == 0x7B { cursor = found }
        }
    }

    private func delivered(_ now: ClockReading) {
        hasDelivered = true
        lastData = now.wall
    }

    /// The unfinished last line as a record, or nil.
    func provisional(_ now: Timestamp, zoneOffset: Int) -> LogRecord? {
        guard !overlap.isComparing, let partial = lines.provisional else { return nil }
        let context = TimeContext(reference: now, zoneOffset: zoneOffset)
        return reader.provisional(partial.bytes.span, at: place(partial.offset), context)
    }

    /// Completes the open record: what was written up to now was read.
    func flush(_ now: Timestamp, into intake: LineIntake) { reader.flush(now, into: intake) }
}

// MARK: - Starting, ending, starting again

extension CommandSource {
    /// How long a program whose output ended may take to end.
    private static let closingMax: Duration = .seconds(1)

    private func start(_ now: ClockReading, _ readiness: Readiness) {
        do throws(Failure) {
            let program = try launched()
            for descriptor in [program.output, program.errors, program.exitDescriptor] {
                readiness.add(descriptor, as: number)
            }
            if ending != nil { run += 1 }
            runStarted = now.boot
            hasDelivered = false
            errors.restarted()
            if !namesCursor { overlap.restarted() }
            phase = .running(program)
        } catch {
            failed(what: error.what, why: error.why, next: error.next, now)
        }
    }

    private func launched() throws(Failure) -> KeptProgram {
        var words = try CommandLineText.resolved(words)
        if let cursor { words = JournalCursor.resumed(words, after: cursor) }
        do throws(SystemError) {
            return try KeptProgram.start(words, environment: CommandLineText.environment())
        } catch {
            throw Failure("command.notStarted", "The command cannot be started", why: "\(error)")
        }
    }

    private func closing(_ program: KeptProgram, _ now: ClockReading) {
        switch phase {
        case .running: phase = .closing(program, endAt: now.boot + Self.closingMax)
        case .waiting, .closing: break
        }
    }

    /// Ends a program that went on without its output.
    private func endIfOverdue(_ now: ClockReading) {
        guard case .closing(let program, let endAt) = phase, now.boot >= endAt else { return }
        program.end()
    }

    private func ending(_ how: KeptProgram.Ending, _ now: ClockReading) {
        var why = Self.words(how)
        if case .closing(_, let endAt) = phase, now.boot >= endAt {
            why = "it closed its output and went on"
        }
        failed(what: "The command ended", why: why, next: "", now)
    }

    private func failed(what: String, why: String, next: String, _ now: ClockReading) {
        if now.boot - runStarted >= limits.commandHealthyAfter, program != nil { failures = 0 }
        let delay = min(
            limits.commandRestartDelayMax, limits.commandRestartDelay * (1 << min(failures, 10)))
        failures += 1
        ending = Ending(
            what: what, why: why, next: next, said: program == nil ? "" : errors.last, at: now.boot)
        phase = .waiting(until: now.boot + delay)
    }

    private static func words(_ how: KeptProgram.Ending) -> String {
        switch how {
        case .exited(let code): "exit status \(code)"
        case .killed(let signal): "killed by signal \(signal) (\(signalName(signal)))"
        case .lost: "how is not known"
        }
    }

    private static func signalName(_ signal: Int32) -> String {
        strsignal(signal).map { String(cString: $0) } ?? "unknown"
    }
}

// MARK: - Health

extension CommandSource {
    func health(_ now: ClockReading) -> SourceHealth {
        var health = SourceHealth(id: id, kind: spec.kindWord, path: spec.path)
        health.lastData = lastData
        health.linesTotal = reader.lines
        health.linesJoined = reader.joinedLines
        health.redactions = reader.redactions + errors.redactions
        health.losses = losses
        health.detail = detail(now)
        health.state = state(now)
        return health
    }

    private func state(_ now: ClockReading) -> SourceHealth.State {
        if let ending, program == nil || !hasDelivered { return .error(sentence(ending, now)) }
        if program == nil { return .loading }
        let silence = lastData.map { now.wall - $0 } ?? (now.boot - runStarted)
        return silence > limits.silentAfter ? .silent : .ok
    }

    /// What happened, why, and when it goes on.
    private func sentence(_ ending: Ending, _ now: ClockReading) -> String {
        var next =
            "It was started again \(TimeText.span(now.boot - runStarted)) ago and has "
            + "delivered nothing yet"
        if case .waiting(let until) = phase {
            next = "It is started again in \(TimeText.span(max(.seconds(1), until - now.boot)))"
        }
        let said = errors.last.isEmpty ? ending.said : errors.last
        let why = said.isEmpty ? ending.why : "\(ending.why); it said: \(said)"
        return Failure(
            "source.command", ending.what, subject: spec.path, why: why, unchanged: ending.next,
            next: next
        ).description
    }

    private func detail(_ now: ClockReading) -> String {
        var parts: [String] = []
        if program != nil { parts.append("running for \(TimeText.span(now.boot - runStarted))") }
        if run > 0 { parts.append("started again \(run == 1 ? "once" : "\(run) times")") }
        if let ending, program != nil { parts.append("before that: \(ending.why)") }
        if !errors.last.isEmpty { parts.append("it said: \(errors.last)") }
        if losses.total > 0 {
            let times = losses.total == 1 ? "once" : "\(losses.total) times"
            parts.append("lines may have been lost \(times)")
        }
        if repeatedLines > 0 { parts.append("\(repeatedLines) repeated lines left out") }
        if lines.cutLines > 0 { parts.append("\(lines.cutLines) over-long lines cut") }
        return parts.joined(separator: "; ")
    }
}
