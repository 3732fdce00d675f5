import Basics
import Incidents
import Playbooks
import Processes
import Safety
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

/// Commands beside actions, with real programs.
@Suite("Commands beside actions")
struct CommandDeskTests {
    private let bench = Bench("true")

    private func run(_ command: SideCommand, _ sink: MemorySink) -> CommandDesk.Ending {
        bench.executor(sink).desk.run(
            command, by: Bench.approver, onFailure: { [bench] in bench.failures.add($0) })
    }

    @Test func theRecordHasTheOutputAndWhoAsked() {
        let sink = bench.sink()
        var command = SideCommand(.diagnostic, ["/bin/echo", "pool 40/40"])
        command.hypothesis = "h1"
        let ending = run(command, sink)
        #expect(ending.exitCode == 0 && ending.ran.isOK)
        #expect(sink.kinds == ["command.ran"])
        #expect(sink.events.first?.actor == Bench.approver)
        let ran = sink.payload(CommandRan.self)
        #expect(ran?.hypothesis == "h1" && ran?.lastLine == "pool 40/40")
        #expect(ran?.blob != nil && sink.blobText == "pool 40/40\n")
    }

    @Test(arguments: [("exit 3", "exit 3"), ("kill -KILL $$", "ended by signal 9")])
    func everyEndIsTold(_ body: String, _ words: String) {
        let sink = bench.sink()
        let ending = run(SideCommand(.diagnostic, [bench.scratch.script("t", body)]), sink)
        #expect(!ending.ran.isOK && ending.ran.outcome == words)
        let late = run(
            SideCommand(.diagnostic, ["/bin/sleep", "60"], deadline: .milliseconds(200)), sink)
        #expect(late.ran.outcome == "timed out" && late.exitCode == nil)
    }

    @Test("N18: a program that others can write is not run beside actions either")
    func programsAreChecked() {
        let sink = bench.sink()
        let tool = bench.scratch.script("t", "touch \(bench.scratch.path)/ran")
        chmod(tool, 0o777)
        for argv in [[tool], ["t"], [], ["/no/such"]] {
            let ran = run(SideCommand(.notify, argv), sink).ran
            #expect(!ran.isOK && ran.outcome.hasPrefix("not started: "), "\(ran.outcome)")
        }
        #expect(!bench.scratch.exists("ran"))
    }

    @Test("N28: commands beside actions get an environment from nothing too")
    func theEnvironmentIsEmpty() {
        let sink = bench.sink()
        setenv("WARROOM_LEAK_PROBE", "1", 1)
        _ = run(SideCommand(.readyCheck, ["/usr/bin/env"]), sink)
        let names = sink.blobText.split(separator: "\n").map { $0.prefix { $0 != "=" } }
        #expect(Set(names) == ["HOME", "LC_ALL", "NO_COLOR", "PAGER", "PATH"])
        var command = SideCommand(.evidence, ["/usr/bin/env"])
        command.variables = ["LD_PRELOAD": "/tmp/x.so"]
        #expect(run(command, sink).ran.outcome.hasPrefix("not started: LD_PRELOAD"))
    }

    @Test("N32: a secret that a diagnostic prints is nowhere")
    func secretsAreRemoved() {
        let sink = bench.sink()
        let tool = bench.scratch.script("t", "echo token=hunter2")
        _ = run(SideCommand(.diagnostic, [tool]), sink)
        #expect(!sink.everything.contains("hunter2"))
        #expect(sink.kinds == ["command.ran", "credential.seen"])
    }

    @Test func theEmergencyStopLetsThemPass() {
        bench.scratch.write("EMERGENCY_STOP", "hands off")
        let sink = bench.sink()
        let executor = bench.executor(sink)
        executor.latchStop(reason: "hands off")
        #expect(executor.desk.run(SideCommand(.diagnostic, ["/bin/echo", "x"])).ran.isOK)
        #expect(executor.desk.run(SideCommand(.notify, ["/bin/echo", "x"])).ran.isOK)
    }

    @Test func anActionThatRunsDelaysNoDiagnostic() {
        var bench = Bench("touch $SCRATCH/up; while [ ! -e $SCRATCH/go ]; do sleep 0.02; done")
        let scratch = bench.scratch
        let sink = MemorySink()
        let holder = Mutex<Executor?>(nil)
        bench.onAppend = { draft in
            guard draft.payload is ActionStarted, let executor = holder.withLock({ $0 }) else {
                return
            }
            let isQueued = executor.commands.diagnose {
                _ = executor.desk.run(SideCommand(.diagnostic, ["/bin/echo", "x"]))
                scratch.write("go", "")
            }
            #expect(isQueued)
        }
        _ = sink
        let outer = bench.sink()
        let executor = bench.executor(outer)
        holder.withLock { $0 = executor }
        #expect(bench.run(outer, with: executor) == .succeeded)
        executor.commands.settle()
        #expect(outer.kinds.contains("command.ran"))
        holder.withLock { $0 = nil }
    }

