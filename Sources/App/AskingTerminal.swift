import Basics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// The person's own terminal, for one question: `/dev/tty`, never standard input, so that nothing
/// in a pipe answers.
package final class AskingTerminal {
    private let descriptor: Int32
    private var before = termios()
    private let clock = SystemClock()

    /// - Throws: `approval.noTerminal`, exit 3.
    package init() throws(Failure) {
        func refusal(_ why: String) -> Failure {
            Failure(
                "approval.noTerminal", "There is no terminal to ask on", subject: "/dev/tty",
                why: why, unchanged: "Nothing was approved",
                next: "Approve from a terminal of your own: a person must type it",
                exit: .refusedByGate)
        }
        descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw refusal("\(SystemError.current)") }
        guard tcgetattr(descriptor, &before) == 0 else {
            let why = "\(SystemError.current)"
            close(descriptor)
            throw refusal(why)
        }
        var raw = before
        cfmakeraw(&raw)
        // What is printed is still made of lines.
        raw.c_oflag = before.c_oflag
        guard tcsetattr(descriptor, TCSAFLUSH, &raw) == 0 else {
            let why = "\(SystemError.current)"
            close(descriptor)
            throw refusal(why)
        }
        write("\u{1B}[?2004h")
    }

    deinit {
        write("\u{1B}[?2004l")
        tcflush(descriptor, TCIFLUSH)
        tcsetattr(descriptor, TCSAFLUSH, &before)
        close(descriptor)
    }

    /// Asks until it is answered, refused or left; what waited to be read before does not count.
    package func ask(_ question: String, _ kind: TypedAnswer.Kind) -> TypedAnswer.Outcome {
        write(Clean.text(question) + " ")
        tcflush(descriptor, TCIFLUSH)
        var answer = TypedAnswer(kind, asked: clock.now.boot)
        var outcome = TypedAnswer.Outcome.waiting
        var shown = 0
        while outcome == .waiting {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&polled, 1, 100)
            if count == 0 {
                outcome = answer.isEscapeAlone ? .cancelled : answer.passed(clock.now.boot)
                continue
            }
            guard let bytes = read() else {
                outcome = .cancelled
                break
            }
            outcome = answer.received(bytes, at: clock.now.boot)
            shown = echo(answer.typed, replacing: shown)
        }
        write("\r\n")
        return outcome
    }

    /// nil when the terminal is gone.
    private func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1_024)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        return count < 0 && (errno == EINTR || errno == EAGAIN) ? [] : nil
    }

    /// Writes the line anew: what is typed is shown as it will be compared, invisible characters
    /// included.
    private func echo(_ typed: [UInt8], replacing shown: Int) -> Int {
        let text = Clean.text(String(decoding: typed, as: UTF8.self))
        let width = text.unicodeScalars.count
        let back = String(repeating: "\u{8}", count: shown)
        let blank = String(repeating: " ", count: max(0, shown - width))
        write(back + text + blank + String(repeating: "\u{8}", count: blank.utf8.count))
        return width
    }

    private func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
