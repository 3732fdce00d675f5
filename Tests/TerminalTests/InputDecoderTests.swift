import Canvas
import Testing

@testable import Terminal

@Suite struct InputDecoderTests {
    private static func scalars(_ text: String) -> [RawInput] {
        text.unicodeScalars.map { .scalar($0.value) }
    }

    static let cases: [(inputs: [RawInput], keys: [Key])] = [
        ([], []),
        (scalars("aé世"), [.character("a"), .character("é"), .character("世")]),
        (scalars("\r\n\t\u{7F}\u{08}"), [.enter, .enter, .tab, .backspace, .backspace]),
        (
            scalars("\u{03}\u{18}\u{1A}\u{0}"),
            [.control("C"), .control("X"), .control("Z"), .control("@")]
        ),
        (scalars("\u{1B}"), [.escape]),
        (scalars("\u{1B}a"), [.escape, .character("a")]),
        (scalars("\u{1B}["), [.escape, .character("[")]),
        ([.key(.up), .key(.function(5)), .other], [.up, .function(5)]),
        // Sequences that nobody knows never act as commands.
        (scalars("\u{1B}[27;5;97~a"), [.character("a")]),
        (scalars("\u{1B}[1;2Aq"), [.character("q")]),
        (scalars("\u{1B}Oyq"), [.character("q")]),
        (scalars("\u{1B}[?1;2cq"), [.character("q")]),
        (scalars("\u{1B}]11;rgb:0/0/0\u{07}q"), [.character("q")]),
        (scalars("\u{1B}]11;rgb:0/0/0\u{1B}\\q"), [.character("q")]),
        (scalars("\u{1B}P1$r0m\u{1B}\\q"), [.character("q")]),
        (
            scalars("\u{9B}31mq"),
            scalars("31mq").compactMap { input in
                if case .scalar(let value) = input, let scalar = Unicode.Scalar(value) {
                    .character(Character(scalar))
                } else {
                    nil
                }
            }
        ),
        // A paste is one key and can confirm nothing.
        ([.pasteBegin] + scalars("Y\rCONFIRM\u{1B}") + [.pasteEnd], [.paste("Y\nCONFIRM\u{1B}")]),
        ([.pasteBegin, .pasteEnd], [.paste("")]),
        ([.pasteEnd] + scalars("a"), [.character("a")]),
        (
            [.mouseBegin] + scalars("0;5;3Mq"),
            [
                .mouse(
                    MouseEvent(action: .press, button: .left, position: Position(column: 4, row: 2))
                ),
                .character("q"),
            ]
        ),
        (
            [.mouseBegin] + scalars("2;1;1m"),
            [
                .mouse(
                    MouseEvent(
                        action: .release, button: .right, position: Position(column: 0, row: 0)))
            ]
        ),
        (
            [.mouseBegin] + scalars("32;2;2M"),
            [
                .mouse(
                    MouseEvent(action: .drag, button: .left, position: Position(column: 1, row: 1)))
            ]
        ),
        (
            [.mouseBegin] + scalars("64;2;2M") + [.mouseBegin] + scalars("65;2;2M"),
            [
                .mouse(MouseEvent(action: .wheelUp, position: Position(column: 1, row: 1))),
                .mouse(MouseEvent(action: .wheelDown, position: Position(column: 1, row: 1))),
            ]
        ),
        ([.mouseBegin] + scalars("1;2M"), []),
    ]

    @Test(arguments: cases.indices)
    func decodes(_ index: Int) {
        var decoder = InputDecoder()
        #expect(decoder.decode(Self.cases[index].inputs) == Self.cases[index].keys)
    }

    @Test func aPasteMayArriveInParts() {
        var decoder = InputDecoder()
        #expect(decoder.decode([.pasteBegin] + Self.scalars("ab")) == [])
        #expect(decoder.decode(Self.scalars("c")) == [])
        #expect(
            decoder.decode([.pasteEnd] + Self.scalars("d")) == [.paste("abc"), .character("d")])
    }

    @Test func anUnfinishedPasteEndsAtEscape() {
        var decoder = InputDecoder()
        #expect(decoder.decode([.pasteBegin] + Self.scalars("abc")) == [])
        #expect(decoder.decode(Self.scalars("\u{1B}")) == [])
        #expect(decoder.decode(Self.scalars("x")) == [.character("x")])
    }

    @Test func longPastesAreCut() {
        var decoder = InputDecoder()
        let inputs = [RawInput](repeating: .scalar(0x61), count: InputDecoder.pasteScalarsMax + 9)
        guard case .paste(let text)? = decoder.decode([.pasteBegin] + inputs + [.pasteEnd]).first
        else {
            Issue.record("no paste")
            return
        }
        #expect(text.count == InputDecoder.pasteScalarsMax)
    }

    @Test func anyInputIsSurvived() {
        var generator = SystemRandomNumberGenerator()
        let pool: [RawInput] =
            Self.scalars("\u{1B}[]O;<0123Mm~a\u{07}\\P") + [
                .mouseBegin, .pasteBegin, .pasteEnd, .key(.up),
            ]
        var decoder = InputDecoder()
        for _ in 0..<2_000 {
            let inputs = (0..<12).compactMap { _ in pool.randomElement(using: &generator) }
            #expect(decoder.decode(inputs).count <= inputs.count)
        }
    }
}
