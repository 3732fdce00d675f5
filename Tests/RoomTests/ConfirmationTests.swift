import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Playbooks
import Room
import Safety
import Testing

/// What confirms production: exact bytes, typed by hand, for exactly what the card shows.
@Suite struct ConfirmationTests {
    /// A card that asks for CONFIRM, with the cursor in its field and the second person's station
    /// filled.
    private func confirming(_ action: CatalogueAction = RoomProbe.drop) -> RoomProbe {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.openCard(action)
        probe.tab(to: .confirm)
        _ = probe.takeEffects()
        return probe
    }

    private func finish(_ probe: inout RoomProbe) -> MitigationApproved? {
        probe.wait(.milliseconds(300))
        probe.press(.enter)
        probe.wait(.milliseconds(300))
        probe.press(.enter)
        return probe.takeApproval()
    }

    private static let otherTexts = [
        "CONFIRM checkout ", " CONFIRM checkout", "CONFIRM  checkout", "confirm checkout",
        "Confirm checkout", "CONFIRM\u{200B} checkout", "CONFIRM checkout\u{200D}",
        "CONFI\u{52}M checkou\u{74}\u{301}", "CONFIRM\u{A0}checkout",
        "CONFIRM chec\u{212A}out", "CONFIRM \u{441}heckout", "CONFIRM", "CONFIRM cart", "",
        "CONFIRM checkout\u{FEFF}", "\u{FF23}ONFIRM checkout",
    ]

    @Test("N06: any other text than the exact one confirms nothing", arguments: otherTexts)
    func otherTextsAreRefused(_ text: String) {
        var probe = confirming()
        probe.type(text)
        #expect(finish(&probe) == nil)
        #expect(probe.card?.message == "type exactly \"CONFIRM checkout\"")
    }

    @Test("N06: the exact text, typed by hand, confirms") func typedTextConfirms() {
        var probe = confirming()
        probe.type("CONFIRM checkout")
        let approval = finish(&probe)
        #expect(approval?.proposal == "M1")
        #expect(approval?.breakGlass == "alone on the call")
    }

    /// "e" and U+0301 make one character; its composed form has other bytes.
    @Test("N06: a decomposed target confirms nothing") func decomposedIsRefused() {
        var probe = confirming()
        probe.type("CONFIRM checkout")
        probe.press(.backspace)
        probe.wait(.milliseconds(200))
        probe.type("t\u{323}")
        #expect(finish(&probe) == nil)
    }

    @Test("N06: pasted text confirms nothing, whole or in part", arguments: [0, 4, 15])
    func pastedIsRefused(_ typed: Int) {
        var probe = confirming()
        let text = "CONFIRM checkout"
        probe.type(String(text.prefix(typed)))
        probe.press(.paste(String(text.dropFirst(typed))))
        #expect(finish(&probe) == nil)
        #expect(probe.card?.message == "pasted text confirms nothing: type it")
        probe.press(.backTab, .control("U"))
        probe.type(text)
        #expect(finish(&probe) != nil, "emptied and typed by hand it is taken")
    }

    @Test("N06: text that a program sends as keys confirms nothing") func sentKeysAreRefused() {
        var probe = confirming()
        probe.type("CONFIRM checkout", every: .milliseconds(1))
        #expect(probe.card?.message.contains("faster than anybody types") == true)
        #expect(finish(&probe) == nil)
        #expect(probe.card?.message.contains("faster than anybody types") == true)
        probe.press(.backTab, .control("U"))
        probe.type("CONFIRM checkout")
        #expect(finish(&probe) != nil)
    }

    @Test("N06: a key that is held down confirms nothing") func heldKeyIsRefused() {
        var probe = confirming()
        probe.type("CONFIRM chec")
        // Held: the first repetition comes late, the others every 30 ms.
        probe.press(.character("k"))
        probe.wait(.milliseconds(400))
        for _ in 0..<5 {
            probe.wait(.milliseconds(30))
            probe.press(.character("k"))
        }
        for _ in 0..<5 { probe.press(.backspace) }
        probe.type("out")
        #expect(finish(&probe) == nil)
        #expect(probe.card?.message.contains("faster than anybody types") == true)
    }

    @Test("N06: a quick typist is not refused") func quickTypingIsTaken() {
        var probe = confirming()
        // 100 words a minute is 120 ms a key; bursts of common pairs are faster.
        for (index, character) in "CONFIRM checkout".enumerated() {
            probe.wait(.milliseconds(index.isMultiple(of: 3) ? 60 : 140))
            probe.press(.character(character))
        }
        #expect(finish(&probe) != nil)
    }

    @Test("N06: a Y that repeats within 30 ms approves nothing") func repeatedYIsRefused() {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.openCard(RoomProbe.untested)
        _ = probe.takeEffects()
        for _ in 0..<20 {
            probe.press(.character("Y"))
            probe.wait(.milliseconds(30))
        }
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "a key that is held down approves nothing: press it once")
    }

    // MARK: N68

    /// Everything that can come while the words are typed: 50,000 lines a second, new ranks, new
    /// proposals, cards, documents, connections.
    @Test("N68: the target shown at the first key is the target approved, whatever floods in")
    func floodChangesNothing() throws {
        var probe = confirming()
        let before = try #require(probe.card)
        var total = 0
        var approved: MitigationApproved?
        for (index, character) in before.requiredText.enumerated() {
            probe.wait(.milliseconds(120))
            total += 6_000
            flood(&probe, index, total)
            probe.press(.character(character))
            flood(&probe, index + 100, total)
            let card = try #require(probe.card, "the card stays in front")
            #expect(card.proposal == before.proposal)
            #expect(card.gates == before.gates)
            #expect(card.focus == .confirm && card.scroll == before.scroll)
        }
        #expect(probe.card?.confirm.text == "CONFIRM checkout")
        approved = finish(&probe)
        #expect(approved?.proposal == before.proposal.id)
        #expect(approved?.digest == before.proposal.digest)
        #expect(probe.model.focus == .mitigations)
    }

    private func flood(_ probe: inout RoomProbe, _ round: Int, _ total: Int) {
        var feeds = FeedSnapshot()
        feeds.totalRecords = total
        var observation = probe.observation(errorRatio: 0.05 + Double(round % 7) / 100)
        observation.situation.affectedService = round.isMultiple(of: 2) ? "cart" : "checkout"
        probe.send(.feeds(feeds))
        probe.observe(observation, feeds: feeds)
        var other = probe.proposal(RoomProbe.flag, id: "M\(50 + round)")
        other.target = "cart"
        probe.record(other)
        probe.send(.openCard(proposal: other.id))
        probe.send(.show(title: "Something", body: "else"))
        probe.send(.notice("look here"))
        probe.send(
            .connected([ConnectedPerson(actor: Actor(uid: 2000, name: "bot"), rights: [.note])]))
        probe.send(.scrolled(to: probe.card?.scroll ?? 0))
    }
}
