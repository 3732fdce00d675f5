import Foundation
import Panes
import Room
import Support
import Testing

/// Footer, help, `warroom keys` and README come from one table; this holds the README to it.
@Suite struct KeyTableTests {
    @Test func readmeShowsTheTable() throws {
        let readme = try Repository.text("README.md")
        let begin = "<!-- keys -->\n"
        let end = "\n<!-- /keys -->"
        let start = try #require(readme.range(of: begin))
        let stop = try #require(readme.range(of: end))
        #expect(
            String(readme[start.upperBound..<stop.lowerBound])
                == Bindings.markdownTable().trimmingNewlines,
            "README.md: error: stale keys, paste: warroom keys --format markdown"
        )
    }

    @Test func readmeIsShort() throws {
        let lines = try Repository.text("README.md").split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 201)
    }

    @Test func everyCommandHasOneBindingAndAHint() {
        for command in Command.allCases {
            let bindings = Bindings.all.filter { $0.command == command }
            #expect(bindings.count == 1, "\(command): \(bindings.count) bindings")
            #expect(bindings.allSatisfy { !$0.hint.isEmpty }, "\(command) has no hint")
        }
    }
}
