import Basics
import Canvas
import Diagnosis
import FoundationEssentials
import Incidents
import Panes
import Room
import Testing

@Suite struct BindingsTests {
    @Test func everyCommandHasOneBindingAndAHint() {
        for command in Command.allCases {
            let bindings = Bindings.all.filter { $0.command == command }
            #expect(bindings.count == 1, "\(command.rawValue)")
            #expect(bindings.allSatisfy { $0.hint.hasSuffix(".") }, "\(command.rawValue)")
            #expect(bindings.allSatisfy { !$0.title.isEmpty }, "\(command.rawValue)")
        }
    }

    @Test func noKeyHasTwoMeanings() {
        for pane in Pane.allCases {
            var seen: [Key: Command] = [:]
            for binding in Bindings.all
            where [.everywhere, .room, .pane(pane)].contains(binding.scope) {
                for key in binding.keys {
                    #expect(seen[key] == nil, "\(key.name) in \(pane)")
                    seen[key] = binding.command
                }
            }
        }
    }

    @Test func eightIsNotBoundYet() {
        let model = Fixture().model
        #expect(Bindings.message(for: .character("8"), in: model) == nil)
    }

    private static let keys: [(Key, Command)] = [
        (.character("1"), .situation), (.character("9"), .report), (.tab, .nextPane),
        (.backTab, .previousPane), (.character("j"), .down), (.up, .up), (.character("G"), .bottom),
        (.enter, .open), (.escape, .back), (.character("+"), .zoom), (.character("/"), .find),
        (.character("]"), .nextMatch), (.character("["), .previousMatch),
        (.character(" "), .follow), (.character("a"), .approve), (.character("x"), .refuse),
        (.character("r"), .undo), (.character("m"), .byHand), (.character("t"), .test),
        (.character("h"), .hypothesis), (.character("e"), .evidence), (.character("i"), .explain),
        (.character("n"), .note), (.character("u"), .update), (.character("c"), .catchUp),
        (.character(":"), .palette), (.character("!"), .stop), (.control("X"), .stop),
        (.character("?"), .help), (.function(1), .help), (.character("q"), .quit),
        (.control("C"), .quit), (.control("Z"), .suspend), (.control("L"), .redraw),
    ]

    @Test(arguments: keys) func meansItsCommand(key: Key, command: Command) {
        #expect(commandOf(key, Fixture().model) == command)
    }

    private func commandOf(_ key: Key, _ model: Model) -> Command? {
        if case .command(let command, _)? = Bindings.message(for: key, in: model) {
            return command
        }
        return nil
    }

    private func isPassedOn(_ key: Key, _ model: Model) -> Bool {
        if case .key(key)? = Bindings.message(for: key, in: model) { return true }
        return false
    }

    @Test(arguments: Scene.all) func controlXStopsFromEverywhere(_ scene: Scene) {
        for size in Scene.sizes {
            #expect(commandOf(.control("X"), scene.model(size)) == .stop)
        }
    }

    @Test func exclamationMarkIsTextInATextField() {
        var model = Fixture().model
        model.overlay = .prompt(Prompt(kind: .note, title: "Note"))
        #expect(isPassedOn(.character("!"), model))
        model.overlay = .help(scroll: 0)
        #expect(commandOf(.character("!"), model) == .stop)
        model.overlay = .card(Fixture.card)
        #expect(commandOf(.character("!"), model) == .stop)
        model.overlay = .card(Fixture.confirmCard)
        #expect(isPassedOn(.character("!"), model))
    }

    /// What cannot be seen cannot be approved.
    @Test func aScreenTooSmallToReadApprovesNothing() {
        var model = Fixture(size: Size(width: 39, height: 9)).model
        model.overlay = .card(Fixture.card)
        for key in [Key.character("Y"), .enter, .tab] {
            #expect(Bindings.message(for: key, in: model) == nil)
        }
        #expect(commandOf(.escape, model) == .back)
        #expect(commandOf(.character("!"), model) == .stop)
    }

    @Test func wheelScrollsAndClickFocuses() throws {
        let model = Fixture().model
        let place = Position(column: 3, row: 5)
        let wheel = Key.mouse(MouseEvent(action: .wheelDown, position: place))
        #expect(commandOf(wheel, model) == .down)
        let rect = try #require(model.layout.panes[.timeline])
        let click = MouseEvent(
            action: .press, button: .left,
            position: Position(column: rect.column + 2, row: rect.row + 2))
        #expect(commandOf(.mouse(click), model) == .timeline)
    }

    @Test func scrollingEndsWithThePage() {
        var model = Fixture(size: Size(width: 80, height: 24)).model
        model.overlay = .help(scroll: 0)
        #expect(isPassedOn(.down, model))
        model.overlay = .help(scroll: 10_000)
        #expect(Bindings.message(for: .down, in: model) == nil)
        #expect(isPassedOn(.up, model))
    }

    // MARK: Footer, help, documents

