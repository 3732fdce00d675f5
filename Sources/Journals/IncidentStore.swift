import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// The directory that holds all incidents of one user.
package struct IncidentStore: Sendable {
    /// `…/warroom`.
    package let stateDirectory: String
    private let files: any FileSystem

    package init(stateDirectory: String, fileSystem: any FileSystem = SystemFileSystem()) {
        self.stateDirectory = stateDirectory
        files = fileSystem
    }

    /// `$XDG_STATE_HOME/warroom`, else `$HOME/.local/state/warroom`, else the same below the home
    /// directory of the user database. Relative values are ignored (XDG Base Directory
    /// Specification).
    package static func defaultStateDirectory(environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], state.utf8.first == 0x2F {
            return state + "/warroom"
        }
        if let home = environment["HOME"], home.utf8.first == 0x2F {
            return home + "/.local/state/warroom"
        }
        if let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir {
            return String(cString: home) + "/.local/state/warroom"
        }
        return "/var/lib/warroom"
    }

    package var incidentsDirectory: String { stateDirectory + "/incidents" }

    /// The incident's own directory, existing or not. `id` must be valid.
    package func path(for id: String) -> String {
        precondition(Self.isValid(id), "an incident id is INC- and 4 to 8 digits")
        return incidentsDirectory + "/" + id
    }

    /// `INC-` and 4 to 8 digits 0–9, compared as bytes: Swift's own comparison takes look-alikes
    /// for equal.
    package static func isValid(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        return bytes.starts(with: "INC-".utf8) && (8...12).contains(bytes.count)
            && bytes[4...].allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Ids of the incidents that have a directory, by number. An unreadable or missing store is
    /// empty.
    package func list() -> [String] {
        (try? listed()) ?? []
    }

    /// The same for those who must not take an unreadable store for an empty one; a missing one is
    /// empty.
    package func listed() throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try files.list(incidentsDirectory).filter(Self.isValid).sorted {
                (Self.number($0), $0) < (Self.number($1), $1)
            }
        } catch {
            guard error.code == ENOENT else { throw error }
            return []
        }
    }

    /// One above the highest id in use, `INC-0001` in an empty store; the lowest unused one when
    /// the highest has been reached.
    package func nextFreeID() -> String {
        let used = list().map(Self.number)
        let next = (used.last ?? 0) + 1
        if next <= Self.numberMax { return Self.id(next) }
        let taken = Set(used)
        return Self.id((1...Self.numberMax).first { !taken.contains($0) } ?? Self.numberMax)
    }

    /// Takes the next free id by making its directory, so that two rooms opened at the same moment
    /// get different ones.
    package func claimNextID() throws(Failure) -> String {
        do throws(SystemError) {
            try files.makeDirectories(incidentsDirectory)
            for _ in 0..<1000 {
                let id = nextFreeID()
                do throws(SystemError) {
                    try files.makeDirectory(path(for: id))
                    try files.synchronizeDirectory(incidentsDirectory)
                    return id
                } catch {
                    if error.code != EEXIST { throw error }
                }
            }
            throw SystemError(EEXIST)
        } catch {
            throw Failure(
                "store.notWritable", "State directory not writable", subject: incidentsDirectory,
                why: "\(error)", unchanged: "No incident was declared",
                next: "Check its owner and mode, or set XDG_STATE_HOME")
        }
    }

    /// Eight digits.
    private static let numberMax = 99_999_999

    private static func number(_ id: String) -> Int {
        id.utf8.dropFirst(4).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func id(_ number: Int) -> String {
        let digits = String(number)
        return "INC-" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
