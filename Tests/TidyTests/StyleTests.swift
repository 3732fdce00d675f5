import Foundation
import Support
import Testing

/// House rules that the formatter does not know.
@Suite struct StyleTests {
    static let fileLinesMax = 600
    static let functionLinesMax = 70
    static let columnsMax = 100

    /// What must not stand in the sources, and what to use in its place.
    static let banned: [(word: String, instead: String)] = [
        ("try" + "!", "do/catch with a Failure"),
        ("TO" + "DO", "do it, or open an issue"),
        ("FIX" + "ME", "mend it"),
        ("XX" + "X", "words"),
        ("NSRegular" + "Expression", "a byte scanner"),
        ("Foundation.Process", "Processes.ProcessRunner"),
        ("/bin/" + "sh", "an argv list: never a shell"),
        ("/bin/" + "bash", "an argv list: never a shell"),
        ("DispatchQueue." + "main", "the loop in App/Runtime.swift"),
        ("fatal" + "Error(", "precondition with a sentence"),
    ]

    @Test(arguments: House.sources) func usesNoBannedWords(_ path: String) throws {
        for (number, line) in try House.lines(path) {
            for (word, instead) in Self.banned where line.contains(word) {
                // mkstemp(3) wants six of that letter.
                if line.contains(word + word) { continue }
                Issue.record("\(path):\(number): error: \(word) is banned, use \(instead)")
            }
            if line.hasPrefix("public ") || line.contains(" public ") && !line.contains("//") {
                Issue.record("\(path):\(number): error: public is banned, use package")
            }
        }
    }

    @Test(arguments: House.sources + House.tests) func staysWithinSizes(_ path: String) throws {
        if House.generated.contains(path) || path.contains("CellWidthTables") { return }
        let lines = try House.lines(path)
        #expect(
            lines.count <= Self.fileLinesMax + 1,
            "\(path): error: \(lines.count) lines, at most \(Self.fileLinesMax)")
        for (number, line) in lines where line.count > Self.columnsMax {
            Issue.record("\(path):\(number): error: \(line.count) columns")
        }
        for function in Self.functions(lines) where function.length > Self.functionLinesMax {
            Issue.record(
                "\(path):\(function.start): error: function of \(function.length) lines")
        }
    }

    /// Functions by indentation: from the line with `func` or `init(` to the closing brace at its
    /// depth.
    static func functions(_ lines: [(Int, String)]) -> [(start: Int, length: Int)] {
        var found: [(start: Int, length: Int)] = []
        for (index, entry) in lines.enumerated() {
            let text = entry.1
            let trimmed = text.drop { $0 == " " }
            guard isFunction(trimmed) else { continue }
            let closing = String(repeating: " ", count: text.count - trimmed.count) + "}"
            guard
                let end = lines[index...].first(where: {
                    $0.1 == closing || ($0.0 > entry.0 && $0.1.hasPrefix(closing + " "))
                })
            else { continue }
            found.append((entry.0, end.0 - entry.0 + 1))
        }
        return found
    }

    private static func isFunction(_ line: Substring) -> Bool {
        guard !line.hasPrefix("//"), !line.hasSuffix("}") else { return false }
        return line.hasPrefix("func ") || line.contains(" func ") || line.hasPrefix("init(")
            || line.contains(" init(")
    }

    /// Every `@unchecked Sendable` and `nonisolated(unsafe)` says why it is safe.
    @Test(arguments: House.sources) func uncheckedSaysWhy(_ path: String) throws {
        let lines = try House.lines(path)
        for (index, entry) in lines.enumerated()
        where entry.1.contains("@unchecked Send" + "able")
            || entry.1.contains("nonisolated(un" + "safe)")
        {
            let above = lines[max(0, index - 4)..<index].map(\.1)
            #expect(
                above.contains { $0.contains("//") },
                "\(path):\(entry.0): error: say in a comment why this is safe")
        }
    }

    @Test func topLevelHoldsOnlyWhatBelongsThere() throws {
        let allowed: Set<String> = [
            "Package.swift", "Sources", "Tests", "themes", "scripts", "README.md", "LICENSE",
            "Package.resolved",
        ]
        for name in try FileManager.default.contentsOfDirectory(atPath: Repository.root)
        where !name.hasPrefix(".") {
            #expect(allowed.contains(name), "\(name): error: does not belong at the top level")
        }
    }

    @Test(arguments: Repository.files(below: "scripts", suffix: ""))
    func scriptsExplainThemselves(_ path: String) throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(
            atPath: Repository.root + "/" + path, isDirectory: &isFolder)
        guard exists, !isFolder.boolValue, !path.hasSuffix(".sh"), !path.hasSuffix(".py"),
            !path.hasSuffix(".service")
        else { return }
        let text = try Repository.text(path)
        #expect(
            text.contains("--help") || text.contains("argparse"), "\(path): error: has no --help")
        #expect(
            FileManager.default.isExecutableFile(atPath: Repository.root + "/" + path),
            "\(path): error: is not executable")
    }
}
