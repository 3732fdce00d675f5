import Basics
import Logs
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// Any bytes: what comes out may be shown and kept, however they arrive, and is clean already.
enum FuzzClean {
    /// Values that a program holds, among them ones that look like nothing.
    static let redactor: Redactor = {
        var rules = RedactionRules()
        rules.values = ["swordfish-9", "s3cr \"t/ä+x=9"]
        rules.names = ["pin", "kundennummer"]
        rules.prefixes = ["acme_"]
        return Redactor(rules, key: TagKey(0x5EED, 0xFACE))
    }()

    static func run(_ bytes: [UInt8]) {
        let whole = clean(bytes, pieces: [])
        precondition(
            String(validating: whole, as: UTF8.self) != nil, "what comes out is valid UTF-8")
        precondition(
            whole.count { $0 == 0x0A } == bytes.count { $0 == 0x0A },
            "one line feed out for each one in")
        precondition(
            !whole.contains { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7F }, "no control byte")
        var dice = ByteDice(bytes)
        let pieces = (0..<8).map { _ in dice.below(97) }
        precondition(clean(bytes, pieces: pieces) == whole, "however the bytes come")
        let twice = clean(whole, pieces: [])
        precondition(twice == whole, "clean text stays as it is: \(text(whole)) -> \(text(twice))")
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func clean(_ input: [UInt8], pieces: [Int]) -> [UInt8] {
        var stream = CleanStream(redactor: redactor)
        var out: [UInt8] = []
        var start = 0
        for size in pieces + [input.count] {
            let end = min(input.count, start + size)
            input[start..<end].withUnsafeBufferPointer { stream.feed($0, into: &out) }
            start = end
        }
        stream.finish(into: &out)
        return out
    }
}

/// Lines of any kind: each gives a header, and what the parser says of it lies within the line.
enum FuzzRecords {
    static func run(_ bytes: [UInt8]) {
        let context = TimeContext(
            reference: .init(nanoseconds: 1_780_000_000_000_000_000), zoneOffset: 3_600)
        var parser = RecordParser()
        var cleaner = LineCleaner()
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            check(Array(line), parser.parse(Array(line).span, context: context))
            let text = Array(cleaner.clean(line).text.utf8)
            check(text, parser.parse(text.span, context: context))
        }
        join(bytes)
    }

    private static func check(_ line: [UInt8], _ parsed: ParsedLine) {
        guard case .range(let range) = parsed.body else { return }
        precondition(
            range.lowerBound >= 0 && range.upperBound <= line.count, "a message lies in its line")
    }

    /// The records of a file do not depend on how much of it is read at once, and what is printed
    /// of them is one line of clean text each.
    private static func join(_ bytes: [UInt8]) {
        guard let small = lines(bytes, block: 61), let large = lines(bytes, block: 65_536) else {
            return
        }
        precondition(small.heads == large.heads, "however much is read at once")
        let printed = large.printed
        precondition(String(validating: printed, as: UTF8.self) != nil, "valid UTF-8")
        precondition(printed.count { $0 == 0x0A } == large.heads.count, "one line a record")
        precondition(
            !printed.contains { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7F }, "no control byte")
    }

    private static func lines(_ bytes: [UInt8], block: Int) -> (
        heads: [[UInt8]], printed: [UInt8]
    )? {
        guard let path = MemoryFile.path(bytes) else { return nil }
        var heads: [[UInt8]] = []
        var printed: [UInt8] = []
        var text = RecordText()
        guard
            let file = try? RecordFile(
                path: path, zoneOffset: 0, redactor: FuzzClean.redactor,
                blockBytes: block)
        else { return nil }
        do {
            while let record = try file.next() {
                heads.append(record.head)
                text.appendJSON(record, to: &printed)
            }
        } catch {
            // Bytes that begin as a gzip'd file and go on otherwise.
            return nil
        }
        return (heads, printed)
    }
}

/// Messages of any kind in a small miner: it stays within its bounds, and what it names exists.
enum FuzzPatterns {
    static func run(_ bytes: [UInt8]) {
        // The least that a miner takes.
        let patternsMax = 32 + Int(bytes.first ?? 7) % 16
        var miner = PatternMiner(patternsMax: patternsMax)
        var again = PatternMiner(patternsMax: patternsMax)
        var seen: [PatternID] = []
        for (number, line) in bytes.split(separator: 0x0A).enumerated() {
            let time = Timestamp(seconds: Double(number))
            let id = miner.observe(Array(line).span, level: nil, service: nil, time: time)
            let other = again.observe(Array(line).span, level: nil, service: nil, time: time)
            precondition(id == other, "the same lines have the same patterns")
            precondition(miner.count <= patternsMax, "no more patterns than were allowed")
            seen.append(id)
        }
        for id in seen { precondition(miner.template(miner.current(id)) != nil, "all are found") }
        let now = Timestamp(seconds: Double(seen.count))
        let all = miner.summaries(now: now, incidentStart: .epoch, limit: .max)
        precondition(
            all.reduce(0) { $0 + $1.count } == seen.count, "every line belongs to one pattern")
    }
}

/// One file in memory that no folder holds, with other bytes for every input.
private enum MemoryFile {
    private static let descriptor: CInt = {
        let path = "/dev/shm/warroom-fuzz-\(getpid())"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        unlink(path)
        return descriptor
    }()

    /// The path by which it is read, or nil when there is no memory for it.
    static func path(_ bytes: [UInt8]) -> String? {
        guard descriptor >= 0, ftruncate(descriptor, 0) == 0,
            pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
        else { return nil }
        return "/proc/self/fd/\(descriptor)"
    }
}
