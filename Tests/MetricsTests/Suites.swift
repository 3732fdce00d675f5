import FoundationEssentials
import Testing

/// The conformance data beside the package, when it is there.
enum Suites {
    /// `../shared/suites` seen from the package, or one level further up when the package stands in
    /// a folder of linked worktrees.
    private static let folders: [URL] = {
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        let parent = package.deletingLastPathComponent()
        return [parent, parent.deletingLastPathComponent()].map {
            $0.appending(path: "shared/suites")
        }
    }()

    /// The bytes of a suite file; nil, and a line that says so, when it is missing.
    static func bytes(_ path: String) -> [UInt8]? {
        for folder in folders {
            if let data = try? Data(contentsOf: folder.appending(path: path)) {
                return Array(data)
            }
        }
        print("suite file \(path) is not present: nothing compared")
        return nil
    }

    /// The bytes of a suite's text. JSON cannot hold what is no UTF-8: the suites have U+FFFD.
    static func bytes(ofText text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            bytes += scalar == "\u{FFFD}" ? [0xFF] : Array(String(Character(scalar)).utf8)
        }
        return bytes
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value? {
        guard let bytes = bytes(path) else { return nil }
        return try JSONDecoder().decode(type, from: Data(bytes))
    }
}
