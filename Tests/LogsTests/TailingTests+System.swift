import Basics
import Dispatch
import Support
import Synchronization
import Testing

@testable import Logs

#if canImport(Glibc)
    import Glibc
#endif

/// Rights, disks, clocks and writers that do not wait.
extension TailingTests {
    /// Reads on the system's clock while `writer` runs on a thread of its own, then to the end.
    private func follow(_ reader: Reader, while writer: @escaping @Sendable () -> Void) -> [String]
    {
        let isDone = Atomic(false)
        let clock = SystemClock()
        return withoutActuallyEscaping(writer) { writer in
            let group = DispatchGroup()
            DispatchQueue.global().async(group: group) {
                writer()
                isDone.store(true, ordering: .sequentiallyConsistent)
            }
            while !isDone.load(ordering: .sequentiallyConsistent) {
                reader.now = clock.now
                reader.read()
                usleep(500)
            }
            group.wait()
            reader.now = clock.now
            return reader.take()
        }
    }

    @Test("2: a writer that keeps its file a second longer loses no line")
    func writerThatLags() {
        let box = box
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        let read = follow(reader) {
            let old = Writer(box.file("a.log"))
            for number in 1...100 {
                if number == 20 {
                    box.rename("a.log", "a.log.1")
                    box.write("a.log", "first of the new\n")
                }
                old.write("line \(number)\n")
                usleep(12_000)
            }
        }
        #expect(read.filter { $0 != "first of the new" } == numbered(1...100))
        #expect(read.count == 101)
    }

    @Test("5: fifty rotations of a thousand lines without a pause, read at the same time")
    func fiftyRotationsLive() {
        let box = box
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        let read = follow(reader) {
            for round in 0..<50 {
                let writer = Writer(box.file("a.log"))
                for number in 1...1_000 { writer.write("line \(round * 1_000 + number)\n") }
                for number in stride(from: round, to: 0, by: -1) {
                    box.rename("a.log.\(number)", "a.log.\(number + 1)")
                }
                box.rename("a.log", "a.log.1")
            }
        }
        #expect(read.count == 50_000)
        #expect(Set(read).count == 50_000, "no line twice")
        #expect(reader.follower.totals.possibleLosses == 0)
    }

    @Test("8: twenty copies and truncations 20 ms apart: what is missing is counted")
    func twentyCopiesLive() {
        let box = box
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        let read = follow(reader) {
            let isDone = Atomic(false)
            let written = Atomic(0)
            let group = DispatchGroup()
            DispatchQueue.global().async(group: group) {
                let writer = Writer(box.file("a.log"))
                var number = 0
                while !isDone.load(ordering: .relaxed) {
                    number += 1
                    writer.write("line \(number)\n")
                    written.store(number, ordering: .relaxed)
                    if number % 20 == 0 { usleep(200) }
                }
                writer.write("end\n")
            }
            for round in 0..<20 {
                usleep(20_000)
                while written.load(ordering: .relaxed) < (round + 1) * 200 { usleep(100) }
                box.copy("a.log", "a.log.\(20 - round)")
                box.truncate("a.log", to: 0)
            }
            isDone.store(true, ordering: .relaxed)
            group.wait()
            box.write("total", "\(written.load(ordering: .relaxed))")
        }
        let whole = read.filter { Int($0.dropFirst(5)) != nil && $0.hasPrefix("line ") }
        #expect(Set(whole).count == whole.count, "no line twice")
        let total = Int(box.text("total")) ?? 0
        let lost = total - whole.count
        print("8: \(lost) of \(total) lines lost, \(reader.follower.totals.possibleLosses) told")
        #expect(read.last == "end")
        let told = reader.follower.totals.losses.byReason
        #expect((1...20).contains(told[.rewritten] ?? 0), "two between two looks are one")
    }

    @Test("33: a file that may not be read says so, and is read when it may")
    func permissionLost() throws {
        let probe = "LogsTests.TailingTests/permissionLostAsUser"
        let prefix =
            geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        let child = try ChildProcess.runTest(
            probe, environment: ["WARROOM_TAILING": "rights"], through: prefix)
        #expect(child.status == 0, "\(child.output)\(child.errors)")
        #expect(child.output.contains("read as user"), "\(child.output)")
    }

    private static func isChild(_ what: String) -> Bool {
        getenv("WARROOM_TAILING").map { String(cString: $0) } == what
    }

