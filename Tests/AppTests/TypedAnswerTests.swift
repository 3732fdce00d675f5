import App
import Basics
import Testing

/// What a person types at a question of the shell, with the times at which it comes.
@Suite struct TypedAnswerTests {
    private struct Typist {
        var answer: TypedAnswer
        var time: Int64 = 1_000
        var outcome = TypedAnswer.Outcome.waiting

        init(_ kind: TypedAnswer.Kind) {
            answer = TypedAnswer(kind, asked: BootTime(nanoseconds: 0))
        }

        private var now: BootTime { BootTime(nanoseconds: time * 1_000_000) }

        /// One byte after another, `gap` ms apart.
        mutating func type(_ text: String, gap: Int64 = 80) {
            for byte in text.utf8 where outcome == .waiting {
                time += gap
                outcome = answer.received([byte], at: now)
            }
        }
        mutating func burst(_ text: String) {
            if outcome == .waiting { outcome = answer.received(text.utf8, at: now) }
        }
        mutating func wait(_ milliseconds: Int64) {
            time += milliseconds
            if outcome == .waiting { outcome = answer.passed(now) }
        }
        var isRefused: Bool { if case .refused = outcome { true } else { false } }
    }

    @Test func aTypedLineIsTakenByteForByte() {
        var typist = Typist(.line)
        typist.type("CONFIRM checkuot")
        typist.type("\u{7F}\u{7F}\u{7F}out\r")
        #expect(typist.outcome == .answered(Array("CONFIRM checkout".utf8)))
    }

    @Test(arguments: [
        "CONFIRM checkout ", "confirm checkout", "CONFIRM\u{200B} checkout",
        "CONFIRM che\u{301}ckout", "\u{FF23}ONFIRM checkout",
    ])
    func nothingIsNormalised(_ text: String) {
        var typist = Typist(.line)
        typist.type(text + "\r")
        #expect(typist.outcome == .answered(Array(text.utf8)))
        #expect(typist.outcome != .answered(Array("CONFIRM checkout".utf8)))
    }

    @Test("N06: a paste confirms nothing, with brackets, without, and in part")
    func aPasteIsRefused() {
        var typist = Typist(.line)
        typist.burst("\u{1B}[200~CONFIRM checkout\u{1B}[201~")
        #expect(typist.isRefused)
        typist = Typist(.line)
        typist.burst("CONFIRM checkout\r")
        #expect(typist.isRefused)
        typist = Typist(.line)
        typist.type("CONFIRM ")
        typist.burst("\u{1B}[200~checkout\u{1B}[201~\r")
        #expect(typist.isRefused)
        // A bracket that never closes.
        typist = Typist(.line)
        typist.burst("\u{1B}[200~CONFIRM checkout\r")
        #expect(typist.outcome == .waiting)
        // The sequence arrives byte by byte.
        typist = Typist(.line)
        typist.type("\u{1B}[200~CONFIRM checkout\u{1B}[201~\r")
        #expect(typist.isRefused)
    }

    @Test("N06: a held key confirms nothing")
    func aHeldKeyIsRefused() {
        var typist = Typist(.line)
        typist.type("CONFIRM che")
        typist.type("ccccccc", gap: 33)
        #expect(typist.isRefused)
        typist = Typist(.key(0x59))
        typist.type("YYYY", gap: 33)
        #expect(typist.isRefused)
        // Held since before the question stood there.
        typist = Typist(.key(0x59))
        typist.time = 0
        typist.type("Y", gap: 33)
        #expect(typist.isRefused)
    }

    @Test func oneKeyIsTakenWhenNothingFollows() {
        var typist = Typist(.key(0x59))
        typist.type("Y")
        #expect(typist.outcome == .waiting)
        typist.wait(100)
        #expect(typist.outcome == .waiting)
        typist.wait(300)
        #expect(typist.outcome == .answered([0x59]))
    }

    @Test(arguments: ["y", "\r", " ", "\u{3}", "N"]) func anotherKeyLeaves(_ key: String) {
        var typist = Typist(.key(0x59))
        typist.type(key)
        #expect(typist.outcome == .cancelled)
    }

    @Test func controlCAndEscapeLeave() {
        var typist = Typist(.line)
        typist.type("CONF\u{3}")
        #expect(typist.outcome == .cancelled)
        typist = Typist(.line)
        typist.type("CONF\u{1B}x")
        #expect(typist.outcome == .cancelled)
    }

    @Test func arrowsMeanNothing() {
        var typist = Typist(.line)
        typist.type("CONFIRM\u{1B}[D\u{1B}[A\u{1B}OA x\r")
        #expect(typist.outcome == .answered(Array("CONFIRM x".utf8)))
    }

    @Test func anEmptiedLineBeginsAnew() {
        var typist = Typist(.line)
        typist.type("wrong\u{15}CONFIRM x\r")
        #expect(typist.outcome == .answered(Array("CONFIRM x".utf8)))
    }

    @Test func aLineHasABound() {
        var typist = Typist(.line)
        for _ in 0..<300 { typist.type("ab") }
        #expect(typist.isRefused)
    }
}
