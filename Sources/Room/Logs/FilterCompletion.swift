import Feeds
import Logs

extension Model {
    /// Completes the word under the end of a typed filter, as far as it is the only one.
    mutating func completeFilter(_ prompt: inout Prompt) {
        let text = prompt.field.text
        guard prompt.field.cursor == text.count else { return }
        let start = text.lastIndex(of: " ").map { text.index(after: $0) } ?? text.startIndex
        let word = String(text[start...])
        let found = filterWords.filter { $0.hasPrefix(word.lowercased()) && $0 != word }
        guard !word.isEmpty, let first = found.first else { return }
        let common = found.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        let isWhole = found.count == 1 && !common.hasSuffix(":")
        prompt.field = TextField(text[..<start] + common + (isWhole ? " " : ""))
    }

    /// What can be completed: the names, and the levels and services that were seen.
    private var filterWords: [String] {
        let levels = LogLevel.allCases.map { "level:\($0.word)" }
        let services = Set(
            (feeds?.recent ?? []).suffix(2_000).compactMap(\.service)
                + (feeds?.patterns.flatMap(\.services) ?? []))
        let names = services.filter { !$0.contains(" ") }.sorted().map { "service:\($0)" }
        let others = ["source:", "pattern:", "since:-", "until:"]
        return levels + names + others
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
