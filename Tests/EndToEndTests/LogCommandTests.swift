import Basics
import Support
import Testing

/// The log commands of the built program: data on standard output, talk on standard error.
@Suite struct LogCommandTests {
    private func run(_ arguments: [String], input: String = "") throws -> ChildProcess {
        try ChildProcess.run([try Repository.program] + arguments, input: Array(input.utf8))
    }

    private func files() throws -> (home: TemporaryFolder, first: String, second: String) {
        let home = try TemporaryFolder()
        let first = try home.write(
            """
            2026-08-21T10:00:01Z ERROR a password=hunter2
            \tat x.y(Z.java:1)
            2026-08-21T10:00:03Z INFO done

            """, to: "a.log")
        let second = try home.write("<11>1 2026-08-21T10:00:02Z web1 app - - - boom\n", to: "b.log")
        return (home, first, second)
    }

    @Test func cleanKeepsLinesAndLeavesNothingElse() throws {
        let program = try Repository.program
        let script = #"printf 'a\000b\377\n\033]0;x\007 password=hunter2\n\nlast' | "$0" clean"#
        let result = try ChildProcess.run(["/bin/sh", "-c", script, program])
        #expect(result.status == 0)
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[0] == "a^@b\\xff" && lines[2] == "" && lines[3] == "last")
        #expect(lines[1].hasPrefix("^[]0;x^G password=[REDACTED:kv#"))
        #expect(result.errors.contains("1 removed: kv 1"))
    }

    /// What a configuration adds holds in every command that prints text of a log; a value of the
    /// environment is known everywhere, and tags are the same in all of them.
    @Test func addedRulesHoldInAllCommands() throws {
        let home = try TemporaryFolder()
        try home.write("plainvalue77\n", to: "values")
        let config = try home.write(
            "redaction: {names: [pin], patterns: ['ORD-[0-9]{8}'], values_from: [values]}\n",
            to: "warroom.yaml")
        let log = try home.write(
            #"{"level":"error","msg":"pin=48213377 \u0070lainvalue77 ORD-12345678 Qx7Vb2Lm9"}"#
                + "\n", to: "a.log")
        var marks: Set<Substring> = []
        for command in ["clean", "records", "logs", "patterns"] {
            let line =
                "exec \"$0\" \(command) --config \(config) "
                + (command == "clean" ? "< \(log)" : log)
            let result = try ChildProcess.run(
                ["/bin/sh", "-c", line, try Repository.program],
                environment: [
                    "XDG_STATE_HOME": home.file("state"), "APP_TOKEN": "Qx7Vb2Lm9",
                    "WARROOM_CONFIG_DIR": home.path,
                ])
            #expect(result.status == 0, "\(command): \(result.errors)")
            for secret in ["48213377", "ORD-12345678", "Qx7Vb2Lm9"] {
                #expect(!result.output.contains(secret), "\(command): \(result.output)")
            }
            // A pattern keeps no tags: they differ from secret to secret.
            if command == "patterns" { continue }
            for part in result.output.split(separator: "[REDACTED:kv#").dropFirst() {
                marks.insert(part.prefix(4))
            }
            if command != "clean" {
                #expect(!result.output.contains("plainvalue77"), "\(command): \(result.output)")
            }
        }
        #expect(marks.count == 1, "one secret, one tag: \(marks)")
    }

    @Test func aWrongConfigurationIsRefusedOnlyWhenNamed() throws {
        let home = try TemporaryFolder()
        let config = try home.write("redaction: {names: [x]}\n", to: "warroom.yaml")
        let environment = [
            "XDG_STATE_HOME": home.file("state"), "WARROOM_CONFIG_DIR": home.path,
        ]
        let script = "echo password=hunter2 | exec \"$0\" clean"
        let program = try Repository.program
        let named = try ChildProcess.run(
            ["/bin/sh", "-c", script + " --config " + config, program], environment: environment)
        #expect(named.status != 0 && !named.output.contains("hunter2"))
        let usual = try ChildProcess.run(
            ["/bin/sh", "-c", script, program], environment: environment)
        #expect(usual.status == 0 && usual.output.hasPrefix("password=[REDACTED:kv#"))
        #expect(usual.errors.contains("adds nothing to the built-in rules"))
        let checked = try ChildProcess.run([program, "check", config], environment: environment)
        #expect(checked.status == 1 && checked.output.contains("3 letters"))
    }

    @Test func recordsAreJSONLines() throws {
        let (home, first, _) = try files()
        defer { withExtendedLifetime(home) {} }
        let result = try run(["records", "--zone", "UTC", first])
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""time":"2026-08-21T10:00:01.000Z","time_read":"read""#))
        #expect(lines[0].contains(#""level":"error""#) && lines[0].contains(#""lines":2"#))
        #expect(!result.output.contains("hunter2"))
        #expect(lines[1].contains(#""message":"done""#) && lines[1].contains(#""offset":64"#))
    }

    @Test func logsAreMergedByTime() throws {
        let (home, first, second) = try files()
        defer { withExtendedLifetime(home) {} }
        let result = try run(["logs", "--zone", "+02:00", first, second])
        #expect(result.status == 0, "\(result.errors)")
        let times = result.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
            .map { String($0.prefix(20)) }
        #expect(times == ["2026-08-21T10:00:01.", "2026-08-21T10:00:02.", "2026-08-21T10:00:03."])
    }

    @Test(
        arguments: [
            (["--level", "error"], 2), (["--service", "app"], 1), (["--source", "b.log"], 1),
            (["--text", "DONE"], 1), (["--regexp", "b..m|done$"], 2),
            (["--service", "AP*"], 1), (["--level", "err"], 2),
            (["--since", "2026-08-21T10:00:02Z"], 2), (["--until", "2026-08-21T10:00:02Z"], 1),
            (["--level", "error", "--text", "nothing"], 0),
        ])
    func filters(arguments: [String], count: Int) throws {
        let (home, first, second) = try files()
        defer { withExtendedLifetime(home) {} }
        let result = try run(["logs", "--format", "json"] + arguments + [first, second])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.split(separator: "\n").count == count, "\(result.output)")
    }

    /// The id that `patterns` prints finds the same records.
    @Test func patternsFilterRecords() throws {
        let home = try TemporaryFolder()
        let lines = (0..<20).map { index in
            "2026-08-21T10:00:\(10 + index)Z INFO "
                + (index % 4 == 0 ? "slow query took \(index) ms" : "user \(index) logged in")
        }
        let path = try home.write(lines.joined(separator: "\n") + "\n", to: "a.log")
        let listed = try run(["patterns", path])
        let row = try #require(
            listed.output.split(separator: "\n").first { $0.contains("slow query") })
        let id = String(row.prefix(8))
        let found = try run(["logs", "--pattern", id, path])
        #expect(found.status == 0, "\(found.errors)")
        let output = found.output.split(separator: "\n")
        #expect(output.count == 5 && output.allSatisfy { $0.contains("slow query") })
    }

    @Test(
        arguments: [
            (["logs", "--level", "nope", "x"], 2, "nope"),
            (["logs", "--regexp", "(", "x"], 2, "`(`"),
            (["logs", "--since", "noon", "x"], 2, "noon"),
            (["logs", "--pattern", "nope", "x"], 2, "hexadecimal"),
            (["records", "--zone", "2", "x"], 2, "+02"),
            (["records", "/no/such.log"], 4, "/no/such.log"), (["logs", "/tmp"], 4, "a directory"),
        ] as [([String], Int32, String)])
    func badInputGetsOneClearMessage(arguments: [String], status: Int32, says: String) throws {
        let result = try run(arguments)
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errors.contains(says), "\(result.errors)")
        #expect(result.output.isEmpty)
    }
}
