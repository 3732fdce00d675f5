import Basics
import Control
import Dispatch
import Incidents
import Journals
import Playbooks
import Room
import Safety

// The room's socket: what other people and other programs ask of this room.
extension Backend {
    /// Opens the socket of a room that writes; one that only reads attends at the writing room's.
    func startControl() {
        guard journal.readOnlyReason == nil else { return startLink() }
        do throws(Failure) {
            let server = try RoomServer(
                incident: setup.id, named: setup.socketPath,
                callbacks: RoomServer.Callbacks(
                    isExpected: { [setup] in
                        PeopleRules.isKnown($0, owner: setup.actor, setup.configuration.safety)
                    },
                    handle: { [weak self] request, peer, answer in
                        guard let self else { return answer(Answer(Self.ending)) }
                        handle(request, by: peer, answer)
                    },
                    attendance: { [weak self] in self?.attendanceChanged($0) }))
            control.begin(server)
            RoomAddress.record(server.path, in: setup.directory)
        } catch {
            RoomAddress.record("", in: setup.directory)
            post(.notice(error.description))
        }
    }

    func stopControl() { control.stop() }

    /// Where this room listens; nil without a socket.
    package var socketPath: String? { control.path }

    private static let ending = Failure(
        "control.ended", "The room ends", unchanged: "Nothing was changed")

    private func startLink() {
        let link = RoomLink(
            find: { [setup] in
                if let path = setup.socketPath { return try? RoomPlace(at: path) }
                return RoomAddress.room(of: setup.id, in: setup.directory)
            }, post: post)
        control.begin(link)
        link.start()
    }

    /// Asks the room that writes to make these entries, in this user's name; says so when it cannot
    /// be asked, or not for such entries.
    func forward(_ drafts: [EventDraft]) {
        // What a room notes by itself is noted by the one that writes.
        let drafts = drafts.filter(\.actor.isPerson)
        for draft in drafts {
            if let link = control.link, let request = Self.request(for: draft.payload) {
                link.send(request)
            } else {
                post(
                    .failed(
                        Failure(
                            "room.readOnly", "This room only reads",
                            subject: draft.payload.eventKind,
                            why: journal.readOnlyReason ?? "", unchanged: "Nothing was recorded",
                            exit: .refusedByGate)))
            }
        }
    }

    private static func request(for payload: any EventPayload) -> Request? {
        switch payload {
        case let note as NoteAdded: Request(.note, text: note.text)
        case let it as MitigationObjected:
            Request(.object, proposal: it.proposal, text: it.reason)
        case let it as MitigationDenied: Request(.refuse, proposal: it.proposal, text: it.reason)
        default: nil
        }
    }

    // MARK: Who is there

    func attendanceChanged(_ peers: [Peer]) {
        control.attendanceChanged(peers)
        var seen: Set<UInt32> = [setup.actor.uid]
        let people = peers.map(\.actor).filter { seen.insert($0.uid).inserted }.map {
            ConnectedPerson(actor: $0, rights: rights(of: $0))
        }
        post(.connected(people))
    }

    func rights(of actor: Actor) -> Set<Person.Right> {
        Rights.of(actor, owner: setup.actor, settings: setup.configuration.safety)
    }

    func isAgent(_ actor: Actor) -> Bool {
        PeopleRules.entry(of: actor, setup.configuration.safety)?.isAgent == true
    }

    // MARK: Requests

    /// Sends a request to the queue that carries it out, as a key's effect would be. On the
    /// socket's thread: nothing here waits.
    func handle(
        _ request: Request, by peer: Peer, _ answer: @escaping @Sendable (Answer) -> Void
    ) {
        guard PeopleRules.isKnown(peer.actor, owner: setup.actor, setup.configuration.safety)
        else { return answer(Answer(refuse(peer.actor, request, Self.stranger))) }
        let silence = control.silence
        guard silence < RoomControl.silenceMax else {
            return answer(Answer(notAnswering(silence)))
        }
        switch request.deed {
        case .status, .card:
            control.queue.async { [self] in answer(look(request, for: peer.actor)) }
        case .approve:
            guard control.mayWrite(peer.actor) else { return answer(Answer(Self.tooMany)) }
            approvalQueue.async { [self] in approve(request, by: peer.actor, answer) }
        case .attend: answer(Answer(did: "attending \(setup.id)"))
        case .note, .propose, .object, .refuse, .acknowledge, .takeCommand:
            guard control.mayWrite(peer.actor) else { return answer(Answer(Self.tooMany)) }
            journalQueue.async { [self] in answer(carryOut(request, by: peer.actor)) }
        }
    }

    private static let tooMany = Failure(
        "control.tooMany", "The room takes no more entries from you for a minute",
        why: "\(RoomControl.entriesPerMinuteMax) a minute are the limit",
        unchanged: "Nothing was changed", exit: .refusedByGate)

    private static let stranger = "they have no part in this room"

    private func notAnswering(_ silence: Duration) -> Failure {
        Failure(
            "room.notAnswering", "The room is not answering", subject: setup.id.text,
            why: "its screen has stood still for \(TimeText.span(silence))",
            unchanged: "Nothing was changed",
            next: "Take it over: `warroom open \(setup.id) --take-over \"REASON\"`",
            exit: .refusedByGate)
    }

    /// The refusal of a right, journalled once per person and minute.
    func refuse(_ actor: Actor, _ request: Request, _ why: String) -> Failure {
        let deed = request.deed.rawValue
        if control.shouldRecord(refusal: deed + why, of: actor) {
            let known = request.proposal.flatMap { journal.incident.mitigation($0)?.proposal.id }
            let who = "\(actor.name) (uid \(actor.uid))"
            journalQueue.async { [self] in
                if let known {
                    let blocked = GateBlocked(
                        proposal: known, gate: GateID.approval.rawValue,
                        reason: "\(who) asked to \(deed): \(why)")
                    _ = try? journal.append(EventDraft(blocked, by: actor), sync: false)
                } else {
                    let note = NoteAdded(text: "refused: \(who) asked to \(deed): \(why)")
                    _ = try? journal.append(EventDraft(note, by: .automation), sync: false)
                }
            }
        }
        return Failure(
            "control.noRight", "This is not for \(actor.name)", subject: deed, why: why,
            unchanged: "Nothing was changed",
            next: "Rights stand under `people:` in the room's configuration",
            exit: .refusedByGate)
    }
}
