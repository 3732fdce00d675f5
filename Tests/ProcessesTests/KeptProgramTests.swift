import Basics
import CSystem
import Processes
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A program that is read while it runs, and that never outlives the one who reads it.
@Suite struct KeptProgramTests {
    /// Names the file into which `keepsAndIsKilled` writes the pids it started.
    static let pidsVariable = "WARROOM_TEST_KEPT_PIDS"

    private func start(_ arguments: String...) throws -> KeptProgram {
        try KeptProgram.start(arguments, environment: ["PATH": "/usr/bin:/bin", "A": "b"])
    }

    /// What `descriptor` delivers until its end, or until it holds `text`.
    private func read(_ descriptor: Int32, until text: String? = nil) throws -> String {
        var bytes: [UInt8] = []
        try poll("\(text ?? "the end of the output")") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] }
            if count == 0 { return true }
            guard let text else { return false }
            return String(decoding: bytes, as: UTF8.self).contains(text)
        } describe: {
            String(decoding: bytes, as: UTF8.self)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func ending(_ program: KeptProgram) throws -> KeptProgram.Ending {
        try poll("the end of the program") { program.peekEnding() != nil }
        return try #require(program.peekEnding())
    }

    private func pids(_ text: String) -> [pid_t] {
        text.split { $0 == "\n" || $0 == " " }.compactMap { pid_t($0) }
    }

    @Test func keepsOutputAndErrorsApart() throws {
        let program = try start("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
        #expect(try read(program.output) == "out\n")
        #expect(try read(program.errors) == "err\n")
        #expect(try ending(program) == .exited(3))
    }

    @Test func givesItTheEnvironmentAskedForAndNothingElse() throws {
        let program = try start("/usr/bin/env")
        #expect(
            try read(program.output).split(separator: "\n").sorted() == [
                "A=b", "PATH=/usr/bin:/bin",
            ])
        let descriptors = try start("/bin/ls", "-l", "/proc/self/fd")
        let list = try read(descriptors.output)
        #expect(list.contains("0 -> /dev/null"))
        // Its three streams, and the directory it reads.
        #expect(list.split(separator: "\n").filter { $0.contains("->") }.count == 4)
    }

    @Test func endsTheWayTheProgramEnds() throws {
        #expect(try ending(start("/bin/sh", "-c", "kill -TERM $$")) == .killed(signal: SIGTERM))
        #expect(try ending(start("/bin/sh", "-c", "kill -KILL $$")) == .killed(signal: SIGKILL))
        #expect(try ending(start("/bin/true")) == .exited(0))
    }

    @Test func saysWhyAProgramCannotBeExecuted() throws {
        let program = try start("/nowhere/at-all")
        #expect(
            try read(program.errors) == "cannot start /nowhere/at-all: No such file or directory\n")
        #expect(try ending(program) == .exited(127))
        #expect(throws: SystemError.self) { _ = try start("relative") }
    }

    @Test func seesThatAProgramClosedItsOutput() throws {
        let program = try start("/bin/sh", "-c", "echo last; exec >&-; sleep 300")
        #expect(try read(program.output) == "last\n")
        #expect(program.peekEnding() == nil)
        program.end()
        #expect(try ending(program) == .killed(signal: SIGTERM))
    }

    @Test func killsWhatIgnoresSIGTERM() throws {
        let program = try start("/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 9; done")
        let pid = try #require(pids(read(program.output, until: "\n")).first)
        program.end()
        #expect(try ending(program) == .killed(signal: SIGKILL))
        #expect(!isAlive(pid))
    }

    @Test func endsDescendantsInOtherSessions() throws {
        let program = try start(
            "/bin/sh", "-c",
            "setsid sh -c 'setsid sh -c \"trap : TERM; echo \\$\\$; sleep 300\" & sleep 300' &"
                + " echo $$; wait")
        let text = try read(program.output, until: "\n")
        let more = try pids(text).count > 1 ? text : text + read(program.output, until: "\n")
        #expect(pids(more).count == 2)
        program.end()
        _ = try ending(program)
        for pid in pids(more) { #expect(!isAlive(pid)) }
    }

    @Test func leavesNothingWhenItEndsWithChildrenRunning() throws {
        let program = try start("/bin/sh", "-c", "setsid sleep 300 & echo $!; exit 4")
        let pid = try #require(pids(read(program.output)).first)
        #expect(try ending(program) == .exited(4))
        #expect(!isAlive(pid))
    }

    @Test func endsWithTheLastReference() throws {
        var program: KeptProgram? = try start("/bin/sh", "-c", "echo $$; exec sleep 300")
        let output = try #require(program?.output)
        let pid = try #require(pids(read(output, until: "\n")).first)
        #expect(isAlive(pid))
        program = nil
        try poll("the end of \(pid)") { !isAlive(pid) }
    }

    /// The keeper itself may be killed, by the kernel when memory runs out.
    @Test func endsWithItsKeeper() throws {
        let program = try start(
            "/bin/sh", "-c", "setsid sleep 300 & echo $!; echo $$; exec sleep 300")
        var text = try read(program.output, until: "\n")
        while pids(text).count < 2 { text += try read(program.output, until: "\n") }
        kill(program.pid, SIGKILL)
        #expect(try ending(program) == .killed(signal: SIGKILL))
        for pid in pids(text) { try poll("the end of \(pid)") { !isAlive(pid) } }
    }

    /// Runs in a process of its own, which kills itself while three programs run.
    @Test(.enabled(if: getenv(pidsVariable) != nil)) func keepsAndIsKilled() throws {
        let scripts = [
            "echo $$; exec sleep 300",
            "trap '' TERM HUP; echo $$; while :; do sleep 9; done",
            "setsid sh -c 'trap : TERM; echo $$; sleep 300' & sleep 300 & echo $! $$; wait",
        ]
        var programs: [KeptProgram] = []
        var text = ""
        for script in scripts { programs.append(try start("/bin/sh", "-c", script)) }
        for program in programs { text += try read(program.output, until: "\n") }
        while pids(text).count < 5 { text += try read(programs[2].output, until: "\n") }
        for program in programs { text += "\(program.pid)\n" }
        let path = try #require(getenv(Self.pidsVariable).map { String(cString: $0) })
        Writer(path).write(text)
        kill(getpid(), SIGKILL)
    }

    @Test func nothingSurvivesTheSIGKILLOfItsReader() throws {
        let folder = try TemporaryFolder()
        let result = try ChildProcess.runTest(
            "KeptProgramTests/keepsAndIsKilled",
            environment: [Self.pidsVariable: folder.file("pids")])
        #expect(result.status == 128 + SIGKILL, "\(result.output)")
        let started = try pids(folder.text("pids"))
        #expect(started.count == 8)
        for pid in started { try poll("the end of \(pid)") { !isAlive(pid) } }
    }

    @Test func leaksNoDescriptor() throws {
        let before = openDescriptorCount()
        for _ in 0..<60 { _ = try ending(start("/bin/true")) }
        // Other tests run at the same time; sixty leaks of any kind would still show.
        #expect(openDescriptorCount() < before + 60)
    }
}
