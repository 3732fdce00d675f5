import Canvas
import Testing

@Suite struct FrameTests {
    private func frame(_ width: Int = 8, _ height: Int = 2) -> Frame {
        Frame(size: Size(width: width, height: height))
    }

    /// Text, column, and the row that results (8 wide, dots are blanks).
    static let puts: [(text: String, column: Int, row: String)] = [
        ("abc", 0, "abc....."), ("abc", 6, "......ab"), ("abc", -1, "bc......"),
        ("abc", 8, "........"), ("abc", -9, "........"), ("", 3, "........"),
        ("世界", 0, "世界...."), ("世界", 5, ".....世."), ("世界", -1, ".界....."),
        ("a世", 6, "......a."), ("e\u{301}x", 0, "e\u{301}x......"),
        ("\u{1B}[2J", 0, "^[[2J..."), ("a\u{202E}b", 0, "a‹U+202E"),
        ("abcdefghijkl", 0, "abcdefgh"),
    ]

    @Test(arguments: puts)
    func put(_ text: String, _ column: Int, _ row: String) {
        var frame = frame()
        frame.put(text, column: column, row: 0)
        let shown = frame.textRow(0).map { $0 == " " ? "." : String($0) }.joined()
        #expect(shown == row)
        #expect(frame.textRow(1) == "        ")
    }

    @Test func putCountsCellsOutsideTheClipToo() {
        var frame = frame()
        #expect(frame.put("世界abc", column: 6, row: 0) == 7)
        #expect(frame.put("abc", column: 0, row: 9) == 3)
        #expect(frame.put("ab", column: 0, row: -1) == 2)
    }

    @Test func clipsToARectangle() {
        var frame = frame()
        let clip = Rect(column: 2, row: 0, width: 3, height: 1)
        frame.put("abcdefgh", column: 0, row: 0, in: clip)
        frame.put("abcdefgh", column: 0, row: 1, in: clip)
        #expect(frame.textRows == ["  cde   ", "        "])
    }

    @Test func overwritingHalfAGlyphBlanksTheOtherHalf() {
        var frame = frame()
        frame.put("世界", column: 0, row: 0)
        frame.put("x", column: 1, row: 0)
        #expect(frame.textRow(0) == " x界    ")
        frame.put("y", column: 2, row: 0)
        #expect(frame.textRow(0) == " xy     ")
        frame.put("世", column: 1, row: 0)
        frame.put("界", column: 2, row: 0)
        #expect(frame.textRow(0) == "  界    ")
    }

    @Test func everyRowHasExactlyItsCells() {
        var generator = SystemRandomNumberGenerator()
        var frame = frame(9, 3)
        let texts = ["a", "世", "界x", "e\u{301}", "🚀🚀", "abcdefghij", ""]
        for _ in 0..<500 {
            frame.put(
                texts.randomElement(using: &generator) ?? "",
                column: Int.random(in: -3...10, using: &generator),
                row: Int.random(in: -1...3, using: &generator))
            for row in 0..<3 {
                let cells = Array(frame.row(row))
                #expect(cells.count == 9)
                #expect(cells.first?.isTail == false)
                let isBroken = zip(cells, cells.dropFirst()).contains { $0.isTail && $1.isTail }
                #expect(!isBroken)
            }
        }
    }

    @Test(arguments: [
        Size(width: 0, height: 0), Size(width: 1, height: 1), Size(width: -3, height: 4),
    ])
    func survivesTinyFrames(_ size: Size) {
        var frame = Frame(size: size)
        frame.put("世abc", column: 0, row: 0)
        frame.fill(Rect(column: -5, row: -5, width: 99, height: 99), text: "x")
        frame.box(
            Rect(column: 0, row: 0, width: 9, height: 9), title: "T", number: 1, trailing: "t")
        frame.select(frame.bounds)
        #expect(frame.textRows.count == max(0, size.height))
        #expect(FrameDiff(from: nil, to: frame).runs.count == (size.width > 0 ? size.height : 0))
    }

