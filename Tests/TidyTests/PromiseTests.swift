import Foundation
import Support
import Testing

/// What the pages promise is held by tests that exist: the negative tests by number, and the first
/// eight promises of the README.
@Suite struct PromiseTests {
    /// Numbers in the display names of tests: `@Test("N17: …")`, by the file that holds them.
    private static func numbered() throws -> [String: Set<String>] {
        var files: [String: Set<String>] = [:]
        for path in House.tests {
            for (_, line) in try House.lines(path) {
                for number in numbers(in: line) { files[number, default: []].insert(file(path)) }
            }
        }
        return files
    }

    /// `N17` and the like inside quotes, each followed by a colon, a comma or a blank.
    private static func numbers(in line: String) -> [String] {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        let quoted = parts.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        return quoted.flatMap { text in
            text.split(whereSeparator: { " ,:".contains($0) }).filter(isNumber).map(String.init)
        }
    }

    private static func isNumber(_ word: Substring) -> Bool {
        word.utf8.count == 3 && word.utf8.first == 0x4E
            && word.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func file(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "").replacingOccurrences(of: ".swift", with: "")
    }

    private static let all = (1...68).map { $0 < 10 ? "N0\($0)" : "N\($0)" }

    @Test func everyNegativeTestHasItsRowAndItsTest() throws {
        let numbered = try Self.numbered()
        let rows = try House.lines("Tests/README.md").map(\.1).filter { $0.hasPrefix("| N") }
        for number in Self.all {
            let files = numbered[number] ?? []
            #expect(!files.isEmpty, "no test bears the number \(number)")
            let row = rows.first { $0.hasPrefix("| \(number) |") }
            guard let row else {
                Issue.record("Tests/README.md: error: no row for \(number)")
                continue
            }
            #expect(
                files.contains { row.contains("`\($0)`") },
                "Tests/README.md: error: the row of \(number) names none of \(files.sorted())")
        }
        #expect(rows.count == Self.all.count, "Tests/README.md: error: a number has two rows")
    }

    @Test func theFirstEightPromisesNameTheirTests() throws {
        let text = try Repository.text("README.md")
        let section = text.split(separator: "## What it promises").last ?? ""
        let end = section.range(of: "\n## ")?.lowerBound ?? section.endIndex
        let promises = section[..<end].split(separator: "\n").reduce(into: [String]()) {
            list, line in
            if line.first?.isNumber == true {
                list.append(String(line))
            } else if !list.isEmpty {
                list[list.count - 1] += " " + line
            }
        }
        #expect(promises.count >= 8)
        let suites = try House.tests.reduce(into: "") { $0 += try Repository.text($1) }
        for promise in promises.prefix(8) {
            let names = promise.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
                .map { String($0.element) }.filter { $0.hasSuffix("Tests") }
            #expect(!names.isEmpty, "README.md: error: no test guards: \(promise)")
            for name in names {
                #expect(suites.contains("struct \(name)"), "README.md: error: no suite \(name)")
            }
        }
    }
}
