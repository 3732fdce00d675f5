import Foundation
import Support

/// The project's files as the tidy tests see them.
enum House {
    static let modules: [String] = {
        let folders =
            (try? FileManager.default.contentsOfDirectory(
                atPath: Repository.root + "/Sources")) ?? []
        return folders.filter { !$0.contains(".") }.sorted()
    }()

    static let sources = Repository.files(below: "Sources", suffix: ".swift")
    static let tests = Repository.files(below: "Tests", suffix: ".swift")
    /// Written by `scripts/embed`; their text is somebody else's.
    static let generated = sources.filter { $0.contains("/Builtin") }

    static func module(of path: String) -> String {
        String(path.split(separator: "/")[1])
    }

    /// The lines of a file with their numbers from 1.
    static func lines(_ path: String) throws -> [(Int, String)] {
        try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated().map { ($0.offset + 1, String($0.element)) }
    }
}
