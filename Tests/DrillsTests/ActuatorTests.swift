import Basics
import Glibc
import Support
import Testing

@testable import Drills

@Suite struct ActuatorTests {
    @Test(
        arguments: [
            ([], 2), (["rollback"], 2), (["dance", "x"], 2), (["rollback", "checkout"], 2),
            (["rollback", "checkout", "9c1e07b", "more"], 2),
            (["rollback", "nobody", "9c1e07b"], 1), (["rollback", "checkout", "ffffff0"], 1),
            (["flag-off", "unknown"], 1), (["drain", "eu-west-1a"], 1),
            (["redeploy", "checkout", "new_pricing"], 1),
        ] as [([String], Int32)])
    func badRequestsChangeNothing(words: [String], code: Int32) throws {
        let fixture = try DrillFixture()
        let result = Actuator.run(
            arguments: ["--directory", fixture.paths.directory, "--seconds", "0"] + words)
        #expect(result == code)
        #expect(try fixture.text(fixture.paths.actuations) == "")
    }

    @Test func badOptionsAreRefused() {
        #expect(Actuator.run(arguments: ["--directory", "relative", "restart", "cart"]) == 2)
        #expect(Actuator.run(arguments: ["--directory", "/nonexistent", "restart", "cart"]) == 2)
        #expect(Actuator.run(arguments: ["--seconds", "-1", "restart", "cart"]) == 2)
        #expect(Actuator.run(arguments: ["--what", "1"]) == 2)
    }

    @Test func eachActionIsOneLine() throws {
        let fixture = try DrillFixture()
        #expect(fixture.actuate("rollback", "checkout", "9c1e07b") == 0)
        #expect(fixture.actuate("flag-off", "new_pricing") == 0)
        #expect(
            try fixture.text(fixture.paths.actuations)
                == #"{"verb":"rollback","service":"checkout","revision":"9c1e07b"}"# + "\n"
                + #"{"verb":"flag-off","flag":"new_pricing"}"# + "\n")
    }

    @Test func killedActuatorLeavesTheFault() throws {
        let fixture = try DrillFixture()
        try fixture.advance(120)
        // The kill comes while the actuator pretends to work.
        let killed = try ChildProcess.run([
            "timeout", "-s", "KILL", "0.5", try Repository.program, "drill-actuator",
            "--directory", fixture.paths.directory, "--seconds", "600", "rollback", "checkout",
            "9c1e07b",
        ])
        #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")
        #expect(try fixture.text(fixture.paths.actuations) == "")
        try fixture.advance(90)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) > 0.1)
    }

    @Test func finishedActuatorIsHeard() throws {
        let fixture = try DrillFixture()
        try fixture.advance(120)
        let finished = try ChildProcess.run([
            try Repository.program, "drill-actuator", "--directory", fixture.paths.directory,
            "--seconds", "0.05", "rollback", "checkout", "9c1e07b",
        ])
        #expect(finished.status == 0, "\(finished.errors)")
        try fixture.advance(90)
        #expect(try fixture.errorRatio(of: "checkout", over: 60) < 0.01)
    }
}
