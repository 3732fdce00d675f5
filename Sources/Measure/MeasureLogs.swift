import Basics
import Feeds
import Glibc
import Logs
import Metrics
import SafeText

/// `Measure logs PATH [STAGE]`: what one line costs in each stage between the file and the room,
/// what redaction costs a byte, both on one core; the bytes are in memory.
///
/// `Measure logs make PATH BYTES`: writes such a file, 110 bytes a line, time going on.
/// `Measure logs distinct LINES`: memory of pattern mining when no line is like another.
enum MeasureLogs {
    static func run(_ arguments: [String]) throws {
        switch arguments.first {
        case "make" where arguments.count == 3:
            try LogMaker.write(arguments[1], bytes: Int64(arguments[2]) ?? 1_000_000)
        case "distinct" where arguments.count == 2:
            distinct(Int(arguments[1]) ?? 1_000_000)
        case let path?:
            try stages(path, only: arguments.dropFirst().first)
        case nil:
            print("logs PATH | logs make PATH BYTES | logs distinct LINES")
        }
    }

    private static let zone = 0

    // MARK: Stages

    /// - Parameter only: the beginning of a stage's name; nil measures all.
    private static func stages(_ path: String, only: String?) throws {
        let bytes = try Files.bytes(path)
        let lines = lines(of: bytes)
        let count = Double(max(1, lines.count))
        Figure.print("bytes per line", Double(bytes.count) / count, "B")
        func stage(_ name: String, rounds: Int = 5, _ body: () throws -> Int) rethrows {
            guard only.map({ name.hasPrefix($0) }) ?? true else { return }
            let median = Cost.median(try Cost.rounds(rounds, body))
            Figure.print("\(name) ns/line", median / count * 1e9, "ns")
            Figure.print("\(name) records/s", count / median, "/s")
            Figure.print("\(name) MB/s", Double(bytes.count) / 1e6 / median, "MB/s")
        }
        stage("follow") { follow(path) }
        stage("prefilter") { filtered(bytes, lines) }
        stage("clean and redact") { cleaned(bytes) }
        stage("parse") { parsed(bytes, lines) }
        stage("mine") { mined(bytes, lines) }
        try stage("read, clean, parse, join") { try joined(path) }
        try stage("counted without being shown", rounds: 3) { try live(path, isShown: false) }
        try stage("all, as the room does", rounds: 3) { try live(path, isShown: true) }
    }

    private static func lines(of bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            found.append(start..<end)
            start = end + 1
        }
        return found
    }

    private static func follow(_ path: String) -> Int {
        let follower = LogFollower(path: path, start: .beginning)
        var lines = 0
        let now = ClockReading(wall: .epoch, boot: BootTime(nanoseconds: 0))
        while follower.turn(now: now, { _, _, _ in lines += 1 }).wantsMore {}
        return lines
    }

    private static func filtered(_ bytes: [UInt8], _ lines: [Range<Int>]) -> Int {
        let redactor = Redactor.standard
        return bytes.withUnsafeBufferPointer { bytes in
            var found = 0
            for line in lines
            where redactor.mayHoldSecrets(UnsafeBufferPointer(rebasing: bytes[line])) {
                found += 1
            }
            return found
        }
    }

    private static func cleaned(_ bytes: [UInt8]) -> Int {
        var stream = CleanStream()
        var out: [UInt8] = []
        var total = 0
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 256 * 1024)
                stream.feed(UnsafeBufferPointer(rebasing: bytes[start..<end]), into: &out)
                total += out.count
                out.removeAll(keepingCapacity: true)
                start = end
            }
        }
        return total
    }

    private static func parsed(_ bytes: [UInt8], _ lines: [Range<Int>]) -> Int {
        var parser = RecordParser()
        let context = TimeContext(reference: LogMaker.end, zoneOffset: zone)
        var timed = 0
        let span = bytes.span
        for line in lines
        where parser.parse(span.extracting(line), context: context).time != nil {
            timed += 1
        }
        return timed
    }

    /// The message alone: what stands behind the third blank and a colon.
    private static func mined(_ bytes: [UInt8], _ lines: [Range<Int>]) -> Int {
        var miner = PatternMiner()
        let span = bytes.span
        for line in lines {
            let start = min(line.upperBound, line.lowerBound + LogMaker.headerBytes)
            _ = miner.observe(
                span.extracting(start..<line.upperBound), level: nil, service: nil,
                time: LogMaker.end)
        }
        return miner.count
    }

    private static func joined(_ path: String) throws -> Int {
        let file = try RecordFile(path: path, zoneOffset: zone)
        var records = 0
        while try file.next() != nil { records += 1 }
        return records
    }

    /// The room's feeds, without a screen: a file that is there from the start is read from its
    /// end, so the file appears after them.
    private static func live(_ path: String, isShown: Bool) throws -> Int {
        var limits = FeedLimits()
        limits.bytesBehindBeforeSkipping = isShown ? .max : 0
        let link = path + ".link"
        unlink(link)
        let hub = FeedHub(
            specs: [SourceSpec(id: "log", kind: .logs(path: link))],
            store: SeriesStore(retention: .seconds(60), seriesMax: 1), clock: SystemClock(),
            limits: limits, usesInotify: false)
        _ = hub.drainNow()
        defer { unlink(link) }
        guard Glibc.link(path, link) == 0 else { throw Files.Unreadable(path: link, code: errno) }
        let snapshot = hub.drainNow()
        return snapshot.totalLines
    }

    // MARK: Memory

    private static func distinct(_ count: Int) {
        var run = PatternRun(input: .message)
        var text: [UInt8] = []
        var random = LogMaker.Random()
        var early = 0
        let seconds = Cost.rounds(1) {
            for index in 0..<count {
                text.removeAll(keepingCapacity: true)
                for word in 0..<6 {
                    if word > 0 { text.append(0x20) }
                    for _ in 0..<6 { text.append(0x61 + UInt8(random.next(26))) }
                }
                _ = run.take(text.span)
                if index == count / 10 { early = Cost.residentBytes }
            }
        }
        Figure.print("distinct lines/s", Double(count) / seconds[0], "/s")
        Figure.print("resident after a tenth", Double(early) / 1_048_576, "MiB")
        Figure.print("resident at the end", Double(Cost.residentBytes) / 1_048_576, "MiB")
    }
}

