import Incidents
import Playbooks
import Room
import SafeText
import Support
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

/// What removes credentials in one run: values from files, the configuration and its key.
@Suite struct RedactionSetupTests {
    private func setup(_ state: String, _ change: (inout Configuration) -> Void = { _ in })
        -> RedactionSetup
    {
        var configuration = Configuration()
        change(&configuration)
        return RedactionSetup(configuration, stateDirectory: state)
    }

    private func tag(_ setup: RedactionSetup) -> String {
        setup.redactor.redact("password=hunter2").text
    }

    @Test func oneStateDirectoryHasOneKey() throws {
        let folder = try TemporaryFolder()
        let state = folder.file("a/b/warroom")
        let first = setup(state)
        #expect(first.notes.isEmpty, "\(first.notes)")
        #expect(tag(first) == tag(setup(state)))
        var status = stat()
        #expect(stat(state + "/redaction.key", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600 && status.st_size == 33)
        // Another directory, another key; 16 bits of tag can be equal by chance.
        let others = (0..<3).map { tag(setup(folder.file("other\($0)"))) }
        #expect(others.contains { $0 != tag(first) })
    }

    @Test func aKeyThatOthersMayReadIsNotUsed() throws {
        let folder = try TemporaryFolder()
        _ = setup(folder.path)
        chmod(folder.file("redaction.key"), 0o640)
        let notes = setup(folder.path).notes
        #expect(notes.count == 1 && notes[0].contains("for this run only"), "\(notes)")
        #expect(notes[0].contains("0600"))
    }

    @Test func withoutAPlaceForTheKeyThatIsSaid() throws {
        let folder = try TemporaryFolder()
        try folder.write("no directory", to: "file")
        let made = setup(folder.file("file") + "/state")
        #expect(made.notes.count == 1 && made.notes[0].contains("for this run only"))
        #expect(tag(made).contains("[REDACTED:kv#"))
    }

    @Test func valuesOfFilesAreRemoved() throws {
        let folder = try TemporaryFolder()
        let values = try folder.write(
            "# comment value\nplainvalue77\nDB_PASS=\"quoted value 8\"\nshort\n", to: "values")
        let made = setup(folder.path) {
            $0.redaction.valueFiles = [values, folder.file("absent")]
        }
        let text = made.redactor.clean("x plainvalue77 y quoted value 8 z short comment value")
        #expect(!text.contains("plainvalue77") && !text.contains("quoted value"), "\(text)")
        #expect(text.hasSuffix("short comment value"))
        #expect(made.notes.count == 1 && made.notes[0].contains("NOT REDACTED"), "\(made.notes)")
    }

    @Test func secretsOfTheConfigurationItselfAreRemoved() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "notify: [[/usr/bin/curl, -H, 'Authorization: Bearer Zx9Kq2Lm8Np4', x]]\n",
            to: "warroom.yaml")
        let made = setup(folder.path) { $0.files = [file] }
        #expect(made.origins.contains { $0.hasSuffix("from the configuration") })
        #expect(!made.redactor.clean("sent Zx9Kq2Lm8Np4 on").contains("Zx9Kq2Lm8Np4"))
    }

    @Test func expressionsRemoveTheirFirstGroup() throws {
        let folder = try TemporaryFolder()
        let (configuration, _) = try ConfigurationLoader.parse(
            text: "redaction: {patterns: ['ORD-[0-9]{8}', 'case=([a-z]+);']}", file: "/x.yaml")
        let made = setup(folder.path) { $0.redaction = configuration.redaction }
        let text = made.redactor.clean("ORD-12345678 ORD-12 case=abc; case=12;")
        #expect(text.hasPrefix("[REDACTED:added#") && text.hasSuffix("; case=12;"), "\(text)")
        #expect(text.contains(" ORD-12 case=[REDACTED:added#"))
    }

    /// What a room keeps of a note, in its journal and its report, uses what was configured.
    @Test func aRoomUsesIt() throws {
        let folder = try TemporaryFolder()
        try folder.write("plainvalue77\n", to: "values")
        let room = try SmallRoom(folder) {
            $0.redaction.valueFiles = [folder.file("values")]
            $0.redaction.names = ["pin"]
        }
        let note = EventDraft(
            NoteAdded(text: "saw plainvalue77 and pin=48213377"), by: room.model.actor)
        room.take(.notice("begin"))
        room.backend.perform(.journal([note], sync: true), room.model)
        room.settle()
        let journal = room.journal
        #expect(journal.contains("[REDACTED:known#") && journal.contains("pin=[REDACTED:kv#"))
        #expect(!journal.contains("plainvalue77") && !journal.contains("48213377"))
    }
}
