import App
import ArgumentParser
import Basics
import Control
import Incidents
import SafeText

struct NoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Write a note into an open room, in your own name.")

    @Argument(help: "The text.")
    var text: String

    @OptionGroup var room: RoomOptions

    func run() throws {
        print(Clean.text(try room.ask(Request(.note, text: text)).did ?? ""))
    }
}

struct ProposeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "propose",
        abstract: "Propose an action of the catalogue in an open room; somebody there approves it.")

    @Argument(help: "The action's id in the catalogue.")
    var action: String

    @Argument(help: "The service it acts on.")
    var target: String

    @Option(help: "A slot's value, as name=value; may be repeated.")
    var slot: [String] = []

    @Option(help: "Why; it stands on the card and in the record.")
    var reason: String

    @OptionGroup var room: RoomOptions

    func run() throws {
        var request = Request(.propose, text: reason)
        request.action = action
        request.target = target
        request.slots = try slots()
        let answer = try room.ask(request)
        print(Clean.text(answer.did ?? ""))
    }

    private func slots() throws -> [String: String] {
        var slots: [String: String] = [:]
        for text in slot {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw Failure(
                    "propose.badSlot", "Not a slot", subject: "\"\(text)\"",
                    why: "it is written name=value", unchanged: "Nothing was proposed",
                    exit: .usage)
            }
            slots[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return slots
    }
}

struct ObjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "object", abstract: "Object to a proposal in an open room.")

    @Argument(help: "The proposal, for example M3.")
    var proposal: String

    @Argument(help: "Why.")
    var reason: String

    @OptionGroup var room: RoomOptions

    func run() throws {
        let request = Request(.object, proposal: proposal, text: reason)
        print(Clean.text(try room.ask(request).did ?? ""))
    }
}

struct RefuseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse", abstract: "Refuse a proposal in an open room, or take yours back.")

    @Argument(help: "The proposal, for example M3.")
    var proposal: String

    @Argument(help: "Why.")
    var reason: String

    @OptionGroup var room: RoomOptions

    func run() throws {
        let request = Request(.refuse, proposal: proposal, text: reason)
        print(Clean.text(try room.ask(request).did ?? ""))
    }
}

struct AcknowledgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge",
        abstract: "Say that an escalation has reached you; the next rung is then not called.")

    @Argument(help: "The escalation, for example E1.")
    var escalation: String

    @Argument(help: "A word to those in the room.")
    var text: String = "on it"

    @OptionGroup var room: RoomOptions

    func run() throws {
        var request = Request(.acknowledge, text: text)
        request.escalation = escalation
        print(Clean.text(try room.ask(request).did ?? ""))
    }
}

struct TakeCommandCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take-command",
        abstract: "Become IC of an open room without being handed the role; it is loud.")

    @Argument(help: "The incident.")
    var incident: String

    @Argument(help: "Why.")
    var reason: String

    @Option(help: "The room's socket, where it is not at its usual place.")
    var room: String?

    func run() throws {
        let client = try RoomOptions.client(incident: incident, room: room)
        let answer = try client.ask(Request(.takeCommand, text: reason))
        if let failure = answer.failure { throw failure }
        print(Clean.text(answer.did ?? ""))
    }
}

struct AttendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attend",
        abstract: "Stay connected to a room and print a line for everything that happens.",
        discussion: "People who may object and attend hold an approval back for the objection "
            + "window.")

    @Argument(help: "The incident; without it the only room that is open.")
    var incident: String?

    @Option(help: "The room's socket, where it is not at its usual place.")
    var room: String?

    @Option(help: "text or json")
    var format: OutputFormat = .text

    func run() throws {
        let client = try RoomOptions.client(incident: incident, room: room)
        let answer = try client.ask(Request(.attend))
        if let failure = answer.failure { throw failure }
        Talk.say("\(answer.did ?? "") of \(client.room.actor.name); Ctrl-C leaves")
        while true {
            guard let push = try client.nextPush(within: .seconds(3_600)) else { continue }
            show(push)
            if push.push == .end { return }
        }
    }

    private func show(_ push: Push) {
        let line: String
        switch format {
        case .text: line = Clean.text("\(push.time)  \(push.actor)  \(push.text)")
        case .json:
            line = String(decoding: WireText.line(push).dropLast(), as: UTF8.self)
        }
        print(line)
        // A reader at the other end of a pipe wants it now.
        Output.flush()
    }
}
