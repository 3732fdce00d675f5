import Basics
import Support
import Testing

@testable import Logs

#if canImport(Glibc)
    import Glibc
#endif

/// Copies, returns and replacements: the same bytes under another name, other bytes under the same.
extension TailingTests {
    /// What logrotate's copytruncate does, in its order.
    private func copyTruncate(_ copy: String) {
        box.copy("a.log", copy)
        box.truncate("a.log", to: 0)
    }

    @Test("1: a file that has its name back is read on where it stood")
    func nameComesBack() {
        box.write("a.log", text(numbered(1...3)))
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == numbered(1...3))
        for gone in [Duration.seconds(1), .seconds(60)] {
            box.rename("a.log", "elsewhere")
            #expect(reader.take() == [])
            reader.wait(gone)
            #expect(reader.take() == [])
            box.append("elsewhere", "more\n")
            box.rename("elsewhere", "a.log")
            #expect(reader.take() == ["more"])
        }
        #expect(reader.follower.totals.possibleLosses == 0)
    }

    @Test("2: a rotated file that grows after it was let go is taken up again")
    func growsAfterTheGrace() {
        let writer = Writer(box.file("a.log"))
        writer.write("one\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.rename("a.log", "a.log.1")
        box.write("a.log", "two\n")
        #expect(reader.take() == ["two"])
        reader.wait(.seconds(6))
        #expect(reader.take() == [])
        #expect(!reader.follower.hasRetired)
        writer.write("late\n")
        reader.follower.namesChanged()
        #expect(reader.take() == ["late"])
    }

    @Test("3: parts from before following began are read only as far as they grow")
    func oldPartsThatGrow() {
        box.write("a.log.1", text(numbered(1...3)))
        box.write("a.log", "now\n")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["now"])
        box.append("a.log.1", "late\n")
        reader.follower.namesChanged()
        #expect(reader.take() == ["late"])
    }

    @Test("4: parts found while the name is missing are kept apart from what is to come")
    func rotatedWhileAbsent() {
        box.write("a.log", "one\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.rename("a.log", "a.log.1")
        #expect(reader.take() == [])
        reader.wait(.seconds(60))
        #expect(reader.take() == [])
        rotate(times: 3, linesEach: 2, from: 1, begins: true)
        #expect(reader.take() == numbered(1...6))
    }

    @Test("5: more rotations than files may be open at once lose nothing")
    func moreThanCanBeOpen() {
        var limits = FollowLimits()
        limits.retiredFilesMax = 4
        box.write("a.log", "line 0\n")
        let reader = Reader(box.file("a.log"), limits: limits)
        _ = reader.take()
        rotate(times: 30, linesEach: 50, from: 1)
        #expect(reader.take().sorted() == numbered(1...1_500).sorted())
        #expect(reader.follower.retired.count <= 4)
        #expect(reader.follower.totals.possibleLosses == 0)
    }

    @Test("6: what was unread before a copy and truncation is read from the copy")
    func unreadIsInTheCopy() {
        box.write("a.log", text(numbered(1...20)) + "half")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.append("a.log", " done\n" + text(numbered(21...30)))
        copyTruncate("a.log.1")
        box.append("a.log", text(numbered(31...32)))
        #expect(reader.take() == ["half done"] + numbered(21...32))
        let loss = reader.follower.totals.losses.recent.last
        #expect(loss?.reason == .rewritten)
        #expect(loss?.sentence.hasPrefix("truncated or rewritten") == true)
    }

    @Test("6: a copy that is still being made is not read beside the original")
    func growingCopy() {
        box.write("a.log", text(numbered(1...2_000)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        for size in [0, 5, 700, 4096, 10_000] {
            box.copy("a.log", "a.log.1", atMost: size)
            reader.follower.namesChanged()
            #expect(reader.take() == [], "\(size) bytes of the copy")
        }
        copyTruncate("a.log.1")
        box.append("a.log", "after\n")
        #expect(reader.take() == ["after"])
        reader.wait(.seconds(60))
        #expect(reader.take() == [])
        box.rename("a.log", "a.log.2")
        box.write("a.log", "last\n")
        #expect(reader.take() == ["last"], "the copy is known")
    }

    @Test("7: grown far beyond the old offset, with the same first lines")
    func regrownWithTheSameHead() {
        let head = String(repeating: "banner ", count: 300) + "\n"
        box.write("a.log", head + text(numbered(1...20)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        let before = reader.follower.generation
        box.write("a.log", head + text(numbered(101...900)))
        #expect(reader.take().dropFirst() == numbered(101...900)[...])
        #expect(reader.follower.totals.losses.byReason == [.rewritten: 1])
        #expect(reader.follower.generation != before)
    }

    @Test("8: twenty copies and truncations, nothing written in between: nothing lost")
    func twentyCopies() {
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        var read: [String] = []
        for round in 0..<20 {
            let first = round * 100
            box.append("a.log", text(numbered(first + 1...first + 50)))
            if round % 3 == 0 { read += reader.take() }
            box.append("a.log", text(numbered(first + 51...first + 100)))
            if round % 4 == 0 { read += reader.take() }
            copyTruncate("a.log.\(20 - round)")
            if round % 2 == 0 { read += reader.take() }
        }
        read += reader.take()
        #expect(Set(read).count == read.count, "no line twice")
        #expect(read.count == 2_000)
        #expect(reader.follower.totals.possibleLosses >= 10, "each truncation that was seen")
    }

    @Test("9: an unfinished line whose end is cut off is read again, whole lines are not")
    func cutInsideALine() {
        box.write("a.log", "one\ntwo\nunfinish")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["one", "two"])
        box.truncate("a.log", to: 10)
        #expect(reader.take() == [])
        box.append("a.log", "its end\n")
        #expect(reader.take() == ["units end"])
        #expect(reader.follower.totals.losses.byReason == [.cutShort: 1])
    }

    @Test("10: the same inode again, after the old file was let go", arguments: [1, 40])
    func sameInode(lines: Int) {
        let head = String(repeating: "same beginning ", count: 80) + "\n"
        box.write("a.log", head + text(numbered(1...9)))
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        let old = box.inode("a.log")
        box.unlink("a.log")
        _ = reader.take()
        reader.wait(.seconds(6))
        _ = reader.take()
        // ext4 gives the number away at once; elsewhere this is one more new file.
        box.write("a.log", head + text(numbered(101...100 + lines)))
        #expect(reader.take().dropFirst() == numbered(101...100 + lines)[...])
        print("10 and 11: inode reused: \(old == box.inode("a.log"))")
    }

    @Test("12: all of it saved anew with one line more: only that line is new")
    func savedAnew() {
        let old = text(numbered(1...100))
        box.write("a.log", old)
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        box.write("a.tmp", old + "one more\n")
        box.rename("a.tmp", "a.log")
        #expect(reader.take() == ["one more"])
    }

    @Test("13: overwritten in place within one step of the file clock, same size")
    func overwrittenAtOnce() {
        box.write("a.log", "aaaa\nbbbb\n")
        let reader = Reader(box.file("a.log"))
        for word in ["cccc", "dddd", "eeee", "ffff"] {
            _ = reader.take()
            Writer(box.file("a.log"), O_WRONLY).write("\(word)\n\(word)\n")
            #expect(reader.take() == [word, word])
        }
        Writer(box.file("a.log"), O_WRONLY).write("longer now\nand longer\n")
        #expect(reader.take() == ["longer now", "and longer"])
        #expect(reader.follower.totals.possibleLosses == 5)
    }

    @Test("14: the link in front of the file is switched, as Kubernetes does")
    func switchedFolderLink() {
        box.mkdir("v1")
        box.mkdir("v2")
        box.write("v1/a.log", text(numbered(1...2)))
        box.write("v2/a.log", text(numbered(3...4)))
        box.symlink("v1", "data")
        box.symlink("data/a.log", "a.log")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == numbered(1...2))
        box.append("v1/a.log", "last of one\n")
        box.symlink("v2", "next")
        box.rename("next", "data")
        #expect(reader.take() == ["last of one"] + numbered(3...4))
        box.append("v1/a.log", "later\n")
        #expect(reader.take() == ["later"], "the old file is read through the grace")
    }

    @Test("15: what is written below the renamed directory is still read")
    func renamedDirectoryGrows() {
        box.mkdir("d")
        let writer = Writer(box.file("d/a.log"))
        writer.write("one\n")
        let reader = Reader(box.file("d/a.log"))
        _ = reader.take()
        box.rename("d", "old")
        writer.write("two\n")
        box.mkdir("d")
        box.write("d/a.log", "three\n")
        #expect(reader.take() == ["two", "three"])
    }

    @Test("17: rotated parts with the same first 4 KiB are all read")
    func equalRotatedParts() {
        let head = String(repeating: "same ", count: 900) + "\n"
        box.write("a.log", head + "one\n")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        for (index, word) in ["two", "three", "four"].enumerated() {
            box.rename("a.log", "a.log.\(9 - index)")
            box.write("a.log", head + word + "\n")
        }
        #expect(reader.take().filter { $0.count < 10 } == ["two", "three", "four"])
    }

    @Test("18: one file under two names is read once, and by the other when the first lets go")
    func twoNames() {
        box.write("a.log", "one\n")
        box.link("a.log", "b.log")
        let ledger = FileLedger()
        let first = Reader(box.file("a.log"), ledger: ledger)
        let second = Reader(box.file("b.log"), ledger: ledger)
        #expect(first.take() == ["one"])
        #expect(second.take() == [])
        #expect(second.follower.problem == .readElsewhere(box.file("a.log")))
        let sentence = second.follower.problem?.sentence(path: box.file("b.log")) ?? ""
        #expect(sentence.contains("same file as") && sentence.hasSuffix("."))
        box.unlink("a.log")
        _ = first.take()
        first.wait(.seconds(6))
        _ = first.take()
        box.append("b.log", "two\n")
        #expect(second.take() == ["two"], "read on, not again")
        #expect(second.follower.problem == nil)
    }

    @Test("19: an unfinished line is one line when its end comes, flushed when the file is gone")
    func unfinished() {
        box.write("a.log", "whole\nhal")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["whole"])
        for (piece, shown) in [("f of", "half of"), (" it", "half of it")] {
            box.append("a.log", piece)
            #expect(reader.take() == [])
            #expect(reader.follower.provisional.map { decoded($0.bytes) } == shown)
            #expect(reader.follower.provisional?.offset == 6)
        }
        box.append("a.log", ".\nlast words")
        #expect(reader.take() == ["half of it."])
        box.rename("a.log", "a.log.1")
        box.append("a.log.1", " of a program")
        box.write("a.log", "next\n")
        #expect(reader.take() == ["next"])
        reader.wait(.seconds(6))
        #expect(reader.take() == ["last words of a program"])
    }

    private func decoded(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("20: characters of several bytes, one byte at a time")
    func splitCharacters() {
        let line = "Grüße 世界 🚒 e\u{301}"
        box.write("a.log", "")
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        for byte in Array((line + "\n").utf8) {
            box.append("a.log", [byte])
            reader.read()
        }
        #expect(reader.take() == [line])
        var limits = FollowLimits()
        limits.bytesPerTurnMax = 1
        #expect(Reader(box.file("a.log"), limits: limits).take() == [line], "split by our reads")
    }

    @Test("21: CRLF, progress lines, no newline at the end")
    func lineEnds() {
        box.write("a.log", "one\r\n 10%\r 20%\r100%\ntwo\r\n\r\nrest")
        let reader = Reader(box.file("a.log"))
        #expect(reader.take() == ["one", " 10%", " 20%", "100%", "two", ""])
        #expect(reader.follower.provisional.map { decoded($0.bytes) } == "rest")
        box.append("a.log", "\r")
        #expect(reader.take() == [])
        box.append("a.log", "\n")
        #expect(reader.take() == ["rest"])
    }

    @Test("24: 4,096 NULs in front of the next line are left out and counted")
    func smallHole() {
        let line = text(numbered(1...400))
        box.write("a.log", line)
        let reader = Reader(box.file("a.log"))
        _ = reader.take()
        let writer = Writer(box.file("a.log"), O_WRONLY)
        box.truncate("a.log", to: 0)
        writer.seek(to: 4096)
        writer.write("next\n")
        #expect(reader.take() == ["next"])
        let totals = reader.follower.totals
        #expect(totals.holeBytes + totals.nulsSkipped == 4096)
        #expect(totals.losses.byReason == [.rewritten: 1])
    }

    @Test("25: a writer without O_APPEND jumps over each truncation", arguments: [true, false])
    func writerWithoutAppend(looksAtOnce: Bool) {
        let writer = Writer(box.file("a.log"), O_CREAT | O_WRONLY)
        let reader = Reader(box.file("a.log"))
        var position = 0
        for round in 0..<5 {
            let lines = text(numbered(round * 1_000 + 1...round * 1_000 + 900))
            writer.write(lines)
            position += lines.utf8.count
            #expect(reader.take() == numbered(round * 1_000 + 1...round * 1_000 + 900))
            box.truncate("a.log", to: 0)
            if looksAtOnce { #expect(reader.take() == []) }
        }
        writer.write("end\n")
        #expect(reader.take() == ["end"])
        #expect(reader.follower.totals.possibleLosses == 5)
        #expect(reader.follower.totals.holeBytes > Int64(position / 2), "holes are not read")
    }
}
