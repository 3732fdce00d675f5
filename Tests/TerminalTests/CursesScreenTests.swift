import Basics
import Canvas
import Testing

@testable import Terminal

@MainActor
@Suite struct CursesScreenTests {
    private let calls = RecordingCurses()

    private func screen(_ options: CursesScreen.Options = .init()) -> CursesScreen {
        let screen = CursesScreen(calls: calls, options: options)
        _ = calls.take()
        return screen
    }

    private func frame(_ text: String) -> Frame {
        var frame = Frame(size: Size(width: 10, height: 3))
        frame.put(text, column: 0, row: 0)
        return frame
    }

    @Test func entersAndLeavesItsModes() {
        let screen = CursesScreen(calls: calls, options: .init(mouse: true))
        #expect(calls.take() == ["raw [?2004h [?1004h [?1002h [?1006h"])
        screen.close()
        #expect(calls.take() == ["raw [?2026l [?1006l [?1002l [?1004l [?2004l", "end"])
        screen.close()
        screen.present(frame("a"))
        #expect(calls.take() == [])
        #expect(screen.readKeys() == [])
    }

    @Test func drawsEverythingOnceThenOnlyWhatDiffers() {
        let screen = screen()
        screen.present(frame("abc"))
        let first = calls.take()
        #expect(first.first == "clear")
        #expect(first.filter { $0.hasPrefix("put") }.count == 30)
        #expect(
            first.suffix(4) == ["cursor off", "raw [?2026h", "refresh", "raw [?2026l"])
        screen.present(frame("aXc"))
        #expect(
            calls.take() == [
                "put X 1,0 a0 p0", "cursor off", "raw [?2026h", "refresh", "raw [?2026l",
            ])
        screen.present(frame("aXc"))
        #expect(calls.take() == [])
    }

    @Test func drawsAWideGlyphAsOne() {
        let screen = screen()
        screen.present(frame(""))
        _ = calls.take()
        screen.present(frame("世e\u{301}"))
        #expect(
            calls.take().filter { $0.hasPrefix("put") } == [
                "put 世 0,0 a0 p0", "put e\u{301} 2,0 a0 p0",
            ])
    }

    @Test func replacesGlyphsTheLibraryCannotCount() {
        let screen = screen()
        screen.present(frame(""))
        _ = calls.take()
        calls.unknownScalars = [0x4E16]
        screen.present(frame("世x"))
        #expect(
            calls.take().filter { $0.hasPrefix("put") } == [
                "put ? 0,0 a0 p0", "put ? 1,0 a0 p0", "put x 2,0 a0 p0",
            ])
    }

    @Test func drawsAgainAfterAnError() {
        let screen = screen()
        screen.present(frame(""))
        _ = calls.take()
        calls.failsToPut = true
        screen.present(frame("é"))
        #expect(calls.take().prefix(2) == ["put é 0,0 a0 p0", "put ? 0,0 a0 p0"])
        calls.failsToPut = false
        calls.failsToRefresh = true
        screen.present(frame("b"))
        _ = calls.take()
        calls.failsToRefresh = false
        screen.present(frame("b"))
        #expect(calls.take().first == "clear")
    }

    @Test func showsTheCursorOfATextField() {
        let screen = screen()
        var frame = frame("name")
        frame.cursor = Position(column: 4, row: 0)
        screen.present(frame)
        #expect(calls.take().contains("cursor 4,0"))
    }

    @Test func stylesBecomeAttributesAndPairs() {
        let screen = screen()
        screen.styles = StyleSheet(styles: [
            .text: Style(foreground: .rgb(red: 255, green: 0, blue: 0)),
            .title: Style(
                foreground: .ansi(2), background: .indexed(240), attributes: [.bold, .underline]),
        ])
        #expect(calls.take() == ["resetPairs"])
        var frame = Frame(size: Size(width: 2, height: 1))
        frame.put("a", column: 0, row: 0, token: .title)
        frame.put("b", column: 1, row: 0)
        screen.present(frame)
        #expect(
            calls.take().prefix(5) == [
                "clear", "pair 2 240", "put a 0,0 a5 p1", "pair 196 -1", "put b 1,0 a0 p2",
            ])
    }

    @Test func fewColoursTurnBrightIntoBold() {
        calls.colours = 8
        let screen = screen()
        #expect(screen.colourDepth == .sixteen)
        screen.styles = StyleSheet(styles: [.text: Style(foreground: .ansi(9))])
        _ = calls.take()
        screen.present(frame("a"))
        #expect(calls.take().prefix(3) == ["clear", "pair 1 -1", "put a 0,0 a1 p1"])
    }

    @Test func directColourNeverNamesThePalette() {
        calls.colours = 0x100_0000
        let screen = screen()
        #expect(screen.colourDepth == .trueColour)
        screen.styles = StyleSheet(styles: [
            .text: Style(foreground: .rgb(red: 0, green: 0, blue: 5), background: .indexed(231))
        ])
        _ = calls.take()
        screen.present(frame("a"))
        #expect(calls.take().dropFirst().first == "pair 8 16777215")
    }

    @Test func noColourMeansNoPairs() {
        let screen = screen(.init(noColour: true))
        #expect(screen.colourDepth == .mono)
        screen.styles = StyleSheet(styles: [
            .text: Style(foreground: .ansi(1), attributes: .bold)
        ])
        _ = calls.take()
        screen.present(frame("a"))
        let made = calls.take()
        #expect(!made.contains { $0.hasPrefix("pair") })
        #expect(made.contains("put a 0,0 a1 p0"))
    }

    @Test(arguments: [
        (0, ColourDepth.mono), (2, .mono), (8, .sixteen), (16, .sixteen), (88, .sixteen),
        (256, .indexed256), (0x100_0000, .trueColour),
    ])
    func depths(_ colours: Int, _ depth: ColourDepth) {
        #expect(ColourDepth(colours: colours) == depth)
    }

    @Test func asciiIsChosenByLocaleOrByHand() {
        #expect(CursesScreen(calls: calls, isUTF8: false).isASCII)
        #expect(!CursesScreen(calls: calls, options: .init(ascii: false), isUTF8: false).isASCII)
        let screen = screen(.init(ascii: true))
        screen.present(frame("▲"))
        #expect(calls.take().contains("put ^ 0,0 a0 p0"))
    }

    @Test func readsKeysAndNoticesTheHangUp() {
        let screen = screen()
        calls.input = [RawInputCode(value: 0x61), RawInputCode(value: 0x18)]
        #expect(screen.readKeys() == [.character("a"), .control("X")])
        #expect(!screen.hasHungUp)
        calls.isHungUp = true
        #expect(screen.readKeys() == [])
        #expect(screen.hasHungUp)
    }

    @Test func takesOverANewSize() {
        let screen = screen()
        screen.present(frame("a"))
        _ = calls.take()
        calls.window = Size(width: 4, height: 2)
        screen.terminalResized()
        #expect(calls.take() == ["resume", "raw [?2004h [?1004h", "resize 4x2"])
        #expect(screen.size == Size(width: 4, height: 2))
        // A frame of the old size is clipped, not drawn outside.
        screen.present(frame("abcdefgh"))
        let drawn = calls.take()
        #expect(drawn.first == "clear")
        #expect(drawn.filter { $0.hasPrefix("put") }.count == 8)
    }

    @Test func stopsOnlyWhenSomebodyCanContinueIt() {
        let screen = screen()
        #expect(screen.suspendAndStop())
        #expect(
            calls.take() == [
                "raw [?2026l [?1004l [?2004l", "suspend", "stop", "resume", "raw [?2004h [?1004h",
            ])
        calls.canStop = false
        #expect(!screen.suspendAndStop())
        #expect(calls.take() == [])
    }

    @Test func memoryScreenKeepsFramesAndPlaysKeys() {
        let screen = MemoryScreen(size: Size(width: 4, height: 1), framesMax: 2)
        for text in ["a", "b", "c"] { screen.present(frame(text)) }
        #expect(screen.frames.count == 2)
        #expect(screen.presentedCount == 3)
        #expect(screen.frame?.textRow(0).hasPrefix("c") == true)
        screen.type("hi")
        screen.press(.enter)
        #expect(screen.readKeys() == [.character("h"), .character("i"), .enter])
        #expect(screen.readKeys() == [])
        screen.resize(to: Size(width: 9, height: 9))
        #expect(screen.size.width == 4)
        screen.terminalResized()
        #expect(screen.size.width == 9)
    }
}
