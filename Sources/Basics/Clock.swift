import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// One reading of both clocks.
package struct ClockReading: Hashable, Sendable {
    /// Wall clock.
    package var wall: Timestamp
    /// Nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`). Windows and deadlines
    /// use it.
    package var boot: BootTime

    package init(wall: Timestamp, boot: BootTime) {
        self.wall = wall
        self.boot = boot
    }
}

/// A point on the boot-time clock: nanoseconds since the machine started, suspension included.
package struct BootTime: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static func < (left: BootTime, right: BootTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    package static func - (later: BootTime, earlier: BootTime) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
    package static func + (time: BootTime, span: Duration) -> BootTime {
        BootTime(nanoseconds: time.nanoseconds &+ span.nanoseconds)
    }
}

/// Where all time comes from. Nothing else in the program reads a clock.
package protocol TimeSource: Sendable {
    /// Both clocks now.
    var now: ClockReading { get }
    /// The kernel's id of this boot (`/proc/sys/kernel/random/boot_id`): boot times of different
    /// boots do not compare.
    var bootID: String { get }
}

/// The machine's clocks, optionally running `speed` times as fast from the moment of creation
/// (drills use that; 1 everywhere else).
package struct SystemClock: TimeSource {
    package let bootID: String
    private let speed: Double
    private let origin: ClockReading

    package init(speed: Double = 1) {
        precondition(speed > 0, "a clock that stands still would never reach a deadline")
        self.speed = speed
        origin = Self.read()
        bootID = Self.readBootID()
    }

    package var now: ClockReading {
        let reading = Self.read()
        guard speed != 1 else { return reading }
        let extra = Int64(Double((reading.boot - origin.boot).nanoseconds) * (speed - 1))
        return ClockReading(
            wall: reading.wall + .nanoseconds(extra), boot: reading.boot + .nanoseconds(extra))
    }

    private static func read() -> ClockReading {
        ClockReading(
            wall: Timestamp(nanoseconds: nanoseconds(CLOCK_REALTIME)),
            boot: BootTime(nanoseconds: nanoseconds(CLOCK_BOOTTIME)))
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var value = timespec()
        let result = clock_gettime(clock, &value)
        precondition(result == 0, "the kernel has no such clock")
        return Int64(value.tv_sec) * 1_000_000_000 + Int64(value.tv_nsec)
    }

    private static func readBootID() -> String {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return "unknown" }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 64)
        let count = fread(&buffer, 1, 63, file)
        let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let id = text.filter { $0.isHexDigit || $0 == "-" }
        return id.isEmpty ? "unknown" : id
    }
}

/// A clock that moves only when told to: drills without a screen, simulation and tests.
package final class ManualClock: TimeSource {
    package let bootID: String
    private let reading: Mutex<ClockReading>

    package init(
        wall: Timestamp, boot: BootTime = BootTime(nanoseconds: 1_000_000_000_000),
        bootID: String = "00000000-0000-4000-8000-000000000000"
    ) {
        self.bootID = bootID
        reading = Mutex(ClockReading(wall: wall, boot: boot))
    }

    package var now: ClockReading { reading.withLock { $0 } }

    /// Moves both clocks forward.
    package func advance(by span: Duration) {
        reading.withLock { $0 = ClockReading(wall: $0.wall + span, boot: $0.boot + span) }
    }

    /// Sets the wall clock alone, as NTP or an operator would; the boot clock goes on.
    package func setWall(_ wall: Timestamp) { reading.withLock { $0.wall = wall } }
}
