import Basics
import Synchronization

@testable import Journals

#if canImport(Glibc)
    import Glibc
#endif

/// One disk in memory, with what a page cache does: bytes and names that were not synced are seen
/// by everybody until the power goes, and by nobody afterwards.
final class SimulatedDisk: Sendable {
    /// What the disk refuses next.
    enum Fault: String, CaseIterable, Sendable {
        /// Of a segment.
        case write, sync
        /// Of anything else the journal touches: HEAD, the reserve, blobs.
        case rename, open, directorySync
        /// A few bytes are left for everything.
        case full
    }

    struct Inode {
        var bytes: [UInt8] = []
        /// What a power cut leaves for certain.
        var durable = 0
        var allocated = 0
        /// The process that holds its lock.
        var holder: Int?
    }

    struct Handle {
        var inode: Int
        var isAppending: Bool
        var position = 0
        var process: Int
        var path: String
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var directories: Set<String> = ["/"]
        var handles: [Int32: Handle] = [:]
        var nextInode = 1
        var nextHandle: Int32 = 1000
        var dead: Set<Int> = []
        /// Processes that were told that their segment may not be what they wrote.
        var poisoned: Set<Int> = []
        var faults: [Fault: Int] = [:]
        /// Bytes that still fit; nil means plenty.
        var free: Int?
        /// The process dies inside its next write of a segment, after so many bytes.
        var tornWrite: (process: Int, bytes: Int)?
    }

    let state = Mutex(State())

    /// The calls of one process; after its death none has an effect.
    func files(of process: Int, _ world: World?) -> SimulatedFiles {
        SimulatedFiles(disk: self, process: process, world: world, isDurableView: false)
    }

    /// What would be left if the power went now, at the least.
    var durableView: SimulatedFiles {
        SimulatedFiles(disk: self, process: -1, world: nil, isDurableView: true)
    }

    func isDead(_ process: Int) -> Bool { state.withLock { $0.dead.contains(process) } }
    func isPoisoned(_ process: Int) -> Bool { state.withLock { $0.poisoned.contains(process) } }

    /// Who holds the lock of the journal in the incident directory `path`.
    func holder(of path: String) -> Int? {
        state.withLock { state in
            state.names[JournalDirectory(path).lock].flatMap { state.inodes[$0]?.holder }
        }
    }

    /// Fails the next call of this sort, or `times` of them.
    func arm(_ fault: Fault, times: Int = 1) {
        state.withLock { state in
            if fault == .full { state.free = times } else { state.faults[fault] = times }
        }
    }

    /// Space again, and no more errors.
    func repair() {
        state.withLock { state in
            state.free = nil
            state.faults = [:]
        }
    }

    /// kill -9: locks fall, what was written stays.
    func kill(_ process: Int) { state.withLock { $0.bury(process) } }

    func tearNextWrite(of process: Int, after bytes: Int) {
        state.withLock { $0.tornWrite = (process, bytes) }
    }

    /// Everybody dies. Of what was not synced an arbitrary beginning is left, sometimes followed by
    /// zeros (the size reached the disk, the data did not); names likewise are old or new.
    func cutPower(_ random: inout SplitMix) {
        state.withLock { state in
            for process in Set(state.handles.values.map(\.process)) { state.bury(process) }
            for path in Set(state.names.keys).union(state.durableNames.keys).sorted()
            where state.names[path] != state.durableNames[path] {
                if random.chance(50) { state.durableNames[path] = state.names[path] }
            }
            state.names = state.durableNames
            for number in state.inodes.keys.sorted() {
                guard var inode = state.inodes[number] else { continue }
                inode.holder = nil
                let unsynced = inode.bytes.count - inode.durable
                if unsynced > 0 {
                    let kept = inode.durable + random.below(unsynced + 1)
                    let zeros = random.chance(25) ? random.below(unsynced + 1) : 0
                    inode.bytes.removeLast(inode.bytes.count - kept)
                    inode.bytes += [UInt8](repeating: 0, count: zeros)
                }
                inode.durable = inode.bytes.count
                state.inodes[number] = inode
            }
        }
    }
}

/// The file calls of one process on a `SimulatedDisk`.
struct SimulatedFiles: FileSystem {
    let disk: SimulatedDisk
    let process: Int
    let world: World?
    /// Sees only what a power cut would leave; for the checker.
    let isDurableView: Bool

