import Basics
import Processes
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

    @Test func drainsAFloodWithoutKeepingIt() {
        let before = residentBytes()
        let size = 1 << 30
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/usr/bin/head", ["-c", "\(size)", "/dev/zero"], deadline: .seconds(120)))
        #expect(result.outcome == .ok)
        #expect(result.output.head.count == 256 * 1024)
        #expect(result.output.tail.count == 768 * 1024)
        #expect(result.output.truncatedBytes == size - 1024 * 1024)
        #expect(residentBytes() - before < 64 << 20)
    }

    @Test func saysWhatIsMissing() {
        let output = CapturedOutput(head: [0x61], tail: [0x62], truncatedBytes: 2048)
        #expect(
            String(decoding: output.bytes, as: UTF8.self) == "a\n[2 KiB of output not kept]\nb")
    }

    @Test func honoursTheDeadlineUnderAFlood() {
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/usr/bin/yes", deadline: .milliseconds(300)))
        #expect(result.outcome == .timedOut)
        #expect(result.signal == SIGTERM)
    }

    private func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = fread(&buffer, 1, buffer.count, file)
        let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
    }
}
