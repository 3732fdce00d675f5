import CNcurses
import Canvas

#if canImport(Glibc)
    import Glibc
#endif

/// What `CursesScreen` asks of curses and of the terminal. Tests put a recorder in its place, to
/// assert the calls and to force errors.
@MainActor
package protocol CursesCalls: AnyObject {
    var colours: Int { get }
    var size: Size { get }

    func pair(foreground: Int32, background: Int32) -> Int32
    func resetPairs()
    /// false on error.
    func put(_ scalars: [UInt32], row: Int, column: Int, attributes: Int32, pair: Int32) -> Bool
    func clear()
    func refresh() -> Bool
    func showCursor(_ position: Position?)
    func resize(to size: Size) -> Bool
    func suspend()
    func resume()
    func end()
    /// The next input, or nil when there is none.
    func read() -> RawInputCode?
    /// The cells the C library counts for a scalar, -1 when it knows none.
    func width(of scalar: UInt32) -> Int
    /// Bytes past curses: modes that terminfo has no name for.
    func writeRaw(_ text: String)
    /// The window's size as the kernel has it, nil when it has none.
    func windowSize() -> Size?
    /// Whether the input has hung up.
    func hasHungUp() -> Bool
    /// Bytes this process has written, nil when unknown.
    func bytesWritten() -> Int?
    /// Whether somebody could continue the process once it has stopped.
    var canStop: Bool { get }
    /// Stops the process group and returns when it is continued.
    func stop()
}

/// A code as `cncurses_read` returns it.
package struct RawInputCode: Hashable, Sendable {
    package var value: Int
    package init(value: Int) { self.value = value }

    var input: RawInput {
        if value < CNCURSES_KEY { return .scalar(UInt32(clamping: value)) }
        if value > CNCURSES_KEY_FUNCTION { return .key(.function(value - CNCURSES_KEY_FUNCTION)) }
        return Self.table[value] ?? .other
    }

    private static let table: [Int: RawInput] = {
        let pairs: [(Int, RawInput)] = [
            (CNCURSES_KEY_UP, .key(.up)), (CNCURSES_KEY_DOWN, .key(.down)),
            (CNCURSES_KEY_LEFT, .key(.left)), (CNCURSES_KEY_RIGHT, .key(.right)),
            (CNCURSES_KEY_PAGE_UP, .key(.pageUp)),
            (CNCURSES_KEY_PAGE_DOWN, .key(.pageDown)),
            (CNCURSES_KEY_HOME, .key(.home)), (CNCURSES_KEY_END, .key(.end)),
            (CNCURSES_KEY_ENTER, .key(.enter)),
            (CNCURSES_KEY_BACK_TAB, .key(.backTab)),
            (CNCURSES_KEY_BACKSPACE, .key(.backspace)),
            (CNCURSES_KEY_DELETE, .key(.delete)),
            (CNCURSES_KEY_INSERT, .key(.insert)),
            (CNCURSES_KEY_PASTE_BEGIN, .pasteBegin),
            (CNCURSES_KEY_PASTE_END, .pasteEnd),
            (CNCURSES_KEY_FOCUS_GAINED, .key(.focusGained)),
            (CNCURSES_KEY_FOCUS_LOST, .key(.focusLost)),
            (CNCURSES_KEY_MOUSE, .mouseBegin),
        ]
        return Dictionary(pairs) { first, _ in first }
    }()
}

/// The real curses, on an input and an output descriptor.
@MainActor
final class LiveCurses: CursesCalls {
    private let input: Int32
    private let output: Int32

    init(input: Int32, output: Int32) {
        self.input = input
        self.output = output
    }

    var colours: Int { Int(cncurses_colours()) }
    var size: Size { Size(width: Int(cncurses_columns()), height: Int(cncurses_rows())) }

    func pair(foreground: Int32, background: Int32) -> Int32 {
        cncurses_pair(foreground, background)
    }
    func resetPairs() { cncurses_reset_pairs() }
    func put(_ scalars: [UInt32], row: Int, column: Int, attributes: Int32, pair: Int32) -> Bool {
        cncurses_put(
            Int32(row), Int32(column), scalars, Int32(scalars.count), attributes, pair) == 0
    }
    func clear() { cncurses_clear() }
    func refresh() -> Bool { cncurses_refresh() == 0 }
    func showCursor(_ position: Position?) {
        cncurses_cursor(Int32(position?.row ?? -1), Int32(position?.column ?? -1))
    }
    func resize(to size: Size) -> Bool {
        cncurses_resize(Int32(size.height), Int32(size.width)) == 0
    }
    func suspend() { cncurses_suspend() }
    func resume() { cncurses_resume() }
    func end() { cncurses_close() }
    func width(of scalar: UInt32) -> Int { Int(cncurses_width(scalar)) }

    func read() -> RawInputCode? {
        let value = Int(cncurses_read())
        return value == CNCURSES_NOTHING ? nil : RawInputCode(value: value)
    }

    func writeRaw(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    func windowSize() -> Size? {
        var window = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0
        else { return nil }
        return Size(width: Int(window.ws_col), height: Int(window.ws_row))
    }

    func hasHungUp() -> Bool {
        var request = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 0) > 0 else { return false }
        return request.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
    }

    func bytesWritten() -> Int? {
        guard let file = fopen("/proc/thread-self/io", "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = fread(&buffer, 1, buffer.count, file)
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("wchar: ") {
            return Int(line.dropFirst(7))
        }
        return nil
    }

    // A session leader has no shell that could bring it back.
    var canStop: Bool { getsid(0) != getpid() }
    func stop() { kill(0, SIGSTOP) }
}
