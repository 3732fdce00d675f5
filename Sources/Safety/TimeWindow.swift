import Basics

/// A moment on both clocks, with the boot that the boot-time clock belongs to.
package struct Moment: Sendable, Hashable {
    package var wall: Timestamp
    package var boot: BootTime
    package var bootID: String

    package init(wall: Timestamp, boot: BootTime, bootID: String) {
        self.wall = wall
        self.boot = boot
        self.bootID = bootID
    }
}

/// How much time has passed, in a way that no step of the wall clock can shorten or reset.
package enum TimeWindow {
    /// Time from `moment` to `now`, never negative.
    ///
    /// Within one boot the boot-time clock decides (suspension included). Across boots only the
    /// wall clock is left, and a wall clock that went back counts as no time passed.
    package static func elapsed(since moment: Moment, now: ClockReading, bootID: String) -> Duration
    {
        let span =
            isSameBoot(moment.bootID, bootID) ? now.boot - moment.boot : now.wall - moment.wall
        return max(.zero, span)
    }

    /// Whether `moment` lies in the last `window` before `now`, both ends included.
    package static func contains(
        _ moment: Moment, in window: Duration, now: ClockReading, bootID: String
    ) -> Bool {
        elapsed(since: moment, now: now, bootID: bootID) <= window
    }

    /// Time between two moments, never negative.
    package static func span(from first: Moment, to second: Moment) -> Duration {
        elapsed(
            since: first, now: ClockReading(wall: second.wall, boot: second.boot),
            bootID: second.bootID)
    }

    /// Whether two boot ids are known and name the same boot.
    package static func isSameBoot(_ left: String, _ right: String) -> Bool {
        !left.isEmpty && left != "unknown" && left.utf8.elementsEqual(right.utf8)
    }
}
