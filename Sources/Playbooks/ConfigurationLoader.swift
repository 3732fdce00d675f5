import Basics
import Documents

#if canImport(Glibc)
    import Glibc
#endif

/// Reads `warroom.yaml` and the playbooks it names.
///
/// What is wrong is left out of the result and named in the problems: an action with an error never
/// reaches the catalogue. Whether to go on is the caller's decision (`problems.failure`).
package enum ConfigurationLoader {
    /// Reads the file at `path` and every playbook it names.
    /// - Throws: when the file cannot be read or is not YAML.
    package static func load(path: String) throws(Failure) -> (Configuration, [LintProblem]) {
        let text = try contents(of: path)
        let root = try YAMLReader.parse(text, file: path)
        let reader = ConfigurationReader(
            root, directory: directory(of: absolute(path)), readsPlaybooks: true)
        let (read, problems) = reader.read()
        var configuration = read
        let main = LoadedFile(path: absolute(path), bytes: Array(text.utf8))
        configuration.loaded.insert(main, at: 0)
        return (configuration, problems)
    }

    /// Reads configuration text; `file` names it in messages, its folder resolves relative paths.
    /// Playbooks that it names are read as well.
    package static func parse(text: String, file: String) throws(Failure)
        -> (Configuration, [LintProblem])
    {
        let root = try YAMLReader.parse(text, file: file)
        let reader = ConfigurationReader(
            root, directory: directory(of: absolute(file)), readsPlaybooks: true)
        return reader.read()
    }

    /// What a room without a configuration file works with: the built-in playbooks alone.
    package static func builtin() -> Configuration {
        var configuration = Configuration()
        configuration.playbooks = builtinPlaybooks.playbooks
        return configuration
    }

    /// The built-in playbooks, parsed once.
    package static let builtinPlaybooks: (playbooks: [Playbook], problems: [LintProblem]) = {
        var playbooks: [Playbook] = []
        var problems: [LintProblem] = []
        for file in BuiltinPlaybooks.files {
            do {
                let (playbook, found) = try parsePlaybook(text: file.text, file: file.name)
                if let playbook { playbooks.append(playbook) }
                problems += found
            } catch {
                problems.append(LintProblem(.error, position: file.name, what: "\(error)"))
            }
        }
        return (playbooks, problems)
    }()

    /// Reads one playbook; nil when its id is missing.
    package static func parsePlaybook(text: String, file: String) throws(Failure)
        -> (Playbook?, [LintProblem])
    {
        let root = try YAMLReader.parse(text, file: file)
        let context = YAMLDecoderContext()
        var notes: [LintProblem] = []
        let playbook = PlaybookReader(context: context).read(root, notes: &notes)
        return (playbook, context.problems.map(LintProblem.init) + notes)
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func absolute(_ path: String) -> String {
        guard path.utf8.first != 0x2F, let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return resolve(path, against: String(cString: here))
    }

    static func resolve(_ path: String, against directory: String) -> String {
        if path.utf8.first == 0x2F { return path }
        let base = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        return base + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    /// The text of a configuration or playbook file.
    static func contents(of path: String) throws(Failure) -> String {
        do throws(Failure) {
            return try TextFile.read(path)
        } catch {
            throw Failure(
                "configuration.unreadable", "Configuration not readable", subject: path,
                why: error.why, unchanged: "Nothing was opened and nothing was run",
                next: "Name another file with --config, or correct this one")
        }
    }
}
