import App
import Basics
import Dispatch
import Drills
import Incidents
import Journals
import Playbooks
import Room
import Support
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PartsTests {
    /// Whatever thread appends, the room hears of events in the order of their numbers.
    @Test func theRoomHearsOfEventsInOrder() throws {
        let home = try TemporaryFolder()
        let heard = Mutex<[UInt64]>([])
        let journal = try RoomJournal(
            directory: home.file("INC-2041"), incident: try #require(IncidentID("INC-2041")),
            clock: SystemClock(), isObserver: false, options: JournalOptions(), scrub: { $0 },
            post: { message in
                guard case .journalled(let events) = message else { return }
                heard.withLock { $0 += events.map(\.sequence) }
            })
        defer { journal.close() }
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<25 {
                _ = try? journal.append(
                    EventDraft(NoteAdded(text: "\(thread) \(number)"), by: .automation),
                    sync: false)
            }
        }
        let numbers = heard.withLock { $0 }
        #expect(numbers.count == 100)
        #expect(numbers == numbers.sorted())
        journal.sync()
        let read = try JournalReader.open(home.file("INC-2041")).readNew()
        #expect(read.filter { $0.kind == "note.added" }.map(\.sequence) == numbers)
    }

    @Test func documentsAreWrittenWholeOrNotAtAll() throws {
        let home = try TemporaryFolder()
        try Exports.write("one\n", to: home.file("a.md"))
        try Exports.write("two\n", to: home.file("a.md"))
        #expect(try home.text("a.md") == "two\n")
        #expect(access(home.file("a.md.tmp"), F_OK) != 0)
        let failure = #expect(throws: Failure.self) {
            try Exports.write("x", to: home.file("no/such/a.md"))
        }
        #expect(failure?.description.contains("ENOENT") == true, "\(String(describing: failure))")
        mkdir(home.file("taken"), 0o755)
        #expect(throws: Failure.self) { try Exports.write("x", to: home.file("taken")) }
    }

    @Test func theAutopilotRefusesAnyOtherCatalogue() throws {
        var configuration = ConfigurationLoader.builtin()
        let own = CatalogueAction(
            id: "own", title: "own", tier: .contained, risk: .low,
            steps: [["/opt/warroom", "drill-actuator", "restart", "checkout"]], slots: [:])
        configuration.actions = ["own": own]
        _ = try Autopilot(configuration: configuration, actuator: "/opt/warroom")
        for steps in [
            [["/usr/bin/kubectl", "rollout", "undo"]], [["/opt/warroom", "stop"]], [[]],
            own.steps + [["/bin/sh", "-c", "drill-actuator"]],
        ] {
            var foreign = own
            foreign.steps = steps
            configuration.actions = ["own": own, "foreign": foreign]
            let failure = #expect(throws: Failure.self) {
                try Autopilot(configuration: configuration, actuator: "/opt/warroom")
            }
            #expect(failure?.code == "autopilot.foreignCatalogue")
            #expect(failure?.exit == .refusedByGate)
        }
    }
}
