import Basics
import Processes
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct ExecutableCheckTests {
    @Test(arguments: ["/bin/sh", "/usr/bin/env", "/bin/true"])
    func acceptsTheSystemsPrograms(_ path: String) throws {
        let pinned = try ExecutableCheck.pin(path)
        #expect(pinned.path == path)
        #expect(pinned.sha256 == nil)
        try pinned.verify()
    }

    @Test(
        "N16: a relative path or no program is refused",
        arguments: ["sh", "./sh", "", "/no/such/file", "/etc", "/etc/passwd", "/dev/null"])
    func refusesWhatIsNoProgram(_ path: String) {
        #expect(refusal(path) == "executable.refused")
    }

    @Test("N18: a program others can write is refused", arguments: [0o757, 0o777] as [mode_t])
    func refusesAProgramOthersCanWrite(_ mode: mode_t) throws {
        let directory = try TemporaryDirectory()
        #expect(
            refusal(try directory.file("tool", "#!/bin/sh\n", mode: mode)) == "executable.refused")
    }

    @Test("N18: a program in a directory others can write is refused")
    func refusesAProgramInADirectoryOthersCanWrite() throws {
        let directory = try TemporaryDirectory()
        let open = try directory.directory("open", mode: 0o777)
        let tool = try directory.file("open/tool", "#!/bin/sh\n", mode: 0o755)
        #expect(refusal(tool) == "executable.refused")
        chmod(open, 0o1777)
        #expect(refusal(tool) == "executable.refused")
        chmod(open, 0o755)
        #expect(refusal(tool) == nil)
        // A link from a safe place does not make it safe.
        chmod(open, 0o777)
        let link = directory.path + "/link"
        symlink(tool, link)
        #expect(refusal(link) == "executable.refused")
    }

    @Test("N18: a program of another user is refused") func refusesAStrangersProgram() throws {
        guard geteuid() == 0 else { return print("skipped: only root can give files away") }
        let directory = try TemporaryDirectory()
        let tool = try directory.file("tool", "#!/bin/sh\n", mode: 0o755)
        chown(tool, 64123, 64123)
        #expect(refusal(tool) == "executable.refused")
    }

    @Test func refusesAProgramItsGroupCanWrite() throws {
        guard geteuid() == 0 else { return print("skipped: only root can give files away") }
        let directory = try TemporaryDirectory()
        let tool = try directory.file("tool", "#!/bin/sh\n", mode: 0o775)
        #expect(refusal(tool) == nil, "root's own group is root")
        chown(tool, 0, 64123)
        chmod(tool, 0o775)
        #expect(refusal(tool) == "executable.refused")
    }

    @Test("N17: another file in the place of a program is noticed") func noticesAReplacement()
        throws
    {
        let directory = try TemporaryDirectory()
        let tool = try directory.file("tool", "#!/bin/sh\nexit 0\n", mode: 0o755)
        let pinned = try ExecutableCheck.pin(tool)
        try pinned.verify()
        let other = try directory.file("other", "#!/bin/sh\nexit 1\n", mode: 0o755)
        rename(other, tool)
        #expect(change(pinned)?.contains("another file") == true)
    }

    @Test("N17: a write with the old time and size is noticed")
    func noticesAWriteWithTheOldTimeAndSize() throws {
        let directory = try TemporaryDirectory()
        let tool = try directory.file("tool", "#!/bin/sh\nexit 0\n", mode: 0o755)
        let pinned = try ExecutableCheck.pin(tool)
        var status = stat()
        stat(tool, &status)
        _ = try directory.file("tool", "#!/bin/sh\nexit 1\n", mode: 0o755)
        var times = [status.st_atim, status.st_mtim]
        utimensat(AT_FDCWD, tool, &times, 0)
        #expect(change(pinned) != nil)
    }

    @Test("N17: other content is noticed by its hash") func comparesTheDigestWhenThereIsOne() throws
    {
        let first: ExecutableCheck.Digest = { (_) throws(Failure) in "aa" }
        let second: ExecutableCheck.Digest = { (_) throws(Failure) in "bb" }
        let pinned = try ExecutableCheck.pin("/bin/sh", digest: first)
        #expect(pinned.sha256 == "aa")
        try pinned.verify(digest: first)
        #expect(throws: Failure.self) { try pinned.verify(digest: second) }
        #expect(throws: Failure.self) { try pinned.verify() }
    }

    private func refusal(_ path: String) -> String? {
        do throws(Failure) {
            _ = try ExecutableCheck.pin(path)
            return nil
        } catch {
            #expect(error.exit == .refusedByGate)
            return error.code
        }
    }

    private func change(_ pinned: PinnedExecutable) -> String? {
        do throws(Failure) {
            try pinned.verify()
            return nil
        } catch {
            return error.code == "executable.changed" ? error.why : nil
        }
    }
}
