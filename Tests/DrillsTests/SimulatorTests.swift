import Basics
import Glibc
import Testing

@testable import Drills

@Suite struct SimulatorTests {
    @Test func sameSeedWritesTheSameBytes() throws {
        let one = try DrillFixture(seed: 11)
        let two = try DrillFixture(seed: 11)
        let other = try DrillFixture(seed: 12)
        for fixture in [one, two, other] {
            try fixture.advance(120)
            #expect(fixture.actuate("rollback", "checkout", "9c1e07b") == 0)
            try fixture.advance(60)
        }
        let files = try one.files()
        #expect(files.count > 10)
        #expect(try two.files() == files)
        #expect(try other.files() != files)
    }

    @Test func stepsOfAdvanceDoNotMatter() throws {
        let one = try DrillFixture()
        let two = try DrillFixture()
        try one.advance(150, step: 1)
        try two.advance(150, step: 50)
        #expect(try one.files() == two.files())
    }

    @Test func timeThatDoesNotMoveWritesNothing() throws {
        let fixture = try DrillFixture()
        try fixture.advance(20)
        let files = try fixture.files()
        try fixture.simulator.advance(to: fixture.now)
        try fixture.simulator.advance(to: DrillFixture.start)
        try fixture.simulator.advance(to: fixture.now + .milliseconds(999))
        #expect(try fixture.files() == files)
    }

    @Test func faultRaisesErrorsAndRollbackEndsThem() throws {
        let fixture = try DrillFixture()
        #expect(try fixture.errorRatio(of: "checkout", over: 60) < 0.01)
        try fixture.advance(60)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) > 0.1)
        #expect(try fixture.errorRatio(of: "edge", over: 60) > 0.03)
        #expect(fixture.actuate("rollback", "checkout", "9c1e07b") == 0)
        try fixture.advance(45)
        let half = try fixture.errorRatio(of: "checkout", over: 15)
        #expect(half > 0.005)
        try fixture.advance(30)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) < 0.006)
        let deploys = try fixture.text(fixture.paths.deploys)
        #expect(deploys.contains(#""previous":"4f2a91c","by":"drill-actuator""#))
    }

    @Test func withoutAnActuationTheFaultStays() throws {
        let fixture = try DrillFixture()
        try fixture.advance(600, step: 15)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) > 0.1)
    }

    @Test func canaryOnTheNewVersionStaysWell() throws {
        let fixture = try DrillFixture()
        try fixture.advance(120)
        let before = try fixture.requests(of: "checkout", instance: "checkout-6")
        let dump = try fixture.text(fixture.paths.dump(of: "checkout"))
        #expect(
            dump.contains(
                #"instance="checkout-6",zone="us-east-1c",region="us-east-1","#
                    + #"version="4f2a91c""#))
        try fixture.advance(180)
        let after = try fixture.requests(of: "checkout", instance: "checkout-6")
        #expect(after.all > before.all + 1000)
        #expect(Double(after.failed - before.failed) < 0.02 * Double(after.all - before.all))
    }

    @Test(arguments: [
        ["disable", "flag-off", "new_pricing"], ["payments", "rollback", "payments", "75c0e12"],
        ["restart", "restart", "checkout"], ["drain", "drain", "us-east-1a"],
    ])
    func wrongActionsDoNotHelp(words: [String]) throws {
        let fixture = try DrillFixture()
        try fixture.advance(120)
        let code = Actuator.run(
            arguments: ["--directory", fixture.paths.directory, "--seconds", "0"]
                + words.dropFirst())
        #expect(code == 0)
        try fixture.advance(90)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) > 0.1)
    }

    @Test func redeployBringsTheFaultBack() throws {
        let fixture = try DrillFixture()
        try fixture.advance(120)
        #expect(fixture.actuate("rollback", "checkout", "9c1e07b") == 0)
        try fixture.advance(120)
        #expect(fixture.actuate("redeploy", "checkout", "4f2a91c") == 0)
        try fixture.advance(60)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) > 0.1)
    }

    @Test func brokenActuationLinesAreReportedAndLeftOut() throws {
        let fixture = try DrillFixture()
        try DrillFiles.append(fixture.paths.actuations, Array("nonsense\n{\"verb\":\"roll".utf8))
        try fixture.advance(2)
        #expect(fixture.simulator.problems.count == 1)
        // The second line gets its end later.
        try DrillFiles.append(
            fixture.paths.actuations,
            Array("back\",\"service\":\"cart\",\"revision\":\"2.18.4\"}\n".utf8))
        try fixture.advance(2)
        #expect(fixture.simulator.problems.count == 1)
    }

    @Test func newLogPatternComesWithTheFaultOnly() throws {
        let fixture = try DrillFixture()
        try fixture.advance(70)
        let before = try fixture.text(fixture.paths.log(of: "checkout"))
        #expect(!before.contains("upstream timeout"))
        #expect(before.split(separator: "\n").count > 1500)
        try fixture.advance(60)
        let after = try fixture.text(fixture.paths.log(of: "checkout"))
        #expect(after.contains(#""msg":"upstream timeout after 1500 ms""#))
    }

    @Test(arguments: [("drill", "/usr/bin/warroom"), ("/tmp/x", "warroom")])
    func relativePathsAreRefused(directory: String, program: String) throws {
        let scenario = try Drill.builtin("bad-deploy")
        #expect {
            try Simulator(
                scenario: scenario, seed: 1, directory: directory, start: DrillFixture.start,
                actuator: [program])
        } throws: { error in
            (error as? Failure)?.exit == .usage
        }
    }

    @Test func directoryOfSomebodyElseIsRefused() throws {
        let fixture = try DrillFixture()
        #expect(throws: Failure.self) { try fixture.simulator.prepareAgainForTest() }
        #expect(chmod(fixture.parent, 0o755) == 0)
        let shared = try Simulator(
            scenario: fixture.simulator.scenario, seed: 1, directory: fixture.parent,
            start: DrillFixture.start, actuator: ["/x"])
        #expect {
            try shared.prepare()
        } throws: { error in
            (error as? Failure)?.code == "drill.directory"
        }
    }
}

extension Simulator {
    /// A second simulator on the same directory.
    fileprivate func prepareAgainForTest() throws {
        let second = try Simulator(
            scenario: scenario, seed: seed, directory: paths.directory, start: start,
            actuator: actuator)
        try second.prepare()
    }
}
