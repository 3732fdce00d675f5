import Basics
import Processes
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Files that tell this program what to do.
@Suite struct FileTrustTests {
    private func refusal(_ path: String, links: Bool = false) -> String? {
        do throws(Failure) {
            try FileTrust.check(path, links: links)
            return nil
        } catch {
            #expect(error.code == "file.untrusted" && error.exit == .refusedByGate)
            return error.why
        }
    }

    @Test func acceptsAnOwnFile() throws {
        let directory = try TemporaryDirectory()
        #expect(refusal(try directory.file("warroom.yaml", mode: 0o644)) == nil)
        #expect(refusal("/etc/passwd") == nil)
    }

    @Test(
        "N19: a catalogue that its group or everybody can write is refused",
        arguments: [0o664, 0o666, 0o646] as [mode_t])
    func refusesAFileOthersCanWrite(_ mode: mode_t) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("warroom.yaml", mode: mode)
        if geteuid() == 0 { chown(path, 0, 64123) }
        chmod(path, mode)
        #expect(refusal(path)?.contains("writable by") == true)
    }

    @Test("N19: a catalogue behind a symbolic link is refused")
    func refusesALink() throws {
        let directory = try TemporaryDirectory()
        let real = try directory.file("real.yaml", mode: 0o644)
        let link = directory.path + "/warroom.yaml"
        symlink(real, link)
        #expect(refusal(link) == "it is a symbolic link")
        #expect(refusal(link, links: true) == nil)
        chmod(real, 0o666)
        #expect(refusal(link, links: true)?.contains("everybody") == true)
        unlink(real)
        #expect(refusal(link, links: true) != nil)
        symlink("loop", directory.path + "/loop")
        #expect(refusal(directory.path + "/loop", links: true) != nil)
    }

    @Test("N19: a catalogue in a directory that others can write is refused")
    func refusesAnOpenDirectory() throws {
        let directory = try TemporaryDirectory()
        let open = try directory.directory("open", mode: 0o777)
        _ = try directory.directory("open/inner", mode: 0o755)
        for path in [
            try directory.file("open/warroom.yaml", mode: 0o644),
            try directory.file("open/inner/warroom.yaml", mode: 0o644),
        ] { #expect(refusal(path)?.contains("its directory") == true, "\(path)") }
        chmod(open, 0o1777)
        #expect(refusal(open + "/warroom.yaml") == nil, "nobody else can rename in it")
    }

    @Test("N47: a file of another user is refused") func refusesAStrangersFile() throws {
        guard geteuid() == 0 else { return print("skipped: only root can give files away") }
        let directory = try TemporaryDirectory()
        let path = try directory.file("warroom.yaml", mode: 0o644)
        chown(path, 64123, 64123)
        #expect(refusal(path) == "it is owned by uid 64123")
        let folder = try directory.directory("theirs", mode: 0o755)
        let inner = try directory.file("theirs/warroom.yaml", mode: 0o644)
        chown(folder, 64123, 64123)
        #expect(refusal(inner)?.contains("owned by uid 64123") == true)
    }

    @Test(arguments: ["/dev/null", "/etc", "", "/no/such/file", "/etc/passwd/x"])
    func refusesWhatIsNoFile(_ path: String) {
        #expect(refusal(path) != nil)
    }

    // MARK: Without root's rights

    static let place = getenv("WARROOM_TEST_TRUST").map { String(cString: $0) }

    @Test(.enabled(if: place != nil)) func asAnotherUser() throws {
        let place = try #require(Self.place)
        #expect(geteuid() == 64123)
        #expect(refusal(place + "/roots/file") == nil)
        #expect(refusal(place + "/mine/file") == nil)
        #expect(refusal(place + "/mine/open") != nil)
        #expect(refusal(place + "/others/file") == "it is owned by uid 64124")
        #expect(
            refusal(place + "/closed/file") == "EACCES" || refusal(place + "/closed/file") != nil)
        for path in ["/mine/tool", "/roots/tool"] { _ = try ExecutableCheck.pin(place + path) }
        for path in ["/mine/opentool", "/open/tool", "/others/tool", "/closed/tool"] {
            #expect(throws: Failure.self, "\(path)") { try ExecutableCheck.pin(place + path) }
        }
    }

    @Test(
        "N18: a program or directory that everybody can write is refused, without root's rights",
        .enabled(if: place == nil))
    func withoutRootsRights() throws {
        guard geteuid() == 0 else { return print("skipped: becoming another user needs root") }
        let user = ["/usr/bin/setpriv", "--reuid=64123", "--regid=64123", "--clear-groups"]
        guard Machine.allows(user) else { return }
        let directory = try TemporaryDirectory()
        chmod(directory.path, 0o755)
        let folders: [(name: String, mode: mode_t, owner: uid_t)] = [
            ("roots", 0o755, 0), ("mine", 0o755, 64123), ("others", 0o755, 64124),
            ("open", 0o777, 64123), ("closed", 0o700, 0),
        ]
        for folder in folders {
            let path = try directory.directory(folder.name)
            for (name, mode) in [("file", 0o644), ("tool", 0o755)] as [(String, mode_t)] {
                chown(
                    try directory.file("\(folder.name)/\(name)", "#!/bin/sh\n", mode: mode),
                    folder.owner, folder.owner)
            }
            chown(path, folder.owner, folder.owner)
            chmod(path, folder.mode)
        }
        for (name, mode) in [("open", 0o666), ("opentool", 0o777)] as [(String, mode_t)] {
            chown(try directory.file("mine/\(name)", mode: mode), 64123, 64123)
            chmod(directory.path + "/mine/" + name, mode)
        }
        // A directory of another user is refused whatever is in it.
        chown(directory.path + "/others", 0, 0)
        let run = try ChildProcess.runTest(
            "asAnotherUser", environment: ["WARROOM_TEST_TRUST": directory.path],
            through: user)
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.output)")
    }
}
