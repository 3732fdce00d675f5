import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Power goes away at any call, and with it any part of what was not synced.
@Suite struct PowerLossTests {
    @Test("J6: what was acknowledged survives every loss of power")
    func survivesPowerLoss() throws {
        let seeds = Campaign.pick(250, slow: 10_000)
        var torn = 0
        for seed in 0..<seeds {
            torn += try history(seed: UInt64(seed), recoveryFails: false)
        }
        #expect(torn > seeds / 20)
        Campaign.report("J6 \(seeds) seeds, \(torn) torn ends")
    }

    @Test("J7: power that goes away again while a torn end is recovered loses nothing either")
    func survivesPowerLossInRecovery() throws {
        let seeds = Campaign.pick(250, slow: 10_000)
        var torn = 0
        for seed in 0..<seeds {
            torn += try history(seed: 0x7000_0000 + UInt64(seed), recoveryFails: true)
        }
        #expect(torn > seeds / 20)
        Campaign.report("J7 \(seeds) seeds, \(torn) torn ends")
    }

    /// One life of a journal: written, cut off, recovered (perhaps cut off again, several times),
    /// read. Returns how many ends were torn.
    private func history(seed: UInt64, recoveryFails: Bool) throws -> Int {
        var generator = SplitMix(state: seed)
        let journal = DiskJournal()
        let limit = Int.random(in: 400...6000, using: &generator)
        try journal.disk.makeDirectory("/state")
        try journal.disk.synchronizeDirectory("/")
        journal.disk.setPlan(Self.power(until: Int.random(in: 1...90, using: &generator)))
        let (acknowledged, attempted) = write(journal, segmentBytesMax: limit, &generator)
        journal.disk.crash(&generator)
        if recoveryFails {
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                journal.disk.setPlan(Self.power(until: Int.random(in: 1...16, using: &generator)))
                (try? journal.open { $0.segmentBytesMax = limit })?.abandon()
                journal.disk.crash(&generator)
            }
        }
        let writer = try journal.open { $0.segmentBytesMax = limit }
        try writer.append(note("after"), sync: true)
        writer.close()
        journal.disk.crash(&generator)
        let report = try journal.verify()
        #expect(report.isIntact, "seed \(seed): \(report.lines)")
        let found = texts(try journal.events())
        #expect(found.last == "after", "seed \(seed)")
        #expect(found.starts(with: acknowledged), "seed \(seed) lost an acknowledged entry")
        #expect(Array(found.dropLast()) == Array(attempted.prefix(found.count - 1)))
        return report.recoveredGaps.count
    }

    /// The machine works for `count` calls.
    private static func power(until count: Int) -> CrashDisk.Plan {
        { number, _ in number > count ? EIO : nil }
    }

    /// Notes of all lengths until the power goes, or 20. What is acknowledged is synced.
    private func write(
        _ journal: DiskJournal, segmentBytesMax: Int, _ generator: inout SplitMix
    ) -> (acknowledged: [String], attempted: [String]) {
        var acknowledged: [String] = []
        var attempted: [String] = []
        guard let writer = try? journal.open(configure: { $0.segmentBytesMax = segmentBytesMax })
        else {
            return ([], [])
        }
        for index in 1...20 {
            let length = Int.random(in: 0...1800, using: &generator)
            let text = "\(index) " + String(repeating: "x", count: length)
            let isSynced = Int.random(in: 0..<6, using: &generator) == 0
            attempted.append(text)
            guard (try? writer.append(note(text), sync: isSynced)) != nil else { break }
            if isSynced { acknowledged = attempted }
        }
        // The process is gone with the power.
        return (acknowledged, attempted)
    }

    @Test(
        "J7: every single call of a recovery may fail, once or for good", arguments: [EIO, ENOSPC])
    func recoversAfterFaultsInRecovery(_ code: Int32) throws {
        for isLasting in [false, true] {
            for failing in 1...60 {
                let (journal, whole, _) = try diskJournal(notes: 5, keepingHead: true)
                journal.disk.put(whole + Array("WJ1 torn".utf8), at: journal.place.segment(1))
                journal.disk.setPlan { number, _ in
                    number == failing || isLasting && number > failing ? code : nil
                }
                (try? journal.open())?.abandon()
                let calls = journal.disk.count
                journal.disk.setPlan { _, _ in nil }
                let writer = try journal.open()
                try writer.append(note("after"), sync: true)
                writer.close()
                #expect(try journal.verify().isIntact, "call \(failing)")
                let found = texts(try journal.events())
                #expect(found == (1...5).map { "note \($0)" } + ["after"], "call \(failing)")
                if calls < failing { break }
                #expect(failing < 60, "the recovery is longer than the campaign")
            }
        }
    }

    /// Found by the campaign: HEAD then points at the beginning of the empty segment, where no
    /// entry ends.
    @Test("J7: a journal that was opened and closed at an empty new segment opens again")
    func reopensAnEmptySegment() throws {
        let journal = DiskJournal()
        let writer = try journal.open { $0.segmentBytesMax = 2000 }
        try writer.append(note("one"), sync: true)
        // The power goes just when the next segment is there.
        journal.disk.setPlan { _, operation in operation == .write ? EIO : nil }
        #expect(throws: Failure.self) {
            try writer.append(note(String(repeating: "x", count: 500)), sync: true)
        }
        var generator = SplitMix(state: 1)
        journal.disk.crash(&generator)
        #expect(journal.disk.bytes(of: journal.place.segment(2)).isEmpty)
        #expect(try journal.disk.list(journal.place.journal).contains("000002.wj"))
        for _ in 0..<3 { try journal.open { $0.segmentBytesMax = 2000 }.close() }
        #expect(try journal.verify().isIntact)
        #expect(texts(try journal.events()) == ["one"])
    }
}
