import Basics
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A tmux server of its own for one test: a real terminal that can be typed into and read.
package final class Tmux: Sendable {
    private let name: String
    /// How long anything may take before a test gives up.
    package static let patience: Duration = .seconds(20)

    private static let counter = Mutex(0)

    /// Starts `command` (one program and its arguments, as a shell line) in a window of the given
    /// size; `#{pane_pid}` is then that program.
    package init(_ command: String, width: Int = 160, height: Int = 45) throws {
        let number = Self.counter.withLock { value in
            value += 1
            return value
        }
        name = "warroom-test-\(getpid())-\(number)"
        // Set before the program starts, so that one that ends at once is still there to be read.
        // The escape time would hold back every lone Escape.
        let settings = try TemporaryFolder()
        let file = try settings.write(
            "set -g remain-on-exit on\nset -g default-shell /bin/sh\nset -s escape-time 0\n",
            to: "tmux.conf")
        _ = try tmux([
            "-f", file, "new-session", "-d", "-x", "\(width)", "-y", "\(height)",
            "exec " + command,
        ])
    }

    deinit { close() }

    /// Ends the server as a closed terminal does, and waits for what ran in it: a room that is hung
    /// up still writes. What does not end within five seconds is killed.
    package func close() {
        let programs = (try? value("#{pane_pid}")).flatMap { pid_t($0) }.map { leader in
            RunningProcess.all.filter { getsid($0) == leader }
        }
        _ = try? tmux(["kill-server"])
        let programsLeft = { (programs ?? []).filter { kill($0, 0) == 0 } }
        if (try? poll("the end", patience: .seconds(5), { programsLeft().isEmpty })) == nil {
            for pid in programsLeft() { kill(pid, SIGKILL) }
            try? poll("the end", patience: .seconds(5)) { programsLeft().isEmpty }
        }
        // The server leaves its socket behind.
        let directory = getenv("TMUX_TMPDIR").map { String(cString: $0) } ?? "/tmp"
        unlink("\(directory)/tmux-\(getuid())/\(name)")
    }

    private func tmux(_ arguments: [String]) throws -> String {
        let result = try ChildProcess.run(
            ["tmux", "-u", "-L", name] + arguments,
            environment: ["LC_ALL": "C.UTF-8", "TMUX": "", "TERM": "xterm-256color"])
        return result.output
    }

    /// Keys by tmux's names: `Enter`, `Escape`, `C-x`, `F1`.
    package func press(_ keys: String...) throws {
        _ = try tmux(["send-keys"] + keys)
    }

    /// Text as typed, key by key.
    package func type(_ text: String) throws { _ = try tmux(["send-keys", "-l", text]) }

    /// The content of a file, as a terminal pastes it: in brackets where the program asked for it.
    package func paste(_ file: String) throws {
        _ = try tmux(["load-buffer", "-b", "pasted", file])
        _ = try tmux(["paste-buffer", "-b", "pasted", "-p", "-r"])
    }

    /// Keeps every byte that the program writes to its terminal from now on in a file.
    package func record(to file: String) throws {
        _ = try tmux(["pipe-pane", "-o", "exec cat >> \(file)"])
    }

    package func resize(width: Int, height: Int) throws {
        _ = try tmux(["resize-window", "-x", "\(width)", "-y", "\(height)"])
    }

    /// The screen as text, without colours.
    package func screen() throws -> String { try tmux(["capture-pane", "-p"]) }

    /// The screen and what scrolled off it: the note that a program has ended pushes lines out.
    package func history() throws -> String { try tmux(["capture-pane", "-p", "-S", "-"]) }

    /// The screen with its escape sequences.
    package func styledScreen() throws -> String { try tmux(["capture-pane", "-p", "-e"]) }

    /// A format of the pane: `#{pane_dead}`, `#{pane_pid}`, `#{alternate_on}`.
    package func value(_ format: String) throws -> String {
        try tmux(["display-message", "-p", format]).trimmingNewlines
    }

    package var isDead: Bool { (try? value("#{pane_dead}")) == "1" }

    /// Waits until the screen satisfies `condition`; the last screen is in the error.
    @discardableResult
    package func wait(
        for what: String, patience: Duration = Tmux.patience, _ condition: (String) -> Bool
    ) throws -> String {
        var last = ""
        try poll(what, patience: patience) {
            last = try screen()
            return condition(last)
        } describe: {
            last
        }
        return last
    }

    @discardableResult
    package func wait(forText text: String, patience: Duration = Tmux.patience) throws -> String {
        try wait(for: "\"\(text)\"", patience: patience) { $0.contains(text) }
    }
}

/// What did not happen in time, and how things stood.
package struct TimedOut: Error, CustomStringConvertible {
    package var what: String
    package var last: String
    package var description: String { "waited in vain for \(what); last seen:\n\(last)" }
}

/// Looks every 15 ms until `condition` holds.
package func poll(
    _ what: String, patience: Duration = .seconds(20), _ condition: () throws -> Bool,
    describe: () -> String = { "" }
) throws {
    let clock = ContinuousClock()
    let deadline = clock.now + patience
    while try !condition() {
        guard clock.now < deadline else { throw TimedOut(what: what, last: describe()) }
        usleep(15_000)
    }
}

extension String {
    package var trimmingNewlines: String {
        var text = self
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
