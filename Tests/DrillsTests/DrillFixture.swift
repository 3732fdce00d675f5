import Basics
import Glibc

@testable import Drills

/// A simulator in a fresh folder below the system's temporary one.
final class DrillFixture {
    static let start = Timestamp(nanoseconds: 1_787_306_400_000_000_000)  // 2026-08-21T10:00:00Z

    let parent: String
    let simulator: Simulator
    private(set) var now = DrillFixture.start

    init(seed: UInt64 = 7, scenario: Scenario? = nil) throws {
        var template = Array("/tmp/warroom-drill-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.current }
        parent = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        simulator = try Simulator(
            scenario: try scenario ?? Drill.builtin("bad-deploy"), seed: seed,
            directory: parent + "/drill", start: Self.start,
            actuator: ["/usr/bin/warroom", "drill-actuator"])
        try simulator.prepare()
    }

    deinit { Self.remove(parent) }

    var paths: SimulatorPaths { simulator.paths }

    func advance(_ seconds: Int, step: Int = 1) throws {
        for _ in 0..<(seconds / step) {
            now = now + .seconds(step)
            try simulator.advance(to: now)
        }
    }

    func actuate(_ words: String...) -> Int32 {
        Actuator.run(
            arguments: ["--directory", paths.directory, "--seconds", "0"] + words)
    }

    func text(_ path: String) throws -> String {
        String(decoding: try DrillFiles.read(path, from: 0), as: UTF8.self)
    }

    /// Requests and failures of one service, all instances, as its dump says now.
    func requests(of service: String, instance: String? = nil) throws -> (all: Int, failed: Int) {
        var all = 0
        var failed = 0
        for line in try text(paths.dump(of: service)).split(separator: "\n")
        where line.hasPrefix("http_requests_total{") {
            if let instance, !line.contains("instance=\"\(instance)\"") { continue }
            let count = line.split(separator: " ").last.flatMap { Int($0) } ?? 0
            all += count
            if line.contains("code=\"5") { failed += count }
        }
        return (all, failed)
    }

    /// The share of requests that failed while `seconds` passed.
    func errorRatio(of service: String, over seconds: Int) throws -> Double {
        let before = try requests(of: service)
        try advance(seconds)
        let after = try requests(of: service)
        guard after.all > before.all else { return 0 }
        return Double(after.failed - before.failed) / Double(after.all - before.all)
    }

    /// Every file below the drill's directory by its name there, the configuration apart (it names
    /// the folder).
    func files() throws -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for path in Self.walk(paths.directory).files where path != paths.configuration {
            result[String(path.dropFirst(paths.directory.count))] = try DrillFiles.read(
                path, from: 0)
        }
        return result
    }

    /// Files and folders below `root`, a folder before what it holds.
    private static func walk(_ root: String) -> (files: [String], folders: [String]) {
        var files: [String] = []
        var folders = [root]
        var next = 0
        while next < folders.count {
            let folder = folders[next]
            next += 1
            guard let stream = opendir(folder) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = name(of: entry)
                if name == "." || name == ".." { continue }
                let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
                if isFolder { folders.append(folder + "/" + name) }
                if !isFolder { files.append(folder + "/" + name) }
            }
        }
        return (files, folders)
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func remove(_ path: String) {
        let (files, folders) = walk(path)
        for file in files { unlink(file) }
        for folder in folders.reversed() { rmdir(folder) }
    }
}
