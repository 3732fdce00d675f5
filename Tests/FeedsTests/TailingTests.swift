import Basics
import Logs
import Metrics
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// The cases in which it matters how the hub notices changes. The numbers are those of the suite
/// in `LogsTests`.
@Suite("Tailing: the cases of the hub", .serialized)
struct TailingTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    private func hub(_ paths: [String], interval: Duration = .milliseconds(50)) -> (FeedHub, Latest)
    {
        let specs = paths.enumerated().map { index, path in
            SourceSpec(id: "l\(index)", kind: .logs(path: box.file(path)))
        }
        let hub = FeedHub(
            specs: specs, store: SeriesStore(retention: .seconds(600)), clock: SystemClock())
        let latest = Latest()
        hub.onTick(every: interval) { latest.set($0) }
        hub.start()
        return (hub, latest)
    }

    @Test("14: links are switched in front of the file and in front of its folder")
    func links() {
        for name in ["v1", "v2", "v3"] {
            box.mkdir(name)
            box.write("\(name)/a.log", "from \(name)\n")
        }
        box.symlink("v1", "data")
        box.symlink("data/a.log", "a.log")
        let (hub, latest) = hub(["a.log"])
        defer { hub.stop() }
        #expect(latest.wait { $0.recent.map(\.message) == ["from v1"] })
        box.append("v1/a.log", "more of v1\n")
        #expect(latest.wait { $0.recent.last?.message == "more of v1" })
        for name in ["v2", "v3"] {
            box.symlink(name, "next")
            box.rename("next", "data")
            #expect(latest.wait { $0.recent.last?.message == "from \(name)" })
            box.append("\(name)/a.log", "more of \(name)\n")
            #expect(latest.wait { $0.recent.last?.message == "more of \(name)" })
        }
        #expect(hub.snapshot().totalLines == 6)
        #expect(hub.snapshot().sources.allSatisfy { $0.possibleLosses == 0 })
    }

    @Test("15: the folder is renamed and made again; so is the one above it")
    func folders() {
        box.mkdir("up")
        box.mkdir("up/d")
        box.write("up/d/a.log", "one\n")
        let (hub, latest) = hub(["up/d/a.log"])
        defer { hub.stop() }
        #expect(latest.wait { $0.recent.last?.message == "one" })
        box.rename("up/d", "up/old")
        box.append("up/old/a.log", "two\n")
        box.mkdir("up/d")
        box.write("up/d/a.log", "three\n")
        #expect(latest.wait { $0.totalLines == 3 })
        box.rename("up", "gone")
        box.mkdir("up")
        box.mkdir("up/d")
        box.write("up/d/a.log", "four\n")
        #expect(latest.wait { $0.recent.last?.message == "four" })
        box.append("up/d/a.log", "five\n")
        #expect(latest.wait { $0.recent.last?.message == "five" })
        #expect(hub.snapshot().totalLines == 5)
    }

    @Test("18: one file by a path, two globs and a hard link is read once")
    func namedSeveralTimes() {
        box.write("a.log", "one\n")
        box.link("a.log", "b.log")
        box.symlink("a.log", "c.log")
        let (hub, latest) = hub(["a.log", "*.log", "?.log"])
        defer { hub.stop() }
        #expect(latest.wait { $0.totalLines == 1 })
        box.append("b.log", "two\n")
        #expect(latest.wait { $0.totalLines >= 2 })
        _ = hub.drainNow()
        #expect(hub.snapshot().totalLines == 2)
    }

    @Test("18: rotated parts that a glob matches are read as parts of their log")
    func globOverParts() {
        box.write("a.log.1", "from before\n")
        box.write("a.log", "one\n")
        let (hub, latest) = hub(["*.log*"])
        defer { hub.stop() }
        #expect(latest.wait { $0.recent.map(\.message) == ["one"] })
        for round in 0..<3 {
            for number in stride(from: 4, to: 0, by: -1)
            where access(box.file("a.log.\(number)"), F_OK) == 0 {
                box.rename("a.log.\(number)", "a.log.\(number + 1)")
            }
            box.append("a.log", "last of \(round)\n")
            box.rename("a.log", "a.log.1")
            box.write("a.log", "first of \(round + 1)\n")
        }
        #expect(latest.wait { $0.recent.last?.message == "first of 3" })
        _ = hub.drainNow()
        #expect(hub.snapshot().totalLines == 7)
        #expect(hub.snapshot().sources.count == 1)
    }

    @Test("5: a rotated file that was deleted before anybody could open it is told as lost")
    func unseen() {
        box.write("a.log", "one\n")
        let engine = FeedEngine(
            specs: [SourceSpec(id: "l", kind: .logs(path: box.file("a.log")))],
            store: SeriesStore(retention: .seconds(600)), clock: SystemClock(),
            limits: FeedLimits())
        func read() -> [FollowLoss] {
            engine.takeEvents()
            for _ in 0..<8 {
                while engine.round() {}
                engine.lookAtEverything()
            }
            return engine.snapshot().sources.first?.losses.recent ?? []
        }
        engine.lookAtEverything()
        #expect(read() == [])
        for round in 0..<3 {
            box.rename("a.log", "a.log.\(9 - round)")
            box.write("a.log", "kept \(round)\n")
            #expect(read() == [])
        }
        for round in 0..<4 {
            box.rename("a.log", "a.log.\(4 - round)")
            box.write("a.log", "more \(round)\n")
        }
        #expect(read() == [], "all are found beside it")
        box.unlink("a.log")
        box.write("a.log", "never seen\n")
        box.unlink("a.log")
        box.write("a.log", "last\n")
        let losses = read()
        #expect(losses.map(\.reason) == [.unseen])
        #expect(losses.first?.sentence.contains("a file of this name came and went") == true)
        let messages = engine.snapshot().recent.map(\.message)
        #expect(messages.count == 9, "\(messages)")
        #expect(messages.last == "last")
    }

    @Test("16: a log that a glob finds late is read with what was rotated before")
    func rotatedBeforeItWasFound() {
        box.write("b.log.1", "from before\n")
        box.write("a.log", "one\n")
        box.setModified("b.log.1", seconds: 1_000_000_000)
        let engine = FeedEngine(
            specs: [SourceSpec(id: "l", kind: .logs(path: box.file("*.log")))],
            store: SeriesStore(retention: .seconds(600)), clock: SystemClock(),
            limits: FeedLimits())
        engine.lookAtEverything()
        while engine.round() {}
        engine.takeEvents()
        box.write("b.log", "two\n")
        box.rename("b.log.1", "b.log.2")
        box.rename("b.log", "b.log.1")
        box.write("b.log", "three\n")
        engine.takeEvents()
        for _ in 0..<4 {
            while engine.round() {}
            engine.lookAtEverything()
        }
        #expect(engine.snapshot().recent.map(\.message).sorted() == ["one", "three", "two"])
    }

    @Test("31: after an overflow of the queue everything is looked at")
    func overflow() {
        box.write("a.log", "one\n")
        let engine = FeedEngine(
            specs: [SourceSpec(id: "l", kind: .logs(path: box.file("*.log")))],
            store: SeriesStore(retention: .seconds(600)), clock: SystemClock(),
            limits: FeedLimits())
        func read() -> [String] {
            while engine.round() {}
            return engine.snapshot().recent.map(\.message)
        }
        engine.lookAtEverything()
        #expect(read() == ["one"])
        engine.takeEvents()
        // Far more than `fs.inotify.max_queued_events`, 16,384 by default.
        for _ in 0..<15_000 {
            box.link("a.log", "x")
            box.unlink("x")
        }
        box.append("a.log", "two\n")
        box.rename("a.log", "a.log.1")
        box.write("a.log", "three\n")
        box.write("b.log", "four\n")
        #expect(engine.watcher.take().everything)
        #expect(read() == ["one"], "the events are gone")
        for _ in 0..<15_000 {
            box.link("a.log", "x")
            box.unlink("x")
        }
        engine.takeEvents()
        #expect(read().sorted() == ["four", "one", "three", "two"])
    }

    @Test("36: among two hundred logs the one that is far behind holds up no other")
    func oneHotLog() {
        for index in 0..<200 { box.write("log-\(1_000 + index).log", "") }
        let engine = FeedEngine(
            specs: [SourceSpec(id: "l", kind: .logs(path: box.file("*.log")))],
            store: SeriesStore(retention: .seconds(600)), clock: SystemClock(),
            limits: FeedLimits())
        engine.lookAtEverything()
        while engine.round() {}
        let block = String(repeating: "hot line with some words in it\n", count: 3_000)
        for _ in 0..<40 { box.append("log-1000.log", block) }
        for index in 1..<200 { box.append("log-\(1_000 + index).log", "cool \(index)\n") }
        engine.takeEvents()
        var rounds = 0
        var cool = 0
        while cool < 199, engine.round() {
            rounds += 1
            cool = engine.snapshot().recent.count { $0.message.hasPrefix("cool") }
        }
        #expect(cool == 199)
        let hot = engine.snapshot().sources.first { $0.path.hasSuffix("log-1000.log") }
        #expect(hot?.bytesBehind ?? 0 > Int64(block.utf8.count) * 30, "the others came first")
        #expect(rounds < 20)
    }
}

