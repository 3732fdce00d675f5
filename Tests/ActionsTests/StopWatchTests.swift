import Basics
import Incidents
import Playbooks
import Safety
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("A stop file that came and went")
struct StopWatchTests {
    private func isOn(_ files: StopFiles) -> Bool {
        StopState(files: files.read(), isLatched: false).isOn
    }

    private func reason(_ files: StopFiles) -> String {
        StopState(files: files.read(), isLatched: false).reason
    }

    @Test("N45: a file created and removed between two looks is remembered")
    func cameAndWent() {
        let scratch = Scratch()
        let path = scratch.file("EMERGENCY_STOP")
        let files = StopFiles(paths: [path])
        #expect(!isOn(files))
        #expect(files.watchFailure == nil)
        scratch.write("EMERGENCY_STOP", "now")
        unlink(path)
        #expect(isOn(files) && isOn(files))
        #expect(reason(files) == "it appeared, and is gone again (\(path))")
        #expect(files.readNow().map(\.presence) == [.absent])
        #expect(files.clear().isEmpty)
        #expect(!isOn(files))
    }

    @Test("N45: a path with doubled slashes is watched like any other")
    func doubledSlashes() {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.path + "//EMERGENCY_STOP"])
        #expect(!isOn(files))
        scratch.write("EMERGENCY_STOP", "now")
        unlink(scratch.file("EMERGENCY_STOP"))
        #expect(isOn(files))
    }

    @Test("N45: a file moved in and out again is remembered")
    func movedInAndOut() {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")])
        scratch.write("other", "")
        #expect(!isOn(files))
        rename(scratch.file("other"), scratch.file("EMERGENCY_STOP"))
        rename(scratch.file("EMERGENCY_STOP"), scratch.file("other"))
        #expect(isOn(files))
    }

    @Test func otherFilesAreNothing() {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")])
        #expect(!isOn(files))
        for name in ["EMERGENCY_STOP.swp", "EMERGENCY", "emergency_stop", "x"] {
            scratch.write(name, "")
            unlink(scratch.file(name))
        }
        #expect(!isOn(files))
    }

    @Test func copiesShareTheMemory() {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")])
        let copy = files
        #expect(!isOn(files))
        scratch.write("EMERGENCY_STOP", "")
        unlink(scratch.file("EMERGENCY_STOP"))
        #expect(isOn(copy) && isOn(files))
    }

    @Test("N45: a directory that appears may have held it")
    func theDirectoryAppears() {
        let scratch = Scratch()
        let state = scratch.file("a/b/EMERGENCY_STOP")
        let files = StopFiles(paths: [], stateFile: state)
        #expect(!isOn(files))
        mkdir(scratch.file("a"), 0o755)
        #expect(!isOn(files), "its directory is still missing below ours")
        mkdir(scratch.file("a/b"), 0o755)
        #expect(isOn(files))
        #expect(reason(files).contains("appeared or was replaced"))
        #expect(files.clear().isEmpty)
        #expect(!isOn(files))
        scratch.write("a/b/EMERGENCY_STOP", "")
        unlink(state)
        #expect(isOn(files), "the new directory is watched")
    }

    @Test("N45: a directory that is exchanged may have held it")
    func theDirectoryIsExchanged() {
        let scratch = Scratch()
        mkdir(scratch.file("run"), 0o755)
        mkdir(scratch.file("new"), 0o755)
        let files = StopFiles(paths: [scratch.file("run/EMERGENCY_STOP")])
        #expect(!isOn(files))
        rename(scratch.file("run"), scratch.file("old"))
        rename(scratch.file("new"), scratch.file("run"))
        #expect(isOn(files))
        #expect(files.clear().isEmpty)
        #expect(!isOn(files))
        scratch.write("old/EMERGENCY_STOP", "")
        unlink(scratch.file("old/EMERGENCY_STOP"))
        #expect(!isOn(files), "the old directory means nothing any more")
        scratch.write("run/EMERGENCY_STOP", "")
        unlink(scratch.file("run/EMERGENCY_STOP"))
        #expect(isOn(files))
    }

    @Test("N45: a parent further up that is exchanged may have held it")
    func aParentIsExchanged() {
        let scratch = Scratch()
        for name in ["run", "run/warroom", "new", "new/warroom"] {
            mkdir(scratch.file(name), 0o755)
        }
        let files = StopFiles(paths: [scratch.file("run/warroom/EMERGENCY_STOP")])
        #expect(!isOn(files))
        rename(scratch.file("run"), scratch.file("old"))
        rename(scratch.file("new"), scratch.file("run"))
        #expect(isOn(files))
    }

    @Test("N45: more changes than the kernel reports count as one seen")
    func theQueueOverflows() throws {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")])
        #expect(!isOn(files))
        let limit = try #require(Self.queueMax)
        for number in 0...limit {
            let path = scratch.file("\(number & 1)")
            close(open(path, O_CREAT | O_WRONLY, 0o600))
            unlink(path)
        }
        #expect(isOn(files))
        #expect(reason(files).contains("too much happened"))
    }

    private static var queueMax: Int? {
        guard let file = fopen("/proc/sys/fs/inotify/max_queued_events", "re") else { return nil }
        defer { fclose(file) }
        var number: CLong = 0
        return withUnsafeMutablePointer(to: &number) {
            withVaList([$0]) { vfscanf(file, "%ld", $0) }
        } == 1 ? Int(number) : nil
    }

    @Test("N45: without inotify the directory's time tells, and the room says so")
    func withoutInotify() {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")], usesInotify: false)
        #expect(!isOn(files))
        #expect(files.watchFailure?.contains("directories' times") == true)
        #expect(!isOn(files))
        usleep(20_000)
        scratch.write("EMERGENCY_STOP", "")
        unlink(scratch.file("EMERGENCY_STOP"))
        #expect(isOn(files))
        #expect(reason(files).contains("its directory changed"))
        #expect(files.clear().isEmpty)
        #expect(!isOn(files))
    }

    @Test func withoutInotifyTheOwnDirectoryMayChange() {
        let scratch = Scratch()
        let state = scratch.file("EMERGENCY_STOP")
        let files = StopFiles(paths: [], stateFile: state, usesInotify: false)
        #expect(!isOn(files))
        usleep(20_000)
        scratch.write("incident", "")
        #expect(!isOn(files))
    }

    @Test func aFileThatIsThereKeepsItsReason() {
        let scratch = Scratch()
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")])
        #expect(!isOn(files))
        scratch.write("EMERGENCY_STOP", "power failure")
        #expect(reason(files).hasPrefix("power failure"))
    }

    @Test func aStopThatComesWhileItIsClearedStays() {
        let scratch = Scratch()
        let own = scratch.file("own")
        let files = StopFiles(paths: [own, scratch.file("other")], drillFiles: [own])
        scratch.write("own", "")
        #expect(isOn(files))
        scratch.write("other", "")
        #expect(files.clear() == [scratch.file("other")])
        #expect(isOn(files))
    }

    @Test("N45: the executor refuses after a file that came and went")
    func theExecutorRefuses() {
        var bench = Bench("touch $SCRATCH/ran")
        let scratch = bench.scratch
        let sink = bench.sink()
        let executor = bench.executor(sink)
        #expect(executor.stopReason() == nil)
        scratch.write("EMERGENCY_STOP", "")
        unlink(scratch.file("EMERGENCY_STOP"))
        #expect(bench.run(sink, with: executor) == .stopped)
        #expect(!scratch.exists("ran"))
        // While it runs, too.
        bench.onAppend = { draft in
            guard draft.payload is ActionStarted else { return }
            scratch.write("EMERGENCY_STOP", "")
            unlink(scratch.file("EMERGENCY_STOP"))
        }
        bench.action.steps = [[scratch.script("long", "while :; do sleep 0.05; done")]]
        #expect(bench.run(bench.sink()) == .stopped)
    }

    @Test func nothingIsLeftOpen() {
        let scratch = Scratch()
        // More than the kernel allows one user at a time.
        for _ in 0..<300 {
            let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")])
            #expect(!isOn(files))
            #expect(files.watchFailure == nil)
        }
    }
}
