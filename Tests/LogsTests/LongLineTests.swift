import Basics
import Support
import Testing

@testable import Logs

#if canImport(Glibc)
    import Glibc
#endif

/// Memory is measured in a process of its own: others would count.
@Suite(.serialized) struct LongLineTests {
    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
    static let measured = variable("WARROOM_TEST_LONG_LINE")

    private static var peakBytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1_024
    }

    @Test(.enabled(if: measured != nil)) func victimReadsALongLine() throws {
        let path = try #require(Self.measured)
        let before = Self.peakBytes
        var lines = 0
        var left = 0
        let follower = LogFollower(path: path, start: .beginning)
        let now = Reader.start
        while follower.turn(
            now: now,
            { line, _, omitted in
                lines += 1; left += omitted
            }
        ).wantsMore {}
        let opened = LogFollower(path: path, start: .end)
        while opened.turn(now: now, { _, _, _ in }).wantsMore {}
        if let history = opened.historyReader() {
            while !history.isAtStart { history.previous(bytes: 32 * 1024) { _, _, _ in } }
        }
        print("peak grew by \(Self.peakBytes - before) bytes, \(left) left out of \(lines) lines")
        guard lines == 3, left > 60 << 20 else { _exit(1) }
        _exit(Self.peakBytes - before < 8 << 20 ? 42 : 2)
    }

    @Test(
        "23: a line of 64 MB (1 GB in the long form) keeps memory bounded",
        .enabled(if: measured == nil))
    func longLineInBoundedMemory() throws {
        let box = try FileBox()
        let megabytes = Self.variable("WARROOM_SLOW") == nil ? 64 : 1_024
        let writer = Writer(box.file("a.log"))
        writer.write("before\n")
        let block = [UInt8](repeating: 0x78, count: 1 << 20)
        for _ in 0..<megabytes { writer.write(block) }
        writer.write("\nafter\n")
        let child = try ChildProcess.runTest(
            "victimReadsALongLine",
            environment: ["WARROOM_TEST_LONG_LINE": box.file("a.log")])
        #expect(child.status == 42, "\(child.output) \(child.errors)")
    }
}
