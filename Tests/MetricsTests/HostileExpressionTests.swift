import Testing

@testable import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// Texts that are made to exhaust time or stack.
@Suite struct HostileExpressionTests {
    private static let size = 20_000

    private static func many(_ text: String) -> String {
        String(repeating: text, count: size / text.utf8.count)
    }

    /// The first error of `text`, or "accepted".
    private static func outcome(_ text: String) -> String {
        do throws(QueryError) {
            let expression = try Expression.parse(text)
            return expression.description.isEmpty ? "empty" : "accepted"
        } catch {
            return error.message
        }
    }

    private static let texts = [
        many("("), many("-") + "1", many("a[") + many("]"), many("f("), "1" + many("^1"),
        "1" + many("+1"), "a" + many(" or a"), "a" + many("[1m:]"), many("sum("),
        "a offset " + many("-") + "1", "a offset " + many("-(") + "1", "a[" + many("(") + "1",
        "a[1" + many("+1") + "]", "a[1" + many("^1") + "]", many("topk(a,"),
    ]

    @Test(arguments: texts.indices)
    func whatNestsTooDeeplyIsRefused(index: Int) {
        let message = Self.outcome(Self.texts[index])
        #expect(message.hasPrefix("1:"))
        #expect(message.contains(": parse error: "))
        #expect(message != "accepted")
    }

    @Test func longTextsWithoutNestingAreRead() {
        let matchers = (0..<5000).map { "l\($0)=~\"x\($0).*\"" }.joined(separator: ",")
        #expect(Self.outcome("up{\(matchers)}") == "accepted")
        #expect(Self.outcome("\"" + Self.many("x\\n") + "\"") == "accepted")
        #expect(Self.outcome("#" + Self.many("x") + "\n1") == "accepted")
        #expect(Self.outcome(Self.many(" ") + "1") == "accepted")
        #expect(Self.outcome(Self.many("9") + "9").contains("value out of range"))
        let labels = (0..<5000).map { "l\($0)" }.joined(separator: ",")
        #expect(Self.outcome("sum by (\(labels)) (up)") == "accepted")
        #expect(
            Self.outcome("a + on(\(labels)) group_left(\(labels)) b")
                .hasPrefix("1:3: parse error: label \"l0\" must not occur in ON and GROUP"))
    }

    @Test func errorsAreFoundInWhatIsTooHigh() {
        #expect(
            Self.outcome("{}" + Self.many("[1m:]")).hasPrefix(
                "1:1: parse error: vector selector must contain at least one"))
        #expect(Self.outcome("1" + Self.many("+1")).contains("more than 200 levels"))
    }

    /// The stack of a worker thread of Dispatch.
    private static let stackSize = 512 << 10

    /// Runs `body` on a thread with a small stack.
    private static func onSmallStack(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackSize)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let status = pthread_create(
            &thread, &attributes,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        #expect(status == 0)
        pthread_join(thread, nil)
        pthread_attr_destroy(&attributes)
    }

    /// As deep as is allowed: parsed, printed, checked and thrown away.
    @Test func whatIsAllowedFitsASmallStack() {
        let levels = Parser.nestingMax - 2
        let open = String(repeating: "(", count: levels)
        let close = String(repeating: ")", count: levels)
        let calls = String(repeating: "sum(", count: levels)
        let signs = String(repeating: "-", count: levels)
        let chain = "a" + String(repeating: "[1m:1m] + a", count: 150)
        let deep = [
            open + "a" + close, calls + "a" + close, signs + "a",
            "1" + String(repeating: "^1", count: levels),
            "a" + String(repeating: " + a", count: 199), chain,
        ]
        Self.onSmallStack {
            for text in deep {
                let message = Self.outcome(text)
                #expect(message == "accepted" || message.contains("binary expression must contain"))
                _ = (try? Expression.parse(text))?.pretty
            }
            for text in Self.texts { #expect(Self.outcome(text) != "accepted") }
            let groups = PatternParser.nestingMax - 1
            let pattern =
                String(repeating: "(", count: groups) + "a" + String(repeating: ")*", count: groups)
            #expect((try? RegexPattern(anchored: Array(pattern.utf8)))?.matches([0x61]) == true)
        }
    }
}
