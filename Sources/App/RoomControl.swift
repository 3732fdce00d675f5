import Basics
import Control
import Dispatch
import Incidents
import Room
import Synchronization

/// What a room keeps about its socket and about who is at the other end.
final class RoomControl: Sendable {
    private struct State {
        var server: RoomServer?
        var link: RoomLink?
        var hasAttenders = false
        /// How much of the timeline and of the proposals has been told to those who attend.
        var linesTold = 0
        var proposalsTold = 0
        /// When somebody's refusal was last journalled.
        var refusals: [String: BootTime] = [:]
        /// What each user has asked to be written in the running minute.
        var asked: [UInt32: (since: BootTime, count: Int)] = [:]
    }

    private let state = Mutex(State())
    private let clock = SystemClock()
    /// When the main loop last handed over its model: nanoseconds of the boot-time clock; 0 before
    /// the first time.
    private let heartbeat = Atomic<Int64>(0)
    /// Makes answers that need the whole model, beside everything else.
    let queue = DispatchQueue(label: "warroom.control.answers", qos: .userInitiated)

    /// A room whose loop stood still for this long no longer answers for its incident.
    static let silenceMax: Duration = .seconds(30)
    /// A refusal of the same person is journalled once in this time.
    private static let refusalGap: Duration = .seconds(60)
    /// Different refusals that are remembered; beyond it the oldest are forgotten.
    private static let refusalsMax = 256

    /// Entries that one user may ask for in a minute: a program gone wild must not bury the record.
    static let entriesPerMinuteMax = 60

    /// Whether this user may ask for one more entry now.
    func mayWrite(_ actor: Actor) -> Bool {
        let now = clock.now.boot
        return state.withLock { state in
            var asked = state.asked[actor.uid] ?? (now, 0)
            if now - asked.since >= .seconds(60) { asked = (now, 0) }
            asked.count += 1
            state.asked[actor.uid] = asked
            return asked.count <= Self.entriesPerMinuteMax
        }
    }

    // MARK: Life of the loop

    /// How long the main loop has been still.
    var silence: Duration {
        let last = heartbeat.load(ordering: .relaxed)
        guard last > 0 else { return .zero }
        return max(.zero, clock.now.boot - BootTime(nanoseconds: last))
    }

    func turned(at time: BootTime) { heartbeat.store(time.nanoseconds, ordering: .relaxed) }

    /// The main loop has turned: tells those who attend what is new.
    func published(_ model: Model) {
        turned(at: clock.now.boot)
        let pushes: (RoomServer, [Push])? = state.withLock { state in
            defer {
                state.linesTold = model.timeline.count
                state.proposalsTold = model.incident.mitigations.count
            }
            guard let server = state.server, state.hasAttenders else { return nil }
            return (
                server,
                Self.news(model, lines: state.linesTold, proposals: state.proposalsTold)
            )
        }
        guard let (server, news) = pushes else { return }
        for push in news { server.push(push) }
    }

    private static func news(_ model: Model, lines: Int, proposals: Int) -> [Push] {
        var news: [Push] = []
        if lines < model.timeline.count {
            news += model.timeline[lines...].map { line in
                Push(
                    .event, sequence: line.sequence, time: TimeText.rfc3339(line.time),
                    actor: line.actor, text: "\(line.word) \(line.text)")
            }
        }
        guard proposals < model.incident.mitigations.count else { return news }
        // Rooms of other users cannot be listed: without the incident they are not found.
        let room = "--incident \(model.incident.id)"
        for mitigation in model.incident.mitigations[proposals...]
        where mitigation.state == .proposed {
            let id = mitigation.proposal.id
            let time = TimeText.rfc3339(mitigation.proposedAt)
            news.append(
                Push(
                    .proposal, time: time, actor: mitigation.proposer.name,
                    text: "\(mitigation.proposal.title): `warroom approve \(id) \(room)`",
                    proposal: id))
            let left = model.objectionTimeLeft(mitigation)
            guard left > .zero else { continue }
            news.append(
                Push(
                    .window, time: time, actor: mitigation.proposer.name,
                    text:
                        "others may object for \(TimeText.span(left)): "
                        + "`warroom object \(id) \"WHY\" \(room)`",
                    proposal: id, seconds: left.inSeconds))
        }
        return news
    }

    // MARK: Socket

    func begin(_ server: RoomServer) { state.withLock { $0.server = server } }
    func begin(_ link: RoomLink) { state.withLock { $0.link = link } }
    var link: RoomLink? { state.withLock { $0.link } }
    var path: String? { state.withLock { $0.server?.path } }

    func attendanceChanged(_ peers: [Peer]) {
        state.withLock { $0.hasAttenders = !peers.isEmpty }
    }

    /// Tells those who attend that the room ends, closes the socket and lets go of another room's.
    func stop() {
        let (server, link) = state.withLock { state in
            defer {
                state.server = nil
                state.link = nil
            }
            return (state.server, state.link)
        }
        server?.push(
            Push(
                .end, time: TimeText.rfc3339(clock.now.wall), actor: Actor.automation.name,
                text: "the room ends"))
        server?.stop()
        link?.stop()
    }

    // MARK: Refusals

    /// Whether this refusal is to be journalled: once a minute for each person and matter.
    func shouldRecord(refusal: String, of actor: Actor) -> Bool {
        let key = "\(actor.uid) \(refusal)"
        let now = clock.now.boot
        return state.withLock { state in
            if let last = state.refusals[key], now - last < Self.refusalGap { return false }
            if state.refusals.count >= Self.refusalsMax {
                state.refusals = state.refusals.filter { now - $0.value < Self.refusalGap }
            }
            guard state.refusals.count < Self.refusalsMax else { return false }
            state.refusals[key] = now
            return true
        }
    }
}
