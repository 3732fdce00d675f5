import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// `record`, `replay` and `eval` over what was recorded, with the built program.
@Suite struct RecordingCommandTests {
    /// Records two states of one dump and ends the recorder as a service manager would.
    private func recorded() throws -> (home: TemporaryFolder, result: ChildProcess) {
        let home = try TemporaryFolder()
        try home.write("jobs_total{kind=\"mail\"} 3\nload 1\n", to: "a.prom")
        let result = try ChildProcess.run(
            [
                "sh", "-c",
                """
                "$1" record --metrics "$2/a.prom" --budget 2MiB & pid=$!
                sleep 1
                printf 'jobs_total{kind="mail"} 8\\nload 1\\n' > "$2/b" && mv "$2/b" "$2/a.prom"
                sleep 1
                "$1" record --metrics "$2/a.prom"; echo second $?
                kill -TERM $pid; wait $pid; echo first $?
                """, "sh", try Repository.program, home.path,
            ], environment: ["XDG_STATE_HOME": home.path + "/state", "STATE_DIRECTORY": ""])
        return (home, result)
    }

    @Test func recordsEvaluatesAndReplays() throws {
        let (home, result) = try recorded()
        #expect(result.output.contains("first 0"), "\(result.errors)")
        #expect(result.output.contains("second 4"), "\(result.errors)")
        #expect(result.errors.contains("another process records there"), "\(result.errors)")
        let folder = home.path + "/state/warroom/signals"
        let answer = try ChildProcess.run(
            [try Repository.program, "eval", "increase(jobs_total[1h]) > 0", folder])
        #expect(answer.status == 0 && answer.output.contains("mail"), "\(answer.errors)")
        let dump = home.path + "/out.prom"
        let replay = try ChildProcess.run(
            [try Repository.program, "replay", folder, "--to-dump", dump])
        #expect(replay.status == 0, "\(replay.errors)")
        let same = try ChildProcess.run([
            try Repository.program, "eval", "count_over_time(jobs_total[1h])", dump,
        ])
        #expect(same.output.contains("2"), "\(same.output) \(same.errors)")
        let over = try ChildProcess.run([
            try Repository.program, "replay", folder, "--expr", "jobs_total", "--every", "1",
        ])
        #expect(over.status == 0 && over.output.contains("jobs_total"), "\(over.errors)")
        let judged = try ChildProcess.run([try Repository.program, "replay", folder])
        #expect(judged.status == 0 && judged.output.contains("unknown"), "\(judged.errors)")
    }

    @Test func aFolderWithoutSamplesIsNamed() throws {
        let home = try TemporaryFolder()
        for arguments in [["eval", "up", home.path], ["replay", home.path]] {
            let result = try ChildProcess.run([try Repository.program] + arguments)
            #expect(result.status == 1 && result.errors.contains(home.path), "\(result.errors)")
        }
    }

    /// An hour that the dump no longer holds is still there when the room opens again.
    @Test func aReopenedRoomKeepsItsBaseline() throws {
        let home = try TemporaryFolder()
        try home.write(try history(), to: "a.prom")
        let first = try RoomUnderTest("open --metrics \(home.path)/a.prom", home: home)
        try first.ready()
        try first.waitForJournal("INC-0001")
        try poll("samples in the store") {
            try first.tmux.screen().contains("error")
        } describe: {
            (try? first.tmux.screen()) ?? ""
        }
        try first.tmux.press("q")
        try first.tmux.wait(for: "the question") { $0.lowercased().contains("leave") }
        try first.tmux.press("y")
        try poll("the end") { first.tmux.isDead }
        let count = try ChildProcess.run(
            [
                try Repository.program, "eval", "count_over_time(http_requests_total[2h]) > 200",
                "INC-0001",
            ], environment: ["XDG_STATE_HOME": home.path + "/state"])
        #expect(count.output.contains("code=\"500\""), "\(count.output) \(count.errors)")
        try home.write(
            "http_requests_total{code=\"200\"} 90000\nhttp_requests_total{code=\"500\"} 90\n",
            to: "a.prom")
        let second = try RoomUnderTest("open INC-0001 --metrics \(home.path)/a.prom", home: home)
        try second.ready()
        try second.waitForJournal("recorded samples")
    }

    /// Seventy minutes of requests, a sample every 15 s, the newest now.
    private func history() throws -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int(time.tv_sec)
        var text = ""
        for (code, step) in [("200", 100), ("500", 1)] {
            for index in 0..<280 {
                text +=
                    "http_requests_total{code=\"\(code)\"} \((index + 1) * step) "
                    + "\((now - (279 - index) * 15) * 1000)\n"
            }
        }
        return text
    }
}
