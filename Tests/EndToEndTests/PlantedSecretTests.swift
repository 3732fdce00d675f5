import Foundation
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A log full of credentials goes through the whole program: none of them may come out, in no file,
/// on no screen, in no form; and somebody must be told to rotate them.
@Suite(.serialized) struct PlantedSecretTests {
    /// 10 MB, or 100 MB in the long form.
    static let bytesMax = (getenv("WARROOM_SLOW") == nil ? 10 : 100) * 1024 * 1024

    struct Planted {
        var secret: String
        var line: String
    }

    /// The labelled lines of the suite and some shapes of our own.
    static func planted() throws -> [Planted]? {
        guard let path = Repository.suite("secrets/loglike.tsv") else { return nil }
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let labelled = text.split(separator: "\n").compactMap { line -> Planted? in
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "pos" else { return nil }
            return Planted(secret: String(parts[2]), line: String(parts[3]))
        }
        return labelled + own
    }

    private static let own = [
        Planted(
            secret: "Wq8vZt3LmX0pRk5n",
            line:
                #"{"ts":"2026-03-01T12:00:00Z","msg":"db password=Wq8vZt3LmX0pRk5n"}"#
        ),
        Planted(
            secret: "Hj4kLp9Qw2Zx7Cv1",
            line: #"{"time":"2026-03-01T12:00:00Z","msg":"a\npassword=Hj4kLp9Qw2Zx7Cv1\nb"}"#),
        Planted(
            secret: "Nb6vCx8Zl1Kj3Hg5",
            line: "2026-03-01T12:00:00Z ERROR x\n  at com.a.B(C.java:1) secret=Nb6vCx8Zl1Kj3Hg5"),
        Planted(
            secret: "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
            line: """
                2026-03-01T12:00:00Z WARN key follows
                -----BEGIN PRIVATE KEY-----
                MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
                -----END PRIVATE KEY-----
                """),
        Planted(
            secret: "Ty7uIo0Pa3Sd6Fg9",
            line:
                "2026-03-01T12:00:00Z WARN \u{1B}[31mpassword\u{1B}[0m="
                + "\u{1B}[1mTy7uIo0Pa3Sd6Fg9\u{1B}[0m"
        ),
        Planted(
            secret: "Lk2jHg4fDs6aQw8e",
            line: "2026-03-01T12:00:00Z WARN dial redis://:Lk2jHg4fDs6aQw8e@cache:6379/0 refused"),
    ]

    /// A secret as it is, in base64 and encoded for URLs.
    static func forms(_ secret: String) -> [[UInt8]] {
        let base64 = Data(secret.utf8).base64EncodedString()
        let percent = secret.utf8.map { byte in
            let isPlain =
                byte < 0x80
                && (Character(UnicodeScalar(byte)).isLetter
                    || Character(UnicodeScalar(byte)).isNumber)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
        let forms = [secret, base64, base64.replacing("=", with: ""), percent]
        return Set(forms.map { Array($0.utf8) }).map { $0 }
    }

    /// What stands of the planted secrets, in any form, in the files of a folder.
    static func found(_ planted: [Planted], _ home: TemporaryFolder, _ names: [String]) throws
        -> Set<Substring>
    {
        let patterns = Writer(home.file("patterns"), O_CREAT | O_WRONLY | O_TRUNC)
        for form in planted.flatMap({ forms($0.secret) }) { patterns.write(form + [0x0A]) }
        let result = try ChildProcess.run(
            ["grep", "-a", "-o", "-h", "-F", "-f", home.file("patterns")]
                + names.map(home.file), environment: ["LC_ALL": "C"], patience: .seconds(120))
        #expect(result.status <= 1, "\(result.errors)")
        return Set(result.output.split(separator: "\n"))
    }

    /// Chatter with the planted lines in between, in `bytes` bytes.
    private func write(_ planted: [Planted], to path: String, bytes: Int) {
        let writer = Writer(path)
        let padding = String(
            repeating: "GET /v1/items/lookup 200 served from the cache; ", count: 12)
        var written = 0
        var number = 0
        while written < bytes {
            var text = ""
            for item in planted {
                for _ in 0..<8 {
                    number += 1
                    text += "2026-03-01T12:00:00Z INFO request \(number) \(padding)\n"
                }
                text += item.line + "\n"
            }
            writer.write(text)
            written += text.utf8.count
        }
    }

    @Test func noneComesOutOfTheProgram() throws {
        guard let planted = try Self.planted() else { return }
        #expect(planted.count > 60)
        let home = try TemporaryFolder()
        let log = home.file("app.log")
        write(planted, to: log, bytes: Self.bytesMax)
        try expectClean(planted, home, ["logs", "records", "patterns"], log)
        let cleaned = try ChildProcess.run(
            [
                "/bin/sh", "-c", "\"$0\" clean < \"$1\" > \"$2\" 2> \"$2.err\"",
                try Repository.program, log,
                home.file("clean.out"),
            ], patience: .seconds(300))
        #expect(cleaned.status == 0)
        #expect(try Self.found(planted, home, ["clean.out", "clean.out.err"]) == [])
        #expect(try home.text("clean.out.err").contains("removed"))
    }

    private func expectClean(
        _ planted: [Planted], _ home: TemporaryFolder, _ commands: [String], _ log: String
    ) throws {
        for command in commands {
            let result = try ChildProcess.run(
                [
                    "/bin/sh", "-c", "\"$0\" \"$1\" \"$2\" > \"$3\" 2>&1", try Repository.program,
                    command,
                    log, home.file("out"),
                ], patience: .seconds(300))
            #expect(result.status == 0, "\(command)")
            #expect(try home.bytes("out").count > 1000)
            #expect(try Self.found(planted, home, ["out"]) == [], "\(command)")
        }
    }

    @Test func noneComesOutOfARoom() throws {
        guard let planted = try Self.planted() else { return }
        let home = try TemporaryFolder()
        let log = home.file("app.log")
        write(planted, to: log, bytes: Self.bytesMax)
        let secret = planted[0].secret
        let room = try RoomUnderTest(
            "open --logs \(log) --log-command '[\"tail\",\"-F\",\"\(log)\",\"--pid=\(getpid())\"]' "
                + "--log-command '[\"curl\",\"--fail\",\"https://app:\(secret)@127.0.0.1:1/x\"]'",
            home: home)
        try room.tmux.record(to: home.file("pty"))
        try room.ready()
        try room.tmux.press("6")
        try room.tmux.wait(forText: "served from the cache")
        write(planted, to: log, bytes: 1024 * 1024)
        try room.tmux.wait(for: "a redacted line") { $0.contains("[REDACTED:") }
        var seen = ""
        for key in ["6", "5", "7", "9", "1", "2", "4"] {
            try room.tmux.press(key)
            for page in ["G", "PgUp", "PgUp", "g"] {
                try room.tmux.press(page)
                usleep(80_000)
                seen += try room.tmux.screen()
                try room.tmux.press("Enter")
                usleep(80_000)
                seen += try room.tmux.screen()
                try room.tmux.press("Escape")
            }
        }
        // What a person looks for is shown as typed; what is found is not.
        try room.tmux.press("6", "/")
        try room.tmux.type("password")
        try room.tmux.press("Enter")
        usleep(300_000)
        seen += try room.tmux.screen()
        try room.tmux.press("Escape")
        try room.palette("export")
        try room.waitForJournal("credential.seen")
        kill(try room.pid, SIGTERM)
        try poll("the end") { room.tmux.isDead }
        try home.write(seen, to: "screens")
        #expect(try Self.found(planted, home, ["screens"]) == [])
        // The search itself must be able to find something.
        #expect(try Self.found(planted, home, ["app.log"]).count > 60)
        try expectNoTrace(planted, home)
        #expect(seen.contains("rotate it"), "nobody was told")
        for arguments in [["report", "INC-0001"], ["status"], ["status", "--format", "json"]] {
            let result = try room.command(arguments[0], arguments.dropFirst())
            try home.write(result.output + result.errors, to: "out")
            #expect(try Self.found(planted, home, ["out"]) == [], "\(arguments)")
        }
    }

    /// No file that the room wrote, and no byte for its terminal, holds a planted secret.
    private func expectNoTrace(_ planted: [Planted], _ home: TemporaryFolder) throws {
        let files = home.allFiles().filter { $0 == "pty" || $0.hasPrefix("state/") }
        #expect(files.count > 2, "\(files)")
        #expect(try Self.found(planted, home, files) == [])
    }
}
