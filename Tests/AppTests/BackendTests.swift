import App
import Basics
import Canvas
import Incidents
import Journals
import Room
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Journal, then act, then show: on real files with a real child process.
@Suite(.serialized) struct BackendTests {
    @Test func openingWritesTheDeclarationOnce() throws {
        let home = try TemporaryFolder()
        let first = try AppRoom(home: home)
        #expect(try first.kinds.contains("incident.opened"))
        #expect(first.model.incident.isOpen && first.model.canWrite)
        first.backend.finish()
        let second = try AppRoom(home: home)
        defer { second.backend.finish() }
        #expect(try second.kinds.filter { $0 == "incident.opened" }.count == 1)
        #expect(second.model.timeline.count >= first.model.timeline.count)
    }

    @Test func proposeApproveRunInThisOrder() throws {
        var room = try AppRoom()
        defer { room.backend.finish() }
        room.perform(AppRoom.touch)
        let card = try #require(room.card)
        #expect(card.proposal.steps == [["/usr/bin/touch", room.home.file("ran")]])
        #expect(!room.hasRun)
        try room.approveOnCard()
        #expect(room.hasRun, "\(String(describing: room.model.toast)) \(card.gates)")
        let kinds = try room.kinds
        let order = [
            "mitigation.proposed", "mitigation.approved", "action.intent", "action.started",
            "action.succeeded",
        ].map { kinds.firstIndex(of: $0) ?? -1 }
        #expect(order == order.sorted() && !order.contains(-1), "\(kinds)")
    }

    @Test func closingTheCardRunsNothing() throws {
        var room = try AppRoom()
        defer { room.backend.finish() }
        room.perform(AppRoom.touch)
        room.press(.enter)
        #expect(room.card == nil && !room.hasRun)
        #expect(try !room.kinds.contains("mitigation.approved"))
    }

    @Test func anEmergencyStopRevokesTheCardAndRunsNothing() throws {
        var room = try AppRoom()
        defer { room.backend.finish() }
        room.perform(AppRoom.touch)
        let card = try #require(room.card)
        room.run(.stop)
        #expect(access(room.home.file("STOP"), F_OK) == 0)
        #expect(room.card?.revoked != nil)
        try room.approveOnCard()
        #expect(!room.hasRun)
        // Even an approval that got past the card is refused where it would run.
        room.perform(
            .approve(
                MitigationApproved(
                    proposal: card.proposal.id, digest: card.proposal.digest,
                    approvalClass: .enter, reviewed: [], reviewReason: nil)))
        #expect(!room.hasRun)
        let kinds = try room.kinds
        #expect(kinds.contains("stop.set") && !kinds.contains("action.intent"), "\(kinds)")
        room.run(.clearStop, "a test is over")
        #expect(try room.kinds.contains("stop.cleared"))
        #expect(access(room.home.file("STOP"), F_OK) != 0)
    }

    @Test func anotherDigestIsNotAnApproval() throws {
        var room = try AppRoom()
        defer { room.backend.finish() }
        room.perform(AppRoom.touch)
        let card = try #require(room.card)
        room.perform(
            .approve(
                MitigationApproved(
                    proposal: card.proposal.id, digest: "0000", approvalClass: .enter,
                    reviewed: [], reviewReason: nil)))
        #expect(!room.hasRun)
        #expect(try !room.kinds.contains("action.started"))
    }

    @Test func aSecondRoomOnlyReads() throws {
        let home = try TemporaryFolder()
        var first = try AppRoom(home: home)
        var second = try AppRoom(home: home)
        defer {
            second.backend.finish()
            first.backend.finish()
        }
        #expect(!second.model.canWrite)
        first.run(.note, "seen by both")
        second.backend.journal.poll()
        second.settle()
        #expect(second.model.timeline.contains { $0.text.contains("seen by both") })
        second.perform(AppRoom.touch)
        #expect(second.card == nil && !second.hasRun)
    }

    @Test func exportWritesTheReportBesideTheJournal() throws {
        var room = try AppRoom()
        defer { room.backend.finish() }
        room.run(.export)
        let text = try room.home.text("incidents/INC-2041/report.md")
        for number in 1...9 { #expect(text.contains("\n## \(number). ")) }
    }
}
