import Canvas
import Testing

@Suite struct KeyTests {
    static let names: [(key: Key, name: String)] = [
        (.character("a"), "a"), (.character("A"), "A"), (.character("+"), "+"),
        (.character("é"), "é"), (.character(" "), "Space"), (.control("X"), "Ctrl-X"),
        (.function(1), "F1"), (.function(12), "F12"), (.pageUp, "PgUp"), (.pageDown, "PgDn"),
        (.enter, "Enter"), (.escape, "Esc"), (.tab, "Tab"), (.backTab, "Shift-Tab"),
        (.backspace, "Backspace"), (.up, "Up"), (.home, "Home"), (.delete, "Del"),
        (.character("F"), "F"),
    ]

    @Test(arguments: names)
    func namesGoBothWays(_ key: Key, _ name: String) {
        #expect(key.name == name)
        #expect(Key(name: name) == key)
    }

    @Test func readsNamesInAnyCase() {
        #expect(Key(name: "ctrl-x") == .control("X"))
        #expect(Key(name: "pgup") == .pageUp)
        #expect(Key(name: "SPACE") == .character(" "))
    }

    @Test(arguments: ["", "Ctrl-", "Ctrl-XY", "F0", "F64", "Fx", "Paste", "Mouse", "nonsense"])
    func refuses(_ name: String) {
        #expect(Key(name: name) == nil)
    }
}

@Suite struct ChartTests {
    static let lines: [(values: [Double?], width: Int, line: String)] = [
        ([0, 1, 2, 3, 4, 5, 6, 7], 8, "▁▂▃▄▅▆▇█"), ([1, 1, 1], 3, "███"), ([], 3, "   "),
        ([nil, 7, nil, 0], 4, " █ ▁"), ([7], 3, "  █"), ([1, 9, 1, 1], 2, "█▂"), ([1], 0, ""),
        ([.nan, .infinity, 7], 3, "  █"), ([0, 0], 2, "▁▁"), ([-7, 0], 2, "▁█"),
    ]

    @Test(arguments: lines)
    func sparkline(_ values: [Double?], _ width: Int, _ line: String) {
        #expect(Sparkline.render(values, width: width) == line)
    }

    @Test func sparklineFromTheMinimum() {
        #expect(Sparkline.render([100, 107], width: 2, base: .minimum) == "▁█")
        #expect(Sparkline.render([5, 5], width: 2, base: .minimum) == "▁▁")
    }

    @Test(arguments: [
        (0.0, "    "), (1.0, "████"), (0.5, "██  "), (0.40625, "█▋  "), (2.0, "████"),
        (-1.0, "    "), (.nan, "    "),
    ])
    func bar(_ fraction: Double, _ line: String) {
        #expect(Bar.render(fraction, width: 4) == line)
    }
}

@Suite struct GeometryTests {
    private let rect = Rect(column: 2, row: 3, width: 10, height: 5)

    @Test func splits() {
        #expect(rect.splitTop(2).top == Rect(column: 2, row: 3, width: 10, height: 2))
        #expect(rect.splitTop(2).rest == Rect(column: 2, row: 5, width: 10, height: 3))
        #expect(rect.splitTop(9).rest.isEmpty)
        #expect(rect.splitTop(-1).top.isEmpty)
        #expect(rect.splitBottom(1).bottom == Rect(column: 2, row: 7, width: 10, height: 1))
        #expect(rect.splitLeft(4).rest == Rect(column: 6, row: 3, width: 6, height: 5))
        #expect(rect.splitRight(4).right == Rect(column: 8, row: 3, width: 4, height: 5))
    }

    @Test func insetsAndIntersects() {
        #expect(rect.inset(1) == Rect(column: 3, row: 4, width: 8, height: 3))
        #expect(rect.inset(3).isEmpty)
        #expect(Rect(column: 0, row: 0, width: -1, height: 4).isEmpty)
        let other = Rect(column: 8, row: 0, width: 10, height: 4)
        #expect(rect.intersection(other) == Rect(column: 8, row: 3, width: 4, height: 1))
        #expect(rect.intersection(Rect(column: 50, row: 0, width: 1, height: 1)).isEmpty)
        #expect(
            rect.centred(Size(width: 4, height: 99)) == Rect(column: 5, row: 3, width: 4, height: 5)
        )
    }

    @Test func tokensKnowTheirParents() {
        #expect(Token.severity1.lineage == ["severity.1", "severity"])
        #expect(Token.text.lineage == ["text"])
        #expect(Token.conditionMet.family == "condition")
    }
}
