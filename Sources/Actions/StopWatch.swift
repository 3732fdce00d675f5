import Basics
import Incidents
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Notices stop files that appear and disappear between two looks, and remembers them.
///
/// The kernel reports what appears in the directories of the stop files (inotify(7)). While a
/// directory does not exist, the nearest one above it is watched for it. A directory that appears,
/// is replaced, or whose changes were too many to report counts as a stop file seen: something may
/// have been in it. Network file systems report only what this machine does.
///
/// Where the kernel has no watch left, the modification time of the directory takes its place; not
/// for the program's own state directory, in which other files come and go.
final class StopWatch: Sendable {
    private struct Place {
        let path: String
        let directory: String
        /// The names from `/` down, the file's own last.
        let parts: [String]
        /// What the kernel reports about: `directory`, or one above it.
        var watched = ""
        var watch: Int32 = -1
        var device: dev_t = 0
        var inode: ino_t = 0
        /// The directory's, for the time without a watch.
        var modified: timespec?
        var seen: String?
    }

    private struct State {
        var descriptor: Int32 = -1
        var hasBegun = false
        var failure: SystemError?
        var places: [Place]
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    }

    private let state: Mutex<State>
    private let stateFile: String?
    private let usesInotify: Bool

    /// - Parameter stateFile: the one in the program's own directory.
    init(paths: [String], stateFile: String?, usesInotify: Bool = true) {
        self.stateFile = stateFile
        self.usesInotify = usesInotify
        let places = paths.filter { $0.utf8.first == 0x2F && !$0.utf8.contains(0) }.map { path in
            Place(
                path: path, directory: StopProbe.parent(of: path),
                parts: path.utf8.split(separator: 0x2F).map { String(decoding: $0, as: UTF8.self) })
        }
        state = Mutex(State(places: places))
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Why the kernel does not report every change, or nil when it does or nobody has looked yet.
    var failure: SystemError? { state.withLock { $0.failure } }

    /// What was seen since the last `forget`, by path. The first call begins the watching.
    func seen() -> [String: String] {
        state.withLock { state in
            look(&state)
            return state.places.reduce(into: [:]) { $0[$1.path] = $1.seen }
        }
    }

    /// Ends the memory of everything that happened up to now.
    func forget() {
        state.withLock { state in
            look(&state)
            for index in state.places.indices { state.places[index].seen = nil }
        }
    }

    private func look(_ state: inout State) {
        if state.hasBegun {
            drain(&state)
            for index in state.places.indices { check(index, &state) }
            return
        }
        state.hasBegun = true
        state.descriptor =
            usesInotify ? inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) : -1
        if state.descriptor < 0 { state.failure = usesInotify ? .current : SystemError(ENOSYS) }
        for index in state.places.indices {
            arm(index, &state)
            state.places[index].modified = Self.status(state.places[index].directory)?.st_mtim
        }
    }

    // MARK: Arming

    private static let mask =
        IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | Int32(IN_ONLYDIR)

    /// Watches the file's directory, or the nearest one above it that exists.
    private func arm(_ index: Int, _ state: inout State) {
        guard state.descriptor >= 0 else { return }
        // Again from below when a directory appeared while the one above it was being armed.
        for _ in 0..<Self.attemptsMax {
            guard let depth = armNearest(index, &state) else { return }
            let place = state.places[index]
            guard depth < place.parts.count - 1 else { return }
            let next = "/" + place.parts[...depth].joined(separator: "/")
            guard Self.status(next) != nil else { return }
        }
    }

    private static let attemptsMax = 8

    /// How many of the path's parts lead to the directory that is watched now; nil when none is.
    private func armNearest(_ index: Int, _ state: inout State) -> Int? {
        let place = state.places[index]
        for depth in stride(from: place.parts.count - 1, through: 0, by: -1) {
            let directory = "/" + place.parts[..<depth].joined(separator: "/")
            let watch = inotify_add_watch(state.descriptor, directory, UInt32(Self.mask))
            if watch < 0 {
                let error = SystemError.current
                if error.code == ENOENT || error.code == ENOTDIR { continue }
                state.failure = error
                state.places[index].watch = -1
                state.places[index].watched = ""
                return nil
            }
            let status = Self.status(directory)
            state.places[index].watched = directory
            state.places[index].watch = watch
            state.places[index].device = status?.st_dev ?? 0
            state.places[index].inode = status?.st_ino ?? 0
            return depth
        }
        return nil
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    // MARK: Looking

    /// Whether what is watched is still what the path leads to.
    private func check(_ index: Int, _ state: inout State) {
        let place = state.places[index]
        guard place.watch >= 0 else {
            checkTime(index, &state)
            return
        }
        let status = Self.status(place.watched)
        if status?.st_ino == place.inode, status?.st_dev == place.device {
            guard !NameRule.same(place.watched, place.directory),
                Self.status(place.directory) != nil
            else { return }
        }
        arm(index, &state)
        let isThere = NameRule.same(state.places[index].watched, place.directory)
        if isThere { note(index, "its directory appeared or was replaced", &state) }
    }

    private func checkTime(_ index: Int, _ state: inout State) {
        let place = state.places[index]
        let now = Self.status(place.directory)?.st_mtim
        state.places[index].modified = now
        let isOwn = stateFile.map { NameRule.same($0, place.path) } ?? false
        guard !isOwn, let now else { return }
        if now.tv_sec != place.modified?.tv_sec || now.tv_nsec != place.modified?.tv_nsec {
            note(index, "its directory changed", &state)
        }
    }

    private func note(_ index: Int, _ what: String, _ state: inout State) {
        guard state.places[index].seen == nil else { return }
        state.places[index].seen = what
    }

    // MARK: Events

    private func drain(_ state: inout State) {
        guard state.descriptor >= 0 else { return }
        while true {
            let count = read(state.descriptor, &state.buffer, state.buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            let bytes = Array(state.buffer[..<count])
            take(bytes, &state)
        }
    }

    /// struct inotify_event: watch, mask, cookie, length of the name, then the name, NUL-padded.
    private func take(_ bytes: [UInt8], _ state: inout State) {
        var offset = 0
        bytes.withUnsafeBytes { raw in
            while offset + 16 <= raw.count {
                let watch = raw.loadUnaligned(fromByteOffset: offset, as: Int32.self)
                let mask = raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                let length = Int(raw.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                let end = min(raw.count, offset + 16 + length)
                let name = raw[(offset + 16)..<end].prefix { $0 != 0 }
                happened(watch, mask, Array(name), &state)
                offset = end
            }
        }
    }

    private func happened(_ watch: Int32, _ mask: UInt32, _ name: [UInt8], _ state: inout State) {
        if mask & UInt32(IN_Q_OVERFLOW) != 0 {
            for index in state.places.indices {
                note(index, "too much happened there to follow", &state)
            }
            return
        }
        guard mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 else { return }
        for index in state.places.indices where state.places[index].watch == watch {
            let place = state.places[index]
            guard NameRule.same(place.watched, place.directory), let last = place.parts.last,
                name.elementsEqual(last.utf8)
            else { continue }
            note(index, "it appeared", &state)
        }
    }
}
