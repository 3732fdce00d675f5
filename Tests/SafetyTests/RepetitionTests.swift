import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Loop, limits and breaker")
struct RepetitionTests {
    @Test("N54: the third same attempt in 15 min, also with other values, asks for a review")
    func theThirdSameAttemptIn15MinutesNeedsAReview() {
        var fixture = Fixture()
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .succeeded)
        fixture.advance(.minutes(1))
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .pass)
        fixture.attempt(
            "A2",
            of: fixture.proposal("M2", slots: ["service": "checkout", "revision": "4f2a91c"]),
            outcome: .succeeded)
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .review)
        fixture.advance(.minutes(14))
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .review)
        fixture.advance(.minutes(1.1))
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .pass)
    }

    @Test("N54: work by hand and a second incident's attempts count")
    func workByHandAndOtherIncidentsCount() {
        var fixture = Fixture()
        fixture.log(
            ActionManual(text: "did it", action: "rollback-deployment", target: "checkout"))
        #expect(fixture.verdict(.loop).outcome == .pass)
        fixture.elsewhere.attempts = [
            PastAttempt(
                action: "rollback-deployment", target: "checkout", isUndo: false,
                moment: Moment(
                    wall: fixture.now.wall, boot: fixture.now.boot, bootID: fixture.bootID))
        ]
        #expect(fixture.verdict(.loop).outcome == .review)
        #expect(fixture.verdict(.loop, fixture.proposal(target: "web")).outcome == .pass)
    }

    @Test("N54: what cannot be counted elsewhere asks for a review of every action")
    func anotherRecordThatCannotBeReadIsNoPass() {
        var fixture = Fixture()
        fixture.elsewhere.uncounted = ["INC-0003: EIO: Input/output error"]
        let verdict = fixture.verdict(.loop)
        #expect(verdict.outcome == .review)
        #expect(
            verdict.reason
                == "what was done in INC-0003 cannot be counted: EIO: Input/output error")
        fixture.elsewhere.uncounted.append("INC-0004: its HEAD is damaged")
        #expect(fixture.verdict(.loop).reason.hasSuffix("error (nor in 1 more)"))
    }

    @Test(
        "N55: no step of the wall clock empties the loop's window",
        arguments: [Duration.hours(-1), .hours(24), .seconds(-3), .seconds(400)])
    func theWindowIgnoresTheWallClockWithinABoot(_ step: Duration) {
        var fixture = Fixture()
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .succeeded)
        fixture.attempt("A2", of: fixture.proposal("M2"), outcome: .succeeded)
        fixture.now.wall = fixture.now.wall + step
        fixture.now.boot = fixture.now.boot + .minutes(2)
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .review)
    }

    @Test("N55: across boots a backward wall clock is no time passed")
    func acrossBootsABackwardWallClockIsNoTime() {
        var fixture = Fixture()
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .succeeded)
        fixture.attempt("A2", of: fixture.proposal("M2"), outcome: .succeeded)
        fixture.bootID = "99999999-2222-4333-8444-555555555555"
        fixture.now = ClockReading(
            wall: fixture.now.wall - .hours(3), boot: BootTime(nanoseconds: 1))
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .review)
        fixture.now.wall = fixture.now.wall + .hours(4)
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .pass)
    }

    @Test func elapsedTimeIsNeverNegative() {
        let moment = Moment(wall: Fixture.start, boot: BootTime(nanoseconds: 10), bootID: "a")
        let earlier = ClockReading(wall: Fixture.start - .hours(1), boot: BootTime(nanoseconds: 1))
        for boot in ["a", "b", "unknown", ""] {
            #expect(TimeWindow.elapsed(since: moment, now: earlier, bootID: boot) == .zero)
        }
        #expect(!TimeWindow.isSameBoot("unknown", "unknown"))
        #expect(!TimeWindow.isSameBoot("", ""))
    }

    // MARK: limits

    @Test(arguments: zip(Severity.allCases, [3, 2, 3, 3]))
    func automaticExecutionsEnd(_ severity: Severity, _ limit: Int) {
        #expect(SeverityPolicy.automaticMax(severity) == limit)
        var fixture = Fixture(severity: severity)
        fixture.action = Fixture.flag
        for number in 1...limit {
            fixture.actor = .automation
            #expect(
                fixture.verdict(.limits, fixture.proposal("M9", target: "cart")).outcome == .pass)
            fixture.attempt(
                "A\(number)", of: fixture.proposal("M\(number)", target: "cart"),
                outcome: .succeeded,
                by: .automation)
        }
        #expect(fixture.verdict(.limits, fixture.proposal("M9", target: "cart")).outcome == .review)
        fixture.actor = Fixture.commander
        #expect(fixture.verdict(.limits, fixture.proposal("M9", target: "cart")).outcome == .pass)
    }

    @Test func approvedOnesAndRollbacksNeverUseTheLimitUp() {
        var fixture = Fixture(severity: .sev2)
        fixture.action = Fixture.flag
        for number in 1...5 {
            fixture.attempt(
                "A\(number)", of: fixture.proposal("M\(number)"), outcome: .succeeded)
        }
        for number in 6...9 {
            fixture.attempt(
                "A\(number)", of: fixture.proposal("M\(number)", rollbackOf: "M1"),
                outcome: .succeeded, by: .automation)
        }
        fixture.actor = .automation
        #expect(fixture.incident.automaticExecutions.isEmpty)
        #expect(fixture.verdict(.limits, fixture.proposal("M20")).outcome == .pass)
    }

    @Test(arguments: zip(Severity.allCases, [GateVerdict.Outcome.pass, .pass, .review, .review]))
    func theSecondServiceIsARowOfItsOwn(_ severity: Severity, _ outcome: GateVerdict.Outcome) {
        var fixture = Fixture(severity: severity)
        fixture.attempt("A1", of: fixture.proposal("M1", target: "cart"), outcome: .succeeded)
        #expect(fixture.verdict(.limits, fixture.proposal("M2", target: "cart")).outcome == .pass)
        #expect(fixture.verdict(.limits, fixture.proposal("M2")).outcome == outcome)
        fixture.attempt("A2", of: fixture.proposal("M3"), outcome: .succeeded)
        let third = fixture.verdict(.limits, fixture.proposal("M4", target: "payments"))
        #expect(third.outcome == (severity == .sev1 ? .pass : .review))
    }

    @Test func anAutomaticProductionRollbackOfASev3NeedsAPerson() {
        var fixture = Fixture(severity: .sev3)
        fixture.actor = .automation
        #expect(fixture.verdict(.limits).outcome == .review)
        fixture = Fixture(severity: .sev3, environment: .staging)
        fixture.actor = .automation
        #expect(fixture.verdict(.limits).outcome == .pass)
    }

    // MARK: breaker

    /// Outcomes of rollbacks in order, minutes between them, and whether the breaker opens.
    @Test(
        "N56: two failures in a row or three in 30 min open the breaker",
        arguments: [
            ("FF", 1.0, true), ("F", 1.0, false), ("FSF", 1, false), ("FSFSF", 1, true),
            ("FSFSF", 20, false), ("UU", 1, true), ("TF", 60, true), ("SSSS", 1, false),
            ("FFS", 1, true), ("PF", 1, true),
        ])
    func theBreakerOpens(_ outcomes: String, _ minutes: Double, _ opens: Bool) {
        let kinds: [Character: AttemptOutcome] = [
            "F": .failed, "S": .succeeded, "U": .unknown, "T": .timedOut, "P": .stopped,
        ]
        var fixture = Fixture()
        for (index, letter) in outcomes.enumerated() {
            fixture.attempt(
                "A\(index + 1)", of: fixture.proposal("M\(index + 1)"),
                outcome: kinds[letter] ?? .failed)
            fixture.advance(.minutes(minutes))
        }
        let reason = Breaker.openReason(
            of: fixture.incident, actions: fixture.configuration.actions)
        #expect((reason != nil) == opens, "\(reason ?? "closed")")
    }

    @Test func anOpenBreakerBlocksRollbacksAndAsksForTheRest() {
        var fixture = Fixture()
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .failed)
        fixture.attempt("A2", of: fixture.proposal("M2"), outcome: .failed)
        fixture.advance(.hours(5))
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .blocked)
        var flag = fixture
        flag.action = Fixture.flag
        #expect(flag.verdict(.loop, flag.proposal("M3")).outcome == .review)
        fixture.log(BreakerClosed(reason: "the registry was down, it is back"))
        #expect(fixture.verdict(.loop, fixture.proposal("M3")).outcome == .pass)
    }

    @Test("N56: looking at a failure resets nothing, and neither does a success or time")
    func onlyATypedResetClosesTheBreaker() {
        var fixture = Fixture()
        for (number, outcome) in [AttemptOutcome.failed, .unknown].enumerated() {
            fixture.attempt(
                "A\(number + 1)", of: fixture.proposal("M\(number + 1)"), outcome: outcome)
            fixture.log(ActionAcknowledged(attempt: "A\(number + 1)", finding: "I looked"))
        }
        #expect(fixture.verdict(.loop, fixture.proposal("M9")).outcome == .blocked)
        fixture.attempt("A3", of: fixture.proposal("M3"), outcome: .succeeded)
        fixture.advance(.hours(48))
        #expect(fixture.verdict(.loop, fixture.proposal("M9")).outcome == .blocked)
    }

    @Test("N56: what was opened in the record stays open until it is closed there")
    func theRecordedBreakerCounts() {
        var fixture = Fixture()
        fixture.log(BreakerOpened(reason: "two rollbacks in a row have failed"))
        #expect(fixture.verdict(.loop).outcome == .blocked)
        fixture.log(BreakerClosed(reason: "mended"))
        #expect(fixture.verdict(.loop).outcome == .pass)
        #expect(fixture.incident.breakerReset != nil)
    }

    @Test("N56: after a reset the count begins anew, with what ended since")
    func theCountBeginsAnew() {
        var fixture = Fixture()
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .failed)
        fixture.attempt("A2", of: fixture.proposal("M2"), outcome: .running)
        fixture.log(BreakerClosed(reason: "mended"))
        fixture.log(ActionFailed(attempt: "A2", detail: "exit 1"))
        fixture.advance(.minutes(16))
        #expect(fixture.verdict(.loop, fixture.proposal("M9")).outcome == .pass)
        fixture.attempt("A3", of: fixture.proposal("M3"), outcome: .failed)
        #expect(fixture.verdict(.loop, fixture.proposal("M9")).outcome == .blocked)
    }

    @Test(
        "N55: no clock and no restart closes the breaker",
        arguments: [Duration.hours(-1), .hours(24), .seconds(-3)])
    func noClockClosesTheBreaker(_ step: Duration) {
        var fixture = Fixture()
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .failed)
        fixture.now.wall = fixture.now.wall + step
        fixture.attempt("A2", of: fixture.proposal("M2"), outcome: .failed)
        fixture.bootID = "99999999-2222-4333-8444-555555555555"
        fixture.now = ClockReading(
            wall: fixture.now.wall + step, boot: BootTime(nanoseconds: 1))
        #expect(fixture.verdict(.loop, fixture.proposal("M9")).outcome == .blocked)
    }

    @Test func anAcknowledgedUnknownNoLongerBlocks() {
        var fixture = Fixture()
        var other = fixture
        other.action = Fixture.flag
        fixture.attempt("A1", of: other.proposal("M1"), outcome: .unknown)
        #expect(fixture.verdict(.loop, fixture.proposal("M2")).outcome == .blocked)
        fixture.log(ActionAcknowledged(attempt: "A1", finding: "the flag is off"))
        #expect(fixture.verdict(.loop, fixture.proposal("M2")).outcome == .pass)
    }

    // MARK: undoing

    @Test func anUndoPassesWhenThereIsSomethingToUndo() {
        var fixture = Fixture()
        fixture.action = Fixture.flag
        let undo = fixture.proposal("M2", rollbackOf: "M1")
        #expect(fixture.verdict(.rollbackReady, undo).outcome == .blocked)
        fixture.log(fixture.proposal("M1"))
        #expect(fixture.verdict(.rollbackReady, undo).outcome == .blocked)
        fixture = Fixture()
        fixture.action = Fixture.flag
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .succeeded)
        let report = fixture.report(undo)
        #expect(report.blocked.isEmpty && report.needReview.isEmpty, "\(report)")
        fixture.attempt("A2", of: undo, outcome: .succeeded)
        let again = fixture.proposal("M3", rollbackOf: "M1")
        #expect(fixture.verdict(.rollbackReady, again).outcome == .blocked)
        let undoOfUndo = fixture.proposal("M4", rollbackOf: "M2")
        #expect(fixture.verdict(.rollbackReady, undoOfUndo).outcome == .blocked)
    }
}
