import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Runs a program to its end and keeps what it wrote. For tests only: no sessions.
package struct ChildProcess: Sendable {
    package var status: Int32
    package var output: String
    package var errors: String

    /// - Parameters:
    ///   - environment: added to the test's own environment, in which the user's own records and
    ///     configuration are out of reach.
    ///   - patience: after this it is killed, and the test fails with what it had written.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = [],
        patience: Duration = .seconds(20)
    ) throws -> ChildProcess {
        let folder = try TemporaryFolder()
        try folder.write(String(decoding: input, as: UTF8.self), to: "in")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, folder.file("in"), O_RDONLY, 0)
        for (descriptor, name) in [(Int32(1), "out"), (Int32(2), "err")] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, folder.file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var attributes = try signalsByDefault()
        defer { posix_spawnattr_destroy(&attributes) }
        var pid: pid_t = 0
        let code = withStrings(arguments) { argv in
            withStrings(merged(environment, folder)) { envp in
                posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else { throw SystemError(code) }
        var status: Int32 = 0
        do {
            try poll("the end of \(arguments.joined(separator: " "))", patience: patience) {
                waitpid(pid, &status, WNOHANG) != 0
            } describe: {
                ((try? folder.text("out")) ?? "") + ((try? folder.text("err")) ?? "")
            }
        } catch {
            kill(pid, SIGKILL)
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            throw error
        }
        let exit = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return ChildProcess(
            status: exit, output: try folder.text("out"), errors: try folder.text("err"))
    }

    /// Starts a program whose output nobody reads. The caller ends it and waits for it.
    package static func start(_ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var attributes = try signalsByDefault()
        defer { posix_spawnattr_destroy(&attributes) }
        var pid: pid_t = 0
        let code = withStrings(arguments) { argv in
            posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, environ)
        }
        guard code == 0 else { throw SystemError(code) }
        return pid
    }

    /// Runs one test of this bundle in a process of its own, where it may be killed. That test is
    /// enabled by `environment` alone.
    ///
    /// The library's exit tests wait for any child and spin for ever beside one that is not theirs;
    /// these tests have many.
    /// - Parameter prefix: a program that starts the test with other rights or limits.
    package static func runTest(
        _ filter: String, environment: [String: String], through prefix: [String] = []
    ) throws -> ChildProcess {
        try run(
            prefix + [
                CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter", filter,
            ],
            environment: environment, patience: .seconds(60))
    }

    /// The threads that tests run on block most signals, and a child would inherit that.
    private static func signalsByDefault() throws -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        sigdelset(&all, SIGKILL)
        sigdelset(&all, SIGSTOP)
        let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
        for code in [
            posix_spawnattr_init(&attributes), posix_spawnattr_setsigmask(&attributes, &none),
            posix_spawnattr_setsigdefault(&attributes, &all),
            posix_spawnattr_setflags(&attributes, flags),
        ] where code != 0 { throw SystemError(code) }
        return attributes
    }

    private static func merged(_ extra: [String: String], _ folder: TemporaryFolder) -> [String] {
        var all: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                all[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            pointer += 1
        }
        for name in ["WARROOM_CONFIG_DIR", "STATE_DIRECTORY"] { all[name] = nil }
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME"] { all[name] = folder.file(name) }
        all.merge(extra) { $1 }
        return all.map { "\($0)=\($1)" }
    }

    private static func withStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
