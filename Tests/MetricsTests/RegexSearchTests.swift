import Testing

@testable import Metrics

/// Searching for a match anywhere says what the simulated automaton says.
@Suite struct RegexSearchTests {
    private static let expressions = [
        "", "a", "ab|b", "^a", "b$", "(?m)^b", "(?m)a$", "\\bab\\b", "\\Bb", "a.b", "a(?s:.)b",
        "(a|b)*c", "a{2,3}b", "[^a]b", "(?i)AB", "^$", "\\x{e4}", "a\\nb", "(?:a|ab)(?:c|bcd)$",
        "\\d+ ms", "(a*)*b", "\\Aab", "ab\\z",
    ]

    @Test(arguments: expressions) func agreesWithTheOtherWay(expression: String) throws {
        let search = try RegexSearch(Array(expression.utf8))
        var state: UInt64 = 42
        let letters: [UInt8] = Array("aabbc \nA1_d".utf8)
        for _ in 0..<2_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let count = Int(state >> 60)
            var text: [UInt8] = []
            for place in 0..<count {
                let pick = Int(truncatingIfNeeded: state >> UInt64(4 * (place % 12))) & 15
                text.append(letters[pick % letters.count])
            }
            let quick = search.matches(text.span)
            #expect(quick == search.matches(text), "\(expression) in \(text)")
        }
    }

    @Test func textsThatAreNotASCIIAreSearchedToo() throws {
        let search = try RegexSearch(Array("über \\w+".utf8))
        #expect(isFound(search, Array("läuft über Port 80".utf8)))
        #expect(!isFound(search, Array("läuft uber Port 80".utf8)))
    }

    /// More sets of states than are kept: `.` twelve times behind an `a` needs 4,096.
    @Test func whatIsForgottenIsLearntAgain() throws {
        let search = try RegexSearch(Array("a.{11}b".utf8))
        var state: UInt64 = 7
        for _ in 0..<200 {
            let text = (0..<200).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state >> 63 == 0 ? 0x61 : 0x63
            }
            #expect(!isFound(search, text))
            let longer: [UInt8] = text + [0x61] + text.prefix(11) + [0x62]
            #expect(isFound(search, longer))
        }
    }

    private func isFound(_ search: RegexSearch, _ text: [UInt8]) -> Bool {
        search.matches(text.span)
    }
}
