import Basics
import Incidents
import Journals
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Every wound a file can have gets the right verdict.
@Suite struct DamageTests {
    /// After the opening record; the third is synced, so that HEAD names it, the fourth is not.
    private static let noteCount = 4

    private func smallJournal(keepingHead: Bool) throws -> (TemporaryDirectory, [UInt8]) {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, Self.noteCount)
        if !keepingHead { unlink(directory.place.head) }
        return (directory, bytes(of: directory.segment))
    }

    @Test func noticesAnExchangedHistory() throws {
        let (directory, whole) = try smallJournal(keepingHead: true)
        let (other, _) = try smallJournal(keepingHead: true)
        // A whole, valid journal, but not the one HEAD was written for.
        put(bytes(of: other.segment), at: directory.segment)
        guard case .corrupt = try JournalVerifier.verify(directory.incident).verdict else {
            Issue.record("the exchange went unnoticed")
            return
        }
        put(whole, at: directory.segment)
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test("J2: every flipped bit of HEAD is noticed") func noticesEveryFlippedBitOfHead() throws {
        let (directory, _) = try smallJournal(keepingHead: true)
        let head = bytes(of: directory.place.head)
        for offset in head.indices {
            for bit in Campaign.isSlow ? Array(0..<8) : [offset % 8] {
                var flipped = head
                flipped[offset] ^= 1 << UInt8(bit)
                put(flipped, at: directory.place.head)
                #expect(
                    try !JournalVerifier.verify(directory.incident).isIntact, "\(offset).\(bit)")
            }
        }
    }

    @Test func noticesMissingAndExchangedSegments() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory, configure: { $0.segmentBytesMax = 3000 })
        for index in 1...30 { _ = try writer.append(note("note \(index)"), sync: false) }
        writer.close()
        let place = directory.place
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
        rename(place.segment(2), directory.path + "/away")
        #expect(try !JournalVerifier.verify(directory.incident).isIntact)
        #expect(code { _ = try openWriter(directory) } == "journal.corrupt")
        put(bytes(of: place.segment(3)), at: place.segment(2))
        #expect(try !JournalVerifier.verify(directory.incident).isIntact)
        rename(directory.path + "/away", place.segment(2))
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
        // A torn end of a segment that has a successor is damage, not a torn tail.
        let second = bytes(of: place.segment(2))
        put(second.dropLast(3), at: place.segment(2))
        guard case .corrupt(2, _, _) = try JournalVerifier.verify(directory.incident).verdict else {
            Issue.record("a cut segment in the middle was taken for a torn tail")
            return
        }
    }

    @Test func leavesANewerFramingAlone() throws {
        let (directory, whole) = try smallJournal(keepingHead: true)
        let newer = whole + Array("WJ2 0000000006 whatever\n".utf8)
        put(newer, at: directory.segment)
        #expect(code { _ = try openWriter(directory) } == "journal.corrupt")
        #expect(bytes(of: directory.segment) == newer)
        let lines = try JournalVerifier.verify(directory.incident).lines
        #expect(lines[0].contains("the framing WJ2 is not known to this version"))
    }

    @Test func refusesToWriteAfterDamage() throws {
        let (directory, whole) = try smallJournal(keepingHead: true)
        var damaged = whole
        damaged[whole.count / 3] ^= 1
        put(damaged, at: directory.segment)
        #expect(code { _ = try openWriter(directory) } == "journal.corrupt")
        #expect(bytes(of: directory.segment) == damaged)
        let reader = try JournalReader.open(directory.incident)
        let before = try reader.readNew()
        #expect(before.count < 5)
        #expect(code { _ = try reader.readNew() } == "journal.corrupt")
    }

    @Test("J12: garbage and loose parts of a journal are not called intact")
    func neverCallsGarbageIntact() throws {
        let directory = try TemporaryDirectory()
        let (_, whole) = try smallJournal(keepingHead: true)
        let path = directory.path + "/garbage"
        var generator = SplitMix(state: 42)
        for round in 0..<400 {
            var garbage = (0..<Int.random(in: 0...600, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if round % 2 == 0 {
                let from = Int.random(in: 0..<whole.count, using: &generator)
                garbage = Array(whole[from...]) + garbage
                if from == 0 { garbage.append(0) }
            }
            put(garbage, at: path)
            let report = try JournalVerifier.verify(path)
            if report.isIntact {
                // Only a clean cut between records may pass, as a later part of a longer journal.
                let text = String(decoding: garbage, as: UTF8.self)
                #expect(text.hasPrefix("WJ1 ") && text.hasSuffix("\n"), "\(round)")
                #expect(report.records > 0)
            }
        }
    }

    @Test(arguments: ["/no/such/path", "/dev/null", "/etc"])
    func saysWhyItCannotRead(_ path: String) {
        #expect(code { _ = try JournalVerifier.verify(path) } == "journal.unreadable")
    }

    @Test func verifiesTheJournalDirectoryToo() throws {
        let (directory, _) = try smallJournal(keepingHead: true)
        for path in [directory.incident, directory.incident + "/", directory.place.journal] {
            let report = try JournalVerifier.verify(path)
            #expect(report.isIntact)
            #expect(report.records == 5)
        }
    }
}

/// A small seeded generator (SplitMix64), so that a failing case comes back.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
