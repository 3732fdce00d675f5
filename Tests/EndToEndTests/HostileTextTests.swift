import Foundation
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Text that attacks terminals, put everywhere text comes from: nothing of it may act on the
/// terminal, and what is harmless must stay readable.
@Suite(.serialized) struct HostileTextTests {
    struct Sample {
        var name: String
        var bytes: [UInt8]
        var isBenign: Bool { name.hasPrefix("benign") }

        /// As JSON, every character that is not plain escaped: parsers make it whole again.
        var json: String? {
            String(validating: bytes, as: UTF8.self).map { text in
                text.utf16.map { unit in
                    switch unit {
                    case 0x22, 0x5C, 0...0x1F, 0x7F...0xFFFF:
                        let digits = String(unit, radix: 16)
                        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    default: return String(UnicodeScalar(UInt8(unit)))
                    }
                }.joined()
            }
        }
    }

    static func samples() throws -> [Sample]? {
        guard let path = Repository.suite("terminal/injection.txt") else { return nil }
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t")
            guard parts.count == 2, let data = Data(base64Encoded: String(parts[1])) else {
                return nil
            }
            return Sample(name: String(parts[0]), bytes: [UInt8](data))
        }
    }

    /// What a room writes to its terminal with text that is harmless: ncurses' own sequences for
    /// the terminal that tmux is, and the modes the room asks for.
    static let allowed: Set<String> = [
        "C0 0a", "C0 0d", "C0 08", "C0 09", "C0 0e", "C0 0f", "ESC 7", "ESC 8", "ESC =", "ESC >",
        "ESC M", "ESC ( B", "ESC ) 0", "CSI A", "CSI B", "CSI C", "CSI D", "CSI G", "CSI H",
        "CSI L", "CSI M", "CSI P", "CSI X", "CSI d", "CSI m", "CSI @", "CSI  K", "CSI 1 K",
        "CSI  J", "CSI S", "CSI T", "CSI ?25 h", "CSI ?25 l", "CSI ?1 h", "CSI ?1 l",
        "CSI ?1049 h", "CSI ?1049 l", "CSI ?2004 h", "CSI ?2004 l", "CSI ?2026 h", "CSI ?2026 l",
        "CSI ?1000 h", "CSI ?1000 l", "CSI ?1002 h", "CSI ?1002 l", "CSI ?1006 h", "CSI ?1006 l",
        "CSI 4 l", "CSI 34 h", "CSI 34 l", "CSI ?1004 h", "CSI ?1004 l", "CSI r",
    ]

    /// Writes the samples to logs, names of logs and a dump; returns the room's arguments.
    private func prepare(_ samples: [Sample], _ home: TemporaryFolder) throws -> String {
        let log = Writer(home.file("plain.log"))
        let json = Writer(home.file("json.log"))
        let dump = Writer(home.file("a.prom"))
        mkdir(home.file("names"), 0o700)
        for (number, sample) in samples.enumerated() {
            let time = "2026-08-21T10:00:00.\(1000 + number)Z".replacing(".1", with: ".0")
            log.write(Array("\(time) ERROR plain \(sample.name) ".utf8) + sample.bytes)
            log.write(" behind it\n")
            if let text = sample.json {
                json.write(
                    #"{"time":"\#(time)","level":"\#(text)","service":"\#(text)","#
                        + #""host":"\#(text)","#
                        + #""logger":"\#(text)","trace_id":"\#(text)","error":"\#(text)","#
                        + #""msg":"json \#(sample.name) \#(text) behind it"}"# + "\n")
            }
            let label = sample.bytes.flatMap { byte -> [UInt8] in
                switch byte {
                case 0x22, 0x5C: [0x5C, byte]
                case 0x0A: [0x5C, 0x6E]
                default: [byte]
                }
            }
            dump.write(
                Array("up{job=\"\(sample.name)\",instance=\"".utf8) + label + Array("\"} 1\n".utf8))
            dump.write(Array("# HELP broken ".utf8) + sample.bytes + [0x0A])
            var name = Array("\(home.path)/names/".utf8)
            name += sample.bytes.filter { $0 != 0 && $0 != 0x2F }.prefix(120) + Array(".log".utf8)
            let path = name.map { CChar(bitPattern: $0) } + [0]
            let file = Glibc.open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
            guard file >= 0 else { continue }
            let line = Array("\(time) WARN named like \(sample.name)\n".utf8)
            _ = Glibc.write(file, line, line.count)
            close(file)
        }
        return "--logs \(home.file("plain.log")) --logs \(home.file("json.log")) "
            + "--logs '\(home.path)/names/*.log' --metrics \(home.file("a.prom")) "
            + #"--log-command '["/bin/sh","-c","cat $0; cat $0 >&2; sleep 99","#
            + "\"\(home.path)/plain.log\"]'"
    }

    /// The header and the footer stand where they belong, whatever is between them.
    private func expectFrame(_ room: RoomUnderTest, _ place: String, seen: inout String) throws {
        var screen = ""
        try poll("header and footer at \(place)") {
            screen = try room.tmux.screen()
            let rows = screen.split(separator: "\n", omittingEmptySubsequences: false)
            let footer = rows.prefix(45).last { !$0.allSatisfy(\.isWhitespace) } ?? ""
            return rows.first?.contains("INC-0001") == true && rows.count >= 45
                && (footer.contains("help") || footer.contains("Esc") || footer.contains("Enter"))
        } describe: {
            screen
        }
        seen += screen
    }

    @Test func actsNowhereInARoom() throws {
        guard let samples = try Self.samples() else { return }
        let home = try TemporaryFolder()
        let sources = try prepare(samples, home)
        let room = try RoomUnderTest("open \(sources)", home: home)
        try room.tmux.record(to: home.file("pty"))
        try room.ready()
        var seen = ""
        try room.tmux.press("6")
        try room.tmux.wait(forText: "behind it")
        try walk(room, "logs", pages: 14, seen: &seen)
        for sample in samples where sample.isBenign {
            let text = String(decoding: sample.bytes, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            #expect(words.allSatisfy { seen.contains($0) }, "\(sample.name) is not readable")
        }
        for key in ["1", "2", "3", "4", "5", "7", "9"] {
            try room.tmux.press(key)
            try walk(room, "screen \(key)", pages: key == "7" ? 5 : 1, seen: &seen)
        }
        try typeIn(samples, home, room, seen: &seen)
        #expect(!room.tmux.isDead)
        kill(try room.pid, SIGTERM)
        try poll("the end") { room.tmux.isDead }
        let written = try home.bytes("pty")
        let stream = TerminalStream(written)
        expectNothingOf(samples, in: written)
        #expect(stream.kinds.subtracting(Self.allowed) == [])
        #expect(stream.kinds.count > 5, "nothing was recorded")
        for name in home.allFiles() where name.hasPrefix("state/") && name.hasSuffix(".wj") {
            #expect(TerminalStream.acts(in: try home.bytes(name)) == [], "\(name)")
        }
        for arguments in [
            ["report", "INC-0001"], ["status"], ["status", "--format", "json"],
            ["status", "INC-0001"],
        ] {
            let result = try room.command(arguments[0], arguments.dropFirst())
            expectTame(result, "\(arguments)")
        }
    }

    /// What a room's own sequences could be taken for: those of the samples, with what is behind
    /// them.
    private func expectNothingOf(_ samples: [Sample], in written: [UInt8]) {
        let all = Data(written)
        for sample in samples {
            for start in sample.bytes.indices where sample.bytes[start] == 0x1B {
                let piece = Array(sample.bytes[start...].prefix(24))
                // A mode alone is the room's own.
                let isMode = [0x68, 0x6C].contains(piece.last)
                guard !isMode, piece.count >= 8 || piece.last == 0x72 else { continue }
                let isFound = all.range(of: Data(piece)) != nil
                #expect(!isFound, "\(sample.name) was written as it is")
            }
        }
    }

    /// Goes through the rows of a screen, opening one on each page.
    private func walk(_ room: RoomUnderTest, _ place: String, pages: Int, seen: inout String) throws
    {
        for page in 0..<pages {
            try room.tmux.press(page == 0 ? "g" : "PgDn")
            usleep(60_000)
            try expectFrame(room, "\(place), page \(page)", seen: &seen)
            try room.tmux.press("Enter")
            usleep(60_000)
            try expectFrame(room, "\(place), page \(page), a row opened", seen: &seen)
            try room.tmux.press("Escape")
        }
    }

    /// Pastes every sample into notes, hypotheses, the search and the palette.
    private func typeIn(
        _ samples: [Sample], _ home: TemporaryFolder, _ room: RoomUnderTest, seen: inout String
    ) throws {
        let groups = stride(from: 0, to: samples.count, by: 12).map {
            samples[$0..<min(samples.count, $0 + 12)]
        }
        for (number, group) in groups.enumerated() {
            let bytes = group.flatMap { $0.bytes.prefix(200).filter { $0 != 0 } + [0x20] }
            let file = home.file("paste-\(number)")
            Writer(file).write(bytes)
            for key in ["n", "h", "/", ":"] {
                try room.tmux.press("5", key)
                usleep(30_000)
                try room.tmux.type("pasted \(number) ")
                try room.tmux.paste(file)
                usleep(60_000)
                try expectFrame(room, "text pasted at \(key)", seen: &seen)
                try room.tmux.press(key == "n" || key == "h" ? "Enter" : "Escape")
                usleep(30_000)
                try expectFrame(room, "after the paste at \(key)", seen: &seen)
                try room.tmux.press("Escape", "Escape")
            }
        }
        try room.waitForJournal("note.added")
        try room.waitForJournal("hypothesis.added")
        try room.tmux.press("5", "G")
        usleep(60_000)
        try expectFrame(room, "the timeline", seen: &seen)
    }

    private func expectTame(_ result: ChildProcess, _ what: String) {
        #expect(TerminalStream.acts(in: Array(result.output.utf8)) == [], "\(what)")
        #expect(TerminalStream.acts(in: Array(result.errors.utf8)) == [], "\(what)")
    }

    @Test func actsNowhereOnStandardOutput() throws {
        guard let samples = try Self.samples() else { return }
        let home = try TemporaryFolder()
        _ = try prepare(samples, home)
        let program = try Repository.program
        for command in ["logs", "records", "patterns", "parse"] {
            let files =
                command == "parse" ? ["a.prom"] : ["plain.log", "json.log"]
            // Bytes of the output, not what a decoder makes of them.
            let result = try ChildProcess.run(
                [
                    "/bin/sh", "-c", "\"$@\" > \"$0\" 2>&1", home.file("out"), program, command,
                ] + files.map(home.file))
            let bytes = try home.bytes("out")
            #expect(result.status <= 1)
            #expect(TerminalStream.acts(in: bytes) == [], "\(command)")
            #expect(bytes.count > 1000, "\(command) said nothing")
        }
        let cleaned = try ChildProcess.run([
            "/bin/sh", "-c", "\"$1\" clean < \"$2\" > \"$0\" 2>&1", home.file("out"), program,
            home.file("plain.log"),
        ])
        #expect(cleaned.status == 0)
        #expect(TerminalStream.acts(in: try home.bytes("out")) == [])
    }

    /// What the program says of itself when it ends in the middle of something: arguments, names of
    /// files and their content stand in its messages.
    @Test func actsNowhereInMessages() throws {
        guard let samples = try Self.samples() else { return }
        let home = try TemporaryFolder()
        let program = try Repository.program
        for (number, sample) in samples.enumerated() where number % 7 == 0 {
            let text = String(decoding: sample.bytes.prefix(80).filter { $0 != 0 }, as: UTF8.self)
            try home.write(
                "sources: {logs: [{path: \"\(sample.json ?? "x")\", \(text): 1}]}", to: "w.yaml")
            for arguments in [
                ["open", text], ["report", text], ["check", text], ["logs", "/nowhere/" + text],
                ["logs", "--level", text, home.file("w.yaml")], ["open", "--log-command", text],
                ["check", home.file("w.yaml")], ["theme", text], ["--" + text],
            ] {
                let result = try ChildProcess.run(
                    [program] + arguments, environment: ["XDG_STATE_HOME": home.path + "/state"])
                expectTame(result, "\(sample.name): \(arguments[0])")
            }
        }
    }
}