/// Lines as services write them, the same ones in every run.
enum LogMaker {
    /// The time of the newest line in any file.
    static let end = Timestamp(seconds: 1_790_000_000)
    /// `Aug 21 10:00:00 host-07 checkout[12345]: `
    static let headerBytes = 41

    struct Random {
        private var state: UInt64 = 4711
        mutating func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
    }

    private static let services = ["checkout", "payments", "cart-api", "frontend"]
    private static let messages: [String] = [
        "INFO request # served in # ms for user # from 10.#.#.#",
        "INFO GET /api/v1/orders/# 200 # bytes in # ms, connection # kept alive",
        "DEBUG cache hit for key session:# after # us, # entries in shard #",
        "WARN upstream inventory answered after # ms, attempt # of 3, request #",
        "ERROR connection to 10.#.#.#:5432 timed out after # ms while reading row #",
        "INFO worker # took job # from queue mail, # jobs waiting, oldest # s",
        "INFO flushed # records of segment # to disk in # ms (# bytes)",
        "NOTICE leader election for partition #: term #, # votes, previous leader #",
    ]

    static func write(_ path: String, bytes: Int64) throws {
        guard let file = fopen(path, "we") else { throw Files.Unreadable(path: path, code: errno) }
        defer { fclose(file) }
        let lines = bytes / 105
        var random = Random()
        var block: [UInt8] = []
        let first = Int64(end.seconds) - lines / linesPerSecond
        var second = Int64.min
        var clock: [UInt8] = []
        for index in 0..<lines {
            let time = first + index / linesPerSecond
            if time != second {
                second = time
                clock = self.clock(time)
            }
            block += clock
            append(&block, &random, isLast: index == lines - 1)
            if block.count > 1 << 20 || index == lines - 1 {
                guard fwrite(block, 1, block.count, file) == block.count else {
                    throw Files.Unreadable(path: path, code: errno)
                }
                block.removeAll(keepingCapacity: true)
            }
        }
    }

    private static let linesPerSecond: Int64 = 1_000

    /// `Aug 21 10:00:00 ` in UTC (RFC 3164).
    private static func clock(_ seconds: Int64) -> [UInt8] {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%b %e %H:%M:%S ", &parts)
        return text[..<count].map { UInt8(bitPattern: $0) }
    }

    /// Host, service and message; every `#` is a number.
    private static func append(_ block: inout [UInt8], _ random: inout Random, isLast: Bool) {
        let index = Int(random.next(UInt64(services.count)))
        block +=
            "host-0\(random.next(8)) \(services[index])[\(10_000 + random.next(90_000))]: ".utf8
        guard !isLast else {
            block += "ERROR NEWEST-LINE-4711 reached\n".utf8
            return
        }
        for byte in messages[Int(random.next(UInt64(messages.count)))].utf8 {
            if byte == 0x23 {
                block += numbers[Int(random.next(1_000))]
            } else {
                block.append(byte)
            }
        }
        block.append(0x0A)
    }

    private static let numbers = (0..<1_000).map { Array(String($0)[...].utf8) }
}
