import Basics
import Incidents
import Journals
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct WriterTests {
    @Test func readsBackWhatWasWritten() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory, files: SystemFileSystem())
        let first = try writer.append(note("first"), sync: true)
        let second = try writer.append(note("second"), sync: false)
        #expect([first.sequence, second.sequence] == [2, 3])
        #expect(first.actor == ops)
        #expect(first.entry == testClock.now.wall)
        #expect(first.time == first.entry)
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(events.map(\.sequence) == [1, 2, 3])
        #expect(texts(events) == ["first", "second"])
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test func goesOnWhereItLeftOff() throws {
        let directory = try TemporaryDirectory()
        for round in 1...3 {
            let writer = try openWriter(directory)
            #expect(writer.openingNotes.isEmpty)
            _ = try writer.append(note("round \(round)"), sync: false)
            writer.close()
        }
        let report = try JournalVerifier.verify(directory.incident)
        #expect(report.isIntact)
        #expect(report.records == 4)
        #expect(report.notes.isEmpty)
    }

    @Test func syncedRecordsMoveTheDurableEndAndHead() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let start = writer.durable
        #expect(start == writer.head.position)
        _ = try writer.append(note("a"), sync: false)
        #expect(writer.durable == start)
        #expect(writer.head.position > start)
        _ = try writer.append(note("b"), sync: true)
        #expect(writer.durable == writer.head.position)
        let head = String(decoding: bytes(of: directory.place.head), as: UTF8.self)
        #expect(head.contains("\"seq\":3,"))
        #expect(head.contains(writer.head.hash))
        _ = try writer.append(note("c"), sync: false)
        try writer.sync()
        #expect(writer.durable == writer.head.position)
    }

    @Test func scrubsEveryString() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(
            directory,
            scrub: {
                $0.split(separator: " ").map { $0 == "hunter2" ? "[REDACTED]" : $0 }
                    .joined(separator: " ")
            })
        let event = try writer.append(note("password hunter2 leaked"), sync: true)
        #expect(texts([event]) == ["password [REDACTED] leaked"])
        let nested = UnknownPayload(name: "x.y", json: #"{"a":[{"b":"hunter2"}]}"#)
        _ = try writer.append(EventDraft(nested, by: ops), sync: true)
        let all = String(decoding: bytes(of: directory.segment), as: UTF8.self)
        #expect(!all.contains("hunter2"))
        #expect(all.contains(#"{"a":[{"b":"[REDACTED]"}]}"#))
    }

    @Test func keepsUnknownKindsRaw() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let payload = UnknownPayload(name: "future.kind", json: #"{"a":1,"b":"\u00e9"}"#)
        _ = try writer.append(EventDraft(payload, by: ops), sync: true)
        let event = try #require(try JournalReader.open(directory.incident).readNew().last)
        #expect(event.kind == "future.kind")
        #expect((event.payload as? UnknownPayload)?.json == payload.json)
    }

    @Test func refusesAnEntryThatIsTooLong() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let failure = code {
            _ = try writer.append(note(String(repeating: "x", count: 66_000)), sync: true)
        }
        #expect(failure == "journal.recordTooLong")
        #expect(!writer.isPoisoned)
        _ = try writer.append(note(String(repeating: "x", count: 64_000)), sync: true)
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test func refusesWhatIsNotJSON() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let broken = UnknownPayload(name: "x", json: "{\"a\":1},\"prev\":\"0\"")
        #expect(
            code { _ = try writer.append(EventDraft(broken, by: ops), sync: true) }
                == "journal.notJSON")
    }

    @Test func onlyOneWrites() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        var refusal: Failure?
        do throws(Failure) { _ = try openWriter(directory) } catch { refusal = error }
        #expect(refusal?.code == "journal.locked")
        #expect(refusal?.why == "process \(getpid()) holds the lock")
        #expect(try JournalReader.open(directory.incident).readNew().count == 1)
        writer.close()
        #expect(code { _ = try writer.append(note("late"), sync: true) } == "journal.closed")
        _ = try openWriter(directory)
    }

    @Test func oneWinsEveryRace() async throws {
        for _ in 0..<25 {
            let directory = try TemporaryDirectory()
            let results = await withTaskGroup(of: (JournalWriter?, String?).self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do throws(Failure) {
                            return (try openWriter(directory), nil)
                        } catch {
                            return (nil, error.code)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.compactMap(\.0).count == 1)
            #expect(results.compactMap(\.1) == Array(repeating: "journal.locked", count: 3))
        }
    }

    @Test func refusesAnotherIncidentsJournal() throws {
        let directory = try TemporaryDirectory()
        try openWriter(directory).close()
        let failure = code {
            _ = try JournalWriter.open(
                directory: directory.incident, incident: "INC-9999", clock: testClock, scrub: { $0 }
            )
        }
        #expect(failure == "journal.otherIncident")
    }

    @Test(arguments: [0x6969, 0x6573_5546, 0xFF53_4D42, 0x0102_1997] as [Int64])
    func refusesRemoteFileSystems(_ type: Int64) throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem(type: type) { _, _, _ in nil }
        #expect(code { _ = try openWriter(directory, files: files) } == "journal.remoteFileSystem")
        #expect(bytes(of: directory.segment).isEmpty)
        _ = try openWriter(directory, files: files, configure: { $0.allowsRemoteFileSystem = true })
    }

    @Test("J10: entries keep their order when the clock goes back an hour, forward a day, or boots")
    func ordersBySequenceWhateverTheClockDoes() throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock(wall: Timestamp(seconds: 1_000_000))
        let writer = try openWriter(directory, clock: clock)
        _ = try writer.append(note("a"), sync: true)
        clock.setWall(Timestamp(seconds: 1_000_000 - 3600))
        _ = try writer.append(note("b"), sync: true)
        clock.advance(by: .seconds(90_000))
        _ = try writer.append(note("c"), sync: true)
        writer.close()
        let rebooted = ManualClock(
            wall: Timestamp(seconds: 5), boot: BootTime(nanoseconds: 7), bootID: "another-boot")
        _ = try openWriter(directory, clock: rebooted).append(note("d"), sync: true)
        let events = try JournalReader.open(directory.incident).readNew().dropFirst()
        #expect(texts(Array(events)) == ["a", "b", "c", "d"])
        #expect(events.map(\.sequence) == [2, 3, 4, 5])
        #expect(events.last?.bootID == "another-boot")
        #expect(events.last?.boot == BootTime(nanoseconds: 7))
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test func beginsANewSegmentWhenOneIsFull() throws {
        let directory = try TemporaryDirectory()
        var writer = try openWriter(directory, configure: { $0.segmentBytesMax = 4000 })
        for index in 1...20 { _ = try writer.append(note("note \(index)"), sync: false) }
        writer.close()
        writer = try openWriter(directory, configure: { $0.segmentBytesMax = 4000 })
        for index in 21...40 { _ = try writer.append(note("note \(index)"), sync: false) }
        writer.close()
        let report = try JournalVerifier.verify(directory.incident)
        #expect(report.isIntact)
        #expect(report.segments > 3)
        for number in 1...report.segments {
            #expect(bytes(of: directory.place.segment(number)).count <= 4000)
            #expect(try JournalVerifier.verify(directory.place.segment(number)).isIntact)
        }
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(texts(events) == (1...40).map { "note \($0)" })
    }

    @Test func keepsBlobsUnderTheirDigest() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let name = try writer.storeBlob(Array("abc".utf8))
        #expect(name == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try writer.storeBlob(Array("abc".utf8)) == name)
        #expect(bytes(of: directory.place.blobs + "/" + name) == Array("abc".utf8))
    }
}
