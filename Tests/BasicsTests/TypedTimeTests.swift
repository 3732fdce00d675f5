import Basics
import Testing

@Suite struct TypedTimeTests {
    private let now = Timestamp(rfc3339: "2026-08-21T14:16:42Z") ?? .epoch

    @Test(arguments: [
        ("2026-08-21T14:02:10.5+02:00", "2026-08-21T12:02:10.5Z"),
        ("2026-08-21T14:02Z", "2026-08-21T14:02:00Z"), ("2026-08-21 14:02", "2026-08-21T14:02:00Z"),
        ("2026-08-21T14:02+02:00", "2026-08-21T12:02:00Z"), ("2026-08-20", "2026-08-20T00:00:00Z"),
        ("14:02", "2026-08-21T14:02:00Z"), ("14:02:10Z", "2026-08-21T14:02:10Z"),
        ("14:17", "2026-08-20T14:17:00Z"), ("-15m", "2026-08-21T14:01:42Z"),
        ("-1h30m", "2026-08-21T12:46:42Z"), ("-2d", "2026-08-19T14:16:42Z"),
        ("now", "2026-08-21T14:16:42Z"),
    ])
    func isRead(typed: String, time: String) {
        #expect(Timestamp(typed: typed, now: now) == Timestamp(rfc3339: time), "\(typed)")
    }

    @Test(arguments: [
        "", "noon", "25:00", "-", "-15", "-m", "15m", "2026-13-01", "14", "-99999999d",
    ])
    func isRefused(typed: String) {
        #expect(Timestamp(typed: typed, now: now) == nil, "\(typed)")
    }
}
