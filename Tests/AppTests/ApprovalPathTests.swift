import Basics
import Canvas
import Incidents
import Room
import Safety
import Support
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct ApprovalPathTests {
    @Test func anApprovalRunsOnceHoweverOftenItComes() throws {
        let room = try SmallRoom()
        room.propose()
        room.settle()
        let approval = try room.approval(of: "M1")
        // The main loop takes in nothing between these: the model lags behind the journal.
        for _ in 0..<5 { room.backend.perform(.approve(approval), room.model) }
        room.settle()
        #expect(room.done == "off\n")
        #expect(room.model.incident.attempts.map(\.outcome) == [.succeeded])
        #expect(room.model.incident.mitigation("M1")?.state == .succeeded)
        #expect(room.codes == Array(repeating: "approval.refused", count: 4))
        // Also later, and in another room on the same journal.
        room.backend.perform(.approve(approval), room.model)
        room.settle()
        room.close()
        let again = try SmallRoom(room.folder)
        again.backend.perform(.approve(approval), again.model)
        again.settle()
        #expect(again.done == "off\n")
        #expect(again.codes == ["approval.refused"])
        again.close()
    }

    @Test func theProgramsAreRecordedWithTheApproval() throws {
        let room = try SmallRoom()
        room.propose()
        room.settle()
        room.backend.perform(.approve(try room.approval(of: "M1")), room.model)
        room.settle()
        let lines = try #require(room.model.incident.mitigation("M1")?.approval?.executables)
        #expect(lines.count == 1)
        #expect(lines.first?.contains("sha256=") == true)
        room.close()
    }

    @Test func aProgramThatMayNotBeRunLeavesTheProposalOpen() throws {
        let room = try SmallRoom()
        room.propose()
        room.settle()
        chmod(room.folder.file("tool"), 0o777)
        let approval = try room.approval(of: "M1")
        room.backend.perform(.approve(approval), room.model)
        room.settle()
        #expect(room.codes == ["executable.refused"])
        #expect(room.model.incident.mitigation("M1")?.state == .proposed)
        #expect(room.done.isEmpty)
        chmod(room.folder.file("tool"), 0o755)
        room.backend.perform(.approve(approval), room.model)
        room.settle()
        #expect(room.done == "off\n")
        room.close()
    }

    @Test func twoQuickKeysMakeOneProposal() throws {
        let room = try SmallRoom()
        room.propose()
        room.propose()
        room.settle()
        #expect(room.model.incident.mitigations.map(\.proposal.id) == ["M1"])
        #expect(room.cards == ["M1", "M1"])
        #expect(room.failures.isEmpty)
        room.close()
    }

    @Test func numbersAreNeverGivenTwice() throws {
        let room = try SmallRoom()
        room.propose("nothing-of-the-kind")
        room.propose()
        room.settle()
        let first = try #require(room.model.incident.mitigations.last).proposal.id
        room.backend.perform(.approve(try room.approval(of: first)), room.model)
        room.settle()
        room.close()
        let again = try SmallRoom(room.folder)
        again.propose()
        again.settle()
        let ids = again.model.incident.mitigations.map(\.proposal.id)
        #expect(ids.count == 2)
        #expect(Set(ids).count == 2)
        #expect(again.cards == [ids[1]])
        again.backend.perform(.approve(try again.approval(of: ids[1])), again.model)
        again.settle()
        #expect(Set(again.model.incident.attempts.map(\.id)).count == 2)
        #expect(again.model.incident.runningAttempt == nil)
        again.close()
    }

    @Test func aCardThatComesLateTakesNoKeysFromAPrompt() throws {
        let room = try SmallRoom()
        room.propose()
        room.take(.command(.note, argument: ""))
        room.settle()
        guard case .prompt = room.model.overlay else {
            Issue.record(
                "the card took the prompt's place: \(String(describing: room.model.overlay))")
            return
        }
        room.close()
    }

    @Test func leavingWaitsForTheActionAndRecordsIt() throws {
        let room = try SmallRoom()
        try room.folder.write(
            "#!/bin/sh\nsleep 1\necho $1 >> \(room.folder.file("done"))\n", to: "tool")
        chmod(room.folder.file("tool"), 0o755)
        room.propose()
        room.settle()
        room.backend.perform(.approve(try room.approval(of: "M1")), room.model)
        room.backend.finish()
        #expect(room.done == "off\n")
        #expect(room.journal.contains("\"kind\":\"action.succeeded\""))
    }
}

