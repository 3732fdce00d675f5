import Basics
import Canvas
import Testing

@testable import Terminal

#if canImport(Glibc)
    import Glibc
#endif

/// The real curses on a pseudo-terminal. One at a time: curses has one screen.
@MainActor
@Suite(.serialized) struct RealTerminalTests {
    private func open(
        _ terminal: PseudoTerminal, type: String = "xterm-256color",
        options: CursesScreen.Options = .init(ascii: true)
    ) throws(Failure) -> CursesScreen {
        try CursesScreen.open(
            terminal: type, input: terminal.slave, output: terminal.slave, options: options)
    }

    private func frame(_ text: String, _ size: Size = Size(width: 40, height: 6)) -> Frame {
        var frame = Frame(size: size)
        frame.put(text, column: 2, row: 1)
        return frame
    }

    @Test func drawsOnTheAlternateScreenAndGivesItBack() throws {
        let terminal = try PseudoTerminal()
        #expect(!terminal.isRaw)
        let screen = try open(terminal)
        #expect(screen.size == Size(width: 40, height: 6))
        #expect(screen.colourDepth == .indexed256)
        screen.present(frame("hello ─"))
        let drawn = terminal.output()
        #expect(terminal.isRaw)
        #expect(drawn.contains("\u{1B}[?1049h"))
        #expect(drawn.contains("\u{1B}[?2004h"))
        #expect(drawn.contains("hello -"))
        screen.close()
        let restored = terminal.output()
        #expect(restored.contains("\u{1B}[?1049l"))
        #expect(restored.contains("\u{1B}[?2004l"))
        #expect(!terminal.isRaw)
    }

    @Test func sendsOnlyWhatDiffers() throws {
        let terminal = try PseudoTerminal()
        let screen = try open(terminal, options: .init(ascii: true, countsBytes: true))
        defer { screen.close() }
        screen.present(frame("counting 1"))
        _ = terminal.output()
        let before = screen.bytesWritten
        screen.present(frame("counting 2"))
        let drawn = terminal.output()
        #expect(drawn.contains("2"))
        #expect(!drawn.contains("count"))
        #expect(drawn.utf8.count < 60)
        #expect(screen.bytesWritten - before == drawn.utf8.count)
    }

    @Test func readsKeysAsTheyAreTyped() throws {
        let terminal = try PseudoTerminal()
        let screen = try open(terminal)
        defer { screen.close() }
        screen.present(frame(""))
        let typed: [(bytes: String, keys: [Key])] = [
            ("a", [.character("a")]), ("\u{03}", [.control("C")]), ("\u{1A}", [.control("Z")]),
            ("\u{18}", [.control("X")]), ("\u{11}", [.control("Q")]), ("\r", [.enter]),
            ("\u{1B}", [.escape]), ("\u{1B}[A", [.up]), ("\u{1B}OB", [.down]),
            ("\u{1B}[5~", [.pageUp]), ("\u{1B}[6~", [.pageDown]), ("\u{1B}[H", [.home]),
            ("\u{1B}[4~", [.end]), ("\u{1B}OP", [.function(1)]), ("\u{1B}[15~", [.function(5)]),
            ("\u{1B}[Z", [.backTab]), ("\u{7F}", [.backspace]), ("\u{1B}[3~", [.delete]),
            ("\u{1B}[200~Y\r\u{1B}[201~", [.paste("Y\n")]),
            ("\u{1B}[I\u{1B}[O", [.focusGained, .focusLost]),
            (
                "\u{1B}[<0;7;3M",
                [
                    .mouse(
                        MouseEvent(
                            action: .press, button: .left, position: Position(column: 6, row: 2)))
                ]
            ),
            ("\u{1B}[27;5;9~x", [.character("x")]),
        ]
        for (bytes, keys) in typed {
            terminal.type(bytes)
            #expect(read(screen, count: keys.count) == keys, "\(bytes.debugDescription)")
        }
    }

    private func read(_ screen: CursesScreen, count: Int) -> [Key] {
        var keys: [Key] = []
        for _ in 0..<1_000 where keys.count < count {
            keys += screen.readKeys()
            usleep(10_000)
        }
        return keys
    }

