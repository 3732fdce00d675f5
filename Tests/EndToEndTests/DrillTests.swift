import Basics
import Foundation
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite(.serialized) struct DrillTests {
    /// The whole line: fault, hypothesis, approval, rollback, green, resolve, report, verify.
    @Test func fromTheFaultToResolved() throws {
        let room = try RoomUnderTest("drill --speed 40")
        try room.ready()
        try room.tmux.wait(for: "the deploy as a hypothesis", patience: .seconds(60)) {
            $0.contains("4f2a91c") && $0.contains("decide")
        }
        try room.openRollbackCard()
        try room.tmux.press("Enter")
        try room.tmux.wait(forText: "nothing was approved")
        #expect(!room.journal().contains("mitigation.approved"))
        try room.openRollbackCard()
        try room.approve()
        try room.waitForJournal("action.succeeded")
        let text = room.journal()
        let intent = try #require(text.range(of: "action.intent"))
        let started = try #require(text.range(of: "action.started"))
        #expect(intent.lowerBound < started.lowerBound)
        try room.tmux.wait(for: "all six", patience: .seconds(120)) {
            $0.contains("all six stop conditions held")
        }
        try room.palette("resolve")
        try room.waitForJournal("incident.resolved")
        try checkDocuments(room)
    }

    private func checkDocuments(_ room: RoomUnderTest) throws {
        let report = try room.command("report", "INC-0001")
        for number in 1...9 { #expect(report.output.contains("\n## \(number). ")) }
        #expect(report.output.contains("4f2a91c"))
        let verified = try room.command("verify", "INC-0001")
        #expect(verified.status == 0, "\(verified.output)")
    }

    /// The command; that one seed gives one result is `SimulationTests`' business.
    @Test func headlessDrillIsResolvedAndScored() throws {
        let home = try TemporaryFolder()
        let result = try ChildProcess.run(
            [try Repository.program, "drill", "--headless", "--score", "--seed", "7"],
            environment: ["XDG_STATE_HOME": home.path + "/state", "TMPDIR": home.path],
            patience: .seconds(120))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("\"wrong_actions\":0"), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1)
    }

    /// Under the emergency stop the card opens and refuses, and nothing is run.
    @Test func emergencyStopKeepsTheDrillFromActing() throws {
        let room = try RoomUnderTest("drill --speed 40")
        try room.ready()
        try room.tmux.press("!")
        try room.waitForJournal("stop.set")
        try room.tmux.wait(forText: "EMERGENCY STOP ON")
        try room.tmux.wait(for: "advice", patience: .seconds(60)) { $0.contains("9c1e07b") }
        try room.openRollbackCard()
        try room.tmux.press("Y")
        try room.tmux.wait(for: "the refusal on the card") {
            $0.contains("approve nothing") && $0.contains("stop: ")
        }
        try room.tmux.press("Escape")
        try room.palette("clear-stop drill continues")
        try room.waitForJournal("stop.cleared")
        #expect(!room.journal().contains("action.intent"))
    }

    /// Killed while an action runs: what became of it is unknown, must be acknowledged, and nothing
    /// that was written is lost.
    @Test func killedInTheMiddleOfAnAction() throws {
        let first = try RoomUnderTest("drill --speed 40")
        try first.ready()
        try first.openRollbackCard()
        try first.approve()
        try first.waitForJournal("action.started")
        kill(try first.pid, SIGKILL)
        defer { RunningProcess.endActions(having: first.home.path) }
        try poll("the end") { first.tmux.isDead }
        let written = first.journal()
        #expect(!written.contains("action.succeeded"), "the kill came too late to tell anything")
        let second = try RoomUnderTest("open INC-0001", home: first.home)
        try second.ready()
        try second.waitForJournal("action.unknown")
        #expect(second.journal().hasPrefix(written.prefix { $0 != "\0" }))
        try second.tmux.wait(for: "that the outcome is unknown") { $0.contains("unknown") }
        try second.palette("acknowledge looked at the fleet: it ran")
        try second.waitForJournal("action.acknowledged")
        let verified = try second.command("verify", "INC-0001")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }
}
