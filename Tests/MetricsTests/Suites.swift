import FoundationEssentials
import Metrics
import Testing

/// The conformance data beside the package, when it is there.
enum Suites {
    private static let root: URL = {
        var url = URL(filePath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.deletingLastPathComponent().appending(path: "shared/suites")
    }()

    /// The bytes of a suite file; nil, and a line that says so, when it is missing.
    static func bytes(_ path: String) -> [UInt8]? {
        // In a linked worktree the package lies one level deeper.
        for base in [
            root,
            root.deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "shared/suites"),
        ] {
            if let data = try? Data(contentsOf: base.appending(path: path)) { return Array(data) }
        }
        print("suite file \(path) is not present: nothing compared")
        return nil
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value? {
        guard let bytes = bytes(path) else { return nil }
        return try JSONDecoder().decode(type, from: Data(bytes))
    }
}