    @Test func undoNamesWhatItUndoes() {
        let footer = Bindings.footer(for: Fixture().model)
        #expect(footer.contains { $0.keys == "r" && $0.title == "undo: disable flag new_pricing" })
    }

    @Test func helpShowsTheHeadOfTheRecord() {
        var model = Fixture().model
        func help() -> String {
            Bindings.helpLines(for: model, width: 100).map(\.text).joined(separator: "\n")
        }
        #expect(!help().contains("Record head"))
        _ = model.update(.recordHead(RecordHead(mark: "a1b2c3d4e5f6", entry: 42)))
        #expect(help().contains("Record head a1b2c3d4e5f6, entry 42"))
    }

    @Test func disabledKeysAreMarked() throws {
        let model = Fixture.empty(size: Size(width: 120, height: 40))
        let undo = try #require(Bindings.footer(for: model).first { $0.keys == "r" })
        #expect(!undo.isEnabled)
        let help = Bindings.helpLines(for: model, width: 100).map(\.text).joined(separator: "\n")
        #expect(help.contains("not now: no action of this room is there to undo"))
    }

    @Test func helpNamesEveryCommand() {
        let help = Bindings.helpLines(for: Fixture().model, width: 100).map(\.text)
            .joined(separator: "\n")
        for binding in Bindings.all {
            let head = binding.keys.isEmpty ? ":" + binding.command.rawValue : binding.keyText
            #expect(help.contains(head), "\(binding.command.rawValue)")
        }
    }

    @Test func documentsHoldEveryCommand() throws {
        struct Row: Decodable {
            var command: String
            var keys: [String]
            var hint: String
        }
        let rows = try JSONText.decode([Row].self, from: Array(Bindings.json().utf8))
        #expect(rows.map(\.command) == Bindings.all.map(\.command.rawValue))
        for row in rows {
            #expect(row.keys.allSatisfy { Key(name: $0) != nil }, "\(row.keys)")
            #expect(Bindings.text().contains(row.hint))
            #expect(Bindings.markdownTable().contains("`:\(row.command)`"))
        }
    }
}

@Suite struct RandomRoomTests {
    /// A small generator with a seed, so that a failure can be repeated.
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let keys: [Key] =
        Bindings.all.flatMap(\.keys)
        + [
            .character("Y"), .character("y"), .character("s"), .backspace, .left, .right,
            .paste("paste\nd"), .control("D"), .delete,
            .mouse(MouseEvent(action: .wheelDown, position: Position(column: 10, row: 10))),
            .mouse(
                MouseEvent(
                    action: .press, button: .left, position: Position(column: 30, row: 12))),
        ]

    /// Any keys at any size: no crash, the frame has the size, and Esc reaches the top.
    @Test(arguments: 0..<12) func survivesAnything(_ seed: UInt64) {
        var random = Random(state: seed)
        for round in 0..<6 {
            let size = Size(
                width: .random(in: 0...220, using: &random),
                height: .random(in: 0...70, using: &random))
            var model = round == 5 ? Fixture.empty(size: size) : Fixture(size: size).model
            for _ in 0..<30 {
                guard let key = Self.keys.randomElement(using: &random) else { continue }
                if let message = Bindings.message(for: key, in: model) { _ = model.update(message) }
                #expect(RoomView.frame(model).size == size, "seed \(seed)")
            }
            #expect(reachesTop(model), "seed \(seed), round \(round)")
        }
    }

    private func reachesTop(_ start: Model) -> Bool {
        var model = start
        for _ in 0..<5 {
            if model.overlay == nil, !model.isZoomed, model.find.isEmpty, !model.focus.isScreen {
                return true
            }
            if let message = Bindings.message(for: .escape, in: model) { _ = model.update(message) }
        }
        return model.overlay == nil && !model.isZoomed && model.find.isEmpty
            && !model.focus.isScreen
    }

    /// Text with wide, combining and control scalars stays inside its pane.
    @Test(arguments: 0..<8) func hostileTextStaysInside(_ seed: UInt64) {
        var random = Random(state: seed &+ 100)
        let pieces = [
            "世界", "e\u{301}", "\u{202E}", "\u{1B}[2J", "👩‍👩‍👧", "\t", "long-long-long", " ", "ﷺ",
        ]
        for _ in 0..<20 {
            let text = (0..<30).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            let size = Size(
                width: .random(in: 120...200, using: &random),
                height: .random(in: 36...60, using: &random))
            var model = Fixture(size: size).model
            model.incident.title = text
            model.observation?.situation.what = text
            model.observation?.hypotheses[0].statement = text
            model.observation?.conditions[0].detail = text
            let frame = RoomView.frame(model)
            for rect in model.layout.panes.values {
                for row in rect.row + 1..<rect.endRow - 1 {
                    #expect(frame[rect.column, row].text == "│", "seed \(seed)")
                    #expect(frame[rect.endColumn - 1, row].text == "│", "seed \(seed)")
                }
            }
            #expect(!frame.textRows.contains { $0.contains("\u{1B}") || $0.contains("\u{202E}") })
        }
    }
}
