import Basics
import CSystem
import Control
import Incidents
import Journals
import Playbooks
import SafeText
import Safety

#if canImport(Glibc)
    import Glibc
#endif

/// Takes an incident over from a room that no longer answers.
///
/// A room that answers keeps its incident: whoever wants command of it takes that by the socket.
/// One that has been silent for 30 s is ended, once it is proven which process it is, so that its
/// lock is free and its journal can be gone on with. What it was running is found by the recovery
/// as an unknown outcome.
package struct TakeOver: Sendable {
    package let incident: IncidentID
    package let directory: String
    package let actor: Actor
    package let settings: SafetySettings
    /// How long a room must be silent.
    package var patience: Duration = .seconds(30)
    /// What is said meanwhile, for people.
    package var say: @Sendable (String) -> Void = { Talk.say($0) }
    private let clock = SystemClock()

    package init(incident: IncidentID, directory: String, actor: Actor, settings: SafetySettings) {
        self.incident = incident
        self.directory = directory
        self.actor = actor
        self.settings = settings
    }

    /// How long a killed process may take to let go of the lock.
    private static let endingMax: Duration = .seconds(10)
    /// How long one question may take; several fit into `patience`.
    private static let turn: Duration = .seconds(3)

    /// Returns when the incident is free.
    ///
    /// - Throws: `takeOver.alive` and `takeOver.noRight` (exit 3), `takeOver.notProven` and
    ///   `takeOver.notOurs` (exit 4). The room is then as it was.
    package func run() throws(Failure) {
        if settings.people != nil {
            let rights = Rights.of(actor, owner: actor, settings: settings)
            guard rights.contains(.command) else { throw noRight }
        }
        guard let holder = RoomAddress.holder(of: directory), isLocked else {
            say("No room holds \(incident): it is free.")
            return
        }
        try waitForSilence(holder)
        // Another room may have come to life, or to its end, in this time.
        guard isLocked else { return }
        guard let now = RoomAddress.holder(of: directory), now == holder else {
            throw notProven(holder, "another room has taken it meanwhile")
        }
        try end(holder)
    }

    // MARK: Silence

    private enum Hearing {
        /// Its socket is there and nothing comes from it.
        case silent
        /// It says itself that its loop stands still.
        case standsStill
        /// No socket of it is found: that proves nothing.
        case nowhere
    }

    /// Asks until the patience is over. Any answer but "my loop stands still" ends this.
    private func waitForSilence(_ holder: RoomAddress.Holder) throws(Failure) {
        let begin = clock.now.boot
        var isSaid = false
        while true {
            let hearing = try listen()
            if hearing == .standsStill {
                say("The room of \(incident) says itself that it stands still.")
                return
            }
            guard isLocked else { return }
            guard hearing == .silent else {
                throw notProven(holder, "no socket of it is found at which it could be asked")
            }
            let left = patience - (clock.now.boot - begin)
            guard left > .zero else { return }
            if !isSaid {
                isSaid = true
                say(
                    "The room of \(incident) (process \(holder.pid)) does not answer; asking for "
                        + "\(TimeText.span(left)) more. Ctrl-C leaves everything as it is.")
            }
            usleep(500_000)
        }
    }

    /// Asks once.
    ///
    /// - Throws: `takeOver.alive` when it answered.
    private func listen() throws(Failure) -> Hearing {
        let answer: Answer
        do throws(Failure) {
            guard let place = try whereToAsk() else { return .nowhere }
            let client = try RoomClient(place, patience: Self.turn)
            answer = try client.ask(Request(.status), patience: Self.turn)
        } catch {
            // Nothing within the patience is silence. Anything else is a sign of life, or proves
            // nothing: another version's answer, a connection that was ended.
            guard error.code == "control.silent" else { return .nowhere }
            return .silent
        }
        if answer.failure?.code == "room.notAnswering" { return .standsStill }
        throw Failure(
            "takeOver.alive", "The room is alive", subject: incident.text, why: "it answered",
            unchanged: "Nothing was taken over",
            next: "Watch it with `warroom open \(incident) --observe`, or take command of it: "
                + "`warroom take-command \(incident) \"REASON\"`",
            exit: .refusedByGate)
    }

    /// The room's socket; nil when none is found. A stopped room whose queue of callers is full
    /// cannot be told by its process any more: what it wrote down counts then.
    private func whereToAsk() throws(Failure) -> RoomPlace? {
        if let place = RoomAddress.room(of: incident, in: directory) { return place }
        guard let path = RoomAddress.recorded(in: directory), let place = try? RoomPlace(at: path)
        else { return nil }
        do throws(Failure) {
            _ = try RoomClient(place, patience: .seconds(1))
            return nil
        } catch {
            if error.code == "control.silent" { throw error }
            return nil
        }
    }

    /// Whether somebody holds the journal's lock now.
    private var isLocked: Bool {
        let path = JournalDirectory(directory).lock
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return access(path, F_OK) == 0 }
        defer { close(descriptor) }
        let result = csystem_lock(descriptor)
        if result == 0 { csystem_unlock(descriptor) }
        return result != 0
    }

    // MARK: The end of the other room

    /// Ends the process that is proven to be the room. The proof: it was named in the lock file in
    /// this boot, and it has that very file open. A handle on the process, taken first, keeps the
    /// signal from ever reaching another one that got its number.
    private func end(_ holder: RoomAddress.Holder) throws(Failure) {
        guard TimeWindow.isSameBoot(holder.bootID, clock.bootID) else {
            throw notProven(holder, "its record is of another boot of this machine")
        }
        let process = csystem_pidfd(holder.pid)
        guard process >= 0 else {
            throw notProven(holder, "process \(holder.pid): \(SystemError(-process))")
        }
        defer { close(process) }
        try prove(holder)
        let result = csystem_signal_process(process, SIGKILL)
        guard result == 0 else {
            throw Failure(
                "takeOver.notOurs", "The silent room cannot be ended", subject: incident.text,
                why: "process \(holder.pid): \(SystemError(-result))",
                unchanged: "Nothing was taken over",
                next: "Its user or root can: run this as \(LoginName.of(holder.uid))")
        }
        say("Ended the silent room: process \(holder.pid).")
        var polled = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
        _ = poll(&polled, 1, Int32(Self.endingMax.inMilliseconds))
        let deadline = clock.now.boot + Self.endingMax
        while isLocked, clock.now.boot < deadline { usleep(20_000) }
        guard !isLocked else {
            throw notProven(holder, "process \(holder.pid) was killed, but its lock is held")
        }
    }

    private func prove(_ holder: RoomAddress.Holder) throws(Failure) {
        var lock = stat()
        guard stat(JournalDirectory(directory).lock, &lock) == 0 else {
            throw notProven(holder, "its lock file is gone")
        }
        let folder = "/proc/\(holder.pid)/fd"
        guard let entries = opendir(folder) else {
            throw Failure(
                "takeOver.notOurs", "The silent room cannot be looked at", subject: incident.text,
                why: "process \(holder.pid): \(SystemError.current)",
                unchanged: "Nothing was taken over",
                next: "Its user or root can: run this as \(LoginName.of(holder.uid))")
        }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var file = stat()
            guard stat("\(folder)/\(name)", &file) == 0 else { continue }
            if file.st_dev == lock.st_dev, file.st_ino == lock.st_ino { return }
        }
        throw notProven(holder, "process \(holder.pid) does not have the lock file open")
    }

    private func notProven(_ holder: RoomAddress.Holder, _ why: String) -> Failure {
        Failure(
            "takeOver.notProven", "It is not proven which process is the silent room",
            subject: incident.text, why: why, unchanged: "Nothing was ended or taken over",
            next: "Look at process \(holder.pid) and end it by hand if it is the room")
    }

    private var noRight: Failure {
        Failure(
            "takeOver.noRight", "This is not for \(actor.name)", subject: incident.text,
            why: "they have no right to command here", unchanged: "Nothing was taken over",
            next: "Rights stand under `people:` in the configuration", exit: .refusedByGate)
    }
}

extension Backend {
    /// Journals that this room's user has taken command from a room that no longer answered.
    ///
    /// - Throws: `takeOver.notWriter` when another room was faster.
    package func recordTakeOver(_ reason: String) throws(Failure) {
        if let why = journal.readOnlyReason {
            throw Failure(
                "takeOver.notWriter", "The incident was not taken over", subject: setup.id.text,
                why: why, unchanged: "Command is where it was",
                next: "Watch it with `warroom open \(setup.id) --observe`")
        }
        let before = journal.incident.commander
        let transfer = CommandTransferred(
            from: before, to: setup.actor.name,
            reason: setup.redaction.redactor.clean(reason), isTakeover: true)
        try journal.append(EventDraft(transfer, by: setup.actor), sync: true)
    }
}
