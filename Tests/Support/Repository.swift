import Foundation

/// Where the tests find the project and the conformance data beside it.
package enum Repository {
    /// The package's root folder.
    package static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// A folder of conformance data, or nil when it is not there; the test then says so and passes.
    package static func suite(_ name: String) -> String? {
        let path = root + "/../shared/suites/" + name
        if FileManager.default.fileExists(atPath: path) { return path }
        print("conformance data not present: shared/suites/\(name)")
        return nil
    }

    /// The built `warroom` program, beside the test bundle.
    package static var program: String {
        get throws {
            var own = CommandLine.arguments[0]
            if !own.hasPrefix("/") { own = FileManager.default.currentDirectoryPath + "/" + own }
            var directory = own.split(separator: "/", omittingEmptySubsequences: false)
                .dropLast().joined(separator: "/")
            if directory.isEmpty { directory = "." }
            for candidate in [directory, root + "/.build/debug"]
            where FileManager.default.isExecutableFile(atPath: candidate + "/warroom") {
                return candidate + "/warroom"
            }
            throw Missing(what: "the built warroom program")
        }
    }

    package struct Missing: Error { package var what: String }

    /// The text of a file of the project.
    package static func text(_ path: String) throws -> String {
        let data = try Data(contentsOf: URL(filePath: root + "/" + path))
        return String(decoding: data, as: UTF8.self)
    }

    /// Every file below a folder of the project, relative to the root, sorted.
    package static func files(below folder: String, suffix: String) -> [String] {
        guard let walk = try? FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder)
        else { return [] }
        return walk.filter { $0.hasSuffix(suffix) }.map { folder + "/" + $0 }.sorted()
    }
}
