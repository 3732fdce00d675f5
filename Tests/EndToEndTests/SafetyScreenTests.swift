import Basics
import Foundation
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A configuration and programs of its own: an error ratio over its target, a playbook that applies
/// and actions that do something.
struct SafetyRoom {
    let home: TemporaryFolder
    let room: RoomUnderTest

    /// - Parameters:
    ///   - first: the action that the playbook puts first.
    ///   - again: the folder of a room that ended, to be opened again.
    ///   - diagnostic: whether the hypothesis' test is a command.
    init(first: String, again: SafetyRoom? = nil, diagnostic: Bool = false) throws {
        home = try again?.home ?? TemporaryFolder()
        if again == nil { try Self.write(home, first: first, diagnostic: diagnostic) }
        room = try RoomUnderTest(again == nil ? "open" : "open INC-0001", home: home)
        try room.ready()
    }

    private static func write(_ home: TemporaryFolder, first: String, diagnostic: Bool) throws {
        let manager = FileManager.default
        for folder in ["config", "bin"] {
            try manager.createDirectory(
                atPath: home.file(folder), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
        }
        try ratio("0.07", in: home)
        try program(
            "quick",
            "echo switched off; printf '%s\\n' 'app_error_ratio 0.001' > \(home.file("app.prom"))",
            in: home)
        try program("back", "echo switched on", in: home)
        try program("slow", "echo begun; echo $$ > \(home.file("slow.pid")); sleep 300", in: home)
        try program(
            "brief", "echo begun; echo $$ > \(home.file("slow.pid")); sleep 4; echo ended", in: home
        )
        try program("drop", "echo dropped", in: home)
        try program("look", "echo 97 of 100 in use", in: home)
        let now = ISO8601DateFormatter().string(from: Date().addingTimeInterval(-300))
        try home.write(
            "{\"time\":\"\(now)\",\"service\":\"checkout\",\"kind\":\"deploy\","
                + "\"version\":\"4f2a91c\",\"previous\":\"9c1e07b\"}\n", to: "deploys.jsonl")
        let test = diagnostic ? "    diagnostic: pool\n" : ""
        let command = home.file("bin/look")
        let diagnostics =
            diagnostic ? "diagnostics:\n  pool: {title: pool, command: [\(command)]}\n" : ""
        try home.write(playbook(first, test), to: "config/playbook.yaml")
        try home.write(configuration(home) + diagnostics, to: "config/warroom.yaml")
    }

    static func ratio(_ value: String, in home: TemporaryFolder) throws {
        try home.write("app_error_ratio \(value)\n", to: "app.prom")
    }

    private static func program(_ name: String, _ body: String, in home: TemporaryFolder) throws {
        try home.write("#!/bin/sh\n\(body)\n", to: "bin/\(name)")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: home.file("bin/\(name)"))
    }

    private static func configuration(_ home: TemporaryFolder) -> String {
        func action(_ name: String, _ title: String, _ more: String) -> String {
            """
              \(name):
                title: \(title)
                tier: contained
                risk: low
                steps: [[\(home.file("bin/" + name))]]
                tested_in: [staging]
                containment: true
                timeout: 60s
            \(more)

            """
        }
        let back = "    rollback: {steps: [[\(home.file("bin/back"))]]}"
        return """
            environment: production
            tickets: false
            on_call: false
            sources:
              metrics: [{path: \(home.file("app.prom")), every: 10s}]
              changes: [{path: \(home.file("deploys.jsonl"))}]
            signals:
              error_ratio: {promql: app_error_ratio, unit: ratio, harm: up, target: 0.01}
            services:
              checkout: {tier: backend, customers: 30%}
            stop_files: [\(home.file("STOP"))]
            playbooks: [playbook.yaml]
            actions:

            """
                + action("quick", "switch pricing off", back) + action("slow", "drain slowly", back)
                + action("brief", "drain briefly", back)
                + action("drop", "drop the cache", "    irreversible: true")
    }

    private static func playbook(_ first: String, _ test: String) -> String {
        """
        id: app
        title: The app fails
        applies_when: [app_error_ratio > 0.05]
        check: [the app]
        hypotheses:
          - id: deploy
            statement: deploy {version} regressed {service}
            prior: 1
            evidence:
              - {for: it was just deployed, change: deploy, within: 15m, weight: strong}
            falsified_by: the version before fails too
            fastest_test: look at the pool
        \(test)mitigations:
          - action: \(first)
            why: it is the newest change
            could_break: prices
            monitor: errors
            hypothesis: deploy
        do_nothing: it goes on
        confirm: [errors]
        harden: [a test]

        """
    }

    // MARK: Keys

    /// Selects what the playbook advises and opens its card.
    func openCard(_ title: String) throws {
        try poll("the card of \(title)") {
            if try room.tmux.screen().contains("approve nothing") { return true }
            try room.tmux.press("Escape", "3", "g", "a")
            usleep(300_000)
            return try room.tmux.screen().contains("approve nothing")
        } describe: {
            (try? room.tmux.screen()) ?? ""
        }
    }

