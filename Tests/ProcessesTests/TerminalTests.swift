import Basics
import Processes
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A child under a parent that has a terminal.
@Suite struct ControllingTerminalTests {
    static let isVictim = getenv("WARROOM_TEST_TERMINAL") != nil

    @Test(.enabled(if: isVictim)) func withATerminal() throws {
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(main >= 0)
        var lock: Int32 = 0
        var number: UInt32 = 0
        try #require(ioctl(main, 0x4004_5431, &lock) == 0)  // TIOCSPTLCK
        try #require(ioctl(main, 0x8004_5430, &number) == 0)  // TIOCGPTN
        let name = "/dev/pts/\(number)"
        // This process leads a session without a terminal, so the first it opens becomes its own.
        let side = open(name, O_RDWR)
        try #require(side >= 0)
        let own = open("/dev/tty", O_RDWR)
        try #require(own >= 0, "this process got no terminal: the test would prove nothing")
        var before = termios()
        try #require(tcgetattr(side, &before) == 0)
        let result = shell(
            """
            (exec < /dev/tty) 2>/dev/null && echo opened
            stty -F /dev/tty raw -echo 2>/dev/null && echo changed
            echo done
            """)
        #expect(result.text == "done\n")
        var after = termios()
        try #require(tcgetattr(side, &after) == 0)
        #expect(before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag)
        #expect(before.c_oflag == after.c_oflag && before.c_cflag == after.c_cflag)
        close(own)
    }

    @Test(
        "N24: a child cannot open the room's terminal, whose modes stay as they are",
        .enabled(if: !isVictim))
    func cannotTouchTheTerminal() throws {
        let run = try ChildProcess.runTest(
            "withATerminal", environment: ["WARROOM_TEST_TERMINAL": "1"],
            through: ["/usr/bin/setsid", "--wait"])
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.output)")
    }
}