@Suite struct StopPathTests {
    @Test func aViewerSetsTheStopAndSaysSo() throws {
        let writer = try SmallRoom()
        let viewer = try SmallRoom(writer.folder)
        #expect(viewer.backend.journal.readOnlyReason != nil)
        viewer.take(.command(.stop, argument: "wrong host"))
        viewer.settle()
        #expect(access(writer.folder.file("STOP"), F_OK) == 0)
        #expect(viewer.failures.isEmpty)
        #expect(viewer.notices.first?.hasPrefix("EMERGENCY STOP is on: ") == true)
        // The writing room sees the file and records it.
        writer.backend.watchStopFiles()
        writer.settle()
        #expect(writer.model.incident.stop != nil)
        viewer.close()
        writer.close()
    }

    @Test func theStopOutlivesItsFileAndTheRoom() throws {
        let room = try SmallRoom()
        room.take(.command(.stop, argument: "hands off"))
        room.settle()
        #expect(room.journal.components(of: "\"kind\":\"stop.set\"") == 1)
        unlink(room.folder.file("STOP"))
        unlink(room.folder.file("EMERGENCY_STOP"))
        room.close()
        let again = try SmallRoom(room.folder)
        #expect(again.model.stop.isOn)
        again.propose()
        again.settle()
        again.backend.perform(.approve(try again.approval(of: "M1")), again.model)
        again.settle()
        #expect(again.done.isEmpty)
        again.take(.command(.clearStop, argument: "all clear"))
        again.settle()
        #expect(!again.model.stop.isOn)
        again.close()
    }

    @Test func aStopThatCannotBeRemovedStaysOn() throws {
        let room = try SmallRoom()
        // A directory: unlink(2) refuses it for everybody, root included.
        mkdir(room.folder.file("STOP"), 0o755)
        room.backend.watchStopFiles()
        room.settle()
        room.take(.command(.clearStop, argument: "all clear"))
        room.settle()
        #expect(room.codes == ["stop.notCleared"])
        #expect(room.failures.first?.subject.contains("STOP") == true)
        #expect(room.model.stop.isOn)
        #expect(room.journal.components(of: "\"kind\":\"stop.cleared\"") == 0)
        room.close()
    }
}

@Suite struct RecordPathTests {
    @Test func anEntryThatIsTooLongTakesNoOtherWithIt() throws {
        let room = try SmallRoom()
        let long = String(repeating: "x", count: 70_000)
        room.backend.perform(
            .journal(
                [
                    EventDraft(NoteAdded(text: "before"), by: room.model.actor),
                    EventDraft(NoteAdded(text: long), by: room.model.actor),
                    EventDraft(NoteAdded(text: "after"), by: room.model.actor),
                ], sync: true), room.model)
        room.settle()
        #expect(room.model.incident.notes.map(\.text) == ["before", "after"])
        #expect(room.codes == ["journal.recordTooLong"])
        #expect(room.model.canWrite)
        room.close()
    }

    @Test func watchingWritesNothing() throws {
        let room = try SmallRoom()
        room.propose()
        room.settle()
        let proposal = try #require(room.model.incident.mitigation("M1")).proposal
        // A room that died while its action ran.
        _ = try room.backend.journal.append(
            EventDraft(
                ActionIntent(
                    proposal: "M1", attempt: "A1", action: "flip", target: "checkout",
                    environment: .staging, steps: proposal.steps, digest: proposal.digest,
                    rollbackOf: nil, executables: []), by: .automation), sync: true)
        room.close()
        let before = room.journal
        let watcher = try SmallRoom(room.folder, observing: true)
        watcher.take(.command(.acknowledge, argument: "looked"))
        watcher.take(.command(.export, argument: ""))
        watcher.settle()
        watcher.close()
        #expect(room.journal == before)
        #expect(access(room.folder.file("INC-2041/report.md"), F_OK) != 0)
        // The next writing room says what nobody knows, once, and a person settles it.
        let next = try SmallRoom(room.folder)
        #expect(next.model.incident.unacknowledgedUnknowns.map(\.id) == ["A1"])
        next.take(.command(.acknowledge, argument: "it did not"))
        next.settle()
        #expect(next.model.incident.unacknowledgedUnknowns.isEmpty)
        #expect(next.model.incident.attempts.map(\.outcome) == [.unknown])
        next.close()
    }

    @Test func aClosedIncidentIsNotDeclaredAgain() throws {
        let room = try SmallRoom()
        room.take(.command(.resolve, argument: "enough"))
        room.settle()
        room.take(.command(.close, argument: ""))
        room.settle()
        #expect(room.model.incident.status == .closed)
        room.close()
        let before = room.journal
        let again = try SmallRoom(room.folder)
        again.close()
        #expect(again.journal == before)
        #expect(again.model.incident.status == .closed)
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int { split(separator: part).count - 1 }
}
