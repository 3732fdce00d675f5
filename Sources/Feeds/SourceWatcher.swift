import Basics
import Logs

/// Notices that something may have changed in the files of the sources, and knows for which of them
/// the kernel does not say so. Confined to the feed queue.
final class SourceWatcher {
    /// What to look at.
    struct Marks {
        /// Sources whose content may have changed.
        var changed: Set<FeedTarget> = []
        /// Sources whose file is complete: closed by its writer or moved to its place.
        var completed: Set<FeedTarget> = []
        /// How often another file got the name of a log, not counting links.
        var arrived: [FeedTarget: Int] = [:]
        /// Logs beside which a name of a rotated part appeared, vanished or moved.
        var rotated: Set<FeedTarget> = []
        /// Globs may match other files.
        var needsDiscovery = false
        var everything = false
    }

    let inotify: Inotify?
    private let pollInterval: Duration
    private var paths: [FeedTarget: String] = [:]
    /// Directory → name in it → sources that this name leads to.
    private var places: [String: [String: Set<FeedTarget>]] = [:]
    /// Where each source stands in `places`.
    private var ways: [FeedTarget: [(directory: String, name: String)]] = [:]
    private var globDirectories: Set<String> = []
    /// Sources on file systems that report no changes, and of which kind.
    private var remote: [FeedTarget: String] = [:]
    private var hasRemoteGlob = false
    /// Sources to which a symbolic link leads: a name on the way is not their file's.
    private var behindLink: Set<FeedTarget> = []

    /// - Parameter usesInotify: false polls alone, as where the kernel has no watches left.
    init(usesInotify: Bool, pollInterval: Duration) {
        inotify = usesInotify ? Inotify() : nil
        self.pollInterval = pollInterval
    }

    /// Watches for names that a glob may match.
    func watch(globDirectory directory: String) {
        guard globDirectories.insert(directory).inserted else { return }
        inotify?.watch(directory)
        if RemoteFileSystem.kind(of: directory) != nil { hasRemoteGlob = true }
    }

    /// Watches every directory on the way to `path` in which a name decides where it leads.
    func watch(_ target: FeedTarget, path: String) {
        paths[target] = path
        walk(target, path)
        remote[target] = RemoteFileSystem.kind(of: PathPattern.directory(of: path))
    }

    private func walk(_ target: FeedTarget, _ path: String) {
        let way = PathPattern.watched(for: path)
        ways[target] = way
        if way.count > 1 { behindLink.insert(target) } else { behindLink.remove(target) }
        for place in way {
            places[place.directory, default: [:]][place.name, default: []].insert(target)
            inotify?.watch(place.directory)
        }
    }

    private func leave(_ target: FeedTarget) {
        for (directory, name) in ways.removeValue(forKey: target) ?? [] {
            places[directory]?[name]?.remove(target)
            if places[directory]?[name]?.isEmpty == true { places[directory]?[name] = nil }
            guard places[directory]?.isEmpty == true else { continue }
            places[directory] = nil
            if !globDirectories.contains(directory) { inotify?.unwatch(directory) }
        }
    }

    /// Watches the open files of a source.
    /// - Returns: whether they must be looked at again, because the watch came after the look.
    func watch(_ target: FeedTarget, files: [Int32], fileSystem: Int64) -> Bool {
        if fileSystem != 0 { remote[target] = RemoteFileSystem.kind(magic: fileSystem) }
        return inotify?.watch(files: files, for: target) ?? false
    }

    /// Takes what the kernel reported since the last call.
    func take() -> Marks {
        var marks = Marks()
        guard let inotify else { return marks }
        let events = inotify.drain()
        if events.isEmpty { return marks }
        if events.overflowed {
            marks.everything = true
            return marks
        }
        marks.changed = events.written
        var moved: Set<FeedTarget> = []
        for (directory, names) in events.completed {
            for name in names { marks.completed.formUnion(places[directory]?[name] ?? []) }
        }
        for (directory, names) in events.arrived {
            for (name, count) in names {
                for target in places[directory]?[name] ?? [] where !behindLink.contains(target) {
                    marks.arrived[target, default: 0] += count
                }
            }
        }
        for (directory, names) in events.renamed {
            if globDirectories.contains(directory) { marks.needsDiscovery = true }
            for name in names {
                moved.formUnion(places[directory]?[name] ?? [])
                for base in RotatedNames.bases(of: name) {
                    marks.rotated.formUnion(places[directory]?[base] ?? [])
                }
            }
        }
        for directory in events.lost {
            if globDirectories.contains(directory) { marks.needsDiscovery = true }
            for targets in (places[directory] ?? [:]).values { moved.formUnion(targets) }
        }
        rewalk(moved)
        marks.changed.formUnion(moved)
        marks.changed.formUnion(marks.rotated)
        return marks
    }

    /// The way to a source may lead through other directories now.
    private func rewalk(_ targets: Set<FeedTarget>) {
        for target in targets {
            guard let path = paths[target] else { continue }
            let now = Set(PathPattern.watched(for: path).map(\.directory))
            if !(ways[target] ?? []).allSatisfy({ now.contains($0.directory) }) { leave(target) }
            walk(target, path)
        }
    }

    /// Watches again what could not be watched or was replaced without an event.
    func refresh() {
        guard let inotify else { return }
        var missing = Set(inotify.replacedDirectories())
        missing.formUnion(inotify.directoryFailures.keys)
        for directory in globDirectories { inotify.watch(directory) }
        for directory in places.keys where inotify.watch(directory) { missing.insert(directory) }
        var moved: Set<FeedTarget> = []
        for directory in missing {
            for targets in (places[directory] ?? [:]).values { moved.formUnion(targets) }
        }
        rewalk(moved)
    }
}

// MARK: - What must be polled

extension SourceWatcher {
    /// Sources whose changes nobody reports; nil when that holds for all.
    var polled: Set<FeedTarget>? {
        guard let inotify, inotify.isAvailable else { return nil }
        var targets = Set(remote.keys).union(inotify.fileFailures.keys)
        for directory in inotify.directoryFailures.keys {
            for found in (places[directory] ?? [:]).values { targets.formUnion(found) }
        }
        return targets
    }

    /// Whether new matches of a glob are not reported.
    var hasPolledGlob: Bool {
        hasRemoteGlob || globDirectories.contains { inotify?.directoryFailures[$0] != nil }
    }

    var isPolling: Bool { polled?.isEmpty != true || hasPolledGlob }

    /// What the health of a source says about how its changes are noticed; empty when the kernel
    /// reports them.
    func note(_ target: FeedTarget) -> String {
        guard let why = pollReason(target) else { return "" }
        return "polled every \(pollInterval.inMilliseconds) ms: \(why)"
    }

    private func pollReason(_ target: FeedTarget) -> String? {
        if let kind = remote[target] { return "\(kind) reports no changes" }
        guard let inotify else { return "inotify is switched off" }
        guard let any = inotify.failure else { return nil }
        if !inotify.isAvailable { return "inotify failed (\(any))" }
        if let error = inotify.fileFailures[target] { return "inotify failed (\(error))" }
        for (directory, error) in inotify.directoryFailures
        where (places[directory] ?? [:]).values.contains(where: { $0.contains(target) }) {
            return "inotify failed (\(error))"
        }
        return nil
    }
}
