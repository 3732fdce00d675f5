import Basics
import Canvas
import Documents
import Testing

@testable import Themes

@Suite struct ThemeTests {
    static let families: [String] = [
        "condition", "gate", "state", "severity", "risk", "stop", "hypothesis", "phase", "evidence",
        "alert", "level",
    ]

    @Test(arguments: Theme.builtinNames)
    func everyTokenIsDefined(_ name: String) throws {
        let theme = try Theme.builtin(name)
        #expect(theme.name == name)
        for token in Token.allCases { #expect(theme.defines(token), "\(name): \(token.rawValue)") }
    }

    @Test func everyEmbeddedThemeIsListed() {
        #expect(Set(BuiltinThemes.files.map(\.name)) == Set(Theme.builtinNames))
    }

    @Test func embeddedTextsAreTheFiles() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
            .joined(separator: "/")
        for file in BuiltinThemes.files {
            let text = try TextFile.read("\(root)/themes/\(file.name).yaml")
            #expect(text == file.text, "\(file.name): run scripts/embed")
        }
    }

    /// Without colours no two states of one family look the same, in any theme.
    @Test(arguments: Theme.builtinNames)
    func statesDifferInMono(_ name: String) throws {
        let sheet = try Theme.builtin(name).styleSheet(depth: .mono, ascii: false)
        for family in Self.families {
            let tokens = Token.allCases.filter { $0.family == family }
            #expect(tokens.count >= 2)
            #expect(Set(tokens.map { sheet[$0] }).count == tokens.count, "\(name): \(family)")
        }
        for token in Token.allCases {
            #expect(sheet[token].foreground == nil && sheet[token].background == nil)
        }
    }