    @Test(.enabled(if: isChild("rights")))
    func permissionLostAsUser() {
        #expect(geteuid() != 0)
        box.write("a.log", "one\n")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["one"])
        box.append("a.log", "two\n")
        chmod(box.file("a.log"), 0)
        #expect(reader.take() == ["two"], "an open file stays readable")
        #expect(reader.follower.problem == nil)
        chmod(box.file("a.log"), 0o644)
        box.rename("a.log", "a.log.1")
        box.write("a.log", "three\n")
        chmod(box.file("a.log"), 0)
        #expect(reader.take() == [])
        let problem = reader.follower.problem?.sentence(path: "a.log") ?? ""
        #expect(problem.contains("EACCES") && problem.contains("not readable"), "\(problem)")
        reader.wait(.seconds(60))
        box.rename("a.log", "a.log.0")
        chmod(box.file("a.log.0"), 0o644)
        box.append("a.log.0", "four\n")
        box.write("a.log", "five\n")
        #expect(reader.take() == ["three", "four", "five"])
        #expect(reader.follower.problem == nil)
        chmod(box.path, 0)
        box.path.withCString { _ = $0 }
        #expect(reader.take() == [])
        #expect(reader.follower.problem != nil, "the directory may not be searched")
        chmod(box.path, 0o755)
        box.append("a.log", "six\n")
        #expect(reader.take() == ["six"])
        #expect(reader.follower.problem == nil)
        print("read as user")
    }

    @Test(
        "33: an input error is said, tried again, and what stays unreadable is counted",
        .enabled(if: FaultyMount.isPossible, "needs root, /dev/fuse and python3-fusepy"))
    func inputError() throws {
        box.mkdir("real")
        box.mkdir("mount")
        let lines = text(numbered(1...3_000))
        box.write("real/a.log", lines)
        let mount = try FaultyMount(real: box.file("real"), at: box.file("mount"))
        defer { mount.end() }
        let reader = Reader(box.file("mount/a.log"), start: .beginning)
        box.write("real/fault", "once 8192 12288")
        reader.read()
        reader.wait(.seconds(1))
        #expect(reader.take() == numbered(1...3_000), "read after the error was gone")
        #expect(reader.follower.problem == nil)
        #expect(box.text("real/fault.seen") == "1")
        box.write("real/fault", "always \(lines.utf8.count) 1000000")
        box.append("real/a.log", text(numbered(3_001...6_000)))
        #expect(reader.take() == [])
        let problem = reader.follower.problem?.sentence(path: "a.log") ?? ""
        #expect(problem.contains("EIO") && problem.contains("not read"), "\(problem)")
        box.write("real/fault", "always \(lines.utf8.count) \(lines.utf8.count + 100)")
        for _ in 0..<4 {
            reader.wait(.seconds(6))
            reader.read()
        }
        #expect(reader.take().last == "line 6000", "the rest is read")
        let loss = reader.follower.totals.losses.recent.last
        #expect(loss?.reason == .unreadable)
        #expect(loss?.bytesUnread ?? 0 > 0)
    }

    @Test(
        "33: a mount that went away is read on when it is back",
        .enabled(if: FaultyMount.isPossible, "needs root, /dev/fuse and python3-fusepy"))
    func mountComesBack() throws {
        box.mkdir("real")
        box.mkdir("mount")
        box.write("real/a.log", text(numbered(1...100)))
        let first = try FaultyMount(real: box.file("real"), at: box.file("mount"))
        let reader = Reader(box.file("mount/a.log"))
        #expect(reader.take() == numbered(1...100))
        first.kill()
        reader.read()
        #expect(reader.follower.problem != nil)
        first.end()
        reader.wait(.seconds(1))
        reader.read()
        box.append("real/a.log", "meanwhile\n")
        let second = try FaultyMount(real: box.file("real"), at: box.file("mount"))
        defer { second.end() }
        #expect(reader.take() == ["meanwhile"])
        #expect(reader.follower.problem == nil)
        #expect(reader.follower.totals.possibleLosses == 0)
    }

    @Test("35: a deleted file's descriptor is closed after the grace, its space is free")
    func deletedFileFreesItsSpace() {
        let isMounted = geteuid() == 0 && mount("none", box.path, "tmpfs", 0, "size=8m") == 0
        defer { if isMounted { umount2(box.path, 2) } }
        box.write("a.log", [UInt8](repeating: 0x78, count: 3 << 20))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        let full = box.freeBytes
        box.unlink("a.log")
        _ = reader.take()
        reader.wait(.seconds(4))
        _ = reader.take()
        #expect(openDeletedFiles() == 1, "kept through the grace")
        reader.wait(.seconds(2))
        _ = reader.take()
        #expect(openDeletedFiles() == 0)
        #expect(!reader.follower.hasRetired)
        if isMounted { #expect(box.freeBytes - full >= 3 << 20) }
        print("35: on a file system of its own: \(isMounted)")
    }

    private func openDeletedFiles() -> Int {
        (0..<1_024).count { descriptor in
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
            let path = String(
                decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                as: UTF8.self)
            return path.hasPrefix(box.path + "/") && path.hasSuffix("(deleted)")
        }
    }

    @Test("36: clocks that step back and times in the future lose nothing")
    func clocks() {
        box.write("a.log", "one\n")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["one"])
        reader.now.wall = reader.now.wall - .seconds(86_400)
        box.append("a.log", "two\n")
        box.setModified("a.log", seconds: 4_000_000_000)
        #expect(reader.take() == ["two"])
        box.append("a.log", "three\n")
        box.setModified("a.log", seconds: 1_000)
        #expect(reader.take() == ["three"])
        box.rename("a.log", "a.log.1")
        box.append("a.log.1", "four\n")
        box.setModified("a.log.1", seconds: 4_000_000_000)
        box.write("a.log", "five\n")
        reader.now.wall = reader.now.wall - .seconds(86_400)
        #expect(reader.take() == ["four", "five"])
        Writer(box.file("a.log"), O_WRONLY).write("FIVE\n")
        box.setModified("a.log", seconds: 4_000_000_000)
        #expect(reader.take() == ["FIVE"])
    }

    @Test("The number of a file is the same after a restart and for a rotated part")
    func generations() {
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        var seen: [UInt64] = []
        func note() {
            reader.read()
            seen.append(reader.follower.generation)
            #expect(Reader(box.file("a.log")).generation == seen.last, "after a restart")
        }
        box.append("a.log", "2026-08-21T10:00:00Z first\n")
        note()
        box.append("a.log", String(repeating: "more\n", count: 900))
        note()
        #expect(seen[0] == seen[1])
        box.rename("a.log", "a.log.1")
        box.write("a.log", "2026-08-21T10:00:01Z second\n")
        note()
        #expect(seen[2] != seen[1])
        #expect(Reader(box.file("a.log.1")).generation == seen[1], "under its later name")
        box.write("a.log", "2026-08-21T10:00:02Z third\n")
        note()
        #expect(Set(seen).count == 3)
    }
}
