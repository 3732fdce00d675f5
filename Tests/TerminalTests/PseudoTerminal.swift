import Canvas
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A pseudo-terminal: programs draw on `slave`, the test reads and types on `master`.
final class PseudoTerminal {
    private(set) var master: Int32
    let slave: Int32

    init(_ size: Size = Size(width: 40, height: 6)) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(master >= 0)
        // The library's functions are not in the Glibc module; these are what they do
        // (ioctl_tty(2)).
        var unlocked: Int32 = 0
        try #require(ioctl(master, 0x4004_5431, &unlocked) == 0)
        var number: Int32 = -1
        try #require(ioctl(master, 0x8004_5430, &number) == 0)
        slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(slave >= 0)
        resize(to: size)
    }

    deinit {
        close(slave)
        hangUp()
    }

    /// Closes the test's end. Once only: the number may belong to another test's file by then.
    func hangUp() {
        guard master >= 0 else { return }
        close(master)
        master = -1
    }

    func resize(to size: Size) {
        var window = winsize(
            ws_row: UInt16(size.height), ws_col: UInt16(size.width), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &window)
    }

    func type(_ text: String) {
        _ = text.withCString { write(master, $0, strlen($0)) }
    }

    /// Everything that arrives until nothing has for 100 ms.
    func output() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 100) > 0, request.revents & Int16(POLLIN) != 0 else { break }
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The local mode flags, of which raw mode clears ICANON and ECHO.
    var localFlags: tcflag_t {
        var modes = termios()
        tcgetattr(slave, &modes)
        return modes.c_lflag
    }

    var isRaw: Bool { localFlags & tcflag_t(ICANON | ECHO | ISIG) == 0 }
}
