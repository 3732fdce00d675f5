import Basics
import CNcurses
import CSystem
import Canvas
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// The terminal through ncursesw.
///
/// From `open` to `close` the terminal is on its alternate screen in raw mode: Ctrl-C, Ctrl-Z and
/// Ctrl-X arrive as keys. Standard error is kept in memory meanwhile, and a crash of any thread
/// gives the terminal back first.
@MainActor
package final class CursesScreen: Screen {
    /// What a screen is opened with.
    package struct Options: Sendable {
        /// Whether clicks and the wheel are reported (the terminal's own selection then needs
        /// Shift).
        package var mouse: Bool
        /// nil: ASCII when the locale is not UTF-8.
        package var ascii: Bool?
        /// Also true when `NO_COLOR` is set and not empty (no-color.org).
        package var noColour: Bool
        /// Whether `bytesWritten` counts (one more system call per frame).
        package var countsBytes: Bool

        package init(
            mouse: Bool = false, ascii: Bool? = nil, noColour: Bool = false,
            countsBytes: Bool = false
        ) {
            self.mouse = mouse
            self.ascii = ascii
            self.noColour = noColour
            self.countsBytes = countsBytes
        }
    }

    /// How long a lone ESC waits for the rest of a sequence, in milliseconds.
    static let escapeDelay: Int32 = 25

    package private(set) var size: Size
    package let inputDescriptor: Int32
    package let colourDepth: ColourDepth
    package let isASCII: Bool
    package private(set) var bytesWritten = 0
    package private(set) var hasHungUp = false

    package var styles: StyleSheet {
        didSet {
            guard styles != oldValue else { return }
            calls.resetPairs()
            painter = Painter(styles: styles, depth: colourDepth, colours: calls.colours)
            needsFullDraw = true
        }
    }

    private let calls: any CursesCalls
    private let countsBytes: Bool
    private let modes: TerminalModes
    private var painter: Painter
    private var decoder = InputDecoder()
    private var shown: Frame?
    private var needsFullDraw = true
    private var isOpen = true

    /// Built on `calls` directly; `open` is what programs use.
    package init(
        calls: any CursesCalls, inputDescriptor: Int32 = -1, options: Options = Options(),
        isUTF8: Bool = true
    ) {
        self.calls = calls
        self.inputDescriptor = inputDescriptor
        countsBytes = options.countsBytes
        modes = TerminalModes(mouse: options.mouse)
        size = calls.size
        isASCII = options.ascii ?? !isUTF8
        let colours = options.noColour ? 0 : calls.colours
        colourDepth = ColourDepth(colours: colours)
        var plain = StyleSheet.plain
        if isASCII { plain.glyphs = .ascii }
        styles = plain
        painter = Painter(styles: plain, depth: colourDepth, colours: colours)
        calls.writeRaw(modes.enter)
    }

    /// Draws what differs between the last frame and this one.
    package func present(_ frame: Frame) {
        guard isOpen else { return }
        let picture = frame.mapped(by: styles.glyphs)
        let previous = needsFullDraw ? nil : shown
        if let previous, previous == picture { return }
        let before = countsBytes ? calls.bytesWritten() : nil
        if previous == nil { calls.clear() }
        for run in FrameDiff(from: previous, to: picture).runs { draw(run, of: picture) }
        calls.showCursor(picture.cursor)
        // Synchronised output: terminals that know it show the frame at once, others ignore it.
        calls.writeRaw("\u{1B}[?2026h")
        let isShown = calls.refresh()
        calls.writeRaw("\u{1B}[?2026l")
        if let before, let after = calls.bytesWritten() { bytesWritten += after - before }
        shown = picture
        needsFullDraw = !isShown
    }

    private func draw(_ run: FrameDiff.Run, of frame: Frame) {
        guard run.row < size.height else { return }
        for column in run.columns where column < size.width {
            let cell = frame[column, run.row]
            if cell.isTail { continue }
            let isWide = frame[column + 1, run.row].isTail && column + 1 < frame.size.width
            let look = painter.look(of: cell, pair: calls.pair)
            let scalars = cell.text.unicodeScalars.map(\.value)
            let width = isWide ? 2 : 1
            if let first = scalars.first, first < 0x300 || calls.width(of: first) == width {
                put(scalars, row: run.row, column: column, look)
            } else {
                // The C library is of another opinion about this glyph's width (it knows an older
                // Unicode): drawn as it is, everything to its right would shift.
                for offset in 0..<width { put([0x3F], row: run.row, column: column + offset, look) }
            }
        }
    }

    private func put(_ scalars: [UInt32], row: Int, column: Int, _ look: Painter.Look) {
        let isDone = calls.put(
            scalars, row: row, column: column, attributes: look.attributes, pair: look.pair)
        if !isDone, scalars != [0x3F] {
            _ = calls.put(
                [0x3F], row: row, column: column, attributes: look.attributes, pair: look.pair)
        }
    }

    package func readKeys() -> [Key] {
        guard isOpen else { return [] }
        var inputs: [RawInput] = []
        // A bound, so that a terminal that never stops sending cannot hold the loop.
        while inputs.count < 65_536, let code = calls.read() { inputs.append(code.input) }
        if inputs.isEmpty, calls.hasHungUp() { hasHungUp = true }
        return decoder.decode(inputs)
    }

    package func terminalResized() {
        guard isOpen else { return }
        calls.resume()
        calls.writeRaw(modes.enter)
        if let size = calls.windowSize() { _ = calls.resize(to: size) }
        size = calls.size
        needsFullDraw = true
    }

    /// false when nobody could continue the process (it leads its session): then nothing happens.
    @discardableResult
    package func suspendAndStop() -> Bool {
        guard isOpen, calls.canStop else { return false }
        calls.writeRaw(modes.leave)
        calls.suspend()
        calls.stop()
        terminalResized()
        return true
    }

    package func copy(_ text: String) {
        guard isOpen else { return }
        calls.writeRaw(Clipboard.sequence(for: text))
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        calls.writeRaw(modes.leave)
        calls.end()
        csystem_guard_disarm()
        Self.replayStandardError()
    }

    /// Writes what the program said on standard error while the screen was up, sanitised.
    private static func replayStandardError() {
        let memory = csystem_stderr_release()
        guard memory >= 0 else { return }
        defer { Glibc.close(memory) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1_048_576 {
            let count = read(memory, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        var cleaner = LineCleaner()
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let text = lines.map { cleaner.clean($0).text + "\n" }.joined()
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}

extension CursesScreen {
    /// Opens the terminal on standard input and output.
    ///
    /// - Throws: `terminal.none` when they are no terminal, `terminal.unknown` for a `TERM` that
    ///   terminfo does not know or that cannot place text.
    package static func open(
        mouse: Bool = false, ascii: Bool? = nil, noColour: Bool = false, countsBytes: Bool = false
    ) throws(Failure) -> CursesScreen {
        let variable = getenv("NO_COLOR").map { String(cString: $0) } ?? ""
        let options = Options(
            mouse: mouse, ascii: ascii, noColour: noColour || !variable.isEmpty,
            countsBytes: countsBytes)
        return try open(
            terminal: getenv("TERM").map { String(cString: $0) } ?? "",
            colourTerm: getenv("COLORTERM").map { String(cString: $0) } ?? "",
            input: STDIN_FILENO, output: STDOUT_FILENO, options: options)
    }

    /// Opens a terminal on any descriptors; `terminal` and `colourTerm` are the values of `TERM`
    /// and `COLORTERM`.
    package static func open(
        terminal: String, colourTerm: String = "", input: Int32, output: Int32,
        options: Options = Options()
    ) throws(Failure) -> CursesScreen {
        let isUTF8 = cncurses_use_locale() != 0
        guard isatty(input) == 1, isatty(output) == 1 else {
            throw Failure(
                "terminal.none", "No terminal to draw on",
                why: "standard \(isatty(input) == 1 ? "output" : "input") is not a terminal",
                unchanged: "Nothing was started",
                next: "Run it in a terminal, or use a subcommand such as status or report")
        }
        let name = entry(terminal, colourTerm: colourTerm)
        _ = csystem_guard_remember(output)
        var result = terminal.isEmpty ? CNCURSES_UNKNOWN_TERMINAL : Int(cncurses_check(name))
        if result == CNCURSES_OPENED {
            result = Int(cncurses_open(name, input, output, escapeDelay))
        }
        guard result == CNCURSES_OPENED else {
            throw failure(result, terminal: terminal)
        }
        let calls = LiveCurses(input: input, output: output)
        let modes = TerminalModes(mouse: options.mouse)
        let reset = modes.leave + String(cString: cncurses_exit_string()) + "\u{1B}[?25h\u{1B}[0m"
        let screen = CursesScreen(
            calls: calls, inputDescriptor: input, options: options, isUTF8: isUTF8)
        guardTerminal(reset: reset)
        return screen
    }

    /// The terminfo entry to use: where `COLORTERM` promises true colour, the `-direct` variant of
    /// the terminal if the system has it (only such entries can name 24-bit colours).
    static func entry(_ terminal: String, colourTerm: String) -> String {
        guard colourTerm == "truecolor" || colourTerm == "24bit", !terminal.contains("direct")
        else { return terminal }
        let stem = terminal.hasSuffix("-256color") ? String(terminal.dropLast(9)) : terminal
        let direct = stem + "-direct"
        return Int(cncurses_check(direct)) == CNCURSES_OPENED ? direct : terminal
    }

    private static func failure(_ result: Int, terminal: String) -> Failure {
        let why: String
        switch result {
        case CNCURSES_NO_CURSOR_ADDRESSING:
            why = "this terminal type cannot place text on the screen"
        case CNCURSES_NO_STREAM:
            why = SystemError.current.description
        default:
            why = terminal.isEmpty ? "TERM is not set" : "terminfo has no such entry"
        }
        return Failure(
            "terminal.unknown", "The terminal cannot be used",
            subject: "TERM=" + Sanitiser.identifier(terminal), why: why,
            unchanged: "Nothing was started", next: "Set TERM, for example to xterm-256color")
    }
}

/// Modes that terminfo has no name for (source: xterm control sequences).
struct TerminalModes {
    /// Bracketed paste, focus reports and, if wanted, the mouse with SGR coordinates.
    let enter: String
    let leave: String

    init(mouse: Bool) {
        enter = "\u{1B}[?2004h\u{1B}[?1004h" + (mouse ? "\u{1B}[?1002h\u{1B}[?1006h" : "")
        leave =
            "\u{1B}[?2026l" + (mouse ? "\u{1B}[?1006l\u{1B}[?1002l" : "")
            + "\u{1B}[?1004l\u{1B}[?2004l"
    }
}
