import Basics
import Incidents
import Playbooks
import Safety

#if canImport(Glibc)
    import Glibc
#endif

/// The emergency-stop files: where they are, whether their absence is proven, setting and clearing.
///
/// A file that appears and disappears between two looks is remembered (`StopWatch`): it reads as
/// present until `clear`. Copies share that memory; the first `read` begins it.
package struct StopFiles: Sendable {
    package static let defaultPath = "/etc/incident-response/EMERGENCY_STOP"
    package static let fileName = "EMERGENCY_STOP"

    /// Every file that is read, in order.
    package let paths: [String]
    /// The file of users without root, in the program's state directory.
    private let stateFile: String?
    /// What `set` and `clear` may touch: everything, or a drill's own files.
    private let own: [String]
    private let watch: StopWatch

    /// - Parameters:
    ///   - paths: every file to read; the first writable one is written by `set`.
    ///   - stateFile: the one of `paths` in the state directory; it is written as well, and its
    ///     directory need not exist yet.
    ///   - drillFiles: nil outside drills; in a drill, the only files it writes and removes.
    ///   - usesInotify: false watches by the directories' modification times alone.
    package init(
        paths: [String], stateFile: String? = nil, drillFiles: [String]? = nil,
        usesInotify: Bool = true
    ) {
        var all: [String] = []
        for path in paths + (stateFile.map { [$0] } ?? []) + (drillFiles ?? [])
        where !all.contains(where: { NameRule.same($0, path) }) { all.append(path) }
        self.paths = all
        self.stateFile = stateFile
        own = drillFiles ?? all
        watch = StopWatch(paths: all, stateFile: stateFile, usesInotify: usesInotify)
    }

    /// The files of a configuration. `stateDirectory` is the program's own,
    /// `$XDG_STATE_HOME/warroom`.
    package init(configuration: Configuration, stateDirectory: String) {
        self.init(
            paths: Self.paths(configuration: configuration, stateDirectory: stateDirectory),
            stateFile: Self.stateFile(stateDirectory),
            drillFiles: configuration.isDrill ? configuration.stopFiles : nil)
    }

    /// The default file, the configured ones, and the state directory's.
    package static func paths(configuration: Configuration, stateDirectory: String) -> [String] {
        [defaultPath] + configuration.stopFiles + [stateFile(stateDirectory)]
    }

    private static func stateFile(_ stateDirectory: String) -> String {
        stateDirectory + "/" + fileName
    }

    /// What is known about every file: as it is now, and a file that was there since the last
    /// `clear` as present.
    package func read() -> [StopState.FileState] {
        // Before the look: a file that comes in between is seen by the look.
        let seen = watch.seen()
        return readNow().map { file in
            guard file.presence == .absent, let what = seen[file.path] else { return file }
            return StopState.FileState(
                path: file.path, presence: .present(reason: "\(what), and is gone again"))
        }
    }

    /// What is known about every file at this moment, without memory: for rooms that only watch.
    package func readNow() -> [StopState.FileState] {
        paths.map { path in
            StopState.FileState(
                path: path, presence: StopProbe.presence(of: path, rule: rule(path)))
        }
    }

    /// Why a file that comes and goes between two looks might be missed, or nil.
    package var watchFailure: String? {
        watch.failure.map {
            "the kernel does not report changes beside the emergency-stop files (\($0)); the "
                + "directories' times are looked at instead"
        }
    }

    private func rule(_ path: String) -> StopProbe.MissingDirectory {
        if NameRule.same(path, Self.defaultPath) { return .provesBelowRoot }
        // The state directory appears with the first incident.
        if let stateFile, NameRule.same(path, stateFile) { return .provesBelowUs }
        return .unproven
    }

    /// Writes the first of the own files that can be written, and the state directory's. A file
    /// that is there already counts as written and keeps its text.
    package func set(reason: String, by actor: Actor, at time: Timestamp) -> (
        written: [String], unreached: [String]
    ) {
        let text = "\(reason) (set by \(actor.name), uid \(actor.uid), \(TimeText.rfc3339(time)))\n"
        var written: [String] = []
        var unreached: [String] = []
        let writesState =
            stateFile.map { state in own.contains { NameRule.same($0, state) } } ?? false
        for path in own where path != stateFile {
            if let error = StopWriter.write(text, to: path) {
                unreached.append("\(path) (\(error))")
            } else {
                written.append(path)
                break
            }
        }
        if let stateFile, writesState {
            StopWriter.makeDirectory(of: stateFile)
            if let error = StopWriter.write(text, to: stateFile) {
                unreached.append("\(stateFile) (\(error))")
            } else {
                written.append(stateFile)
            }
        }
        return (written, unreached)
    }

    /// Whose rooms go on although `written` is there, in a sentence; nil when every room of this
    /// machine reads one of them.
    package func gap(written: [String]) -> String? {
        guard !written.isEmpty,
            !written.contains(where: { NameRule.same($0, Self.defaultPath) })
        else { return nil }
        let isState = written.allSatisfy { path in
            stateFile.map { NameRule.same($0, path) } ?? false
        }
        let whose = isState ? "other users" : "other users with another configuration"
        return "▲ NOT STOPPED: rooms of \(whose), they do not read that file. Press ! there, or "
            + "set it as root: `sudo install -D /dev/null \(Self.defaultPath)`"
    }

    /// Removes the own files and returns those whose absence is still not proven, others' included.
    package func clear() -> [String] {
        watch.forget()
        for path in own { unlink(path) }
        return read().filter { $0.presence != .absent }.map(\.path)
    }
}

/// Writing a stop file so that it is there after a power cut too.
enum StopWriter {
    /// nil when the file is there afterwards.
    static func write(_ text: String, to path: String) -> SystemError? {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else {
            let error = SystemError.current
            return error.code == EEXIST ? nil : error
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        // An empty file stops as well: its text is a courtesy, so a failed write is no failure.
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        fsync(descriptor)
        let directory = open(StopProbe.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
        return nil
    }

    static func makeDirectory(of path: String) {
        let parts = StopProbe.parent(of: path).split(separator: "/")
        for count in parts.indices {
            mkdir("/" + parts[...count].joined(separator: "/"), 0o700)
        }
    }
}