    /// As a person types: a key every 130 ms.
    func typeByHand(_ text: String) throws {
        for character in text {
            try room.tmux.type(String(character))
            usleep(130_000)
        }
    }

    func screen(_ text: String, patience: Duration = Tmux.patience) throws {
        try room.tmux.wait(forText: text, patience: patience)
    }

    /// The process of `slow` or `brief`, once it runs.
    func runningProcess() throws -> pid_t {
        var found: pid_t = 0
        try poll("the action's process") {
            let text = (try? home.text("slow.pid")) ?? ""
            found = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
            return found > 0
        }
        return found
    }

    static func isAlive(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 }
}

/// The decisions of an incident, in a real terminal, with real programs.
@Suite(.serialized) struct SafetyScreenTests {
    @Test func anApprovedActionRunsAndIsWatched() throws {
        let safety = try SafetyRoom(first: "quick")
        try safety.openCard("switch pricing off")
        try safety.screen("press Y (capital)")
        try safety.room.tmux.press("Tab", "Enter")
        try safety.screen("Enter never approves")
        #expect(!safety.room.journal().contains("mitigation.approved"))
        try safety.room.tmux.press("Y")
        try safety.room.waitForJournal("action.succeeded")
        try safety.screen("watching its effect")
        let journal = safety.room.journal()
        let intent = try #require(journal.range(of: "\"action.intent\""))
        let approved = try #require(journal.range(of: "\"mitigation.approved\""))
        let started = try #require(journal.range(of: "\"action.started\""))
        #expect(approved.lowerBound < intent.lowerBound && intent.lowerBound < started.lowerBound)
        try safety.screen("undo: switch pricing off")
    }

    @Test func aRefusedProposalRunsNothing() throws {
        let safety = try SafetyRoom(first: "quick")
        try safety.openCard("switch pricing off")
        try safety.room.tmux.press("Escape")
        try safety.room.tmux.press("3", "g", "x")
        try safety.screen("refused?")
        try safety.room.tmux.type("not now!")
        try safety.room.tmux.press("Enter")
        try safety.room.waitForJournal("mitigation.denied")
        try safety.screen("refused")
        #expect(!safety.room.journal().contains("action.intent"))
        #expect(safety.room.journal().contains("not now!"))
    }

    @Test func anObjectionMustBeAnswered() throws {
        let safety = try SafetyRoom(first: "quick")
        try safety.openCard("switch pricing off")
        try safety.room.tmux.press("Escape")
        try safety.room.palette("object M1 the cache is cold")
        try safety.room.waitForJournal("mitigation.objected")
        try safety.screen("the cache is cold")
        try safety.openCard("switch pricing off")
        try safety.screen("Review reason")
        try safety.room.tmux.press("Y")
        try safety.screen("type the reason for the review first")
        #expect(!safety.room.journal().contains("mitigation.approved"))
        try safety.room.tmux.press("Tab")
        try safety.room.tmux.type("it was warmed")
        try safety.room.tmux.press("Tab", "Y")
        try safety.room.waitForJournal("action.succeeded")
    }

    @Test("N41: the emergency stop ends a running action, and stays on without its file")
    func theStopEndsWhatRuns() throws {
        let safety = try SafetyRoom(first: "slow")
        try safety.openCard("drain slowly")
        try safety.room.tmux.press("Y")
        let process = try safety.runningProcess()
        try safety.screen("is running")
        try safety.room.tmux.press("!")
        try safety.room.waitForJournal("action.stopped")
        try poll("its end") { !SafetyRoom.isAlive(process) }
        try safety.screen("EMERGENCY STOP ON")
        try safety.screen("was stopped")
        let stop = safety.home.file("STOP")
        #expect(FileManager.default.fileExists(atPath: stop))
        try FileManager.default.removeItem(atPath: stop)
        usleep(1_500_000)
        try safety.screen("EMERGENCY STOP ON")
        try safety.room.palette("clear-stop it was the wrong zone")
        try safety.room.waitForJournal("stop.cleared")
        try safety.screen("EMERGENCY STOP off")
    }

    @Test("N35: what ran when the room was killed is unknown until somebody says what is true")
    func aKilledRoomLeavesAnUnknownOutcome() throws {
        let safety = try SafetyRoom(first: "slow")
        try safety.openCard("drain slowly")
        try safety.room.tmux.press("Y")
        _ = try safety.runningProcess()
        defer { RunningProcess.endActions(having: safety.home.file("bin/slow")) }
        try safety.room.waitForJournal("action.started")
        kill(try safety.room.pid, SIGKILL)
        try poll("the room's end") { safety.room.tmux.isDead }
        let again = try SafetyRoom(first: "slow", again: safety)
        try again.screen("outcome unknown")
        try again.room.waitForJournal("action.unknown")
        try again.room.palette("acknowledge A1 it never drained")
        try again.room.waitForJournal("action.acknowledged")
        try again.room.tmux.wait(for: "the next step goes on") {
            !$0.split(separator: "\n").prefix(3).joined().contains("outcome unknown")
        }
    }

