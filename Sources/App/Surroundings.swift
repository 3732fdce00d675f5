import Basics
import Documents
import Incidents
import Metrics
import Playbooks

#if canImport(Glibc)
    import Glibc
#endif

/// The process's environment variables.
package enum Environment {
    /// Nil when unset or empty.
    package static func value(_ name: String) -> String? {
        guard let text = getenv(name) else { return nil }
        let value = String(cString: text)
        return value.isEmpty ? nil : value
    }

    package static var all: [String: String] {
        ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME", "WARROOM_CONFIG_DIR", "TMPDIR"]
            .reduce(into: [:]) { $0[$1] = value($1) }
    }

    /// `$WARROOM_CONFIG_DIR`, else `$XDG_CONFIG_HOME/warroom`, else `~/.config/warroom`.
    package static var configurationDirectory: String {
        if let directory = value("WARROOM_CONFIG_DIR") { return directory }
        if let base = value("XDG_CONFIG_HOME") { return base + "/warroom" }
        return (value("HOME") ?? "") + "/.config/warroom"
    }

    /// The absolute path of the running program.
    package static func executable() throws(Failure) -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else {
            throw Failure(
                "room.noExecutable", "The program's own path is not known",
                subject: "/proc/self/exe", why: "\(SystemError.current)")
        }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Who runs this process, by the operating system.
package enum CurrentUser {
    package static func actor() throws(Failure) -> Actor {
        let uid = getuid()
        guard let entry = getpwuid(uid) else { return Actor(uid: uid, name: "uid\(uid)") }
        return Actor(uid: uid, name: String(cString: entry.pointee.pw_name))
    }
}

/// Reads the rule files that a configuration names.
package enum RuleFiles {
    package static func load(_ configuration: Configuration) throws(Failure) -> [RuleGroup] {
        var groups: [RuleGroup] = []
        for path in paths(configuration) {
            try Trust.check(path)
            groups += try RuleFile.load(text: try TextFile.read(path), file: path).groups
        }
        return groups
    }

    /// The files that the configuration's rules are read from.
    package static func paths(_ configuration: Configuration) -> [String] {
        configuration.sources.filter { $0.kind == .rules }.flatMap { Paths.matching($0.path) }
    }
}

/// Paths and globs.
package enum Paths {
    /// What `pattern` names, sorted; a pattern without matches names itself.
    package static func matching(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, GLOB_NOCHECK, nil, &result) == 0 else { return [pattern] }
        return (0..<Int(result.gl_pathc)).compactMap { index in
            result.gl_pathv[index].map { String(cString: $0) }
        }
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Absolute, from the current directory.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        var buffer = [CChar](repeating: 0, count: 4_096)
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let length = buffer.firstIndex(of: 0) ?? 0
        let here = String(
            decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return here + "/" + path
    }
}

/// Removal of a directory tree that this program made.
package enum Directories {
    /// Removes files and folders below `path`, never following a link.
    package static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in entries(path) { remove(path + "/" + name) }
        rmdir(path)
    }

    private static func entries(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
