import Basics
import Glibc

/// Measures parts of warroom inside one process, for the scripts; never installed.
@main
enum Measure {
    /// One part: its name on the command line, what it does, and what runs it.
    struct Part {
        var name: String
        var summary: String
        var run: @Sendable ([String]) throws -> Void
    }

    /// Every part adds its line here.
    static let parts: [Part] = [
        Part(name: "actions", summary: "the record and a child process, in DIRECTORY") {
            try MeasureActions.run($0)
        },
        Part(name: "answers", summary: "answers queries over recorded series") {
            try MeasureAnswers.run($0)
        },
        Part(name: "queries", summary: "times queries and standing conditions") {
            MeasureQueries.run(arguments: $0)
        },
        Part(name: "exposition", summary: "parses and stores the dump at PATH") {
            MeasureExposition.run($0)
        },
        Part(name: "growth", summary: "keeps and queries COUNT series") {
            MeasureGrowth.run($0)
        },
        Part(name: "index", summary: "indexes the log at PATH") { try MeasureIndex.run($0) },
        Part(name: "logs", summary: "the stages of a log line, and what redaction costs") {
            try MeasureLogs.run($0)
        },
        Part(name: "store", summary: "memory and time of the series store") {
            try MeasureStore.run(arguments: $0)
        },
    ]

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let part = parts.first(where: { $0.name == arguments.first }) else {
            print("usage: Measure PART …")
            for part in parts { print("  \(part.name)  \(part.summary)") }
            exit(ExitStatus.usage.rawValue)
        }
        do {
            try part.run(Array(arguments.dropFirst()))
        } catch {
            print("Measure \(part.name): \(error)")
            exit(ExitStatus.environment.rawValue)
        }
    }
}

/// What a measurement costs this process.
enum Cost {
    /// Processor seconds of all threads so far, user and system.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// Bytes resident now, from `/proc/self/statm`.
    static var residentBytes: Int {
        let fields = Files.text("/proc/self/statm").split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Processor seconds of each round of `body`, least first. What `body` returns is kept from
    /// being optimised away.
    static func rounds<Value>(_ count: Int, _ body: () throws -> Value) rethrows -> [Double] {
        var all: [Double] = []
        for _ in 0..<count {
            let begin = processorSeconds
            let value = try body()
            all.append(processorSeconds - begin)
            keep(value)
        }
        return all.sorted()
    }

    static func median(_ sorted: [Double]) -> Double {
        sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    @inline(never) static func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }
}

/// One figure on standard output, a JSON object a line.
enum Figure {
    static func print(_ name: String, _ value: Double, _ unit: String) {
        let text = value.isFinite ? String(value) : "null"
        Swift.print(
            "{\"name\":" + JSONText.quoted(name) + ",\"value\":" + text + ",\"unit\":"
                + JSONText.quoted(unit) + "}")
        fflush(nil)
    }
}

/// Whole files, with the errno when one cannot be read.
enum Files {
    struct Unreadable: Error, CustomStringConvertible {
        var path: String
        var code: Int32
        var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else { throw Unreadable(path: path, code: errno) }
        defer { fclose(file) }
        var out: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&block, 1, block.count, file)
            out += block[..<count]
            if count < block.count { break }
        }
        if ferror(file) != 0 { throw Unreadable(path: path, code: EIO) }
        return out
    }

    static func text(_ path: String) -> String {
        String(decoding: (try? bytes(path)) ?? [], as: UTF8.self)
    }
}
