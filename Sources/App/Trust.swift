import Basics
import Playbooks
import Processes

/// Whether the files that tell a room what to do are out of others' reach: the configuration, its
/// playbooks, its rule files.
package enum Trust {
    /// Reads the configuration at `path` and its playbooks for a room.
    /// - Throws: `file.untrusted` for a file that is not root's or this user's alone, and what
    ///   `ConfigurationLoader` throws.
    package static func load(path: String) throws(Failure) -> (Configuration, [LintProblem]) {
        try check(path)
        let (configuration, problems) = try ConfigurationLoader.load(path: path)
        for file in configuration.loaded { try check(file.path) }
        return (configuration, problems)
    }

    /// Throws `file.untrusted`. Who reads a missing file says that it is missing.
    static func check(_ path: String) throws(Failure) {
        if Paths.exists(path) { try FileTrust.check(path) }
    }

    /// Why the first of `paths` that others can change cannot be used; nil when there is none.
    static func problem(_ paths: [String]) -> String? {
        for path in paths {
            do throws(Failure) { try check(path) } catch {
                return "\(path) is not used: \(error.why)"
            }
        }
        return nil
    }

    /// The same as findings of the lint, one per file.
    package static func problems(of paths: [String]) -> [LintProblem] {
        paths.compactMap { path in
            problem([path]).map {
                LintProblem(
                    .error, position: path, what: $0,
                    expected: "a plain file that only root or you can change (chmod go-w)")
            }
        }
    }
}
