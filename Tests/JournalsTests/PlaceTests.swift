import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The files are not where they were, or may not be written.
@Suite struct PlaceTests {
    @Test(
        "N65 J13: a journal that was exchanged, unlinked, cut or written by others is refused",
        arguments: 0..<9, [true, false])
    func noticesAnExchange(_ kind: Int, betweenWriteAndSync: Bool) throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try openWriter(directory, files: files)
        try writer.append(note("before"), sync: true)
        let place = directory.place
        let whole = bytes(of: place.segment(1))
        let act: @Sendable () -> Void = {
            switch kind {
            case 0: unlink(place.segment(1))
            case 1:
                put(whole, at: place.segment(1) + ".new")
                rename(place.segment(1) + ".new", place.segment(1))
            case 2: rename(place.journal, place.journal + ".away")
            case 3:
                rename(place.journal, place.journal + ".away")
                mkdir(place.journal, 0o700)
                put(whole, at: place.segment(1))
                put([], at: place.lock)
            case 4: truncate(place.segment(1), off_t(whole.count - 5))
            case 5:
                let descriptor = open(place.segment(1), O_WRONLY | O_APPEND)
                Glibc.write(descriptor, "x", 1)
                close(descriptor)
            case 6: unlink(place.lock)
            case 7:
                put([], at: place.lock + ".new")
                rename(place.lock + ".new", place.lock)
            default: rename(directory.incident, directory.incident + ".away")
            }
        }
        if betweenWriteAndSync {
            files.setPlan { _, operation, _ in
                if operation == .syncData { act() }
                return nil
            }
        } else {
            act()
        }
        var failure: Failure?
        do throws(Failure) { try writer.append(note("lost"), sync: true) } catch {
            failure = error
        }
        #expect(failure?.code == "journal.replaced")
        #expect(failure?.unchanged == "No action was run")
        #expect(writer.isPoisoned)
        #expect(code { try writer.append(note("later"), sync: true) } == "journal.replaced")
        if !betweenWriteAndSync, kind != 5 {
            #expect(!String(decoding: bytes(of: place.segment(1)), as: UTF8.self).contains("lost"))
        }
    }

    static let isRoot = geteuid() == 0
    static let victim = getenv("WARROOM_TEST_PLACE").map { String(cString: $0) }

    /// Run by `ChildProcess` where it is: prints the failure's code and words.
    @Test(.enabled(if: victim != nil)) func victimOpens() throws {
        let path = try #require(Self.victim)
        do throws(Failure) {
            let writer = try JournalWriter.open(
                directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(),
                scrub: { $0 })
            if getenv("WARROOM_TEST_REMOUNT") != nil {
                try writer.append(note("before"), sync: true)
                let status = system("mount -o remount,ro \(path)")
                print("remounted \(status)")
                try writer.append(note("after"), sync: true)
            }
            print("opened")
        } catch {
            print("refused \(error.code): \(error.why). \(error.unchanged)")
        }
        exit(0)
    }

    @Test("N65 J13: a directory of somebody else is refused, and nothing is recorded")
    func refusesAForeignDirectory() throws {
        guard Self.isRoot else { return print("not root: EACCES not tested") }
        guard Machine.allows("setpriv", "--reuid=65432", "--regid=65432", "--clear-groups")
        else { return }
        let directory = try TemporaryDirectory()
        try openWriter(directory).close()
        let before = bytes(of: directory.segment)
        chmod(directory.path, 0o755)
        chmod(directory.incident, 0o755)
        chmod(directory.place.journal, 0o755)
        chmod(directory.segment, 0o644)
        let child = try ChildProcess.runTest(
            "PlaceTests/victimOpens", environment: ["WARROOM_TEST_PLACE": directory.path],
            through: ["setpriv", "--reuid=65432", "--regid=65432", "--clear-groups"])
        #expect(child.output.contains("refused journal.notWritable: EACCES"), "\(child.output)")
        #expect(child.output.contains("Nothing was recorded and no action was run"))
        #expect(bytes(of: directory.segment) == before)
    }

    @Test(
        "N65 J13: a read-only mount is refused, at opening and while open",
        arguments: [true, false]
    )
    func refusesAReadOnlyMount(whileOpen: Bool) throws {
        guard Self.isRoot else { return print("not root: read-only mounts not tested") }
        guard Machine.allowsMounts else { return }
        let directory = try TemporaryDirectory()
        var environment = ["WARROOM_TEST_PLACE": directory.path]
        if whileOpen { environment["WARROOM_TEST_REMOUNT"] = "1" }
        let mount =
            "mount -t tmpfs -o size=32m tmpfs \(directory.path) && mkdir \(directory.path)/INC-2041"
            + (whileOpen ? "" : " && mount -o remount,ro \(directory.path)") + " && exec \"$@\""
        let child = try ChildProcess.runTest(
            "PlaceTests/victimOpens", environment: environment,
            through: ["unshare", "-m", "sh", "-c", mount, "sh"])
        if whileOpen, child.output.contains("remounted 8192") {
            // An open writer keeps the mount writable: the kernel says busy. Nothing to refuse.
            #expect(child.output.contains("opened"))
        } else {
            #expect(child.output.contains("refused journal."), "\(child.output)\(child.errors)")
            #expect(child.output.contains("EROFS"), "\(child.output)")
        }
    }
}
