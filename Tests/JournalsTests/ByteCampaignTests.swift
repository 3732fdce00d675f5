import Basics
import Incidents
import Journals
import Support
import Testing

/// Every cut, every flipped bit, and files made of anything.
@Suite struct ByteCampaignTests {
    /// Notes after the opening record: 20 records, more than 7,000 bytes. The last that was synced
    /// is note 18; note 19 was not.
    private static let noteCount = 19

    @Test("J1: every truncation gets the right verdict", arguments: [true, false])
    func truncations(keepingHead: Bool) throws {
        let (journal, whole, ends) = try diskJournal(
            notes: Self.noteCount, keepingHead: keepingHead)
        #expect(whole.count >= 7000)
        let durable = keepingHead ? ends[18] : 0
        var offsets = 0
        var wrong: [String] = []
        for length in stride(from: 0, to: whole.count, by: Campaign.pick(9, slow: 1)) {
            offsets += 1
            journal.disk.put(Array(whole[..<length]), at: journal.place.segment(1))
            let report = try journal.verify()
            let good = ends.last { $0 <= length } ?? 0
            let isRight =
                switch report.verdict {
                case .corrupt: length < durable
                case .intact: length >= durable && good == length && length > 0
                case .tornTail(1, good, length - good): length >= durable
                case .tornTail: false
                }
            if !isRight || report.records != ends.count(where: { $0 <= length }) {
                wrong.append("\(length): \(report.verdict)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        Campaign.report("J1 \(offsets) offsets, HEAD \(keepingHead), \(wrong.count) wrong")
    }

    @Test("J2: every flipped bit is noticed and judged", arguments: [true, false])
    func flips(keepingHead: Bool) throws {
        let (journal, whole, ends) = try diskJournal(
            notes: Self.noteCount, keepingHead: keepingHead)
        var flips = 0
        var undetected: [String] = []
        var wrong: [String] = []
        var bytes = whole
        for offset in stride(from: 0, to: whole.count, by: Campaign.pick(11, slow: 1)) {
            for bit in Campaign.isSlow ? Array(0..<8) : [offset % 8] {
                flips += 1
                bytes[offset] = whole[offset] ^ (1 << UInt8(bit))
                journal.disk.put(bytes, at: journal.place.segment(1))
                let verdict = try journal.verify().verdict
                let record = ends.firstIndex { offset < $0 } ?? 0
                if verdict == .intact { undetected.append("\(offset).\(bit)") }
                if !isRight(verdict, record: record) {
                    wrong.append("\(offset).\(bit) record \(record): \(verdict)")
                }
            }
            bytes[offset] = whole[offset]
        }
        #expect(undetected.isEmpty, "\(undetected.prefix(5))")
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect(!Campaign.isSlow || flips >= 57_000)
        Campaign.report(
            "J2 \(flips) flips, HEAD \(keepingHead), \(undetected.count) undetected, "
                + "\(wrong.count) wrong")
    }

    /// Record 19 was never synced: its damage is a torn end (or another version's framing, which is
    /// left alone). Everything before is corruption, by HEAD or by what record 19 says was durable.
    private func isRight(_ verdict: VerifyReport.Verdict, record: Int) -> Bool {
        switch verdict {
        case .intact: false
        case .corrupt: true
        case .tornTail: record == 19
        }
    }

    @Test("J11: recovering twice gives the same bytes") func recoversOnce() throws {
        let (journal, whole, _) = try diskJournal(notes: 4, keepingHead: false)
        for cut in stride(from: 0, through: whole.count, by: Campaign.pick(13, slow: 1)) {
            let copy = DiskJournal()
            try copy.open().close()
            try copy.disk.remove(copy.place.head)
            copy.disk.put(Array(whole[..<cut]), at: copy.place.segment(1))
            try copy.open().close()
            let once = copy.disk.files
            try copy.open().close()
            #expect(copy.disk.files == once, "cut at \(cut)")
            #expect(try copy.verify().isIntact)
        }
        _ = journal
    }

    @Test("J12: a file of anything is never called intact, never crashes, never hangs")
    func garbage() throws {
        let (journal, whole, _) = try diskJournal(notes: Self.noteCount, keepingHead: true)
        let place = journal.place
        // Everything was synced: nothing but the bytes themselves is intact.
        let writer = try journal.open()
        writer.close()
        let good = journal.disk.bytes(of: place.segment(1))
        #expect(try journal.verify().isIntact)
        var slowest = Duration.zero
        var generator = SplitMix(state: 0xF0_22)
        let rounds = Campaign.pick(160, slow: 10_000)
        for round in 0..<rounds {
            let bytes = Mangler.mangle(good, round, &generator)
            guard bytes != good else { continue }
            journal.disk.put(bytes, at: place.segment(1))
            let begin = ContinuousClock.now
            let report = try journal.verify()
            let file = try JournalVerifier.verify(
                place.segment(1), outcomeDirectories: [], fileSystem: journal.disk)
            slowest = max(slowest, ContinuousClock.now - begin)
            #expect(!report.isIntact, "round \(round)")
            #expect(file.records <= 20, "round \(round)")
            #expect(!report.lines.isEmpty)
        }
        #expect(slowest < .seconds(1))
        #expect(whole.count <= good.count)
        Campaign.report("J12 \(rounds) files, slowest \(slowest)")
    }
}

/// Makes files that a journal could be mistaken for.
enum Mangler {
    static func mangle(_ good: [UInt8], _ round: Int, _ generator: inout SplitMix) -> [UInt8] {
        var bytes = good
        switch round % 8 {
        case 0:
            bytes = (0..<Int.random(in: 0...4000, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        case 1:
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
        case 2: bytes.removeSubrange(range(bytes, &generator))
        case 3:
            let copied = range(bytes, &generator)
            bytes.insert(
                contentsOf: bytes[copied],
                at: Int.random(in: 0...bytes.count, using: &generator))
        case 4:
            let lines = boundaries(bytes)
            let from = lines.randomElement(using: &generator) ?? 0
            bytes = Array(bytes[from...]) + Array(bytes[..<from])
        case 5:
            bytes += Array("WJ1 0000000018 999999 00000000 {".utf8)
            bytes += [UInt8](repeating: 0x7B, count: Int.random(in: 0...70_000, using: &generator))
        case 6:
            let zeroed = range(bytes, &generator)
            for index in zeroed { bytes[index] = 0 }
        default:
            bytes = Array(repeating: "WJ1 ", count: 2000).flatMap { Array($0.utf8) } + bytes
        }
        return bytes
    }

    private static func range(_ bytes: [UInt8], _ generator: inout SplitMix) -> Range<Int> {
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 1...900, using: &generator))
        return start..<end
    }
}
