import Basics
import Incidents
import Playbooks
import Safety
import Support
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Emergency-stop files")
struct StopFileTests {
    private static let actor = Actor(uid: 1000, name: "ops1")
    private static let time = Timestamp(nanoseconds: 1_790_000_000_000_000_000)

    private func isOn(_ paths: String...) -> Bool {
        StopState(files: StopFiles(paths: paths).read(), isLatched: false).isOn
    }

    @Test func absenceInAnOwnDirectoryIsProven() {
        let scratch = Scratch()
        #expect(!isOn(scratch.file("EMERGENCY_STOP")))
    }

    @Test func theTextIsTheReason() {
        let scratch = Scratch()
        scratch.write("EMERGENCY_STOP", "power\u{1B}[31m failure\u{202E} é\nsecond line\n")
        let files = StopFiles(paths: [scratch.file("EMERGENCY_STOP")]).read()
        #expect(files.map(\.presence) == [.present(reason: "power [31m failure? é second line")])
        scratch.write("EMERGENCY_STOP", String(repeating: "x", count: 100_000))
        let long = StopFiles(paths: [scratch.file("EMERGENCY_STOP")]).read()
        #expect(long.map(\.presence) == [.present(reason: String(repeating: "x", count: 200))])
    }

    @Test("N42: whatever is there stops, and N44: a FIFO never makes the look wait")
    func whateverIsThereStops() {
        let makers: [(String) -> Void] = [
            { symlink("/nonexistent/target", $0) }, { symlink($0, $0) }, { mkdir($0, 0o755) },
            { mkfifo($0, 0o644) }, { mknod($0, S_IFSOCK | 0o644, 0) },
            { close(open($0, O_CREAT | O_WRONLY, 0o644)) },
            { close(open($0, O_CREAT | O_WRONLY, 0)) },
        ]
        for (index, make) in makers.enumerated() {
            let scratch = Scratch()
            make(scratch.file("EMERGENCY_STOP"))
            #expect(isOn(scratch.file("EMERGENCY_STOP")), "maker \(index)")
        }
    }

    @Test("N43: whatever keeps absence from being proven stops")
    func whatCannotBeProvenStops() {
        let scratch = Scratch()
        scratch.write("file", "")
        mkdir(scratch.file("open"), 0o777)
        chmod(scratch.file("open"), 0o777)
        mkdir(scratch.file("sticky"), 0o1777)
        chmod(scratch.file("sticky"), 0o1777)
        mkdir(scratch.file("group"), 0o775)
        chmod(scratch.file("group"), 0o775)
        symlink("loop", scratch.file("loop"))
        symlink("nowhere", scratch.file("dangling"))
        var paths = [
            scratch.file("missing/EMERGENCY_STOP"), scratch.file("file/EMERGENCY_STOP"),
            scratch.file("open/EMERGENCY_STOP"), scratch.file("sticky/EMERGENCY_STOP"),
            scratch.file("loop/EMERGENCY_STOP"), scratch.file("dangling/EMERGENCY_STOP"),
            scratch.file(String(repeating: "n", count: 300)),
            "/" + String(repeating: "d/", count: 3000) + "x", "EMERGENCY_STOP",
            "./EMERGENCY_STOP", scratch.path + "/", scratch.path + "/.", "/", "", "/tmp/a\u{0}b",
        ]
        if geteuid() == 0 {
            chown(scratch.file("group"), 0, 65_533)
            paths.append(scratch.file("group/EMERGENCY_STOP"))
            mkdir(scratch.file("foreign"), 0o755)
            chown(scratch.file("foreign"), 65_533, 65_533)
            paths.append(scratch.file("foreign/EMERGENCY_STOP"))
        }
        for path in paths { #expect(isOn(path), "\(path.prefix(80))") }
    }

    @Test func oneOnFileAmongManyStops() {
        let scratch = Scratch()
        scratch.write("b", "")
        #expect(isOn(scratch.file("a"), scratch.file("b"), scratch.file("c")))
        #expect(!isOn(scratch.file("a"), scratch.file("c")))
        #expect(StopState(files: StopFiles(paths: []).read(), isLatched: false).isOn)
    }

    /// As a throw-away user, because root passes every permission check. `setpriv` starts a program
    /// of its own; the calls here change only this thread's file-system identity, as setfsuid(2)
    /// does.
    @Test("N43: a directory that cannot be searched stops, without root's rights")
    func aDirectoryThatCannotBeSearchedStops() {
        guard geteuid() == 0, let setfsuid = FileSystemIdentity.call else {
            print("skipped: acting as another user needs root and setfsuid")
            return
        }
        let scratch = Scratch()
        chmod(scratch.path, 0o755)
        mkdir(scratch.file("closed"), 0o700)
        mkdir(scratch.file("open"), 0o755)
        scratch.write("closed/EMERGENCY_STOP", "")
        scratch.write("unreadable", "why", mode: 0)
        _ = setfsuid(65_533)
        let closed = StopProbe.presence(of: scratch.file("closed/EMERGENCY_STOP"), rule: .unproven)
        let below = StopProbe.presence(
            of: scratch.file("closed/deeper/EMERGENCY_STOP"), rule: .provesBelowUs)
        let open = StopProbe.presence(of: scratch.file("open/EMERGENCY_STOP"), rule: .unproven)
        let unreadable = StopProbe.presence(of: scratch.file("unreadable"), rule: .unproven)
        _ = setfsuid(0)
        guard case .unproven(let why) = closed else {
            Issue.record("a closed directory proved \(closed)")
            return
        }
        #expect(why.contains("EACCES"))
        #expect(below != .absent)
        #expect(open == .absent)
        #expect(unreadable == .present(reason: ""))
    }

    @Test(
        "N43: an error of the disk or the network stops",
        arguments: [EIO, ESTALE, ETIMEDOUT, ENOTCONN, ENAMETOOLONG, ELOOP, EACCES, ENOMEM])
    func anErrorStops(_ code: Int32) {
        let scratch = Scratch()
        let presence = StopProbe.presence(
            of: scratch.file("EMERGENCY_STOP"), rule: .unproven,
            look: { _, _, _ in SystemError(code) })
        #expect(presence == .unproven("\(SystemError(code))"))
        #expect(
            StopProbe.presence(
                of: scratch.file("EMERGENCY_STOP"), rule: .unproven,
                look: { _, _, _ in SystemError(ENOENT) }) == .absent)
    }

