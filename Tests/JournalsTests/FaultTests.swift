import Basics
import Incidents
import Journals
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct FaultTests {
    @Test(arguments: [0, 1, 30, 100, 10_000])
    func recordsAResultOnAFullDiskOnce(_ fitting: Int) throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try openWriter(directory, files: files)
        _ = try writer.append(note("intent"), sync: true)
        #expect(writer.holdsReserve)
        let reserve = directory.place.reserve
        // The disk takes `fitting` bytes more until the reserve file is gone.
        let budget = Budget(fitting)
        files.setPlan { _, operation, bytes in
            guard operation == .write, access(reserve, F_OK) == 0 else { return nil }
            return budget.take(bytes)
        }
        let result = note(String(repeating: "r", count: 300))
        _ = try writer.append(result, sync: true)
        #expect(writer.holdsReserve == (fitting == 10_000))
        let report = try JournalVerifier.verify(directory.incident)
        #expect(report.isIntact, "\(report.lines)")
        #expect(report.recoveredGaps.count == (fitting == 0 || fitting == 10_000 ? 0 : 1))
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(texts(events).count == 2)
    }

    @Test func refusesWhenTheReserveIsUsedUp() throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try openWriter(directory, files: files)
        files.setPlan { _, operation, _ in operation == .write ? .error(ENOSPC) : nil }
        var failure: Failure?
        do throws(Failure) { _ = try writer.append(note("x"), sync: true) } catch {
            failure = error
        }
        #expect(failure?.code == "journal.full")
        #expect(failure?.unchanged == "No action was run")
        #expect(failure?.why.hasPrefix("ENOSPC") == true)
        files.setPlan { _, _, _ in nil }
        #expect(code { _ = try writer.append(note("y"), sync: true) } == "journal.full")
        #expect(writer.isPoisoned)
        writer.close()
        _ = try openWriter(directory).append(note("z"), sync: true)
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test(arguments: [
        (FaultyFileSystem.Operation.write, EIO, "journal.poisoned"),
        (.write, EFBIG, "journal.full"),
        (.syncData, EIO, "journal.poisoned"), (.syncData, ENOSPC, "journal.full"),
        (.rename, EIO, "journal.poisoned"), (.sync, EIO, "journal.poisoned"),
    ])
    func isPoisonedByAnErrorInDoubt(
        _ failing: FaultyFileSystem.Operation, _ error: Int32, _ expected: String
    ) throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try openWriter(directory, files: files)
        files.setPlan { _, operation, _ in operation == failing ? .error(error) : nil }
        #expect(code { _ = try writer.append(note("x"), sync: true) } == expected)
        #expect(writer.isPoisoned)
        files.setPlan { _, _, _ in nil }
        #expect(code { _ = try writer.append(note("y"), sync: true) } == expected)
    }

    @Test func goesOnWhenOnlyHeadFindsNoSpace() throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try openWriter(directory, files: files)
        files.setPlan { _, operation, _ in operation == .open ? .error(ENOSPC) : nil }
        _ = try writer.append(note("a"), sync: true)
        #expect(!writer.isPoisoned)
        #expect(writer.durable == writer.head.position)
        files.setPlan { _, _, _ in nil }
        try writer.sync()
        let head = String(decoding: bytes(of: directory.place.head), as: UTF8.self)
        #expect(head.contains("\"seq\":2,"))
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    /// Each changing call in turn fails, once or from then on; afterwards the disk is well again.
    @Test(
        "J5: every changing call may fail, once or for good",
        arguments: [EIO, ENOSPC], [true, false])
    func survivesAFaultInEveryCall(_ errno: Int32, once: Bool) throws {
        var faults = 0
        for failing in 1...200 {
            let directory = try TemporaryDirectory()
            let files = FaultyFileSystem { number, _, _ in
                number == failing || (!once && number > failing) ? .error(errno) : nil
            }
            var acknowledged: [String] = []
            var attempted: [String] = []
            do throws(Failure) {
                let writer = try openWriter(
                    directory, files: files, configure: { $0.segmentBytesMax = 3000 })
                for index in 1...8 {
                    attempted.append("note \(index)")
                    _ = try writer.append(note("note \(index)"), sync: true)
                    acknowledged.append("note \(index)")
                }
                writer.abandon()
            } catch {
                faults += 1
                #expect(!error.unchanged.isEmpty)
            }
            let next = try openWriter(directory)
            _ = try next.append(note("after"), sync: true)
            next.close()
            let report = try JournalVerifier.verify(directory.incident)
            #expect(report.isIntact, "call \(failing): \(report.lines)")
            let found = texts(try JournalReader.open(directory.incident).readNew())
            #expect(found.starts(with: acknowledged), "call \(failing) lost an acknowledged record")
            #expect(Array(found.dropLast()) == Array(attempted.prefix(found.count - 1)))
            #expect(found.last == "after")
            if files.count < failing { break }
            #expect(failing < 200, "the session is longer than the campaign")
        }
        #expect(faults > 10)
    }

    @Test("J4: a really full device") func meetsAReallyFullDevice() {
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        var failure: SystemError?
        do throws(SystemError) {
            _ = try SystemFileSystem().write(descriptor, [1, 2, 3])
        } catch { failure = error }
        #expect(failure?.code == ENOSPC)
    }

    @Test(arguments: [(EACCES, "EACCES"), (EROFS, "EROFS"), (ENOSPC, "ENOSPC"), (EMFILE, "EMFILE")])
    func saysWhyItCannotBegin(_ error: Int32, _ name: String) throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, operation, _ in
            operation == .open ? .error(error) : nil
        }
        var failure: Failure?
        do throws(Failure) { _ = try openWriter(directory, files: files) } catch { failure = error }
        #expect(failure?.code == "journal.notWritable")
        #expect(failure?.why.hasPrefix(name) == true)
        #expect(failure?.unchanged == "Nothing was recorded and no action was run")
        #expect(bytes(of: directory.segment).isEmpty)
    }

    @Test func saysWhyTheDirectoryCannotBeUsed() throws {
        let directory = try TemporaryDirectory()
        put(Array("a file".utf8), at: directory.incident)
        var failure: Failure?
        do throws(Failure) { _ = try openWriter(directory) } catch { failure = error }
        #expect(failure?.code == "journal.notWritable")
        #expect(failure?.why.hasPrefix("ENOTDIR") == true)
        #expect(failure?.exit == .environment)
    }
}

/// How many bytes a full disk still takes.
final class Budget: Sendable {
    private let left: Mutex<Int>
    init(_ bytes: Int) { left = Mutex(bytes) }

    func take(_ bytes: Int) -> FaultyFileSystem.Fault? {
        left.withLock { left in
            if bytes <= left {
                left -= bytes
                return nil
            }
            defer { left = 0 }
            return left == 0 ? .error(ENOSPC) : .short(left)
        }
    }
}