    private func call<Result>(
        _ body: (inout SimulatedDisk.State) -> Swift.Result<Result, SystemError>
    ) throws(SystemError) -> Result {
        world?.touched(by: process)
        let result = disk.state.withLock { state -> Swift.Result<Result, SystemError> in
            state.dead.contains(process) ? .failure(SystemError(EIO)) : body(&state)
        }
        return try result.get()
    }

    private static func fails(_ fault: SimulatedDisk.Fault, _ state: inout SimulatedDisk.State)
        -> Bool
    {
        guard let left = state.faults[fault], left > 0 else { return false }
        state.faults[fault] = left - 1
        return true
    }

    private func isSegment(_ path: String) -> Bool { path.hasSuffix(".wj") }

    private func names(_ state: SimulatedDisk.State) -> [String: Int] {
        isDurableView ? state.durableNames : state.names
    }

    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32 {
        try call { state in
            if flags & O_CREAT != 0, !path.hasSuffix("/lock"), Self.fails(.open, &state) {
                return .failure(SystemError(EIO))
            }
            var inode = names(state)[path]
            if inode != nil, flags & O_CREAT != 0, flags & O_EXCL != 0 {
                return .failure(SystemError(EEXIST))
            }
            if inode == nil {
                guard flags & O_CREAT != 0 else { return .failure(SystemError(ENOENT)) }
                state.inodes[state.nextInode] = SimulatedDisk.Inode()
                state.names[path] = state.nextInode
                inode = state.nextInode
                state.nextInode += 1
            }
            guard let inode else { return .failure(SystemError(ENOENT)) }
            if flags & O_TRUNC != 0 { state.inodes[inode] = SimulatedDisk.Inode() }
            let handle = state.nextHandle
            state.nextHandle += 1
            state.handles[handle] = SimulatedDisk.Handle(
                inode: inode, isAppending: flags & O_APPEND != 0, process: process, path: path)
            return .success(handle)
        }
    }

    func close(_ descriptor: Int32) {
        disk.state.withLock { _ = $0.handles.removeValue(forKey: descriptor) }
    }

