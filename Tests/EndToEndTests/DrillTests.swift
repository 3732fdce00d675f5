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
        try room.tmux.press("3", "g")
        try room.tmux.wait(for: "the rollback in the list", patience: .seconds(60)) {
            $0.contains("9c1e07b")
        }
        try selectRollback(room)
        try room.tmux.press("a")
        try room.tmux.wait(forText: "drill-actuator")
        try room.tmux.press("Enter")
        try room.tmux.wait(forText: "nothing was approved")
        #expect(!room.journal().contains("mitigation.approved"))
        try room.tmux.press("a")
        try room.tmux.wait(forText: "drill-actuator")
        try approve(room)
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

    private func selectRollback(_ room: RoomUnderTest) throws {
        for _ in 0..<6 {
            let selected = try room.tmux.screen().split(separator: "\n")
                .contains { $0.contains("▸") && $0.contains("9c1e07b") }
            if selected { return }
            try room.tmux.press("j")
            usleep(200_000)
        }
    }

    private func approve(_ room: RoomUnderTest) throws {
        if try room.tmux.screen().lowercased().contains("reason") {
            try room.tmux.press("Tab")
            try room.tmux.type("the deploy is the leading hypothesis")
            try room.tmux.press("Tab")
        }
        try room.tmux.press("Y")
    }

    private func checkDocuments(_ room: RoomUnderTest) throws {
        let report = try room.command("report", "INC-0001")
        for number in 1...9 { #expect(report.output.contains("\n## \(number). ")) }
        #expect(report.output.contains("4f2a91c"))
        let verified = try room.command("verify", "INC-0001")
        #expect(verified.status == 0, "\(verified.output)")
    }

    /// The whole room without a screen: resolved, the right cause, and the same again with the same
    /// seed.
    @Test func headlessDrillIsResolvedAndRepeatable() throws {
        func play() throws -> (status: Int32, score: String) {
            let home = try TemporaryFolder()
            let result = try ChildProcess.run(
                [try Repository.program, "drill", "--headless", "--score", "--seed", "7"],
                environment: ["XDG_STATE_HOME": home.path + "/state", "TMPDIR": home.path])
            return (result.status, result.output + (result.status == 0 ? "" : result.errors))
        }
        let first = try play()
        #expect(first.status == 0, "\(first.score)")
        #expect(first.score.contains("\"wrong_actions\":0"), "\(first.score)")
        let second = try play()
        #expect(first.score == second.score)
    }

    /// The simulator learns of an action only from the actuator's file: killed before it, the fault
    /// stays.
    @Test func emergencyStopKeepsTheDrillFromActing() throws {
        let room = try RoomUnderTest("drill --speed 40")
        try room.ready()
        try room.tmux.press("!")
        try room.waitForJournal("stop.set")
        try room.tmux.wait(forText: "EMERGENCY STOP ON")
        try room.tmux.wait(for: "advice", patience: .seconds(60)) { $0.contains("9c1e07b") }
        try room.tmux.press("3", "g", "a")
        try room.tmux.wait(for: "a refusal") { $0.lowercased().contains("stop") }
        try room.tmux.press("Y")
        try room.palette("clear-stop drill continues")
        try room.waitForJournal("stop.cleared")
        #expect(!room.journal().contains("action.intent"))
    }
}
