import Basics
import Documents
import Journals
import Playbooks
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Compares the configuration and the playbooks on the disk with what this room loaded.
///
/// The digest is SHA-256 over the number of files and, for each in the order in which they were
/// loaded, the lengths and bytes of its path and content; lengths and the number are eight
/// big-endian bytes.
/// Thread: any; one lock around a look.
package final class PolicyWatch: Sendable {
    /// The digest of what was loaded, hex; nil for a configuration that came from no file.
    package let loadedDigest: String?

    private let paths: [String]
    private let state: Mutex<State>

    private struct State {
        /// What `stat` said at the last look, and the digest of then.
        var stamps: [Stamp?] = []
        var digest = ""
        /// What was told last.
        var told: Finding?
    }

    /// Everything of a file that changes with its content. The change time cannot be set back.
    private struct Stamp: Hashable {
        var device: UInt
        var inode: UInt
        var size: Int
        var modified: [Int]
        var changed: [Int]
    }

    /// One look at the files.
    package struct Finding: Sendable, Hashable {
        /// Empty when a file cannot be read.
        package var digest: String
        /// Why the files cannot be used, or empty.
        package var problem: String
    }

    package init(_ configuration: Configuration) {
        paths = configuration.loaded.map(\.path)
        loadedDigest =
            configuration.loaded.isEmpty
            ? nil : Self.digest(configuration.loaded.map { ($0.path, $0.bytes) })
        state = Mutex(State())
    }

    /// The digest of the files as they are now; empty when one cannot be read, nil without files.
    package func digestNow() -> String? {
        guard loadedDigest != nil else { return nil }
        return state.withLock { look(&$0) }
    }

    /// Whether nothing was told yet.
    package var isFirstLook: Bool { state.withLock { $0.told == nil } }

    /// What changed since the last call, oldest first. The first call tells what was loaded, so
    /// that a change between loading and looking is one.
    package func changes() -> [Finding] {
        guard let loadedDigest else { return [] }
        return state.withLock { state in
            var findings: [Finding] = []
            if state.told == nil {
                let first = Finding(digest: loadedDigest, problem: "")
                state.told = first
                findings.append(first)
            }
            let digest = look(&state)
            guard digest != state.told?.digest else { return findings }
            let finding = Finding(digest: digest, problem: problem(digest))
            state.told = finding
            return findings + [finding]
        }
    }

    /// Hashes only when `stat` says that something is different.
    private func look(_ state: inout State) -> String {
        // What others can change is not read: its content says nothing about who wrote it. Asked
        // every time: a folder above that was opened changes nothing that `stat` tells of the file.
        guard Trust.problem(paths) == nil else {
            state.digest = ""
            return ""
        }
        let stamps = paths.map(Self.stamp)
        if !state.digest.isEmpty, stamps == state.stamps, !stamps.contains(nil) {
            return state.digest
        }
        var files: [(String, [UInt8])] = []
        for path in paths {
            guard let bytes = try? TextFile.bytes(path) else {
                state.digest = ""
                return ""
            }
            files.append((path, bytes))
        }
        state.digest = Self.digest(files)
        // Taken before the reading: what is written meanwhile is seen by the next look.
        state.stamps = stamps
        return state.digest
    }

    /// Whether a room could be opened with these files, in the lint's words.
    private func problem(_ digest: String) -> String {
        guard !digest.isEmpty else {
            return Trust.problem(paths) ?? "a file of it cannot be read"
        }
        guard let main = paths.first else { return "" }
        do throws(Failure) {
            let (_, problems) = try Trust.load(path: main)
            guard let first = problems.first(where: \.isError) else { return "" }
            let count = problems.filter(\.isError).count
            return count == 1 ? first.description : "\(first.description) and \(count - 1) more"
        } catch {
            return error.why.isEmpty ? error.what : error.why
        }
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            modified: [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)],
            changed: [Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec)])
    }

    private static func digest(_ files: [(String, [UInt8])]) -> String {
        var form = eightBytes(files.count)
        for (path, bytes) in files {
            form += eightBytes(path.utf8.count) + Array(path.utf8)
            form += eightBytes(bytes.count) + bytes
        }
        return Digests.sha256(form)
    }

    private static func eightBytes(_ count: Int) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> $0) }
    }
}
