import Canvas
import Incidents
import Panes
import Room
import Testing

/// What must never be cut or lost, whatever guards the actions at the moment.
@Suite struct GuardingFrameTests {
    private func rows(_ scene: Scene, _ width: Int, _ height: Int) -> [String] {
        RoomView.frame(scene.model(Size(width: width, height: height))).textRows
    }

    @Test(arguments: Scene.guarding) func theEmergencyStopIsNeverCut(_ scene: Scene) {
        for width in stride(from: 40, through: 200, by: 3) {
            let row = rows(scene, width, 24)[1]
            #expect(row.contains("EMERGENCY STOP off"), "\(width): \(row)")
        }
    }

    /// Without Unicode every glyph has a stand-in: none becomes `?`.
    @Test(arguments: Scene.guarding) func readsInASCII(_ scene: Scene) {
        for row in rows(scene, 120, 40) {
            let plain = GlyphMap.ascii.replaced(in: row)
            #expect(plain.utf8.allSatisfy { $0 < 0x80 })
            #expect(plain.count { $0 == "?" } == row.count { $0 == "?" }, "\(row)\n\(plain)")
        }
    }

    @Test(arguments: [
        ("breaker", "BREAKER"), ("configuration", "CONFIG"), ("armed", "ARMED"),
        ("baseline-short", "not armed"),
    ])
    func whatHaltsShowsOnASmallScreen(_ name: String, _ word: String) throws {
        let scene = try #require(Scene.guarding.first { $0.name == name && $0.folder == "room" })
        #expect(rows(scene, 80, 24)[1].contains(word))
    }

    @Test func whomToCallShowsOnASmallScreen() throws {
        let scene = try #require(Scene.guarding.first { $0.name == "escalation" })
        let next = rows(scene, 80, 24)[2]
        for part in ["E1", "payments-oncall", "+1 555 0100", "3m48s left", ":acknowledge E1"] {
            #expect(next.contains(part), "\(next)")
        }
    }

    /// What cannot be undone, who is missing and the exact command stand in the first rows.
    @Test func theStrictestCardSaysTheWorstFirst() throws {
        let scene = try #require(Scene.guarding.first { $0.name == "break-glass" })
        let text = rows(scene, 80, 24).joined(separator: "\n")
        for part in [
            "BREAK GLASS", "CANNOT BE UNDONE", "TWO PERSONS", "warroom approve M3",
            "/usr/local/bin/cachectl drop", "PRODUCTION", "Type CONFIRM checkout",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
