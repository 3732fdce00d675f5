import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Two real users of this machine and an agent at one room.
@Suite(.serialized) struct PeopleTests {
    @Test("N50: who proposed cannot approve alone in production; a second user does, and it runs")
    func twoUsersRunWhatOneCannot() throws {
        guard let people = try RoomOfPeople() else { return }
        try people.open()
        let proposed = try people.propose(by: people.first)
        #expect(proposed.status == 0, "\(proposed.errors)")
        #expect(proposed.output.contains("M1"))
        try people.waitForJournal("mitigation.proposed")

        // The first user, who is IC, tries alone.
        let alone = try people.terminal(
            people.first, "approve", "M1", "--incident", people.incident, "--review", "I am sure")
        try alone.wait(forText: "Type CONFIRM checkout")
        try people.type("CONFIRM checkout", alone)
        try alone.press("Enter")
        try alone.wait(forText: "exit status 3")
        #expect(try alone.history().contains("two persons"))
        #expect(!people.journal.contains("mitigation.approved"))
        #expect(people.ran.isEmpty)

        // The second takes command, because reviews are the IC's, and approves.
        let taken = try people.command(
            people.second, "take-command", people.incident, "the first is alone")
        #expect(taken.status == 0, "\(taken.errors)")
        try people.room?.wait(forText: "TAKEOVER")
        let second = try people.terminal(
            people.second, "approve", "M1", "--incident", people.incident, "--review", "seen")
        try second.wait(forText: "Type CONFIRM checkout")
        let card = try second.history()
        #expect(card.contains("the messages in the queue"))
        #expect(card.contains(people.home.file("tool") + " checkout"))
        #expect(card.contains("of \(people.first.name)"))
        try people.type("CONFIRM checkout", second)
        try second.press("Enter")
        try second.wait(forText: "exit status 0")
        try people.waitForJournal("action.succeeded")
        #expect(people.ran == "checkout\n")
        #expect(people.journal.contains(#""actor":{"uid":\#(people.second.uid),"#))
        try people.room?.wait(forText: "A1")
    }