    @Test func whomAStopDoesNotReachIsSaid() {
        let files = StopFiles(
            paths: [StopFiles.defaultPath, "/srv/STOP", "/home/ops/STOP"],
            stateFile: "/home/ops/STOP")
        #expect(files.gap(written: []) == nil, "nothing is stopped: said elsewhere")
        #expect(files.gap(written: [StopFiles.defaultPath, "/home/ops/STOP"]) == nil)
        #expect(files.gap(written: ["/home/ops/STOP"])?.contains("rooms of other users,") == true)
        #expect(files.gap(written: ["/srv/STOP"])?.contains("another configuration") == true)
    }

    @Test("N43: a file system whose server died stops") func aDeadFileSystemStops() throws {
        guard FaultyMount.isPossible else {
            return print("skipped: mounting needs root, /dev/fuse and fusepy")
        }
        let scratch = Scratch()
        mkdir(scratch.file("real"), 0o755)
        mkdir(scratch.file("seen"), 0o755)
        let mount = try FaultyMount(real: scratch.file("real"), at: scratch.file("seen"))
        defer { mount.end() }
        let files = StopFiles(paths: [scratch.file("seen/EMERGENCY_STOP")])
        #expect(files.read().map(\.presence) == [.absent])
        mount.kill()
        guard case .unproven = files.read()[0].presence else {
            Issue.record("a dead file system proved absence")
            return
        }
    }

    @Test("N47: a stop file in a directory of another user proves nothing")
    func aStrangersDirectoryProvesNothing() {
        guard geteuid() == 0 else { return print("skipped: giving a directory away needs root") }
        let scratch = Scratch()
        mkdir(scratch.file("state"), 0o755)
        chown(scratch.file("state"), 65_533, 65_533)
        let files = StopFiles(
            configuration: Configuration(), stateDirectory: scratch.file("state/warroom"))
        #expect(StopState(files: files.read(), isLatched: false).isOn)
        mkdir(scratch.file("state/warroom"), 0o755)
        chown(scratch.file("state/warroom"), 65_533, 65_533)
        let again = StopFiles(
            configuration: Configuration(), stateDirectory: scratch.file("state/warroom"))
        #expect(StopState(files: again.read(), isLatched: false).isOn)
    }

    // MARK: missing directories

    @Test func aMissingDirectoryProvesAbsenceOnlyWhereItsParentIsTrusted() {
        let scratch = Scratch()
        let deep = scratch.file("state/warroom/EMERGENCY_STOP")
        #expect(StopProbe.presence(of: deep, rule: .provesBelowUs) == .absent)
        #expect(StopProbe.presence(of: deep, rule: .unproven) != .absent)
        chmod(scratch.path, 0o777)
        #expect(StopProbe.presence(of: deep, rule: .provesBelowUs) != .absent)
        chmod(scratch.path, 0o700)
        symlink("nowhere", scratch.file("state"))
        #expect(StopProbe.presence(of: deep, rule: .provesBelowUs) != .absent)
    }

