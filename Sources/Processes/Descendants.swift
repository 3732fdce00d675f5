import Basics
import CSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The number by which a run's processes are recognised after they have left its session.
///
/// Every run gets a soft RLIMIT_MSGQUEUE of its own. Fork, exec, `setsid` and a cleared environment
/// all pass it on, and `/proc/PID/limits` shows it. POSIX message queues are so rare that a limit a
/// little below the default of 819,200 bytes harms nobody.
enum RunMark {
    private static let counter = Atomic<UInt64>(0)

    /// A number no other live run of this process has; 0 when the machine allows none.
    static func next() -> UInt64 {
        var limit = rlimit()
        var ceiling: UInt64 = 819_200
        if getrlimit(__rlimit_resource_t(12), &limit) == 0 {
            ceiling = min(ceiling, UInt64(limit.rlim_max))
        }
        guard ceiling >= 4096 else { return 0 }
        let serial = counter.wrappingAdd(1, ordering: .relaxed).newValue
        return ceiling - 1 - serial % (ceiling / 2)
    }
}

/// Finds and ends processes that outlive the command which started them.
///
/// The room adopts orphans (`csystem_adopt_orphans`), so each of them is a direct child of this
/// process until it is reaped here: its pid cannot pass to a stranger in the meantime. Deeper
/// descendants are never signalled by number; they become direct children when their parent dies.
enum Descendants {
    /// Adopted children that carry `mark`, without `leader`.
    static func orphans(mark: UInt64, leader: pid_t) -> [pid_t] {
        guard mark != 0 else { return [] }
        return ownChildren().filter { $0 != leader && messageQueueLimit(of: $0) == mark }
    }

    /// Kills every orphan of the run until none is left or `limit` has passed, and reaps them.
    static func sweep(mark: UInt64, leader: pid_t, limit: Duration) -> (
        swept: Int, left: Int
    ) {
        let end = BootClock.now + limit
        var swept: Set<pid_t> = []
        while true {
            let found = orphans(mark: mark, leader: leader)
            if found.isEmpty { return (swept.count, 0) }
            for pid in found {
                var status: Int32 = 0
                if csystem_peek_child(pid, &status) == CSYSTEM_CHILD_RUNNING.rawValue {
                    kill(pid, SIGKILL)
                    swept.insert(pid)
                }
                waitpid(pid, nil, WNOHANG)
            }
            if BootClock.now >= end { return (swept.count, found.count) }
            usleep(2000)
        }
    }

    /// Whether any orphan of the run is still alive.
    static func anyAlive(mark: UInt64, leader: pid_t) -> Bool {
        orphans(mark: mark, leader: leader).contains { pid in
            var status: Int32 = 0
            return csystem_peek_child(pid, &status) == CSYSTEM_CHILD_RUNNING.rawValue
        }
    }

    private static func ownChildren() -> [pid_t] {
        guard let directory = opendir("/proc/self/task") else { return [] }
        defer { closedir(directory) }
        var children: [pid_t] = []
        while let entry = readdir(directory) {
            let task = withUnsafeBytes(of: entry.pointee.d_name) { name in
                String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard task.utf8.first != 0x2E else { continue }
            let text = SmallFile.read("/proc/self/task/\(task)/children")
            children += text.split(separator: " ").compactMap { pid_t($0) }
        }
        return children
    }

    private static func messageQueueLimit(of pid: pid_t) -> UInt64? {
        for line in SmallFile.read("/proc/\(pid)/limits").split(separator: "\n")
        where line.hasPrefix("Max msgqueue size") {
            return line.dropFirst(17).split(separator: " ").first.flatMap { UInt64($0) }
        }
        return nil
    }
}

/// Files of `/proc`: short, and empty when the process is gone.
enum SmallFile {
    static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The machine's boot-time clock. Deadlines of real processes follow it even when the injected
/// clock runs faster (drills) or by hand (tests).
enum BootClock {
    static var now: BootTime {
        var value = timespec()
        let result = clock_gettime(CLOCK_BOOTTIME, &value)
        precondition(result == 0, "the kernel has no boot-time clock")
        return BootTime(nanoseconds: Int64(value.tv_sec) * 1_000_000_000 + Int64(value.tv_nsec))
    }
}