    @Test("N36: a room that is hung up lets its action finish and records the outcome")
    func hangingUpFinishesTheAction() throws {
        let safety = try SafetyRoom(first: "brief")
        try safety.openCard("drain briefly")
        try safety.room.tmux.press("Y")
        let process = try safety.runningProcess()
        try safety.room.waitForJournal("action.started")
        kill(try safety.room.pid, SIGHUP)
        try poll("the action's end") { !SafetyRoom.isAlive(process) }
        try safety.room.waitForJournal("action.succeeded")
        #expect(!safety.room.journal().contains("action.stopped"))
    }

    @Test("N36: closing the terminal lets the action finish and records the outcome")
    func closingTheTerminalFinishesTheAction() throws {
        var safety: SafetyRoom? = try SafetyRoom(first: "brief")
        let home = try #require(safety).home
        try safety?.openCard("drain briefly")
        try safety?.room.tmux.press("Y")
        _ = try safety?.runningProcess()
        try safety?.room.waitForJournal("action.started")
        // The terminal goes away with its server.
        safety = nil
        let path = "state/warroom/incidents/INC-0001/journal/000001.wj"
        try poll("the outcome") {
            ((try? home.text(path)) ?? "").contains("action.succeeded")
        } describe: {
            (try? home.text(path)) ?? ""
        }
    }

    @Test func leavingAsksPlainlyWhileAnActionRuns() throws {
        let safety = try SafetyRoom(first: "slow")
        try safety.openCard("drain slowly")
        try safety.room.tmux.press("Y")
        _ = try safety.runningProcess()
        try safety.screen("is running")
        try safety.room.tmux.press("q")
        try safety.screen("is running. Leaving closes this screen only")
        try safety.room.tmux.press("n")
        try safety.room.tmux.press("C-x")
        try safety.room.waitForJournal("action.stopped")
    }

    @Test("N06: in a real terminal sent and pasted CONFIRM is refused, typed is taken")
    func confirmIsTypedByHand() throws {
        let safety = try SafetyRoom(first: "drop")
        try safety.openCard("drop the cache")
        try safety.screen("TWO PERSONS")
        try safety.room.tmux.press("Tab")
        try safety.room.tmux.wait(forText: "▸ Break glass")
        try safety.room.tmux.type("nobody else is awake!")
        try safety.room.tmux.press("Tab")
        try safety.room.tmux.wait(forText: "▸ Type CONFIRM")
        try safety.room.tmux.type("CONFIRM checkout")
        try safety.screen("faster than anybody types")
        try safety.room.tmux.press("Enter")
        usleep(300_000)
        try safety.room.tmux.press("Enter")
        usleep(300_000)
        #expect(!safety.room.journal().contains("mitigation.approved"))
        try safety.room.tmux.press("BTab", "C-u")
        try safety.room.tmux.paste(try safety.home.write("CONFIRM checkout", to: "pasted"))
        usleep(300_000)
        try safety.room.tmux.press("Enter")
        usleep(300_000)
        try safety.room.tmux.press("Enter")
        try safety.screen("pasted text confirms nothing")
        #expect(!safety.room.journal().contains("mitigation.approved"))
        try safety.room.tmux.press("BTab", "C-u")
        try safety.typeByHand("CONFIRM checkout")
        try safety.room.tmux.press("Enter")
        usleep(300_000)
        try safety.room.tmux.press("Enter")
        try safety.room.waitForJournal("mitigation.approved")
        #expect(safety.room.journal().contains("\"breakGlass\":\"nobody else is awake!\""))
        try safety.room.waitForJournal("action.succeeded")
    }

    /// The fastest test of a hypothesis is a command that changes nothing: it runs by one key, also
    /// while the emergency stop is on, and its output is evidence.
    @Test func theFastestTestRunsDuringTheStop() throws {
        let safety = try SafetyRoom(first: "quick", diagnostic: true)
        try safety.room.tmux.press("Escape", "!")
        try safety.screen("EMERGENCY STOP ON")
        try safety.room.tmux.press("2", "g")
        // The built-in playbook suspects the deploy as well; only ours knows a command.
        for _ in 0..<4 where !safety.room.journal().contains("command.ran") {
            try safety.room.tmux.press("t")
            usleep(700_000)
            if !safety.room.journal().contains("command.ran") { try safety.room.tmux.press("j") }
        }
        try safety.room.waitForJournal("command.ran")
        try safety.screen("test: ok")
        try safety.room.tmux.press("Enter")
        try safety.screen("t runs")
        for _ in 0..<3 { try safety.room.tmux.press("NPage") }
        try safety.screen("97 of 100 in use")
        try safety.screen("output: blobs/")
        try safety.room.tmux.press("Escape", "3", "g", "a")
        usleep(300_000)
        #expect(!safety.room.journal().contains("action.intent"))
    }
}