    @Test func belowRootMeansRootAlone() {
        guard geteuid() == 0, let setfsuid = FileSystemIdentity.call else {
            print("skipped: giving a directory away needs root")
            return
        }
        _ = setfsuid
        let scratch = Scratch()
        let deep = scratch.file("incident-response/EMERGENCY_STOP")
        #expect(StopProbe.presence(of: deep, rule: .provesBelowRoot) == .absent)
        chown(scratch.path, 65_533, 65_533)
        #expect(StopProbe.presence(of: deep, rule: .provesBelowRoot) != .absent)
        chown(scratch.path, 0, 0)
    }

    @Test func aFreshMachineCountsAsProven() {
        guard access("/etc/incident-response", F_OK) != 0 else {
            print("skipped: this machine has /etc/incident-response")
            return
        }
        let scratch = Scratch()
        let files = StopFiles(
            configuration: Configuration(), stateDirectory: scratch.file("state/warroom"))
        #expect(files.paths.count == 2)
        #expect(!StopState(files: files.read(), isLatched: false).isOn, "\(files.read())")
        var configuration = Configuration()
        configuration.stopFiles = [scratch.file("gone/EMERGENCY_STOP")]
        let configured = StopFiles(
            configuration: configuration, stateDirectory: scratch.file("state/warroom"))
        #expect(StopState(files: configured.read(), isLatched: false).isOn)
    }

    // MARK: setting and clearing

    @Test func settingWritesTheFirstThatWorksAndTheStateFile() {
        let scratch = Scratch()
        let state = scratch.file("state/warroom/EMERGENCY_STOP")
        let files = StopFiles(
            paths: [
                scratch.file("missing/EMERGENCY_STOP"), scratch.file("one"), scratch.file("two"),
                state,
            ], stateFile: state)
        let result = files.set(reason: "power", by: Self.actor, at: Self.time)
        #expect(result.written == [scratch.file("one"), state])
        #expect(result.unreached.count == 1)
        #expect(result.unreached.first?.contains("missing") == true)
        #expect(result.unreached.first?.contains("ENOENT") == true)
        #expect(!scratch.exists("two"))
        #expect(scratch.read("one")?.hasPrefix("power (set by ops1, uid 1000, 20") == true)
        #expect(StopState(files: files.read(), isLatched: false).isOn)
        #expect(files.clear() == [scratch.file("missing/EMERGENCY_STOP")])
        #expect(!scratch.exists("one") && !scratch.exists("state/warroom/EMERGENCY_STOP"))
    }

    @Test func anExistingStopKeepsItsText() {
        let scratch = Scratch()
        scratch.write("one", "first reason")
        let files = StopFiles(paths: [scratch.file("one")])
        #expect(
            files.set(reason: "second", by: Self.actor, at: Self.time).written
                == [scratch.file("one")])
        #expect(scratch.read("one") == "first reason")
    }

    @Test func whatCannotBeRemovedIsNamed() {
        let scratch = Scratch()
        mkdir(scratch.file("one"), 0o755)
        scratch.write("two", "")
        let files = StopFiles(paths: [scratch.file("one"), scratch.file("two")])
        #expect(files.clear() == [scratch.file("one")])
    }

    @Test func aDrillReadsAllAndTouchesOnlyItsOwn() {
        let scratch = Scratch()
        var configuration = Configuration()
        configuration.isDrill = true
        configuration.stopFiles = [scratch.file("drill-stop")]
        let state = scratch.file("warroom")
        let files = StopFiles(configuration: configuration, stateDirectory: state)
        #expect(files.paths.contains(StopFiles.defaultPath))
        #expect(files.paths.contains(state + "/EMERGENCY_STOP"))
        let result = files.set(reason: "drill", by: Self.actor, at: Self.time)
        #expect(result.written == [scratch.file("drill-stop")])
        #expect(!scratch.exists("warroom"))
        mkdir(state, 0o700)
        scratch.write("warroom/EMERGENCY_STOP", "real")
        #expect(files.clear().contains(state + "/EMERGENCY_STOP"))
        #expect(!scratch.exists("drill-stop"))
        #expect(scratch.exists("warroom/EMERGENCY_STOP"))
    }
}

/// setfsuid(2): glibc does not spread it over threads, so it lends one thread another identity.
private enum FileSystemIdentity {
    typealias Call = @convention(c) (UInt32) -> Int32
    static var call: Call? {
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "setfsuid") else { return nil }
        return unsafeBitCast(symbol, to: Call.self)
    }
}