// MARK: - Limits of the kernel, and file systems that say nothing

extension TailingTests {
    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
    private static let limit = variable("WARROOM_TAILING_LIMIT")

    /// A user namespace has limits of its own; others on this machine keep theirs.
    private static func namespace(_ setting: String) -> [String] {
        [
            "unshare", "--user", "--map-root-user", "sh", "-c",
            "echo \(setting.split(separator: "=")[1]) "
                + "> /proc/sys/user/\(setting.split(separator: "=")[0]) && exec \"$@\"", "sh",
        ]
    }

    private static let hasNamespaces: Bool = {
        let child = try? ChildProcess.run(namespace("max_inotify_watches=9") + ["true"])
        return child?.status == 0
    }()

    @Test(
        "29: without watches or instances it is polled and says so",
        .enabled(if: hasNamespaces, "needs user namespaces"),
        arguments: [
            ("max_inotify_watches=0", "ENOSPC"), ("max_inotify_watches=1", "ENOSPC"),
            ("max_inotify_instances=0", "EMFILE"),
        ])
    func inotifyLimits(setting: String, error: String) throws {
        let child = try ChildProcess.runTest(
            "FeedsTests.TailingTests/limitedHub", environment: ["WARROOM_TAILING_LIMIT": error],
            through: Self.namespace(setting))
        #expect(child.status == 0, "\(child.output)\(child.errors)")
        #expect(child.output.contains("polled every 200 ms: inotify failed"), "\(child.output)")
        #expect(child.output.contains(error), "\(child.output)")
    }

