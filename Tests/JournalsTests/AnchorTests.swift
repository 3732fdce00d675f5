import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A system log that listens on a datagram socket.
final class LogSocket {
    let path: String
    private let descriptor: Int32

    init(_ path: String) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    deinit { close(descriptor) }

    /// What has arrived, a datagram each.
    var received: [String] {
        var all: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return all }
            all.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}

@Suite struct AnchorTests {
    @Test func sendsOneLineInTheFormOfTheSystemLog() throws {
        let folder = try TemporaryFolder()
        let log = LogSocket(folder.file("log"))
        let head = JournalHead(
            sequence: 42, position: JournalPosition(segment: 1, offset: 9),
            hash: String(repeating: "ab", count: 32))
        try SystemLogAnchor(socket: log.path).send(
            head, incident: "INC-2041", kind: "action.succeeded",
            at: Timestamp(seconds: 1_800_000_000))
        let lines = log.received
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        // The clock in it is the machine's local time.
        #expect(line.hasPrefix("<85>Jan 15 ") || line.hasPrefix("<85>Jan 14 "))
        #expect(
            line.hasSuffix(
                " warroom[\(getpid())]: INC-2041 entry 42 action.succeeded head "
                    + String(repeating: "ab", count: 32)))
        #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(line.utf8.count < 1024, "RFC 3164: a message has at most 1024 bytes")
    }

    @Test func saysThatThereIsNoLogAndNeverWaits() throws {
        let folder = try TemporaryFolder()
        let head = JournalHead(
            sequence: 1, position: JournalPosition(segment: 1, offset: 9), hash: "00")
        func send(_ path: String) -> Int32? {
            do throws(SystemError) {
                try SystemLogAnchor(socket: path).send(
                    head, incident: "INC-2041", kind: "k", at: Timestamp(seconds: 0))
                return nil
            } catch { return error.code }
        }
        #expect(send(folder.file("none")) == ENOENT)
        #expect(send(folder.path + "/" + String(repeating: "x", count: 200)) == ENAMETOOLONG)
        let log = LogSocket(folder.file("log"))
        var refusal: Int32?
        for _ in 0..<100_000 where refusal == nil { refusal = send(log.path) }
        #expect(refusal == EAGAIN, "a log that does not read fills up and is not waited for")
    }
}

/// `verify` in words.
@Suite struct VerifyWordsTests {
    private func damaged() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        for index in 1...9 { try writer.append(note("note \(index)"), sync: true) }
        writer.close()
        var whole = bytes(of: directory.segment)
        let ends = boundaries(whole)
        whole[ends[4] + 50] ^= 1
        put(whole, at: directory.segment)
        return directory
    }

    @Test func saysWhatIsTrustworthyAndWhatIsLost() throws {
        let directory = try damaged()
        let report = try JournalVerifier.verify(directory.incident, outcomeDirectories: [])
        #expect(report.trusted?.first == 1)
        #expect(report.trusted?.last == 5)
        #expect(report.headSequence == 10)
        #expect(report.lostAtLeast == 5)
        #expect(report.remnants?.first == 7)
        #expect(report.remnants?.last == 10)
        #expect(report.remnants?.count == 4)
        let text = report.lines.joined(separator: "\n")
        let time = TimeText.rfc3339(testClock.now.wall)
        for sentence in [
            "Trustworthy: entries 1 to 5, written \(time) to \(time)",
            "Not trustworthy: everything from there on.",
            "at least 5 entries, 6 to 10, which were on the disk",
            "4 whole entries (entries 7 to 10,",
            "the chain has no key",
            "`warroom recover INC-2041 --reason TEXT`",
        ] { #expect(text.contains(sentence), "\(sentence) in:\n\(text)") }
    }

    @Test func writesItAsJSON() throws {
        struct Document: Decodable {
            struct Damage: Decodable {
                var file: String
                var reason: String
            }
            var verdict: String
            var damage: Damage
            var entriesLostAtLeast: Int
            var words: [String]

            private enum CodingKeys: String, CodingKey {
                case verdict, damage, words
                case entriesLostAtLeast = "entries_lost_at_least"
            }
        }
        let directory = try damaged()
        let report = try JournalVerifier.verify(directory.incident, outcomeDirectories: [])
        let text = try JSONText.encodePretty(VerifyDocument(report, target: directory.incident))
        let document = try JSONText.decode(Document.self, from: Array(text.utf8))
        #expect(document.verdict == "damaged")
        #expect(document.damage.file == "000001.wj")
        #expect(document.damage.reason == "the checksum does not match")
        #expect(document.entriesLostAtLeast == 5)
        #expect(document.words == report.lines)
    }

    @Test func knowsAnAnchor() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        try writer.append(note("one"), sync: true)
        let anchor = writer.head.hash
        for index in 2...4 { try writer.append(note("note \(index)"), sync: true) }
        writer.close()
        func verify(_ anchor: String) throws -> VerifyReport {
            try JournalVerifier.verify(
                directory.incident, anchor: anchor, outcomeDirectories: [])
        }
        let expected = VerifyReport.Anchor.entry(
            sequence: 2, written: testClock.now.wall, after: 3)
        #expect(try verify(anchor).anchor == expected)
        #expect(try verify(String(anchor.prefix(12))).anchor == expected)
        let stranger = try verify(String(repeating: "0", count: 12))
        #expect(stranger.anchor == .absent)
        #expect(stranger.isIntact && !stranger.isClean, "an intact chain with a missing anchor")
        // A whole false chain fits; only the anchor tells.
        let forged = try TemporaryDirectory()
        let forger = try openWriter(forged)
        for index in 1...4 { try forger.append(note("note \(index)"), sync: true) }
        forger.close()
        let report = try JournalVerifier.verify(
            forged.incident, anchor: anchor, outcomeDirectories: [])
        #expect(report.isIntact)
        #expect(report.anchor == .absent)
    }

    @Test(arguments: [
        ("0123456789ab", true), ("0123456789a", false), ("0123456789aG", false),
        ("0123456789AB", false), (String(repeating: "a", count: 65), false),
    ])
    func knowsWhatAnAnchorLooksLike(_ text: String, _ expected: Bool) {
        #expect(JournalVerifier.isAnchor(text) == expected)
    }

    @Test func aTornEndIsAFindingThatOpeningMends() throws {
        let directory = try TemporaryDirectory()
        try openWriter(directory).close()
        put(bytes(of: directory.segment) + Array("WJ1 torn".utf8), at: directory.segment)
        let report = try JournalVerifier.verify(directory.incident, outcomeDirectories: [])
        #expect(!report.isClean)
        let text = report.lines.joined(separator: "\n")
        #expect(text.contains("Not trustworthy: only that end."))
        #expect(text.contains("Next: open the incident"))
    }
}
