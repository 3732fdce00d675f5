import Basics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// Documents beside the journal: written whole or not at all.
package enum Exports {
    /// Writes `text` to `path` through a temporary file and a rename.
    package static func write(_ text: String, to path: String) throws(Failure) {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path, .current) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let error = SystemError.current
                if error.code == EINTR { continue }
                close(descriptor)
                unlink(temporary)
                throw failure(path, error)
            }
            bytes = bytes.dropFirst(count)
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, path) == 0 else {
            throw failure(path, .current)
        }
    }

    private static func failure(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            "export.notWritten", "The document was not written", subject: path, why: "\(error)",
            unchanged: "The journal holds everything it is made from")
    }
}

extension Clean {
    /// `text` cleaned line by line, so that its line breaks stay.
    package static func document(_ text: String) -> String {
        Redactor.standard.cleanDocument(text)
    }
}
