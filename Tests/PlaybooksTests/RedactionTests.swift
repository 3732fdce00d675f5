import Playbooks
import Testing

/// `redaction:` of the configuration.
@Suite struct RedactionTests {
    private func read(_ text: String) throws -> (RedactionEntry, [LintProblem]) {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: "redaction:\n" + text, file: "/etc/warroom/warroom.yaml")
        return (configuration.redaction, problems.filter(\.isError))
    }

    @Test func isRead() throws {
        let (entry, problems) = try read(
            """
              names: [pin, kunden-nummer]
              prefixes: [acme_live_]
              patterns: ['ORD-[0-9]{8}', 'case (?:no|id)=(\\d+)']
              values_from: [/run/secrets/db, keys.env]
              except: [public_pin]
            """)
        #expect(problems.isEmpty, "\(problems)")
        #expect(entry.names == ["pin", "kunden-nummer"] && entry.prefixes == ["acme_live_"])
        #expect(entry.patterns.map(\.literal) == ["ORD-", "case "])
        #expect(entry.valueFiles == ["/run/secrets/db", "/etc/warroom/keys.env"])
        #expect(entry.exceptions == ["public_pin"])
    }

    @Test(
        arguments: [
            ("  names: [x]", "a word of 3 letters"), ("  names: ['a b c']", "a word of 3 letters"),
            ("  prefixes: [abc]", "4 letters"), ("  patterns: ['(']", "cannot be read"),
            ("  patterns: ['[0-9]+']", "may begin with anything"),
            ("  patterns: ['abc|def']", "may begin with anything"),
            ("  patterns: ['abc*']", "may begin with anything"),
            ("  patterns: [{}]", "a regular expression"), ("  nams: [pin]", "names"),
        ])
    func isChecked(_ text: String, _ expected: String) throws {
        let (entry, problems) = try read(text)
        #expect(problems.count == 1, "\(problems)")
        #expect("\(problems)".contains(expected), "\(problems)")
        #expect(entry == RedactionEntry())
    }

    @Test func tooManyAreRefused() throws {
        let names = (100...201).map { "name\($0)" }.joined(separator: ", ")
        let (entry, problems) = try read("  names: [\(names)]")
        #expect(problems.count == 1 && entry.names.count == RedactionEntry.entriesMax)
    }
}
