import App
import ArgumentParser
import Basics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

struct CleanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Make text from standard input safe to show and to keep.",
        discussion: """
            Any bytes in; valid UTF-8 out, without control characters and without credentials, \
            with exactly one line out for each line feed in. A private key without an end is over \
            after \(LineCleaner.keyLinesMax) lines. What was removed is counted on standard error.
            """)

    @OptionGroup var redaction: RedactionOption

    func run() throws {
        let setup = try redaction.setup()
        var stream = CleanStream(redactor: setup.redactor)
        var input = [UInt8](repeating: 0, count: 256 * 1024)
        var out: [UInt8] = []
        while true {
            let count = read(STDIN_FILENO, &input, input.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable() }
            if count == 0 { break }
            input.withUnsafeBufferPointer {
                stream.feed(UnsafeBufferPointer(rebasing: $0[..<count]), into: &out)
            }
            try StandardOutput.write(out)
            out.removeAll(keepingCapacity: true)
        }
        stream.finish(into: &out)
        try StandardOutput.write(out)
        guard !stream.removed.isEmpty else { return }
        let classes = stream.removed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        for note in setup.notes { Talk.say(note) }
        Talk.say(
            "\(stream.removed.values.reduce(0, +)) removed: " + classes.joined(separator: ", "))
    }

    private func unreadable() -> Failure {
        Failure(
            "input.unreadable", "Standard input cannot be read", why: "\(SystemError.current)",
            unchanged: "What was read so far was written", next: "Name a file or a pipe as input")
    }
}

extension StandardOutput {
    /// Writes all of `bytes`, unbuffered; a reader that has gone ends the program quietly.
    static func write(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count > 0 {
                done += count
            } else if errno == EPIPE {
                throw ExitCode(ExitStatus.ok.rawValue)
            } else if errno != EINTR {
                throw Failure(
                    "output.unwritable", "Standard output cannot be written",
                    why: "\(SystemError.current)", unchanged: "The input was only read",
                    next: "Check the disk or the reader of the pipe")
            }
        }
    }
}