    @Test func theQueueIsBoundedAndEndsWithTheRoom() {
        let executor = bench.executor(bench.sink())
        let go = Mutex(false)
        var accepted = 0
        for _ in 0..<30 {
            let isQueued = executor.commands.diagnose {
                while !go.withLock({ $0 }), executor.commands.stopRequest == nil { usleep(1000) }
            }
            if isQueued { accepted += 1 }
        }
        #expect(accepted == CommandQueue.waitingMax)
        executor.commands.close()
        #expect(executor.commands.stopRequest != nil)
        go.withLock { $0 = true }
    }

    // MARK: Diagnostics

    private func diagnostic(_ slots: [String: String]) -> Result<[String], Failure> {
        guard let id = IncidentID("INC-2041") else {
            return .failure(Failure("test.noID", "No incident id"))
        }
        var configuration = Configuration()
        configuration.services["checkout"] = Service(name: "checkout")
        let diagnostic = Diagnostic(
            id: "pool", title: "pool", command: ["/usr/bin/psql", "--host={service}", "-c", "{n}"],
            slots: ["service": .service, "n": .integer], timeout: .seconds(5))
        return Result { () throws(Failure) in
            let command = try SideCommand.diagnostic(
                diagnostic, slots: slots, hypothesis: "h1", configuration: configuration,
                incident: Incident(id: id))
            #expect(command.deadline == .seconds(5) && command.hypothesis == "h1")
            return command.argv
        }
    }

    @Test func aDiagnosticsSlotsAreFilled() throws {
        #expect(
            try diagnostic(["service": "checkout", "n": "7"]).get() == [
                "/usr/bin/psql", "--host=checkout", "-c", "7",
            ])
    }

    @Test(
        "N08: a diagnostic's slots are typed like an action's",
        arguments: [
            ["service": "checkout"], ["service": "checkout", "n": "-1"],
            ["service": "nobody", "n": "1"],
            ["service": "checkout", "n": "1", "extra": "x"], ["service": "--root=/", "n": "1"], [:],
            ["service": "checkout", "n": "1;id"],
        ])
    func badSlotsAreRefused(_ slots: [String: String]) {
        #expect(throws: Failure.self) { try diagnostic(slots).get() }
    }

    // MARK: Notifications

    @Test func aNotificationIsOneArgumentEach() throws {
        let command = try SideCommand.notification(
            ["/bin/page", "{contact}", "{text}"], contact: "on-call", text: "a\nb $(id); {contact}",
            escalation: "E1")
        #expect(command.argv == ["/bin/page", "on-call", "a b $(id); {contact}"])
        #expect(command.escalation == "E1" && command.purpose == .notify)
    }

    @Test(arguments: ["-x", "--config=/tmp/x", ""]) func contactsAreNoOptions(_ contact: String) {
        #expect(throws: Failure.self) {
            try SideCommand.notification(
                ["/bin/page", "{contact}"], contact: contact, text: "t", escalation: "E1")
        }
    }

    // MARK: Tickets

    @Test(
        "N53: only exit code 0 says that a ticket is open",
        arguments: [
            ("exit 0", true), ("exit 1", false), ("exit 2", nil),
            ("echo '<html>500</html>'; exit 7", nil),
            ("kill -KILL $$", nil),
        ] as [(String, Bool?)])
    func tickets(_ body: String, _ answer: Bool?) {
        let sink = bench.sink()
        let desk = bench.executor(sink).desk
        let tool = bench.scratch.script("ticket", "[ \"$1\" = OPS-1 ] || exit 9\n" + body)
        #expect(desk.ticketIsOpen("OPS-1", check: [tool, "{ticket}"]) == answer)
        #expect(sink.payload(CommandRan.self)?.purpose == .ticket)
    }

    @Test(arguments: ["-x", "", "a b", "a\nb", String(repeating: "x", count: 500)])
    func strangeTicketsAreNotLookedUp(_ ticket: String) {
        let sink = bench.sink()
        let desk = bench.executor(sink).desk
        #expect(desk.ticketIsOpen(ticket, check: ["/bin/true", "{ticket}"]) == nil)
        #expect(sink.events.isEmpty)
    }

    // MARK: Output

    @Test("N32: half a secret at the seam of a cut output is not kept")
    func theSeamIsClean() {
        let output = CapturedOutput(
            head: Array("one\npassword=hun".utf8),
            tail: Array("ter2\nMIIkeykeykey\n-----END RSA PRIVATE KEY-----\nlast".utf8),
            truncatedBytes: 100)
        let clean = OutputCleaner.clean(output) {
            ScrubbedLine(String(decoding: $0, as: UTF8.self))
        }
        let text = String(decoding: clean.bytes, as: UTF8.self)
        #expect(!text.contains("hun") && !text.contains("ter2") && !text.contains("MIIkey"))
        #expect(text.hasPrefix("one\n") && text.hasSuffix("\nlast") && clean.lastLine == "last")
        #expect(clean.bytesDropped == 100 + output.head.count + output.tail.count - 3 - 4)
        let whole = CapturedOutput(head: Array("a\nb".utf8))
        let same = OutputCleaner.clean(whole) { ScrubbedLine(String(decoding: $0, as: UTF8.self)) }
        #expect(same.bytes == Array("a\nb".utf8) && same.bytesDropped == 0)
    }
}
