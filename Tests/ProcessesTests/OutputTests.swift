import Basics
import Processes
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct OutputTests {
    @Test(arguments: [0, 1, 9, 10, 11, 25, 29, 30, 31, 45, 1000])
    func keepsHeadAndTail(_ count: Int) {
        let result = shell(
            "i=0; while [ $i -lt \(count) ]; do printf $((i % 10)); i=$((i + 1)); done",
            configure: {
                $0.outputHeadBytesMax = 10
                $0.outputTailBytesMax = 20
            })
        let all = (0..<count).map { UInt8($0 % 10) + 0x30 }
        #expect(result.output.head == Array(all.prefix(10)))
        #expect(result.output.tail == Array(all.dropFirst(10).suffix(20)))
        #expect(result.output.truncatedBytes == max(0, count - 30))
    }

    static let isVictim = getenv("WARROOM_TEST_FLOOD") != nil

    /// In a process of its own, because the memory of this one belongs to every test.
    @Test(.enabled(if: isVictim)) func readsAGibibyte() {
        _ = shell("true")
        let before = peakBytes()
        let size = 1 << 30
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/usr/bin/head", ["-c", "\(size)", "/dev/zero"], deadline: .seconds(120)))
        #expect(result.outcome == .ok)
        #expect(result.output.head.count == 256 * 1024)
        #expect(result.output.tail.count == 768 * 1024)
        #expect(result.output.truncatedBytes == size - 1024 * 1024)
        #expect(peakBytes() - before < 16 << 20)
    }

    @Test("N30: 1 GiB of output is drained within 16 MiB", .enabled(if: !isVictim))
    func drainsAFloodWithoutKeepingIt() throws {
        let run = try ChildProcess.runTest(
            "readsAGibibyte", environment: ["WARROOM_TEST_FLOOD": "1"])
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.output)")
    }

    @Test func saysWhatIsMissing() {
        let output = CapturedOutput(head: [0x61], tail: [0x62], truncatedBytes: 2048)
        #expect(
            String(decoding: output.bytes, as: UTF8.self) == "a\n[2 KiB of output not kept]\nb")
    }

    @Test("N30: a flood delays no deadline") func honoursTheDeadlineUnderAFlood() {
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/usr/bin/yes", deadline: .milliseconds(300)))
        #expect(result.outcome == .timedOut)
        #expect(result.signal == SIGTERM)
    }

    /// The most memory this process ever had.
    private func peakBytes() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
