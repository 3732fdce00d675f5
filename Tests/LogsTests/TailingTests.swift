import Basics
import Support
import Testing

@testable import Logs

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Following a log: the 36 cases")
struct TailingTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    @Test("1: rename and create")
    func renameAndCreate() {
        box.write("a.log", text(numbered(1...3)))
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == numbered(1...3))
        box.append("a.log", text(numbered(4...5)))
        box.rename("a.log", "a.log.1")
        box.write("a.log", text(numbered(6...8)))
        #expect(reader.take() == numbered(4...8))
        #expect(reader.follower.counts.rotations == 1)
        #expect(reader.follower.totals.possibleLosses == 0)
    }

    @Test("2: the writer keeps the old file for a while after the rename")
    func writerKeepsOldFile() {
        let writer = Writer(box.file("a.log"))
        writer.write(text(numbered(1...2)))
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == numbered(1...2))
        box.rename("a.log", "a.log.1")
        for number in 3...12 {
            writer.write("line \(number)\n")
            #expect(reader.take() == ["line \(number)"])
            reader.wait(.seconds(4))
        }
        #expect(reader.follower.hasRetired)
        reader.wait(.seconds(2))
        #expect(reader.take() == [])
        #expect(!reader.follower.hasRetired, "let go after five quiet seconds")
    }

    @Test("3: lines on the old file after the new one has some")
    func oldAndNew() {
        let writer = Writer(box.file("a.log"))
        writer.write(text(numbered(1...2)))
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == numbered(1...2))
        box.rename("a.log", "a.log.1")
        writer.write("old 1\n")
        box.write("a.log", "new 1\n")
        #expect(reader.take() == ["old 1", "new 1"])
        reader.wait(.seconds(4))
        writer.write("old 2\nold 3\nold 4\n")
        box.append("a.log", "new 2\n")
        #expect(reader.take() == ["old 2", "old 3", "old 4", "new 2"])
    }

    @Test("4: five rotations between two looks")
    func fiveRotations() {
        box.write("a.log", text(numbered(1...10)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        rotate(times: 5, linesEach: 10, from: 11)
        #expect(reader.take() == numbered(11...60))
    }

    @Test("5: fifty rotations of a thousand lines")
    func fiftyRotations() {
        box.write("a.log", "line 0\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        var read: [String] = []
        for round in 0..<50 {
            rotate(times: 1, linesEach: 1000, from: round * 1000 + 1)
            if round % 7 == 0 { read += reader.take() }
        }
        read += reader.take()
        #expect(read.count == 50_000)
        #expect(Set(read).count == 50_000, "no line twice")
    }

    /// Shifts `a.log.N` up, as logrotate does, and writes a new `a.log`.
    func rotate(times: Int, linesEach: Int, from first: Int, begins: Bool = false) {
        for round in 0..<times {
            for number in stride(from: 60, to: 0, by: -1) {
                if access(box.file("a.log.\(number)"), F_OK) == 0 {
                    box.rename("a.log.\(number)", "a.log.\(number + 1)")
                }
            }
            if !begins || round > 0 { box.rename("a.log", "a.log.1") }
            let start = first + round * linesEach
            box.write("a.log", text(numbered(start...start + linesEach - 1)))
        }
    }

    @Test("6: copy and truncate, then slow growth")
    func copyTruncate() {
        box.write("a.log", text(numbered(1...20)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.truncate("a.log", to: 0)
        #expect(reader.take() == [])
        box.append("a.log", text(numbered(21...22)))
        #expect(reader.take() == numbered(21...22))
        #expect(reader.follower.totals.possibleLosses == 1)
    }

    @Test("7: truncated and grown beyond the old offset before we look")
    func truncatedAndRegrown() {
        box.write("a.log", text(numbered(1...20)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.write("a.log", text(numbered(101...160)))
        #expect(reader.take() == numbered(101...160))
        #expect(reader.follower.totals.possibleLosses == 1)
        #expect(reader.follower.notice.contains("truncated or rewritten"))
    }

    @Test("8: twenty copies and truncations give no line twice and a counted gap")
    func twentyTruncations() {
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        var read: [String] = []
        for round in 0..<20 {
            box.append("a.log", text(numbered(round * 10 + 1...round * 10 + 5)))
            if round % 3 != 2 { read += reader.take() }
            box.append("a.log", text(numbered(round * 10 + 6...round * 10 + 10)))
            if round % 3 == 0 { read += reader.take() }
            box.truncate("a.log", to: 0)
            read += reader.take()
        }
        box.append("a.log", "end\n")
        read += reader.take()
        #expect(read.last == "end")
        #expect(Set(read).count == read.count, "no line twice")
        #expect(read.count > 90 && read.count < 201, "what was there at a look was read")
        #expect(reader.follower.totals.possibleLosses >= 13, "each truncation that was seen")
    }

    @Test("9: truncated to a shorter size keeps what was read")
    func truncatedShorter() {
        box.write("a.log", text(numbered(1...9)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.truncate("a.log", to: 14)  // Two lines of seven bytes.
        #expect(reader.take() == [])
        box.append("a.log", "after\n")
        #expect(reader.take() == ["after"])
        #expect(reader.follower.totals.possibleLosses == 1)
    }

    @Test("10 and 11: unlinked and created again")
    func recreated() {
        box.write("a.log", text(numbered(1...3)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.unlink("a.log")
        box.write("a.log", text(numbered(11...30)))
        #expect(reader.take() == numbered(11...30))
    }

    @Test("12: replaced by a rename, as editors save")
    func renamedOver() {
        box.write("a.log", text(numbered(1...3)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.write("b.tmp", text(numbered(4...6)))
        box.rename("b.tmp", "a.log")
        #expect(reader.take() == numbered(4...6))
    }

    @Test("13: overwritten in place, same size")
    func overwritten() {
        box.write("a.log", "aaaa\nbbbb\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        usleep(20_000)  // File times move in steps of the kernel's tick.
        let writer = Writer(box.file("a.log"), O_WRONLY)
        writer.write("cccc\ndddd\n")
        #expect(reader.take() == ["cccc", "dddd"])
        #expect(reader.follower.totals.possibleLosses == 1)
    }

    @Test("14: the target of a symbolic link is switched")
    func switchedLink() {
        box.write("one.log", text(numbered(1...2)))
        box.write("two.log", text(numbered(3...4)))
        box.symlink("one.log", "current")
        let reader = Reader(box.file("current"))
        #expect(reader.take() == numbered(1...2))
        box.symlink("two.log", "next")
        box.rename("next", "current")
        #expect(reader.take() == numbered(3...4))
    }

    @Test("15: the directory is renamed and made again")
    func recreatedDirectory() {
        box.mkdir("d")
        box.write("d/a.log", text(numbered(1...2)))
        let reader = Reader(box.file("d/a.log"))
        _ = reader.take()
        box.rename("d", "old")
        box.mkdir("d")
        #expect(reader.take() == [])
        #expect(reader.follower.problem == .absent)
        box.write("d/a.log", text(numbered(3...4)))
        #expect(reader.take() == numbered(3...4))
        #expect(reader.follower.problem == nil)
    }

    @Test("16: absent, appears, vanishes, appears again")
    func appearsLate() {
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == [])
        #expect(reader.follower.problem == .absent)
        box.write("a.log", text(numbered(1...2)))
        #expect(reader.take() == numbered(1...2))
        box.unlink("a.log")
        #expect(reader.take() == [])
        box.write("a.log", text(numbered(3...3)))
        #expect(reader.take() == numbered(3...3))
    }

    @Test("17: equal beginnings stay apart; an empty file is read at once")
    func equalBeginnings() {
        let head = String(repeating: "same ", count: 900) + "\n"
        box.write("a.log", head + "a\n")
        box.write("b.log", head + "b\n")
        box.write("c.log", "")
        let ledger = FileLedger()
        let readers = ["a.log", "b.log", "c.log"].map { Reader(box.file($0), ledger: ledger) }
        #expect(readers[0].take().last == "a")
        #expect(readers[1].take().last == "b")
        #expect(readers[2].take() == [])
        box.append("c.log", "c\n")
        #expect(readers[2].take() == ["c"])
    }

    @Test("18: a hard link is known as read")
    func hardLink() {
        box.write("a.log", text(numbered(1...2)))
        box.link("a.log", "b.log")
        box.write("c.log", text(numbered(1...2)))
        let ledger = FileLedger()
        let reader = Reader(box.file("a.log"), ledger: ledger)
        _ = reader.take()
        #expect(ledger.knows(path: box.file("b.log")))
        #expect(!ledger.knows(path: box.file("c.log")))
    }

    @Test("35: the deleted file is let go after the grace")
    func deletedFileIsReleased() {
        box.write("a.log", "x\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.unlink("a.log")
        _ = reader.take()
        #expect(reader.follower.hasRetired)
        reader.wait(.seconds(6))
        _ = reader.take()
        #expect(!reader.follower.hasRetired)
    }
}
