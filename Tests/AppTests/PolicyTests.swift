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

/// The configuration on the disk against the one in use, with real files.
@Suite("Policy on the disk")
struct PolicyTests {
    static let text = """
        environment: staging
        tickets: false
        services: {checkout: {customers: 10%}}
        playbooks: [mine.yaml]

        """
    static let playbook = """
        id: mine
        title: Mine
        applies_when: [error_ratio above baseline]
        do_nothing: it stays

        """

    private func watch(_ folder: TemporaryFolder) throws -> PolicyWatch {
        try folder.write(Self.playbook, to: "mine.yaml")
        let path = try folder.write(Self.text, to: "warroom.yaml")
        let (configuration, problems) = try ConfigurationLoader.load(path: path)
        try #require(problems.failure == nil)
        #expect(configuration.loaded.map(\.path) == [path, folder.file("mine.yaml")])
        return PolicyWatch(configuration)
    }

    @Test func theFirstLookTellsWhatWasLoaded() throws {
        let folder = try TemporaryFolder()
        let watch = try watch(folder)
        let first = watch.changes()
        #expect(first.map(\.digest) == [watch.loadedDigest])
        #expect(first.first?.problem == "" && watch.digestNow() == watch.loadedDigest)
        #expect(watch.changes().isEmpty)
    }

    @Test(
        "N52: a change of the configuration or of a playbook changes the digest",
        arguments: [
            ("warroom.yaml", PolicyTests.text + "# a comment\n", ""),
            ("mine.yaml", PolicyTests.playbook + "harden: [alert]\n", ""),
        ])
    func aChangeIsSeen(_ file: String, _ text: String, _ problem: String) throws {
        let folder = try TemporaryFolder()
        let watch = try watch(folder)
        _ = watch.changes()
        try folder.write(text, to: file)
        let found = watch.changes()
        #expect(found.count == 1 && found.first?.digest != watch.loadedDigest)
        #expect(found.first?.problem == problem)
        #expect(watch.digestNow() == found.first?.digest)
    }

