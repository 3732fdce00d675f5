import SafeText
import Testing

/// Lines of many tools, vendors and syntaxes, and as many that only look like them: templates in
/// `Lines/`, filled with text that differs from seed to seed.
@Suite struct SecretLinesTests {
    private static let seeds: ClosedRange<UInt64> = 1...8
    private let redactor = Redactor(key: TagKey(1, 0))

    @Test func findsCredentials() {
        var missed: [String: Int] = [:]
        var total = 0
        for (template, line, secrets) in Self.filled("credentials") {
            total += secrets.count
            let text = redactor.redact(line).text
            for secret in secrets where text.contains(secret) { missed[template, default: 0] += 1 }
        }
        let count = missed.values.reduce(0, +)
        let list = missed.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        print("redaction: \(total - count) of \(total) found, missed", list)
        #expect(total > 2_000)
        #expect(Double(count) <= 0.01 * Double(total), "\(list.joined(separator: "\n"))")
    }

    @Test func leavesTheRestAlone() {
        var wrong: [String] = []
        var total = 0
        for (_, line, _) in Self.filled("harmless") {
            total += 1
            let text = redactor.redact(line).text
            if text != line { wrong.append(text) }
        }
        #expect(total > 2_000)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    private static func filled(_ name: String) -> [(template: String, line: String, [String])] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let templates = lines(of: folder + "/Lines/\(name).txt") ?? []
        return seeds.flatMap { seed in
            var generator = Seeded(state: seed)
            return templates.filter { !$0.hasPrefix("#") }.map { template in
                let (line, secrets) = fill(template, &generator)
                return (template, line, secrets)
            }
        }
    }

    private static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let lower = "abcdefghijklmnopqrstuvwxyz"
    private static let digits = "0123456789"
    private static let alphabets: [Character: String] = [
        "a": upper + lower + digits, "h": "0123456789abcdef", "u": upper + "234567",
        "b": upper + lower + digits + "+/", "w": upper + lower + digits + "!#$%^*_-+=.~",
        "l": lower + digits, "n": digits,
    ]

    /// The line, and what was put into it.
    private static func fill(_ template: String, _ generator: inout Seeded) -> (String, [String]) {
        let parts = template.split(separator: "§", omittingEmptySubsequences: false)
        var line = String(parts[0])
        var secrets: [String] = []
        for part in parts.dropFirst() {
            let count = part.dropFirst().prefix { $0.isNumber }
            let alphabet = Array(part.first.flatMap { alphabets[$0] } ?? "?")
            var secret = ""
            for place in 0..<(Int(count) ?? 0) {
                // A password begins and ends with no mark of punctuation.
                let isEdge = place == 0 || place + 1 == Int(count)
                var next = alphabet.randomElement(using: &generator) ?? "?"
                while isEdge, !next.isLetter, !next.isNumber {
                    next = alphabet.randomElement(using: &generator) ?? "?"
                }
                secret.append(next)
            }
            // What is short by itself is part of a longer one.
            if secret.count >= 8 { secrets.append(secret) }
            line += secret + part.dropFirst(1 + count.count)
        }
        return (line, secrets)
    }
}
