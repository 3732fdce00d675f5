import Basics
import Testing

@testable import Drills

@Suite struct ScenarioTests {
    @Test func builtinScenarioHasTheFleetItPromises() throws {
        let scenario = try Drill.builtin("bad-deploy")
        #expect(scenario.services.map(\.name) == ["edge", "checkout", "payments", "cart"])
        #expect(scenario.services.flatMap(\.zones).count == 12)
        #expect(Set(scenario.services.flatMap(\.zones)).count == 3)
        #expect(scenario.fault.version == "4f2a91c")
        #expect(scenario.fault.previous == "9c1e07b")
        #expect(scenario.truth.service == scenario.fault.service)
    }

    @Test func embeddedFilesAreTheFilesOfTheFolder() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        for file in BuiltinScenarios.files {
            let path = "/\(folder)/Sources/Drills/Scenarios/\(file.name).yaml"
            let bytes = try DrillFiles.read(path, from: 0)
            #expect(
                String(decoding: bytes, as: UTF8.self).trimmingLineEnd == file.text.trimmingLineEnd)
        }
    }

    @Test func listNamesEveryBuiltinWithItsTitle() throws {
        #expect(Drill.list().map(\.name) == BuiltinScenarios.files.map(\.name))
        #expect(
            Drill.listJSON()
                == #"[{"name":"bad-deploy","title":"Checkout fails after a deploy"}]"#)
    }

    @Test func unknownDrillNamesTheKnownOnes() {
        #expect {
            try Drill.builtin("nope")
        } throws: { error in
            let failure = error as? Failure
            return failure?.exit == .usage && failure?.next.contains("bad-deploy") == true
        }
    }

    /// (what to replace, by what, what the message must hold)
    static let mistakes: [(String, String, String)] = [
        ("name: bad-deploy", "name: Bad deploy", "test.yaml:7:7: the name is"),
        ("kind: bad-deploy", "kind: bad-deply", "Did you mean bad-deploy"),
        ("  at: 75s", "  at: soon", "at is \"soon\"; expected a duration"),
        ("service: checkout\n  at", "service: chekout\n  at", "there is no service \"chekout\""),
        ("{checkout: 40%,", "{check: 40%,", "there is no service \"check\""),
        ("error_ratio: 34%", "error_ratio: 134%", "error_ratio is out of range"),
        ("previous: 9c1e07b", "previous: aaaaaaa", "expected 9c1e07b"),
        ("p50: 35ms, p99: 290ms", "p50: 350ms, p99: 290ms", "p99 is not above p50"),
        ("calls: {}", "calls: {edge: 10%}", "without a circle"),
        ("format: json", "format: xml", "one of json, logfmt, clf, java"),
        ("instance: 6,", "instance: 7,", "expected 1 to 6"),
        ("before: 6m", "before: 6m\n      after: 3m", "either before or after"),
        ("swing: 6%", "swnig: 6%", "unknown key \"swnig\""),
        ("  on_call: cart-oncall", "  on_cal: cart-oncall", "Did you mean on_call"),
        ("right: {action: rollback-deployment, target: checkout}", "", "right is missing"),
        ("pool: {max: 40, in_use: 8}", "pool: {max: 4, in_use: 8}", "in_use is above max"),
        ("version: 77ab310           #", "version: 77ab311           #", "expected 77ab310"),
        ("version: 6be01d4", "version:", "version is missing"),
    ]

    @Test(arguments: mistakes)
    func mistakesAreNamedWithTheirPosition(old: String, new: String, expected: String) throws {
        let text = try #require(BuiltinScenarios.files.first).text
        let broken = text.replacingFirst(old, with: new)
        #expect(broken != text)
        #expect {
            try Scenario.load(text: broken, file: "test.yaml")
        } throws: { error in
            let message = "\(error)"
            return message.contains(expected) && message.contains("test.yaml:")
        }
    }

    @Test func allMistakesAreNamedAtOnce() throws {
        let text = try #require(BuiltinScenarios.files.first).text
            .replacingFirst("swing: 6%", with: "swnig: 6%")
            .replacingFirst("format: json", with: "format: xml")
        #expect {
            try Scenario.load(text: text, file: "test.yaml")
        } throws: { error in
            (error as? Failure)?.why == "2 problems"
        }
    }
}

extension String {
    func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return self[..<range.lowerBound] + new + self[range.upperBound...]
    }

    private func firstRange(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) {
                return index..<self.index(index, offsetBy: text.count)
            }
            index = self.index(after: index)
        }
        return nil
    }

    var trimmingLineEnd: Substring {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return text
    }
}