    @Test(
        "N59: an emptied, broken or missing file is a change that says why",
        arguments: [
            ("mine.yaml", Optional(""), "id is missing"), ("warroom.yaml", "a: [", "YAML"),
            ("warroom.yaml", "enviroment: dev", "Did you mean environment?"),
            ("mine.yaml", nil, "cannot be read"), ("warroom.yaml", nil, "cannot be read"),
        ])
    func garbageIsNamed(_ file: String, _ text: String?, _ problem: String) throws {
        let folder = try TemporaryFolder()
        let watch = try watch(folder)
        _ = watch.changes()
        if let text { try folder.write(text, to: file) } else { unlink(folder.file(file)) }
        let found = try #require(watch.changes().first)
        #expect(found.digest != watch.loadedDigest)
        #expect(
            found.problem.contains(problem) || text == "a: [" && !found.problem.isEmpty, "\(found)")
        #expect(found.digest.isEmpty == (text == nil))
    }

    /// What is done to the folder `f` of a trustworthy `warroom.yaml` and `mine.yaml`.
    static let exposures: [(String, @Sendable (TemporaryFolder) -> Void, String)] = [
        ("others write the configuration", { chmod($0.file("warroom.yaml"), 0o646) }, "writable"),
        (
            "a group writes the playbook",
            {
                chown($0.file("mine.yaml"), uid_t.max, 65534)
                chmod($0.file("mine.yaml"), 0o664)
            }, "writable by group 65534"
        ),
        ("others write the folder", { chmod($0.path, 0o777) }, "writable"),
        (
            "the playbook is a link",
            {
                rename($0.file("mine.yaml"), $0.file("real.yaml"))
                symlink($0.file("real.yaml"), $0.file("mine.yaml"))
            }, "symbolic link"
        ),
        (
            "a stranger owns the configuration", { chown($0.file("warroom.yaml"), 65534, 65534) },
            "owned by"
        ),
    ]

    @Test(
        "N19: files that others can change open no room, and hold one that is open",
        arguments: exposures.indices)
    func exposedFiles(_ index: Int) throws {
        let (what, expose, why) = Self.exposures[index]
        // Only root can give a file away.
        guard geteuid() == 0 || ![1, 4].contains(index) else { return }
        let folder = try TemporaryFolder()
        let watch = try watch(folder)
        _ = watch.changes()
        let main = folder.file("warroom.yaml")
        #expect(try Trust.load(path: main).1.failure == nil)
        #expect(Trust.problems(of: [main, folder.file("mine.yaml")]).isEmpty)
        expose(folder)
        let failure = #expect(throws: Failure.self) { try Trust.load(path: main) }
        #expect(failure?.code == "file.untrusted", "\(what)")
        #expect(failure?.why.contains(why) == true, "\(what): \(failure?.why ?? "")")
        #expect(!Trust.problems(of: [main, folder.file("mine.yaml")]).isEmpty, "\(what)")
        let found = try #require(watch.changes().first, "\(what)")
        #expect(found.digest.isEmpty && found.problem.contains(why), "\(what): \(found)")
        #expect(watch.digestNow() == "", "\(what)")
    }

    @Test("N19: a rule file that others can change is not read")
    func exposedRules() throws {
        let folder = try TemporaryFolder()
        try folder.write("groups: []\n", to: "rules.yaml")
        var configuration = Configuration()
        configuration.sources = [
            SourceEntry(kind: .rules, path: folder.file("rules.yaml"), position: "x")
        ]
        #expect(try RuleFiles.load(configuration).isEmpty)
        chmod(folder.file("rules.yaml"), 0o666)
        let failure = #expect(throws: Failure.self) { try RuleFiles.load(configuration) }
        #expect(failure?.code == "file.untrusted")
    }

    /// Same size, and the modification time put back: the change time tells.
    @Test func aChangeThatHidesItsTimeIsSeen() throws {
        let folder = try TemporaryFolder()
        let watch = try watch(folder)
        _ = watch.changes()
        let path = folder.file("warroom.yaml")
        var status = stat()
        #expect(stat(path, &status) == 0)
        try folder.write(Self.text.replacing("10%", with: "90%"), to: "warroom.yaml")
        var times = [status.st_atim, status.st_mtim]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        #expect(watch.changes().count == 1)
    }

    @Test func aChangeBetweenLoadingAndLookingIsOne() throws {
        let folder = try TemporaryFolder()
        let watch = try watch(folder)
        try folder.write(Self.text + "# late\n", to: "warroom.yaml")
        let found = watch.changes()
        #expect(found.count == 2 && found[0].digest == watch.loadedDigest)
        #expect(found[1].digest != watch.loadedDigest)
    }

    @Test func aConfigurationWithoutFilesHasNoDigest() {
        let watch = PolicyWatch(ConfigurationLoader.builtin())
        #expect(watch.digestNow() == nil && watch.changes().isEmpty)
    }

    // MARK: In a room

    @Test("N59: a room holds every action while the file is another one, and keeps the last good")
    func aRoomHolds() throws {
        var room = try AppRoom()
        room.backend.watchPolicy()
        room.settle()
        try room.home.write("rubbish: [", to: "warroom.yaml")
        room.backend.watchPolicy()
        room.settle()
        #expect(room.model.incident.configurationChange != nil)
        room.perform(AppRoom.touch)
        let blocked = try #require(room.card).gates.blocked.map(\.gate)
        #expect(blocked == [.runbook])
        try room.approveOnCard()
        #expect(!room.hasRun)
        #expect(room.model.configuration.actions["touch"] != nil)
    }

    @Test("N52: a configuration changed before anybody looked stops the approval's run")
    func aRaceIsLost() throws {
        var room = try AppRoom()
        room.backend.watchPolicy()
        room.settle()
        room.perform(AppRoom.touch)
        try room.home.write("# another one\n", to: "warroom.yaml")
        try room.approveOnCard()
        #expect(!room.hasRun)
        let kinds = try room.kinds
        #expect(kinds.contains("configuration.changed") && !kinds.contains("action.intent"))
    }

    @Test func openingTheRoomAgainSettlesTheChange() throws {
        let home: TemporaryFolder
        do {
            var room = try AppRoom()
            home = room.home
            room.backend.watchPolicy()
            room.settle()
            try home.write("rubbish: [", to: "warroom.yaml")
            room.backend.watchPolicy()
            room.settle()
            #expect(room.model.incident.configurationChange != nil)
            room.backend.finish()
        }
        var again = try AppRoom(home: home)
        #expect(again.model.incident.configurationChange != nil)
        again.backend.watchPolicy()
        again.settle()
        #expect(again.model.incident.configurationChange == nil)
        again.backend.finish()
    }

    // MARK: Other incidents

    @Test("N54: attempts of another incident's journal are found, those of drills are not")
    func otherIncidents() throws {
        let folder = try TemporaryFolder()
        let store = IncidentStore(stateDirectory: folder.path)
        let clock = ManualClock(wall: Timestamp(nanoseconds: 1_790_000_000_000_000_000))
        let person = Actor(uid: 1, name: "ops1")
        func write(_ number: Int, isDrill: Bool) throws {
            let text = "INC-000\(number)"
            let id = try #require(IncidentID(text))
            let writer = try JournalWriter.open(
                directory: store.path(for: text), incident: text, clock: clock,
                scrub: { $0 })
            for payload in [
                IncidentOpened(
                    id: id, title: "t", environment: .staging, severity: .sev1, service: nil,
                    startedAt: nil, unknowns: [], isDrill: isDrill),
                ActionManual(text: "x", action: "restart", target: "checkout"),
            ] as [any EventPayload] {
                try writer.append(EventDraft(payload, by: person), sync: true)
            }
            writer.close()
        }
        for (number, isDrill) in [(1, false), (2, false), (3, true)] {
            try write(number, isDrill: isDrill)
        }
        let own = try #require(IncidentID("INC-0001"))
        func look(isDrill: Bool = false) -> WorkElsewhere {
            AttemptsElsewhere(stateDirectory: folder.path, own: own, isDrill: isDrill)
                .read(now: clock.now, bootID: clock.bootID)
        }
        let others = AttemptsElsewhere(stateDirectory: folder.path, own: own, isDrill: false)
        #expect(look().attempts.map(\.action) == ["restart"])
        #expect(others.read(now: clock.now, bootID: clock.bootID) == look())
        #expect(look(isDrill: true).attempts.count == 1)
        // More comes in while the room is open.
        try write(4, isDrill: false)
        #expect(others.read(now: clock.now, bootID: clock.bootID).attempts.count == 2)
        // Damage hides nothing else, and is no pass.
        try folder.write("rubbish\n", to: "incidents/INC-0002/journal/000001.wj")
        let found = look()
        #expect(found.attempts.count == 1)
        #expect(
            found.problem?.hasPrefix("what was done in INC-0002 cannot be counted: ") == true)
    }
}
