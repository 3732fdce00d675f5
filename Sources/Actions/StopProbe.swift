import Basics
import Safety

#if canImport(Glibc)
    import Glibc
#endif

/// Decides whether one stop file is absent. Anything but proof means stop.
enum StopProbe {
    /// What a missing directory says about the file that would be in it.
    enum MissingDirectory {
        /// Nothing: a configured path whose directory is gone may be an unmounted disk.
        case unproven
        /// Absence, when the nearest directory above belongs to root and others cannot write it.
        case provesBelowRoot
        /// Absence, when the nearest directory above belongs to root or us and others cannot write
        /// it.
        case provesBelowUs
    }

    /// `O_PATH` of open(2), which Swift's Glibc module lacks: search permission is enough.
    private static let pathOnly: Int32 = 0o10000000
    private static let textBytesMax = 4 * 1024
    private static let reasonCharactersMax = 200

    /// Looks at a name in an open directory: nil when it is there, and `status` filled.
    typealias Look =
        @Sendable (_ directory: Int32, _ name: String, _ status: inout stat) -> SystemError?

    static let lookAside: Look = { directory, name, status in
        fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? nil : .current
    }

    static func presence(
        of path: String, rule: MissingDirectory, look: Look = lookAside
    ) -> StopState.FileState.Presence {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0) else {
            return .unproven("the path is not absolute")
        }
        guard ![[], [0x2E], [0x2E, 0x2E]].contains(Array(name(of: path).utf8)) else {
            return .unproven("the path names a directory")
        }
        let directory = open(parent(of: path), Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            let error = SystemError.current
            if error.code == ENOENT, rule != .unproven {
                return absenceBelow(parent(of: path), rule: rule)
            }
            return .unproven("its directory: \(error)")
        }
        defer { close(directory) }
        var status = stat()
        guard let error = look(directory, name(of: path), &status) else {
            return .present(reason: reason(directory, name(of: path), status))
        }
        guard error.code == ENOENT else { return .unproven("\(error)") }
        if let why = exposure(directory, onlyRoot: false) { return .unproven(why) }
        return .absent
    }

    /// Walks up to the nearest directory that exists and asks who could have hidden the rest.
    private static func absenceBelow(_ missing: String, rule: MissingDirectory)
        -> StopState.FileState.Presence
    {
        var child = missing
        while child != "/" {
            let above = parent(of: child)
            let directory = open(above, Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
            if directory < 0 {
                let error = SystemError.current
                guard error.code == ENOENT else { return .unproven("\(above): \(error)") }
                child = above
                continue
            }
            defer { close(directory) }
            var status = stat()
            // There after all, as a link to nowhere.
            if fstatat(directory, name(of: child), &status, AT_SYMLINK_NOFOLLOW) == 0 {
                return .unproven("\(child) leads nowhere")
            }
            let error = SystemError.current
            guard error.code == ENOENT else { return .unproven("\(child): \(error)") }
            if let why = exposure(directory, onlyRoot: rule == .provesBelowRoot) {
                return .unproven("\(above): \(why)")
            }
            return .absent
        }
        return .unproven("no directory above it exists")
    }

    /// Why others could have removed the file from this directory, or nil.
    private static func exposure(_ directory: Int32, onlyRoot: Bool) -> String? {
        var status = stat()
        guard fstat(directory, &status) == 0 else { return "its directory: \(SystemError.current)" }
        let isTrusted = status.st_uid == 0 || (!onlyRoot && status.st_uid == geteuid())
        guard isTrusted else { return "its directory belongs to uid \(status.st_uid)" }
        if status.st_mode & 0o002 != 0 { return "everybody can write its directory" }
        if status.st_mode & 0o020 != 0, status.st_gid != 0 {
            return "group \(status.st_gid) can write its directory"
        }
        return nil
    }

    /// The text of a regular file; never opens anything else (a FIFO would wait for a writer).
    private static func reason(_ directory: Int32, _ name: String, _ status: stat) -> String {
        guard status.st_mode & S_IFMT == S_IFREG else { return "" }
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = openat(directory, name, flags)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var opened = stat()
        guard fstat(descriptor, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG else { return "" }
        var buffer = [UInt8](repeating: 0, count: textBytesMax)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? sanitised(buffer[..<count]) : ""
    }

    /// One line of letters, digits, punctuation and symbols; everything else becomes `?`.
    private static func sanitised(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if text.unicodeScalars.count >= reasonCharactersMax { break }
            text.unicodeScalars.append(isPlain(scalar) ? scalar : scalar.value <= 0x20 ? " " : "?")
        }
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber,
            .dashPunctuation, .openPunctuation, .closePunctuation, .otherPunctuation,
            .connectorPunctuation, .initialPunctuation, .finalPunctuation, .mathSymbol,
            .currencySymbol, .modifierSymbol, .otherSymbol:
            // Blank or invisible although they are letters or symbols: Hangul fillers, blank
            // Braille.
            ![0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800].contains(scalar.value)
        default: scalar == " "
        }
    }

    static func parent(of path: String) -> String {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: 0x2F), slash > 0 else { return "/" }
        return String(decoding: bytes[..<slash], as: UTF8.self)
    }

    private static func name(of path: String) -> String {
        let bytes = Array(path.utf8)
        let start = bytes.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
        return String(decoding: bytes[start...], as: UTF8.self)
    }
}