    @Test("N06: CONFIRM in one's own terminal must be typed, exactly and by hand")
    func confirmIsTyped() throws {
        guard let people = try RoomOfPeople() else { return }
        try people.open()
        #expect(try people.propose(by: people.first).status == 0)
        #expect(
            try people.command(people.second, "take-command", people.incident, "mine").status == 0)
        func ask() throws -> Tmux {
            let tmux = try people.terminal(
                people.second, "approve", "M1", "--incident", people.incident, "--review", "seen")
            try tmux.wait(forText: "Type CONFIRM checkout")
            return tmux
        }
        for wrong in [
            "CONFIRM checkout ", "confirm checkout", "CONFIRM Checkout", "CONFIRM\u{200B} checkout",
        ] {
            let tmux = try ask()
            try people.type(wrong, tmux)
            try tmux.press("Enter")
            try tmux.wait(forText: "exit status 3")
        }
        let pasted = try ask()
        usleep(400_000)
        try pasted.paste(try people.home.write("CONFIRM checkout", to: "paste"))
        try pasted.wait(forText: "exit status 3")
        #expect(try pasted.history().contains("pasted text confirms nothing"))
        // All at once, as a terminal without brackets pastes.
        let burst = try ask()
        usleep(400_000)
        try burst.type("CONFIRM checkout\r")
        try burst.press("Enter")
        try burst.wait(forText: "exit status 3")
        // Without a terminal nobody is asked.
        let piped = try people.command(
            people.second, "approve", "M1", "--incident", people.incident, "--review", "seen")
        #expect(piped.status == 3)
        #expect(piped.errors.contains("no terminal"))
        #expect(!people.journal.contains("mitigation.approved"))
        #expect(people.ran.isEmpty)
    }

    @Test func anObjectionShowsInTheRoomAndAnAgentIsRefused() throws {
        guard let people = try RoomOfPeople() else { return }
        try people.open()
        // The agent may propose and note; it may not approve, nor take command.
        #expect(try people.propose(by: people.agent).status == 0)
        #expect(
            try people.command(
                people.agent, "note", "two of nine replicas lag", "--incident", people.incident
            ).status == 0)
        try people.waitForJournal("two of nine replicas lag")
        let taken = try people.command(people.agent, "take-command", people.incident, "I can")
        #expect(taken.status == 3)
        #expect(taken.errors.contains("agent"))
        let approving = try people.terminal(
            people.agent, "approve", "M1", "--incident", people.incident, "--review", "sure")
        try approving.wait(forText: "exit status 3")
        #expect(try approving.history().contains("agent"))

        let objected = try people.command(
            people.second, "object", "M1", "the backup is not done", "--incident",
            people.incident)
        #expect(objected.status == 0, "\(objected.errors)")
        try people.waitForJournal("mitigation.objected")
        try people.room?.wait(forText: "the backup is not done")
        let status = try people.command(
            people.agent, "status", people.incident, "--format", "json")
        #expect(
            status.output.contains("\"source\" : \"room\""), "\(status.output) \(status.errors)")
        #expect(status.output.contains("the backup is not done"))
        #expect(people.ran.isEmpty)
    }

    @Test("N49: an empty list of people is nobody: not the room's own user either")
    func nobodyIsNobody() throws {
        guard let people = try RoomOfPeople(people: "people: {}") else { return }
        try people.open()
        let proposed = try people.propose(by: people.first)
        #expect(proposed.status == 3)
        #expect(proposed.errors.contains("no right to propose"))
        let stranger = try people.command(people.second, "status", people.incident)
        #expect(stranger.status != 0)
        #expect(!stranger.output.contains("live"))
    }

    @Test("N67: an approval is typed while somebody else sets the stop file: nothing runs")
    func aStopWhileTyping() throws {
        guard let people = try RoomOfPeople() else { return }
        try people.open()
        #expect(try people.propose(by: people.first).status == 0)
        #expect(
            try people.command(people.second, "take-command", people.incident, "mine").status == 0)
        let tmux = try people.terminal(
            people.second, "approve", "M1", "--incident", people.incident, "--review", "seen")
        try tmux.wait(forText: "Type CONFIRM checkout")
        try people.type("CONFIRM checkout", tmux)
        try people.home.write("hold\n", to: "stop/STOP")
        try tmux.press("Enter")
        try tmux.wait(forText: "exit status 3")
        #expect(try tmux.history().contains("stop:"))
        try people.waitForJournal("stop.set")
        #expect(people.ran.isEmpty)
        #expect(!people.journal.contains("action.intent"))
    }

    @Test func whoAttendsIsSeenHeardAndHoldsApprovalsBack() throws {
        guard let people = try RoomOfPeople(window: "10m") else { return }
        try people.open()
        let guest = try people.terminal(people.second, "attend", people.incident)
        try guest.wait(forText: "attending \(people.incident)")
        try poll("the guest in the status") {
            try people.command(people.first, "status", people.incident, "--format", "json")
                .output.contains(people.second.name)
        }
        #expect(try people.propose("flip", by: people.first).status == 0)
        try guest.wait(forText: "warroom approve M1")
        try guest.wait(forText: "others may object")
        let early = try people.terminal(
            people.first, "approve", "M1", "--incident", people.incident, "--review", "seen",
            "--break-glass", "nobody else is awake")
        try early.wait(forText: "exit status 3")
        #expect(try early.history().contains("may still object"))
        let now = try people.terminal(
            people.first, "approve", "M1", "--incident", people.incident, "--review", "seen",
            "--break-glass", "nobody else is awake", "--proceed")
        try now.wait(forText: "Press Y")
        try people.type("Y", now)
        try now.wait(forText: "exit status 0")
        try people.waitForJournal("action.succeeded")
        #expect(people.journal.contains("\"proceededEarly\":true"))
        #expect(people.journal.contains("\"breakGlass\":\"nobody else is awake\""))
        #expect(people.journal.contains("\"connected\":[\"\(people.second.name)\"]"))
        try guest.wait(forText: "A1")
    }

    @Test("N66: a room that only watches approves nothing; its objection goes over the socket")
    func aViewersKeysDecideNothing() throws {
        guard let people = try RoomOfPeople(alsoRoot: "[note, object]") else { return }
        try people.open()
        let viewer = try people.viewer()
        try viewer.wait(forText: "READ-ONLY")
        try poll("the viewer in the status") {
            try people.command(people.first, "status", people.incident, "--format", "json")
                .output.contains("\"user\" : \"root\"")
        }
        #expect(try people.propose(by: people.first).status == 0)
        try viewer.wait(forText: "purge the queue")
        for key in ["3", "g", "a", "Y", "Enter", "a", "P"] { try viewer.press(key) }
        try people.type("CONFIRM checkout", viewer)
        try viewer.press("Enter", "Escape")
        let screen = try viewer.screen()
        #expect(!screen.contains("approve nothing"), "no card opens here:\n\(screen)")
        try viewer.press("Escape", "Escape", "3", "g")
        try viewer.press(":")
        try viewer.type("object the replica lags")
        try viewer.press("Enter")
        try people.waitForJournal("the replica lags")
        #expect(
            people.journal.contains(#""actor":{"uid":0,"name":"root"},"data":{"proposal":"M1""#))
        #expect(!people.journal.contains("mitigation.approved"))
        #expect(people.ran.isEmpty)
        try people.room?.wait(forText: "the replica lags")
    }
}
