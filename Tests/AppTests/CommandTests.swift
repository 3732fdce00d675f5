import Basics
import Incidents
import Journals
import Playbooks
import Room
import Safety
import Support
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

/// Diagnostics, notifications and checks of a whole room, with real programs.
@Suite(.serialized) struct CommandTests {
    private func room(_ change: (inout Configuration, TemporaryFolder) throws -> Void = { _, _ in })
        throws -> SmallRoom
    {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        try change(&configuration, folder)
        return try SmallRoom(folder) { given in
            given.safety = configuration.safety
            given.notify = configuration.notify
        }
    }

    private func script(_ folder: TemporaryFolder, _ name: String, _ body: String) throws -> String
    {
        let path = try folder.write("#!/bin/sh\n\(body)\n", to: name)
        chmod(path, 0o755)
        return path
    }

    private func runs(_ room: SmallRoom) -> [CommandRan] { room.model.incident.commandRuns }

    @Test func aDiagnosticIsKeptForItsHypothesisAlsoUnderAStop() throws {
        let room = try room { configuration, folder in
            configuration.safety.diagnostics["pool"] = Diagnostic(
                id: "pool", title: "pool usage",
                command: [try script(folder, "pool", "echo \"$1 40/40\""), "{service}"],
                slots: ["service": .service])
        }
        defer { room.close() }
        try room.folder.write("hands off", to: "STOP")
        room.backend.watchStopFiles()
        room.settle()
        let request = DiagnosticRequest(
            diagnostic: "pool", slots: ["service": "checkout"], hypothesis: "h1")
        room.backend.perform(.runDiagnostic(request), room.model)
        room.settle()
        let ran = try #require(runs(room).first)
        #expect(ran.isOK && ran.lastLine == "checkout 40/40" && ran.hypothesis == "h1")
        let blob = try #require(ran.blob)
        #expect(try room.folder.text("INC-2041/blobs/\(blob)") == "checkout 40/40\n")
        for bad in [
            DiagnosticRequest(diagnostic: "other", slots: [:], hypothesis: nil),
            DiagnosticRequest(
                diagnostic: "pool", slots: ["service": "--root=/"], hypothesis: nil),
        ] {
            room.backend.perform(.runDiagnostic(bad), room.model)
            room.settle()
        }
        #expect(room.codes == ["diagnostic.refused", "diagnostic.refused"])
        #expect(runs(room).count == 1)
    }

    @Test func anEscalationIsDeliveredAndAFailureIsTold() throws {
        let room = try room { configuration, folder in
            let page = try script(
                folder, "page", "printf '%s|%s' \"$1\" \"$2\" > \(folder.path)/paged")
            configuration.notify = [
                [page, "{contact}", "{text}"], ["/bin/false"], ["/no/such/pager", "{text}"],
            ]
        }
        defer { room.close() }
        let raised = EscalationRaised(
            id: "E1", rung: "on-call", place: 0, person: "ops2", contact: "+1 555",
            reason: "two failed; token=hunter2hunter2", acknowledgeWithin: 300)
        try room.backend.journal.append(EventDraft(raised, by: .automation), sync: true)
        // The room asks for the delivery as soon as it reads the entry.
        room.settle()
        let text = try room.folder.text("paged")
        #expect(text.hasPrefix("+1 555|INC-2041 SEV2"))
        #expect(!text.contains("hunter2hunter2"))
        #expect(runs(room).map(\.isOK) == [true, false, false])
        #expect(room.model.incident.escalations.first?.deliveries.count == 3)
        #expect(room.codes == ["notify.failed", "notify.failed"])
    }

    @Test func aRollbackThatIsNotReadyKeepsTheApprovalBack() throws {
        let room = try room()
        defer { room.close() }
        room.propose()
        room.settle()
        var proposal = try #require(room.model.incident.mitigations.first).proposal
        proposal.readyCheck = [["/bin/true"]]
        try room.backend.checkReadiness(of: proposal)
        proposal.readyCheck = [
            ["/bin/true"], [try script(room.folder, "check", "echo no such revision; exit 1")],
        ]
        do throws(Failure) {
            try room.backend.checkReadiness(of: proposal)
            Issue.record("a failing check passed")
        } catch {
            #expect(error.code == "rollback.notReady")
            #expect(error.why == "exit 1: no such revision")
        }
        room.settle()
        #expect(runs(room).map(\.purpose) == [.readyCheck, .readyCheck, .readyCheck])
    }

    @Test("N53: what the ticket system says is journalled, an error says nothing")
    func tickets() throws {
        let room = try room { configuration, folder in
            configuration.safety.ticketCheck = [
                try script(folder, "ticket", "exit $(cat \(folder.path)/code)"), "{ticket}",
            ]
        }
        defer { room.close() }
        #expect(room.backend.ticketIsOpen() == nil)
        try room.backend.journal.append(
            EventDraft(TicketStated(ticket: "OPS-1", isOpen: true), by: .automation), sync: true)
        for (code, answer) in [("0", true), ("1", false), ("7", nil)] as [(String, Bool?)] {
            try room.folder.write(code, to: "code")
            #expect(room.backend.ticketIsOpen() == answer)
        }
        #expect(room.backend.journal.incident.ticket?.isOpen == false)
    }

    @Test("N45: a stop file that came and went latches the room until the IC clears it")
    func cameAndWent() throws {
        let room = try room()
        defer { room.close() }
        room.backend.watchStopFiles()
        room.settle()
        try room.folder.write("", to: "STOP")
        unlink(room.folder.file("STOP"))
        room.backend.watchStopFiles()
        room.settle()
        #expect(room.model.stop.isOn && room.model.incident.stop != nil)
        room.propose()
        room.settle()
        room.backend.perform(.approve(try room.approval(of: "M1")), room.model)
        room.settle()
        #expect(room.done.isEmpty)
        let blocked = try room.folder.text("INC-2041/blocked.jsonl")
        #expect(blocked.contains("\"gate\":\"stop\"") && blocked.contains("\"proposal\":\"M1\""))
        room.backend.perform(.clearStop(reason: "looked: nobody knows who"), room.model)
        room.settle()
        #expect(!room.model.stop.isOn)
    }
}