    @Test(arguments: Theme.builtinNames)
    func statesDifferInColour(_ name: String) throws {
        for depth in ColourDepth.allCases {
            let sheet = try Theme.builtin(name).styleSheet(depth: depth, ascii: false)
            for family in Self.families {
                let tokens = Token.allCases.filter { $0.family == family }
                #expect(
                    Set(tokens.map { sheet[$0] }).count == tokens.count,
                    "\(name) \(depth): \(family)")
            }
        }
    }

    /// Borders and bars are lines, not text; everything else must be readable on its background
    /// and under the selection bar.
    @Test(arguments: ["dark", "light", "high-contrast", "colour-blind"])
    func textHasContrast(_ name: String) throws {
        let floor = name == "high-contrast" ? 7.0 : 4.5
        for depth in [ColourDepth.trueColour, .indexed256] {
            let sheet = try Theme.builtin(name).styleSheet(depth: depth, ascii: false)
            for token in Token.allCases where token != .border {
                for isSelected in [false, true] {
                    let style = sheet.style(of: Cell(token: token, isSelected: isSelected))
                    let contrast = try #require(self.contrast(style), "\(name): \(token.rawValue)")
                    #expect(
                        contrast >= (isSelected ? min(floor, 4.5) : floor),
                        "\(name) \(depth) \(token.rawValue) selected \(isSelected): \(contrast)")
                }
            }
        }
    }

    @Test func ordinaryLooksAreCalm() throws {
        // Only what is wrong may be bold on a coloured ground.
        let sheet = try Theme.builtin("dark").styleSheet(depth: .trueColour, ascii: false)
        let page = sheet[.text].background
        for token in [Token.stateOK, .conditionMet, .gatePass, .riskLow, .stopOff, .levelInfo] {
            #expect(sheet[token].attributes.isEmpty)
            #expect(sheet[token].background == page)
        }
    }

    @Test func selectionKeepsAWarningsColour() throws {
        let sheet = try Theme.builtin("dark").styleSheet(depth: .trueColour, ascii: false)
        let plain = sheet.style(of: Cell(token: .gateBlocked))
        let selected = sheet.style(of: Cell(token: .gateBlocked, isSelected: true))
        #expect(selected.foreground == plain.foreground)
        #expect(selected.background != plain.background)
        let mono = try Theme.builtin("mono").styleSheet(depth: .mono, ascii: false)
        for token in Token.allCases {
            let off = mono.style(of: Cell(token: token))
            #expect(mono.style(of: Cell(token: token, isSelected: true)) != off)
        }
    }

    @Test func asciiReplacesTheThemesGlyphs() throws {
        #expect(try Theme.builtin("dark").styleSheet(depth: .mono, ascii: true).glyphs == .ascii)
    }

    @Test func readsAFileThatInherits() throws {
        let theme = try Theme.read(
            """
            name: mine
            inherits: dark
            palette:
              green: '#00ff00'
            glyphs:
              "✓": "v"
            tokens:
              gate.blocked: {fg: red, attributes: [underline]}
              severity: [bold]
            """, file: "mine.yaml")
        let sheet = theme.styleSheet(depth: .trueColour, ascii: false)
        #expect(sheet[.gatePass].foreground == .rgb(red: 0, green: 255, blue: 0))
        #expect(sheet[.gateBlocked].attributes == .underline)
        var frame = Frame(size: Size(width: 1, height: 1))
        frame.put("✓", column: 0, row: 0)
        #expect(frame.mapped(by: sheet.glyphs).textRow(0) == "v")
    }

    @Test func tokensFallBackToTheirParentThenToText() throws {
        let theme = try Theme.read(
            "name: x\ntokens:\n  text: [white]\n  severity: [red, bold]\n  severity.2: [dim]\n",
            file: "x.yaml")
        let sheet = theme.styleSheet(depth: .sixteen, ascii: false)
        #expect(sheet[.severity1] == Style(foreground: .ansi(1), attributes: .bold))
        #expect(sheet[.severity2] == Style(foreground: .ansi(7), attributes: .dim))
        #expect(sheet[.gatePass] == Style(foreground: .ansi(7)))
    }

    /// Theme text and what its failure must say.
    static let mistakes: [(text: String, says: String)] = [
        ("name: x\ntokens:\n  gate.pas: [red]\n", "x.yaml:3:3: unknown token \"gate.pas\""),
        ("name: x\ntokens:\n  gate.pas: [red]\n", "Did you mean gate.pass?"),
        ("name: x\ntokens:\n  text: [rde]\n", "Did you mean red?"),
        ("name: x\npalette:\n  a: '#12'\n", "x.yaml:3:6: a is not a colour"),
        ("name: x\nkind: drak\n", "Did you mean dark?"),
        ("name: x\nglyphs:\n  \"✓\": 世\n", "one glyph of the same width"),
        ("nmae: x\n", "unknown key \"nmae\""), ("name: x\ninherits: nothing\n", "inherits is"),
    ]

    @Test(arguments: mistakes)
    func reportsMistakes(_ text: String, _ says: String) {
        let failure = #expect(throws: Failure.self) { try Theme.read(text, file: "x.yaml") }
        #expect(failure?.description.contains(says) == true, "\(failure?.description ?? "")")
    }

    @Test func unknownThemesAreNamed() {
        let failure = #expect(throws: Failure.self) { try Theme.named("drak") }
        #expect(failure?.description.contains("Did you mean dark?") == true)
        #expect(throws: Failure.self) { try Theme.named("./missing.yaml") }
    }

    /// WCAG 2.1 contrast of a style's text, nil when a colour is not known.
    private func contrast(_ style: Style) -> Double? {
        guard let front = luminance(style.foreground), let back = luminance(style.background) else {
            return nil
        }
        return (max(front, back) + 0.05) / (min(front, back) + 0.05)
    }

    private func luminance(_ colour: Colour?) -> Double? {
        let shade: (red: UInt8, green: UInt8, blue: UInt8)
        switch colour {
        case .rgb(let red, let green, let blue): shade = (red, green, blue)
        case .indexed(let index): shade = Palette256.rgb(index)
        default: return nil
        }
        func linear(_ value: UInt8) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : power((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(shade.red) + 0.7152 * linear(shade.green)
            + 0.0722 * linear(shade.blue)
    }

    private func power(_ base: Double, _ exponent: Double) -> Double { Glibc.pow(base, exponent) }
}

#if canImport(Glibc)
    import Glibc
#endif
