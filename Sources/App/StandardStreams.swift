#if canImport(Glibc)
    import Glibc
#endif

/// write(2) on standard error.
func writeToStandardError(_ bytes: UnsafeRawBufferPointer) -> Int {
    write(STDERR_FILENO, bytes.baseAddress, bytes.count)
}

/// Standard input of a pipeable command.
package enum StandardInput {
    /// Everything until its end.
    package static func bytes() -> [UInt8] {
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(STDIN_FILENO, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return all }
            all += block[..<count]
        }
    }
}

/// Standard output of a pipeable command.
package enum StandardOutput {
    /// The terminal's width in cells: what the terminal says, else `COLUMNS`, else 80. Nil when the
    /// output is no terminal.
    package static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 {
            return Int(window.ws_col)
        }
        return Environment.value("COLUMNS").flatMap { Int($0) } ?? 80
    }
}

extension Environment {
    /// Whether the locale's texts are UTF-8, by the variables in their order.
    package static var isUTF8: Bool {
        let locale = value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? ""
        let name = locale.uppercased()
        return name.contains("UTF-8") || name.contains("UTF8")
    }
}