    @Test func boxes() {
        var frame = frame(24, 3)
        frame.box(frame.bounds, title: "Situation", number: 1, trailing: "live")
        #expect(
            frame.textRows == [
                "╭1 Situation──── live ─╮", "│                      │", "╰──────────────────────╯",
            ])
        #expect(
            frame.tokenRow(0)
                == "0-0 border; 1-11 title; 12-15 border; 16-21 text.dim; 22-23 border")
    }

    @Test func boxesTooSmallForTheirTitle() {
        var frame = frame(6, 2)
        frame.box(frame.bounds, title: "Situation", number: 1, trailing: "live")
        #expect(frame.textRows == ["╭1 S…╮", "╰────╯"])
        var line = self.frame(6, 1)
        line.box(line.bounds, title: "Ab")
        #expect(line.textRows == ["╭Ab──╮"])
    }

    @Test func selectsWithoutChangingTextOrTokens() {
        var frame = frame(8, 1)
        frame.put("abc", column: 0, row: 0, token: .gatePass)
        frame.select(Rect(column: 1, row: 0, width: 4, height: 1))
        #expect(
            frame.tokenRow(0)
                == "0-0 gate.pass; 1-2 gate.pass selected; 3-4 text selected; 5-7 text")
    }

    @Test func mapsToASCIIWithoutMovingACell() {
        var frame = frame(24, 2)
        frame.put("╭─✓✗◔●▸◷█→▁▄█世é…", column: 0, row: 0)
        frame.put("▲│ plain ≤", column: 0, row: 1)
        let ascii = frame.mapped(by: .ascii)
        #expect(ascii.textRow(0) == "+-+xo*>@#>_-#???." + "       ")
        #expect(ascii.textRow(1) == "^| plain <" + "              ")
        #expect(frame.mapped(by: .unicode) == frame)
    }

    @Test func everyGlyphOfTheChartsHasAnASCIIForm() {
        let drawn = "╭╮╰╯├┤┬┴┼─│▁▂▃▄▅▆▇█▏▎▍▌▋▊▉▲▸✓✗◔●◷→–…·■"
        var frame = frame(drawn.count, 1)
        frame.put(drawn, column: 0, row: 0)
        #expect(!frame.mapped(by: .ascii).textRow(0).contains("?"))
    }

    @Test func themeGlyphsKeepWidths() {
        let map = GlyphMap(overrides: ["✓": "v", "●": "世", "ab": "c", "▲": ""])
        var frame = frame(8, 1)
        frame.put("✓●▲", column: 0, row: 0)
        #expect(frame.mapped(by: map).textRow(0) == "v●▲     ")
    }
}

@Suite struct FrameDiffTests {
    /// Two rows of text and the columns to draw again.
    static let cases: [(previous: String, next: String, runs: [Range<Int>])] = [
        ("abcd", "abcd", []), ("abcd", "abXd", [2..<3]), ("abcd", "XbcX", [0..<1, 3..<4]),
        ("abcd", "XXXX", [0..<4]),
        // Narrow over wide, shifted, wide over narrow, wide over wide.
        ("a世b", "axyb", [1..<3]), ("世ab", "x世b", [0..<3]), ("abcd", "世cd", [0..<2]),
        ("世界", "世x ", [2..<4]), ("世界", "界世", [0..<4]), ("a世b", "a界b", [1..<3]),
    ]

    @Test(arguments: cases)
    func runs(_ previous: String, _ next: String, _ runs: [Range<Int>]) {
        var before = Frame(size: Size(width: 4, height: 1))
        before.put(previous, column: 0, row: 0)
        var after = Frame(size: Size(width: 4, height: 1))
        after.put(next, column: 0, row: 0)
        #expect(FrameDiff(from: before, to: after).runs.map(\.columns) == runs)
    }

    @Test func drawsAllWithoutAPreviousFrameOfThisSize() {
        let frame = Frame(size: Size(width: 3, height: 2))
        #expect(FrameDiff(from: nil, to: frame).runs.map(\.columns) == [0..<3, 0..<3])
        let other = Frame(size: Size(width: 4, height: 2))
        #expect(FrameDiff(from: other, to: frame).runs.count == 2)
    }

    /// Drawing the runs over the previous frame gives the next frame, whatever they hold.
    @Test func runsAreEnough() {
        var generator = SystemRandomNumberGenerator()
        let letters = ["a", "b", "世", "界", " "]
        for _ in 0..<300 {
            let frames = (0..<2).map { _ in
                var frame = Frame(size: Size(width: 7, height: 1))
                for _ in 0..<6 {
                    frame.put(
                        letters.randomElement(using: &generator) ?? " ",
                        column: Int.random(in: -1...7, using: &generator), row: 0)
                }
                return frame
            }
            var cells = Array(frames[0].row(0))
            for run in FrameDiff(from: frames[0], to: frames[1]).runs {
                for column in run.columns { cells[column] = frames[1][column, 0] }
                #expect(!frames[1][run.columns.lowerBound, 0].isTail)
                #expect(!frames[1][run.columns.upperBound, 0].isTail)
                #expect(!frames[0][run.columns.upperBound, 0].isTail)
            }
            #expect(cells == Array(frames[1].row(0)))
        }
    }
}
