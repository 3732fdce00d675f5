import Basics
import Canvas
import Incidents
import Panes
import Room
import Safety
import Testing

@Suite struct FrameTests {
    @Test(arguments: Scene.all) func looksAsRecorded(_ scene: Scene) throws {
        for size in Scene.sizes {
            try GoldenFrame.check(
                RoomView.frame(scene.model(size)), scene.folder, scene.name)
        }
    }

    @Test(arguments: Scene.all) func rendersInOneCell(_ scene: Scene) {
        let frame = RoomView.frame(scene.model(Size(width: 1, height: 1)))
        #expect(frame.size == Size(width: 1, height: 1))
    }

    @Test(arguments: Scene.all) func rendersInZeroCells(_ scene: Scene) {
        #expect(RoomView.frame(scene.model(.zero)).textRows.isEmpty)
    }

    /// No row spills over a pane's border, whatever the size.
    @Test(arguments: Scene.all) func keepsItsBorders(_ scene: Scene) {
        for size in [Size(width: 120, height: 36), Size(width: 200, height: 60)] {
            let model = scene.model(size)
            guard model.overlay == nil, model.toast == nil else { continue }
            let frame = RoomView.frame(model)
            for rect in model.layout.panes.values where rect.height >= 4 {
                for row in rect.row + 1..<rect.endRow - 1 {
                    #expect(frame[rect.column, row].text == "│")
                    #expect(frame[rect.endColumn - 1, row].text == "│")
                }
            }
        }
    }

    @Test func headerNeverDropsWhatMatters() {
        for width in 40...160 {
            for isOn in [false, true] {
                var model = Fixture(size: Size(width: width, height: 24)).model
                if isOn { model.stopFiles = [] }
                let rows = RoomView.frame(model).textRows
                #expect(rows[0].contains("SEV1") && rows[0].contains("IC ops1"), "\(width)")
                #expect(rows[0].contains("INC-2041"), "\(width)")
                let word = isOn ? "EMERGENCY STOP ON" : "EMERGENCY STOP off"
                #expect(rows[1].contains(word), "\(width): \(rows[1])")
            }
        }
    }

    @Test func tellsWhatItNeeds() {
        let frame = RoomView.frame(Fixture(size: Size(width: 39, height: 12)).model)
        #expect(frame.textRows.contains { $0.contains("have 39×12, need 40×10") })
    }

    @Test func drillIsNamedAtEverySize() {
        for width in stride(from: 40, through: 200, by: 7) {
            var model = Fixture(size: Size(width: width, height: 20), isDrill: true).model
            model.speed = 10
            #expect(RoomView.frame(model).textRow(0).contains("DRILL ×10"), "\(width)")
        }
    }
}

@Suite struct CardFrameTests {
    private func rows(_ card: ApprovalCard, _ size: Size) -> [String] {
        var model = Fixture(size: size).model
        model.overlay = .card(card)
        return RoomView.frame(model).textRows
    }

    /// Buttons and fields stay in sight at every size that has a room.
    @Test(arguments: [(40, 10), (40, 12), (80, 24), (120, 40)])
    func buttonsStayVisible(width: Int, height: Int) {
        for card in [Fixture.card, Fixture.confirmCard] {
            let text = rows(card, Size(width: width, height: height)).joined(separator: "\n")
            #expect(text.contains("[ Cancel ]"), "\(width)×\(height)\n\(text)")
            #expect(text.contains("[ Approve"), "\(width)×\(height)\n\(text)")
            if card.needsTyping { #expect(text.contains("Type CONFIRM"), "\(text)") }
            if card.needsReason { #expect(text.contains("Review reason"), "\(text)") }
        }
    }

    /// Scrolling to the end shows every gate and the snapshot's digest.
    @Test func everyGateCanBeRead() {
        var seen = ""
        for scroll in 0..<60 {
            var card = Fixture.card
            card.scroll = scroll
            seen += rows(card, Size(width: 80, height: 24)).joined(separator: "\n")
        }
        for verdict in Fixture.gates.verdicts { #expect(seen.contains(verdict.gate.rawValue)) }
        #expect(seen.contains("--to-revision=9c1e07b"))
        #expect(seen.contains("digest 3fa9c1d2"))
    }

    @Test func argumentsAreQuotedAndSpelledOut() {
        var proposal = Fixture.rollbackProposal
        proposal.steps = [["/bin/x", "two words", "it's", "с-cyrillic", ""]]
        let card = ApprovalCard(
            proposal: proposal, gates: Fixture.gates, openedAt: Fixture.now)
        let text = rows(card, Size(width: 160, height: 45)).joined()
        #expect(text.contains("/bin/x 'two words' 'it'\\''s' '\\u{441}-cyrillic' ''"))
    }

    @Test func saysWhyItCannotBeApproved() {
        var card = Fixture.card
        card.revoked = "the emergency stop is on: set by ops2"
        let text = rows(card, Size(width: 80, height: 24)).joined(separator: "\n")
        #expect(text.contains("NO LONGER ALLOWED: the emergency stop is on"))
        #expect(text.contains("[ Approve: not allowed ]"))
    }
}

@Suite struct DrawingTests {
    /// A page made of text alone, seen through the room.
    private func shown(_ body: String, width: Int = 80) -> [String] {
        var model = Fixture(size: Size(width: width, height: 40)).model
        model.overlay = .text(title: "T", body: body, scroll: 0)
        return RoomView.frame(model).textRows
    }

    @Test func longWordsAreBrokenAndNothingIsLost() {
        let word = String(repeating: "abcdefghij", count: 30)
        let rows = shown("first " + word + " last", width: 60)
        let inner = rows.map { $0.filter { $0.isLetter && $0.isASCII } }.joined()
        #expect(inner.contains("first" + word + "last"))
    }

    @Test func wrappingKeepsLineBreaks() {
        let rows = shown("alpha\n\n  omega")
        let start = rows.firstIndex { $0.contains("alpha") } ?? 0
        #expect(rows[start + 2].contains("  omega"))
        #expect(!rows[start + 1].contains("omega"))
    }

    @Test func theSelectedRowIsAlwaysVisible() {
        for height in [12, 16, 24] {
            var model = Fixture(size: Size(width: 80, height: height)).model
            model.focus = .timeline
            for line in model.timeline {
                model.lists[.timeline] = Model.ListState(selected: String(line.sequence))
                let frame = RoomView.frame(model)
                let marked = (0..<frame.size.height).filter { frame[1, $0].text == "▸" }
                #expect(marked.count == 1, "\(height), \(line.sequence)")
            }
        }
    }

    @Test func matchesAreMarked() throws {
        var model = Fixture(size: Size(width: 120, height: 40)).model
        _ = model.update(.command(.filter, argument: "TIMEOUT"))
        let frame = RoomView.frame(model)
        let tokens = (0..<frame.size.height).map(frame.tokenRow).joined()
        #expect(tokens.contains("match"))
        #expect(
            !frame.textRows.contains { $0.contains("served in 12 ms  ") && $0.contains("info") })
    }

    /// Two states of one family never share glyph and word.
    @Test func statesReadWithoutColour() {
        let rows = RoomView.frame(Fixture(size: Size(width: 160, height: 45)).model).textRows
            .joined(separator: "\n")
        for text in [
            "✗ not met", "◔ holding", "✓ met", "? unknown", "● strong", "○ weak", "✗ ruled out",
            "▲ proposed", "✓ done", "✗ ineffective", "↑ getting worse",
        ] {
            #expect(rows.contains(text), "\(text)")
        }
    }
}