    @Test func followsTheWindowsSize() throws {
        let terminal = try PseudoTerminal()
        let screen = try open(terminal)
        defer { screen.close() }
        screen.present(frame("x"))
        for size in [(1, 1), (200, 50), (7, 3), (120, 40)] {
            let size = Size(width: size.0, height: size.1)
            terminal.resize(to: size)
            screen.terminalResized()
            #expect(screen.size == size)
            screen.present(frame("resized", size))
            _ = terminal.output()
        }
        screen.present(frame("last one", screen.size))
        #expect(terminal.output().contains("last one"))
    }

    @Test func noticesThatTheTerminalHungUp() throws {
        let pipe = try PseudoTerminal()
        let screen = try open(pipe)
        defer { screen.close() }
        #expect(screen.readKeys() == [])
        #expect(!screen.hasHungUp)
        pipe.hangUp()
        #expect(screen.readKeys() == [])
        #expect(screen.hasHungUp)
    }

    @Test(arguments: [
        ("", "TERM is not set"), ("no-such-terminal", "terminfo has no such entry"),
        ("dumb", "cannot place text"),
    ])
    func refusesTerminalsItCannotUse(_ type: String, _ why: String) throws {
        let terminal = try PseudoTerminal()
        let failure = #expect(throws: Failure.self) { try open(terminal, type: type) }
        #expect(failure?.exit == .environment)
        #expect(failure?.description.contains(why) == true)
        #expect(!terminal.isRaw)
        #expect(terminal.output().isEmpty)
    }

    @Test func refusesWhatIsNoTerminal() throws {
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let failure = #expect(throws: Failure.self) {
            try CursesScreen.open(terminal: "xterm", input: null, output: null)
        }
        #expect(
            failure?.description
                == "No terminal to draw on (standard input is not a terminal). "
                + "Nothing was started. "
                + "Run it in a terminal, or use a subcommand such as status or report.")
    }

    @Test(arguments: [
        "xterm", "vt100", "linux", "screen-256color", "tmux-256color", "xterm-direct",
    ])
    func drawsOnManyTerminals(_ type: String) throws {
        let terminal = try PseudoTerminal()
        let screen: CursesScreen
        do {
            screen = try open(terminal, type: type)
        } catch {
            // ncurses-term is not installed everywhere.
            #expect(error.why.contains("no such entry"))
            return
        }
        screen.present(frame("hello"))
        #expect(terminal.output().contains("hello"))
        screen.close()
        #expect(!terminal.isRaw)
    }

    /// The crash handler runs for a trap whose former handler lets the process live.
    @Test func aTrapGivesTheTerminalBackFirst() throws {
        let terminal = try PseudoTerminal()
        var former = sigaction()
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGTRAP, &action, &former)
        defer { sigaction(SIGTRAP, &former, nil) }
        let screen = try open(terminal)
        screen.present(frame("x"))
        _ = terminal.output()
        #expect(terminal.isRaw)
        raise(SIGTRAP)
        let restored = terminal.output()
        #expect(restored.contains("\u{1B}[?1049l"))
        #expect(restored.contains("\u{1B}[?25h"))
        #expect(!terminal.isRaw)
        screen.close()
    }

    @Test func signalsComeThroughThePipe() throws {
        let pipe = try SignalPipe([.windowChanged, .continued])
        #expect(pipe.drain() == [])
        kill(getpid(), SIGWINCH)
        kill(getpid(), SIGWINCH)
        kill(getpid(), SIGCONT)
        var seen: Set<Signal> = []
        for _ in 0..<1_000 where seen.count < 2 {
            seen.formUnion(pipe.drain())
            usleep(10_000)
        }
        #expect(seen == [.windowChanged, .continued])
        #expect(throws: Failure.self) { try SignalPipe([.windowChanged]) }
    }

    @Test func aPipeCanBeOpenedAgain() throws {
        for _ in 0..<3 {
            let pipe = try SignalPipe([.windowChanged])
            #expect(pipe.descriptor >= 0)
        }
    }
}
