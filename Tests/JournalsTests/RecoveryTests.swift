import Basics
import Incidents
import Journals
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct RecoveryTests {
    @Test func recoversATornEnd() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 4)
        let whole = bytes(of: directory.segment)
        let ends = boundaries(whole)
        let torn = Array(whole[..<(whole.count - 10)])
        put(torn, at: directory.segment)

        let writer = try openWriter(directory)
        #expect(writer.openingNotes.count == 1)
        _ = try writer.append(note("after"), sync: true)
        writer.close()

        let now = bytes(of: directory.segment)
        #expect(now.starts(with: torn), "nothing was rewritten")
        let report = try JournalVerifier.verify(directory.incident)
        #expect(report.isIntact)
        let skipped = Array(torn[ends[3]...]) + [0x0A]
        #expect(
            report.recoveredGaps == [
                RecoveredGap(
                    position: JournalPosition(segment: 1, offset: ends[3]), length: skipped.count)
            ])
        #expect(bytes(of: directory.segment + ".torn-1") == skipped)
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(events.map(\.kind).suffix(2) == ["journal.recovered", "note.added"])
        #expect(texts(events) == ["note 1", "note 2", "note 3", "after"])
        let recovered = try #require(events.dropLast().last?.payload as? JournalKinds.Recovered)
        #expect(recovered.sha256 == Digests.sha256(skipped))
        #expect(recovered.copy == "000001.wj.torn-1")
    }

    /// Cut anywhere, recover, and cut the recovery itself anywhere: whole records stay, and one
    /// more opening changes nothing.
    @Test("J11: a recovery that is cut is recovered, and one more opening changes nothing")
    func recoversFromEveryCutAndFromCutRecoveries() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 2)
        let whole = bytes(of: directory.segment)
        let ends = boundaries(whole)
        for cut in stride(from: 0, through: whole.count, by: Campaign.pick(23, slow: 3)) {
            // A record that lacks nothing but its newline gets it.
            let good = ends.count { $0 - 1 <= cut }
            restore(directory, Array(whole[..<cut]))
            try openWriter(directory).close()
            let recovered = bytes(of: directory.segment)
            try expectIntact(directory, notes: max(0, good - 1), "cut at \(cut)")
            try openWriter(directory).close()
            #expect(bytes(of: directory.segment) == recovered, "the second opening changed bytes")
            for second in stride(from: cut, to: recovered.count, by: Campaign.pick(111, slow: 37)) {
                restore(directory, Array(recovered[..<second]))
                try openWriter(directory).close()
                try expectIntact(
                    directory, notes: max(0, good - 1), "cut at \(cut), then \(second)")
            }
        }
    }

    private func restore(_ directory: TemporaryDirectory, _ bytes: [UInt8]) {
        unlink(directory.place.head)
        put(bytes, at: directory.segment)
        for number in 1...3 { unlink(directory.segment + ".torn-\(number)") }
    }

    private func expectIntact(_ directory: TemporaryDirectory, notes: Int, _ comment: Comment)
        throws
    {
        #expect(try JournalVerifier.verify(directory.incident).isIntact, comment)
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(texts(events) == (0..<notes).map { "note \($0 + 1)" }, comment)
    }

    @Test(arguments: [
        [UInt8](repeating: 0, count: 5000), Array("garbage\nmore\n\nWJ1 ".utf8), [0x0A],
    ])
    func recoversWhatAPowerCutLeaves(_ tail: [UInt8]) throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        put(bytes(of: directory.segment) + tail, at: directory.segment)
        guard
            case .tornTail(1, _, tail.count) = try JournalVerifier.verify(directory.incident)
                .verdict
        else {
            Issue.record("not taken for a torn tail")
            return
        }
        try openWriter(directory).close()
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test func acceptsAGapOnlyWhenItIsNamedExactly() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        put(bytes(of: directory.segment) + Array("torn".utf8), at: directory.segment)
        try openWriter(directory).close()
        let healed = bytes(of: directory.segment)
        let start = try #require(boundaries(healed).dropLast(2).last)
        for offset in start..<(start + 4) {
            var changed = healed
            changed[offset] ^= 1
            put(changed, at: directory.segment)
            #expect(try !JournalVerifier.verify(directory.incident).isIntact)
        }
    }

    @Test func writesHeadAgainWhenItIsMissing() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        let head = bytes(of: directory.place.head)
        unlink(directory.place.head)
        try openWriter(directory).close()
        #expect(bytes(of: directory.place.head) == head)
    }

    /// SIGKILL can cut a write anywhere; the dead process then does nothing more.
    @Test func losesNothingAcknowledgedWhenKilledInAWrite() throws {
        for survivingBytes in stride(from: 0, through: 1500, by: 23) {
            let directory = try TemporaryDirectory()
            let files = FaultyFileSystem { _, _, _ in nil }
            let writer = try openWriter(directory, files: files)
            var acknowledged: [String] = []
            for index in 1...3 {
                _ = try writer.append(note("note \(index)"), sync: true)
                acknowledged.append("note \(index)")
            }
            files.setPlan { number, operation, bytes in
                if number == 1, operation == .write {
                    return .short(min(survivingBytes, bytes - 1))
                }
                return .error(EIO)
            }
            let failure = code {
                _ = try writer.append(note(String(repeating: "y", count: 1200)), sync: true)
            }
            #expect(failure == "journal.poisoned")
            #expect(writer.isPoisoned)
            writer.abandon()
            let next = try openWriter(directory)
            _ = try next.append(note("next"), sync: true)
            next.close()
            let events = try JournalReader.open(directory.incident).readNew()
            #expect(texts(events) == acknowledged + ["next"])
            #expect(try JournalVerifier.verify(directory.incident).isIntact)
        }
    }

    /// With an operator's consent a damaged journal goes on in a new segment.
    @Test(arguments: 0..<7) func goesOnBehindDamageWhenAsked(_ wound: Int) throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory, configure: { $0.segmentBytesMax = 3000 })
        for index in 1...12 { _ = try writer.append(note("note \(index)"), sync: true) }
        writer.close()
        let place = directory.place
        let first = bytes(of: place.segment(1))
        switch wound {
        case 0: put(first.dropLast(700), at: place.segment(1))
        case 1: put(first[..<600] + [first[600] ^ 1] + first[601...], at: place.segment(1))
        case 2: put([0], at: place.segment(2))
        case 3: unlink(place.segment(2))
        case 4: put(Array("{}".utf8), at: place.head)
        case 5: put(bytes(of: place.segment(3)).dropLast(1), at: place.segment(3))
        default: put([], at: place.segment(1))
        }
        let damaged = try JournalVerifier.verify(directory.incident)
        guard case .corrupt = damaged.verdict else {
            Issue.record("not damaged: \(damaged.verdict)")
            return
        }
        #expect(code { _ = try openWriter(directory) } == "journal.corrupt")
        let next = try openWriter(directory, configure: { $0.acceptsDamage = true })
        #expect(next.openingNotes.count == 1)
        _ = try next.append(note("after"), sync: true)
        next.close()
        let report = try JournalVerifier.verify(directory.incident)
        #expect(report.isIntact, "\(report.lines)")
        let before = bytes(of: place.segment(4))
        try openWriter(directory).close()
        #expect(bytes(of: place.segment(4)) == before)
        guard wound != 3 else { return }
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(texts(events).last == "after")
        #expect(events.contains { $0.kind == "journal.continued" })
        #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
        // The consent covers exactly these bytes and no other.
        if wound == 1 {
            put(first[..<600] + [first[600] ^ 2] + first[601...], at: place.segment(1))
            #expect(try !JournalVerifier.verify(directory.incident).isIntact)
        }
    }
}
