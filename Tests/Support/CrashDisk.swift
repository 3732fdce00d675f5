import Basics
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A disk in memory that can lose power.
///
/// What was not synced may be there afterwards or not, sector by sector (512 bytes) and in any
/// order: old, new, or zeros where the file had grown; a file may have its new size without its new
/// data, or zeros beyond its end up to the page; a name may be there or not until its directory was
/// synced. What was synced is there. Its methods have the shape of the journal's file calls.
package final class CrashDisk: Sendable {
    package enum Operation: Sendable {
        case open, write, syncData, sync, syncDirectory, reserve, rename, remove, makeDirectory
    }
    /// The errno with which a changing call fails: its number counted from 1, and what it is.
    package typealias Plan = @Sendable (_ number: Int, _ operation: Operation) -> Int32?

    package struct Status: Sendable {
        package var inode: Int
        package var size: Int
        package var isDirectory: Bool
    }

    private static let sector = 512
    private static let page = 4096

    private struct Node {
        var isDirectory = false
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
        var writes: [(offset: Int, bytes: [UInt8])] = []
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var changes: [Change] = []
    }
    private enum Change {
        case set(String, Int)
        case remove(String)
        case move(from: String, to: String, Int)

        func apply(to names: inout [String: Int]) {
            switch self {
            case .set(let name, let inode): names[name] = inode
            case .remove(let name): names[name] = nil
            case .move(let from, let to, let inode):
                if names[from] == inode { names[from] = nil }
                names[to] = inode
            }
        }
    }
    private struct Handle {
        var inode: Int
        var position: Int
        var appends: Bool
    }
    private struct State {
        var nodes: [Int: Node] = [1: Node(isDirectory: true)]
        var handles: [Int32: Handle] = [:]
        var locks: [Int: Int32] = [:]
        var nextInode = 2
        var nextHandle: Int32 = 1000
        var count = 0
        var plan: Plan = { _, _ in nil }
    }

    private let state = Mutex(State())

    package init() {}

    /// How many changing calls there were since the plan was set.
    package var count: Int { state.withLock { $0.count } }

    package func setPlan(_ plan: @escaping Plan) {
        state.withLock {
            $0.plan = plan
            $0.count = 0
        }
    }

    // MARK: Losing power

    /// Every open file and lock is gone, and of what was not synced only what `generator` leaves.
    package func crash(_ generator: inout some RandomNumberGenerator) {
        state.withLock { state in
            state.handles = [:]
            state.locks = [:]
            state.plan = { _, _ in nil }
            for inode in state.nodes.keys.sorted() {
                guard var node = state.nodes[inode] else { continue }
                node.bytes = Self.survivor(of: node, &generator)
                node.durable = node.bytes
                node.writes = []
                var names = node.durableNames
                for change in node.changes where Bool.random(using: &generator) {
                    change.apply(to: &names)
                }
                node.names = names
                node.durableNames = names
                node.changes = []
                state.nodes[inode] = node
            }
        }
    }

    private static func survivor(of node: Node, _ generator: inout some RandomNumberGenerator)
        -> [UInt8]
    {
        guard !node.writes.isEmpty else { return node.durable }
        var versions = [node.durable]
        for write in node.writes {
            var next = versions[versions.count - 1]
            Self.write(write.bytes, at: write.offset, to: &next)
            versions.append(next)
        }
        let longest = versions.map(\.count).max() ?? 0
        let size =
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: (longest + page - 1) / page * page
            case 1: Int.random(in: node.durable.count...longest, using: &generator)
            case 2, 3: versions.randomElement(using: &generator)?.count ?? longest
            default: longest
            }
        var bytes = [UInt8](repeating: 0, count: size)
        // Often everything but a few sectors is there; sometimes nothing is.
        let keeps = Double.random(in: 0...1, using: &generator)
        for start in stride(from: 0, to: size, by: sector) {
            let isNew = Double.random(in: 0...1, using: &generator) < keeps
            let version =
                isNew ? versions.count - 1 : Int.random(in: 0..<versions.count, using: &generator)
            let source = versions[version]
            let end = min(start + sector, size, source.count)
            if start < end { bytes.replaceSubrange(start..<end, with: source[start..<end]) }
        }
        // What was synced is there whatever else happens.
        let kept = min(node.durable.count, size)
        if node.writes.allSatisfy({ $0.offset >= node.durable.count }) {
            bytes.replaceSubrange(..<kept, with: node.durable[..<kept])
        }
        return bytes
    }

    private static func write(_ bytes: [UInt8], at offset: Int, to content: inout [UInt8]) {
        if content.count < offset {
            content += [UInt8](repeating: 0, count: offset - content.count)
        }
        let end = min(content.count, offset + bytes.count)
        content.replaceSubrange(offset..<end, with: bytes)
    }

    // MARK: For tests

    /// The file's bytes; empty when there is none.
    package func bytes(of path: String) -> [UInt8] {
        state.withLock { state in
            guard let inode = try? Self.find(path, state) else { return [] }
            return state.nodes[inode]?.bytes ?? []
        }
    }

    /// Puts `bytes` into the existing file at `path`, durably.
    package func put(_ bytes: [UInt8], at path: String) {
        state.withLock { state in
            guard let inode = try? Self.find(path, state) else { return }
            state.nodes[inode]?.bytes = bytes
            state.nodes[inode]?.durable = bytes
            state.nodes[inode]?.writes = []
        }
    }

    /// Every file's bytes by its path.
    package var files: [String: [UInt8]] {
        state.withLock { state in
            var all: [String: [UInt8]] = [:]
            var pending = [("", 1)]
            while let (path, inode) = pending.popLast() {
                guard let node = state.nodes[inode] else { continue }
                if !node.isDirectory { all[path] = node.bytes }
                pending += node.names.map { (path + "/" + $0.key, $0.value) }
            }
            return all
        }
    }

    // MARK: Calls

    package func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32 {
        try change(flags & (O_WRONLY | O_RDWR) != 0 ? .open : nil) { state throws(SystemError) in
            var inode = try? Self.find(path, state)
            if flags & O_CREAT != 0 {
                guard inode == nil || flags & O_EXCL == 0 else { throw SystemError(EEXIST) }
                if inode == nil { inode = try Self.create(path, isDirectory: false, &state) }
            }
            guard let inode, let node = state.nodes[inode] else { throw SystemError(ENOENT) }
            if flags & O_DIRECTORY != 0, !node.isDirectory { throw SystemError(ENOTDIR) }
            if flags & O_TRUNC != 0 {
                state.nodes[inode]?.bytes = []
                state.nodes[inode]?.durable = []
                state.nodes[inode]?.writes = []
            }
            state.nextHandle += 1
            state.handles[state.nextHandle] = Handle(
                inode: inode, position: 0, appends: flags & O_APPEND != 0)
            return state.nextHandle
        }
    }

    package func close(_ descriptor: Int32) {
        state.withLock { $0.handles[descriptor] = nil }
    }

    package func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        try change(.write) { state throws(SystemError) in
            guard var handle = state.handles[descriptor], var node = state.nodes[handle.inode]
            else { throw SystemError(EBADF) }
            if handle.appends { handle.position = node.bytes.count }
            Self.write(Array(bytes), at: handle.position, to: &node.bytes)
            node.writes.append((handle.position, Array(bytes)))
            handle.position += bytes.count
            state.nodes[handle.inode] = node
            state.handles[descriptor] = handle
            return bytes.count
        }
    }

    package func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError)
        -> [UInt8]
    {
        try look { state throws(SystemError) in
            guard let handle = state.handles[descriptor], let node = state.nodes[handle.inode]
            else { throw SystemError(EBADF) }
            return Array(node.bytes.dropFirst(offset).prefix(count))
        }
    }

    package func look(at descriptor: Int32) throws(SystemError) -> Status {
        try look { state throws(SystemError) in
            guard let inode = state.handles[descriptor]?.inode else { throw SystemError(EBADF) }
            return Self.status(inode, state)
        }
    }

    package func look(at path: String) throws(SystemError) -> Status {
        try look { state throws(SystemError) in Self.status(try Self.find(path, state), state) }
    }

    package func synchronizeData(_ descriptor: Int32) throws(SystemError) {
        try change(.syncData) { state throws(SystemError) in
            try Self.synchronize(descriptor, &state)
        }
    }

    package func synchronize(_ descriptor: Int32) throws(SystemError) {
        try change(.sync) { state throws(SystemError) in
            try Self.synchronize(descriptor, &state)
        }
    }

    package func synchronizeDirectory(_ path: String) throws(SystemError) {
        try change(.syncDirectory) { state throws(SystemError) in
            let inode = try Self.find(path, state)
            guard var node = state.nodes[inode] else { throw SystemError(ENOENT) }
            node.durableNames = node.names
            node.changes = []
            state.nodes[inode] = node
        }
    }

    package func reserve(_ descriptor: Int32, offset: Int, length: Int) throws(SystemError) {
        try change(.reserve) { _ throws(SystemError) in }
    }

    package func rename(_ source: String, to target: String) throws(SystemError) {
        try change(.rename) { state throws(SystemError) in
            let inode = try Self.find(source, state)
            let (parent, from) = try Self.split(source, state)
            let (same, to) = try Self.split(target, state)
            precondition(parent == same, "the journal renames within a directory")
            let move = Change.move(from: from, to: to, inode)
            guard var node = state.nodes[parent] else { throw SystemError(ENOENT) }
            move.apply(to: &node.names)
            node.changes.append(move)
            state.nodes[parent] = node
        }
    }

    package func remove(_ path: String) throws(SystemError) {
        try change(.remove) { state throws(SystemError) in
            _ = try Self.find(path, state)
            let (parent, name) = try Self.split(path, state)
            state.nodes[parent]?.names[name] = nil
            state.nodes[parent]?.changes.append(.remove(name))
        }
    }

    package func makeDirectory(_ path: String) throws(SystemError) {
        try change(.makeDirectory) { state throws(SystemError) in
            guard (try? Self.find(path, state)) == nil else { throw SystemError(EEXIST) }
            _ = try Self.create(path, isDirectory: true, &state)
        }
    }

    package func list(_ directory: String) throws(SystemError) -> [String] {
        try look { state throws(SystemError) in
            guard let node = state.nodes[try Self.find(directory, state)], node.isDirectory else {
                throw SystemError(ENOTDIR)
            }
            return node.names.keys.sorted()
        }
    }

    package func lock(_ descriptor: Int32) throws(SystemError) {
        try look { state throws(SystemError) in
            guard let inode = state.handles[descriptor]?.inode else { throw SystemError(EBADF) }
            guard state.locks[inode, default: descriptor] == descriptor else {
                throw SystemError(EAGAIN)
            }
            state.locks[inode] = descriptor
        }
    }

    package func unlock(_ descriptor: Int32) {
        state.withLock { state in
            state.locks = state.locks.filter { $0.value != descriptor }
            state.handles[descriptor] = nil
        }
    }

    /// ext4's.
    package func fileSystemType(_ path: String) throws(SystemError) -> Int64 { 0xEF53 }

    // MARK: Inside

    private func change<Result: Sendable>(
        _ operation: Operation?, _ body: (inout State) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try state.withLock { state throws(SystemError) in
            if let operation {
                state.count += 1
                if let code = state.plan(state.count, operation) { throw SystemError(code) }
            }
            return try body(&state)
        }
    }

    private func look<Result: Sendable>(_ body: (inout State) throws(SystemError) -> Result)
        throws(SystemError) -> Result
    {
        try state.withLock { state throws(SystemError) in try body(&state) }
    }

    private static func synchronize(_ descriptor: Int32, _ state: inout State) throws(SystemError) {
        guard let inode = state.handles[descriptor]?.inode, let node = state.nodes[inode] else {
            throw SystemError(EBADF)
        }
        state.nodes[inode]?.durable = node.bytes
        state.nodes[inode]?.writes = []
    }

    private static func find(_ path: String, _ state: State) throws(SystemError) -> Int {
        var inode = 1
        for name in path.split(separator: "/") {
            guard let next = state.nodes[inode]?.names[String(name)] else {
                throw SystemError(ENOENT)
            }
            inode = next
        }
        return inode
    }

    private static func split(_ path: String, _ state: State) throws(SystemError) -> (Int, String) {
        let parts = path.split(separator: "/")
        guard let last = parts.last else { throw SystemError(EEXIST) }
        return (try find(parts.dropLast().joined(separator: "/"), state), String(last))
    }

    private static func create(_ path: String, isDirectory: Bool, _ state: inout State)
        throws(SystemError) -> Int
    {
        let (parent, name) = try split(path, state)
        let inode = state.nextInode
        state.nextInode += 1
        state.nodes[inode] = Node(isDirectory: isDirectory)
        state.nodes[parent]?.names[name] = inode
        state.nodes[parent]?.changes.append(.set(name, inode))
        return inode
    }

    private static func status(_ inode: Int, _ state: State) -> Status {
        Status(
            inode: inode, size: state.nodes[inode]?.bytes.count ?? 0,
            isDirectory: state.nodes[inode]?.isDirectory ?? false)
    }
}