    @Test(.enabled(if: limit?.hasPrefix("E") == true))
    func limitedHub() throws {
        box.write("a.log", "one\n")
        let (hub, latest) = hub(["*.log"])
        defer { hub.stop() }
        #expect(latest.wait { $0.recent.last?.message == "one" })
        box.append("a.log", "two\n")
        #expect(latest.wait { $0.recent.last?.message == "two" })
        box.rename("a.log", "a.log.1")
        box.write("a.log", "three\n")
        box.write("b.log", "four\n")
        #expect(latest.wait { $0.totalLines == 4 })
        print(try #require(hub.snapshot().sources.first).detail)
    }

    @Test("29: without descriptors a log says so and is read when there are some")
    func descriptors() throws {
        let child = try ChildProcess.runTest(
            "FeedsTests.TailingTests/hubWithoutDescriptors",
            environment: ["WARROOM_TAILING_LIMIT": "descriptors"],
            through: ["prlimit", "--nofile=256:256"])
        #expect(child.status == 0, "\(child.output)\(child.errors)")
        #expect(child.output.contains("ulimit -n"), "\(child.output)")
    }

    @Test(.enabled(if: limit == "descriptors"))
    func hubWithoutDescriptors() throws {
        box.write("a.log", "one\n")
        let (hub, latest) = hub(["a.log", "b.log"])
        defer { hub.stop() }
        #expect(latest.wait { $0.recent.last?.message == "one" })
        box.write("hidden", "two\n")
        var taken: [Int32] = []
        while true {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { break }
            taken.append(descriptor)
        }
        box.rename("hidden", "b.log")
        var sentence = ""
        #expect(
            latest.wait { snapshot in
                if case .error(let words) = snapshot.sources.last?.state { sentence = words }
                return sentence.contains("EMFILE")
            })
        print(sentence)
        for descriptor in taken { close(descriptor) }
        #expect(latest.wait { $0.totalLines == 2 })
    }

    @Test(
        "30: a file system that reports no changes is polled and says so",
        .enabled(if: FaultyMount.isPossible, "needs root, /dev/fuse and python3-fusepy"))
    func silentFileSystem() throws {
        box.mkdir("real")
        box.mkdir("mount")
        box.write("real/a.log", "one\n")
        box.write("local.log", "here\n")
        let mount = try FaultyMount(real: box.file("real"), at: box.file("mount"))
        defer { mount.end() }
        let (hub, latest) = hub(["mount/*.log", "local.log"])
        defer { hub.stop() }
        #expect(latest.wait { $0.totalLines == 2 })
        box.append("real/a.log", "two\n")
        #expect(latest.wait { $0.recent.last?.message == "two" })
        box.rename("real/a.log", "real/a.log.1")
        box.write("real/a.log", "three\n")
        box.write("real/b.log", "four\n")
        #expect(latest.wait { $0.totalLines == 5 })
        let details = hub.snapshot().sources.map(\.detail)
        #expect(details[0].contains("polled every 200 ms: fuse reports no changes"))
        #expect(details.last == "", "the local one is not polled")
    }
}
