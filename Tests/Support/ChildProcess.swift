import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Runs a program to its end and keeps what it wrote. For tests only: no limits, no sessions.
package struct ChildProcess: Sendable {
    package var status: Int32
    package var output: String
    package var errors: String

    /// - Parameter environment: added to the test's own environment.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []
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
        var pid: pid_t = 0
        let code = withStrings(arguments) { argv in
            withStrings(merged(environment)) { envp in
                posix_spawnp(&pid, arguments[0], &actions, nil, argv, envp)
            }
        }
        guard code == 0 else { throw SystemError(code) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let exit = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return ChildProcess(
            status: exit, output: try folder.text("out"), errors: try folder.text("err"))
    }

    private static func merged(_ extra: [String: String]) -> [String] {
        var all: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                all[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            pointer += 1
        }
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
