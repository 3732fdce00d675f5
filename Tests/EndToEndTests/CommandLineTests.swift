import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What the program says to bad input: one clear message, the right exit code, nothing lost.
@Suite struct CommandLineTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var status: Int32
        var says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let cases: [Case] = [
        Case(arguments: ["open", "INC-12"], status: 2, says: "Not an incident id"),
        Case(arguments: ["open", "inc-2041"], status: 2, says: "Not an incident id"),
        Case(arguments: ["open", "INC-123456789"], status: 2, says: "Not an incident id"),
        Case(arguments: ["report", "INC-9999"], status: 2, says: "There is no such incident"),
        Case(arguments: ["report", "x"], status: 2, says: "Not an incident id"),
        Case(arguments: ["frobnicate", "--hard"], status: 2, says: "--hard"),
        Case(arguments: ["drill", "no-such-drill"], status: 2, says: "no-such-drill"),
        Case(arguments: ["drill", "--speed", "0"], status: 2, says: "--speed"),
        Case(arguments: ["check", "/no/such/file.yaml"], status: 4, says: "/no/such/file.yaml"),
        Case(arguments: ["check", "/dev/null/x"], status: 4, says: "ENOTDIR"),
        Case(arguments: ["check", "/tmp"], status: 4, says: "not a regular file"),
        Case(arguments: ["verify", "/no/such/journal"], status: 4, says: "/no/such/journal"),
        Case(arguments: ["open"], status: 4, says: "terminal"),
    ]

    @Test(arguments: cases) func badInputGetsOneClearMessage(_ it: Case) throws {
        let home = try TemporaryFolder()
        let result = try Self.run(it.arguments, home)
        #expect(result.status == it.status, "\(result.errors)")
        #expect(result.errors.contains(it.says), "\(result.errors)")
        #expect(result.output.isEmpty, "standard output is data alone: \(result.output)")
    }

    static func run(
        _ arguments: [String], _ home: TemporaryFolder, _ extra: [String: String] = [:]
    ) throws -> ChildProcess {
        var environment = [
            "XDG_STATE_HOME": home.path + "/state", "WARROOM_CONFIG_DIR": home.path + "/config",
        ]
        environment.merge(extra) { $1 }
        return try ChildProcess.run([try Repository.program] + arguments, environment: environment)
    }

    @Test func listsDrillsAsJSON() throws {
        let result = try Self.run(["drill", "--list", "--format", "json"], try TemporaryFolder())
        #expect(result.status == 0)
        #expect(result.output.contains("\"name\""))
        #expect(result.output.contains("bad-deploy"))
    }

    @Test func helpAndVersionAreData() throws {
        let home = try TemporaryFolder()
        let help = try Self.run(["--help"], home)
        #expect(help.status == 0)
        #expect(help.output.contains("USAGE"))
        #expect(help.errors.isEmpty)
        #expect(try Self.run(["--version"], home).status == 0)
    }

    @Test func malformedConfigurationIsNamedWithItsPosition() throws {
        let home = try TemporaryFolder()
        let path = try home.write("environment: prod\nsources: [\n", to: "warroom.yaml")
        let result = try Self.run(["check", path], home)
        #expect(result.status != 0)
        #expect((result.output + result.errors).contains("warroom.yaml:"))
    }

    @Test func evaluatesOverADump() throws {
        let home = try TemporaryFolder()
        let path = try home.write(
            "http_requests_total{code=\"200\"} 8\nhttp_requests_total{code=\"500\"} 2\n",
            to: "a.prom")
        let result = try Self.run(
            ["eval", "--format", "json", "sum(http_requests_total)", path], home)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("\"status\":\"success\""))
        #expect(result.output.contains("\"10\""))
        let negative = try Self.run(["eval", "--format", "json", "-1 + 2", path], home)
        #expect(negative.output.contains("\"1\""), "\(negative.errors)")
    }

    @Test func stopIsSetAndTakenBack() throws {
        let home = try TemporaryFolder()
        let set = try Self.run(["stop", "moving the database"], home)
        #expect(set.status == 0, "\(set.errors)")
        #expect(set.output.contains("EMERGENCY STOP ON"))
        for line in set.output.split(separator: "\n") {
            #expect(line.contains(home.path), "a test may only write below its own folder: \(line)")
        }
        #expect(try Self.run(["resume"], home).status == 0)
    }

    @Test func readOnlyStateIsOneClearMessage() throws {
        guard getuid() == 0 else {
            print("needs root to become a throw-away user: not run")
            return
        }
        let home = try TemporaryFolder()
        chmod(home.path, 0o755)
        let result = try ChildProcess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
                + [try Repository.program, "drill", "--headless"],
            environment: ["XDG_STATE_HOME": home.path + "/state", "TMPDIR": "/tmp"])
        #expect(result.status == 4, "\(result.errors)")
        #expect(result.errors.contains("EACCES"), "\(result.errors)")
    }
}
