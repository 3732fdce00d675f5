import Basics
import Incidents
import Processes

#if canImport(Glibc)
    import Glibc
#endif

/// A kubeconfig can name a program to fetch credentials with; such a file runs anything.
enum Kubeconfig {
    private static let bytesMax = 1024 * 1024

    /// Why this kubeconfig must not be handed to a child, or nil. In doubt it must not.
    static func defect(of path: String) -> String? {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0x3A) else {
            return "the kubeconfig \(JSONText.quoted(path)) is not one absolute path"
        }
        do throws(Failure) {
            try FileTrust.check(path, links: true)
        } catch {
            return "the kubeconfig \(path) cannot be trusted: \(error.why)"
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            return "the kubeconfig \(path) cannot be read (\(SystemError.current))"
        }
        defer { close(descriptor) }
        guard let text = FileBytes.read(descriptor, atMost: bytesMax) else {
            return "the kubeconfig \(path) cannot be read whole"
        }
        guard !mayRunAProgram(text) else {
            return "the kubeconfig \(path) may run a program to get credentials"
        }
        return nil
    }

    /// Any spelling of the keys counts: block or flow YAML, JSON, quoted or not. Escapes and tags
    /// could spell them in other letters, and so could an encoding that is not ASCII's.
    private static func mayRunAProgram(_ text: [UInt8]) -> Bool {
        if text.contains(where: { $0 == 0x5C || $0 == 0x21 || $0 == 0 }) { return true }
        if text.starts(with: [0xFE, 0xFF]) || text.starts(with: [0xFF, 0xFE]) { return true }
        let words = text.split { !(NameRule.isAlphanumeric($0) || $0 == 0x2D) }
        return words.contains { word in
            let lower = word.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
            return lower.elementsEqual("exec".utf8) || lower.elementsEqual("auth-provider".utf8)
        }
    }
}