    func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        try call { state in
            guard var handle = state.handles[descriptor] else {
                return .failure(SystemError(EBADF))
            }
            let isSegment = isSegment(handle.path)
            if isSegment, Self.fails(.write, &state) {
                state.poisoned.insert(process)
                return .failure(SystemError(EIO))
            }
            var bytes = bytes
            var dies = false
            if isSegment, let torn = state.tornWrite, torn.process == process {
                bytes = bytes.prefix(torn.bytes)
                state.tornWrite = nil
                dies = true
            }
            let start = handle.isAppending ? state.size(handle.inode) : handle.position
            let room = state.room(for: handle.inode, at: start, count: bytes.count)
            if room == 0, !bytes.isEmpty { return .failure(SystemError(ENOSPC)) }
            let written = bytes.prefix(room)
            state.put(written, at: start, in: handle.inode)
            handle.position = start + written.count
            state.handles[descriptor] = handle
            if dies { state.bury(process) }
            return dies ? .failure(SystemError(EIO)) : .success(written.count)
        }
    }

    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        try call { state in
            guard let handle = state.handles[descriptor], let inode = state.inodes[handle.inode]
            else { return .failure(SystemError(EBADF)) }
            let end = isDurableView ? inode.durable : inode.bytes.count
            guard offset < end else { return .success([]) }
            return .success(Array(inode.bytes[offset..<min(end, offset + count)]))
        }
    }

    private func status(_ number: Int, _ state: SimulatedDisk.State) -> FileStatus {
        let inode = state.inodes[number]
        return FileStatus(
            device: 1, inode: UInt64(number),
            size: isDurableView ? inode?.durable ?? 0 : inode?.bytes.count ?? 0,
            isDirectory: false, isRegular: true, modified: Int64(inode?.bytes.count ?? 0),
            owner: 0, permissions: 0o600)
    }

    func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        try call { state in
            guard let handle = state.handles[descriptor] else {
                return .failure(SystemError(EBADF))
            }
            return .success(status(handle.inode, state))
        }
    }

    func status(_ path: String) throws(SystemError) -> FileStatus {
        try call { state in
            if let inode = names(state)[path] { return .success(status(inode, state)) }
            guard state.directories.contains(path) else { return .failure(SystemError(ENOENT)) }
            return .success(
                FileStatus(
                    device: 1, inode: 0, size: 0, isDirectory: true, isRegular: false,
                    modified: 0, owner: 0, permissions: 0o700))
        }
    }

    func synchronizeData(_ descriptor: Int32) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            guard let handle = state.handles[descriptor] else {
                return .failure(SystemError(EBADF))
            }
            if isSegment(handle.path), Self.fails(.sync, &state) {
                state.poisoned.insert(process)
                return .failure(SystemError(EIO))
            }
            let size = state.size(handle.inode)
            state.inodes[handle.inode]?.durable = size
            return .success(())
        }
    }

    func synchronize(_ descriptor: Int32) throws(SystemError) { try synchronizeData(descriptor) }

    func synchronizeDirectory(_ path: String) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            if Self.fails(.directorySync, &state) { return .failure(SystemError(EIO)) }
            let prefix = path + "/"
            let names = Set(state.names.keys).union(state.durableNames.keys)
            for name in names where name.hasPrefix(prefix) {
                state.durableNames[name] = state.names[name]
            }
            return .success(())
        }
    }

    func reserve(_ descriptor: Int32, offset: Int, length: Int) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            guard let handle = state.handles[descriptor] else {
                return .failure(SystemError(EBADF))
            }
            let wanted = offset + length
            if state.room(for: handle.inode, at: offset, count: length) < length {
                return .failure(SystemError(ENOSPC))
            }
            state.allocate(wanted, in: handle.inode)
            return .success(())
        }
    }

    func rename(_ source: String, to target: String) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            if Self.fails(.rename, &state) { return .failure(SystemError(EIO)) }
            guard let inode = state.names.removeValue(forKey: source) else {
                return .failure(SystemError(ENOENT))
            }
            state.names[target] = inode
            return .success(())
        }
    }

    func remove(_ path: String) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            guard let inode = state.names.removeValue(forKey: path) else {
                return .failure(SystemError(ENOENT))
            }
            if let free = state.free {
                state.free = free + (state.inodes[inode]?.allocated ?? 0)
            }
            return .success(())
        }
    }

    func makeDirectory(_ path: String) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            guard state.directories.insert(path).inserted else {
                return .failure(SystemError(EEXIST))
            }
            return .success(())
        }
    }

    func list(_ directory: String) throws(SystemError) -> [String] {
        try call { state in
            let prefix = directory + "/"
            let all = Array(names(state).keys) + state.directories
            let inside = all.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
            return .success(inside.filter { !$0.contains("/") }.map(String.init).sorted())
        }
    }

    func lock(_ descriptor: Int32) throws(SystemError) {
        try call { state -> Result<Void, SystemError> in
            guard let handle = state.handles[descriptor] else {
                return .failure(SystemError(EBADF))
            }
            let holder = state.inodes[handle.inode]?.holder
            if let holder, holder != process, world?.sabotage != .lockGivenTwice {
                return .failure(SystemError(EAGAIN))
            }
            if holder == nil { state.inodes[handle.inode]?.holder = process }
            return .success(())
        }
    }

    func unlock(_ descriptor: Int32) {
        disk.state.withLock { state in
            guard let handle = state.handles.removeValue(forKey: descriptor) else { return }
            if state.inodes[handle.inode]?.holder == process {
                state.inodes[handle.inode]?.holder = nil
            }
        }
    }

    /// ext4.
    func fileSystemType(_ path: String) throws(SystemError) -> Int64 { 0xEF53 }
}

extension SimulatedDisk.State {
    mutating func bury(_ process: Int) {
        dead.insert(process)
        handles = handles.filter { $0.value.process != process }
        for (number, inode) in inodes where inode.holder == process {
            inodes[number]?.holder = nil
        }
    }

    func size(_ inode: Int) -> Int { inodes[inode]?.bytes.count ?? 0 }

    /// How many of `count` bytes still fit at `start`.
    func room(for inode: Int, at start: Int, count: Int) -> Int {
        guard let free else { return count }
        let owned = inodes[inode]?.allocated ?? 0
        return min(count, max(0, owned + free - start))
    }

    mutating func allocate(_ size: Int, in inode: Int) {
        let owned = inodes[inode]?.allocated ?? 0
        guard size > owned else { return }
        if let free { self.free = max(0, free - (size - owned)) }
        inodes[inode]?.allocated = size
    }

    mutating func put(_ bytes: ArraySlice<UInt8>, at start: Int, in inode: Int) {
        allocate(start + bytes.count, in: inode)
        guard let end = inodes[inode]?.bytes.count else { return }
        if start == end {
            inodes[inode]?.bytes.append(contentsOf: bytes)
            return
        }
        let covered = min(end, start + bytes.count)
        inodes[inode]?.bytes.replaceSubrange(start..<covered, with: bytes)
    }
}
