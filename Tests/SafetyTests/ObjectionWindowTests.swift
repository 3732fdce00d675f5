import Basics
import Incidents
import Playbooks
import Safety
import Testing

@Suite struct ObjectionWindowTests {
    private let wall = Timestamp(nanoseconds: 1_787_306_400_000_000_000)
    private let boot = BootTime(nanoseconds: 1_000_000_000_000)

    private func left(
        after span: Duration, wallShift: Duration = .zero, bootID: String = "a",
        severity: Severity = .sev2, settings: SafetySettings = SafetySettings(),
        somebody: Bool = true
    ) -> Duration {
        ObjectionWindow.left(
            since: Moment(wall: wall, boot: boot, bootID: "a"), severity: severity,
            settings: settings, somebodyMayObject: somebody,
            now: ClockReading(wall: wall + span + wallShift, boot: boot + span), bootID: bootID)
    }

    @Test func runsForThirtySecondsFromTheEntry() {
        #expect(left(after: .zero) == .seconds(30))
        #expect(left(after: .seconds(29)) == .seconds(1))
        #expect(left(after: .seconds(30)) == .zero)
        #expect(left(after: .seconds(3_000)) == .zero)
    }

    @Test func isZeroWhenNobodyMayObject() {
        #expect(left(after: .zero, somebody: false) == .zero)
    }

    @Test func goesBySeverity() {
        var settings = SafetySettings()
        settings.objectionWindow = [.sev1: .zero, .sev3: .seconds(120), .sev4: .seconds(-5)]
        #expect(left(after: .zero, severity: .sev1, settings: settings) == .zero)
        #expect(left(after: .zero, severity: .sev2, settings: settings) == .seconds(30))
        #expect(left(after: .zero, severity: .sev3, settings: settings) == .seconds(120))
        #expect(left(after: .zero, severity: .sev4, settings: settings) == .zero)
    }

    @Test("N55: no step of the wall clock shortens or lengthens the window")
    func goesByTheBootClock() {
        for shift in [Duration.seconds(-3_600), .seconds(86_400), .seconds(-1)] {
            #expect(left(after: .seconds(10), wallShift: shift) == .seconds(20))
        }
    }

    @Test func acrossBootsOnlyForwardWallTimeCounts() {
        #expect(left(after: .seconds(10), bootID: "b") == .seconds(20))
        #expect(left(after: .seconds(10), wallShift: .seconds(-3_600), bootID: "b") == .seconds(30))
        #expect(left(after: .seconds(10), wallShift: .seconds(3_600), bootID: "b") == .zero)
    }
}
