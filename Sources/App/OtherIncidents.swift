import Basics
import Incidents
import Journals
import Safety
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Reads what was done in other incidents of this user, so that two rooms on one service do not
/// each count from zero. Drills and real incidents do not count for each other.
///
/// Thread: any; one lock around a look, which reads only what is new.
package final class OtherIncidents: Sendable {
    /// The journals that were written last; older ones have nothing in any window.
    package static let incidentsReadMax = 16
    /// Calls of `isDue` between two looks: 2 s at four calls a second.
    private static let callsPerLook = 8

    private let store: IncidentStore
    private let own: String
    private let isDrill: Bool
    private let state = Mutex(State())
    private let calls = Atomic(0)

    private struct State {
        var followed: [String: Followed] = [:]
        /// Damage that was told, so that it is told once.
        var told: Set<String> = []
    }

    private struct Followed {
        var reader: JournalReader
        var incident: Incident
    }

    package init(stateDirectory: String, own: IncidentID, isDrill: Bool) {
        store = IncidentStore(stateDirectory: stateDirectory)
        self.own = own.text
        self.isDrill = isDrill
    }

    /// True at the first call and then every two seconds.
    package var isDue: Bool {
        calls.add(1, ordering: .relaxed).oldValue % Self.callsPerLook == 0
    }

    /// Every attempt of the newest other incidents, also those made by hand; `problems` says, once
    /// each, whose journal cannot be read.
    package func attempts() -> (attempts: [PastAttempt], problems: [String]) {
        state.withLock { state in
            var attempts: [PastAttempt] = []
            var problems: [String] = []
            for id in newest() {
                do throws(Failure) {
                    let incident = try follow(id, &state)
                    if incident.isDrill == isDrill { attempts += incident.pastAttempts }
                } catch {
                    state.followed[id] = nil
                    guard state.told.insert(id).inserted else { continue }
                    problems.append("what was done in \(id) cannot be counted: \(error.why)")
                }
            }
            return (attempts, problems)
        }
    }

    private func follow(_ id: String, _ state: inout State) throws(Failure) -> Incident {
        var followed: Followed
        if let known = state.followed[id] {
            followed = known
        } else {
            guard let incident = IncidentID(id) else {
                throw Failure("elsewhere.id", "No incident has this id", subject: id)
            }
            followed = Followed(
                reader: try JournalReader.open(store.path(for: id)),
                incident: Incident(id: incident))
        }
        for event in try followed.reader.readNew() { followed.incident.apply(event) }
        state.followed[id] = followed
        return followed.incident
    }

    /// Ids of the others that have a journal, the last written first. By when they were written,
    /// not by how long ago: a clock that was set must not empty a window.
    private func newest() -> [String] {
        let dated = store.list().filter { !NameRule.same($0, own) }.compactMap { id in
            written(store.path(for: id) + "/journal/HEAD").map { (id: id, time: $0) }
        }
        return dated.sorted { ($1.time, $1.id) < ($0.time, $0.id) }
            .prefix(Self.incidentsReadMax).map(\.id)
    }

    private func written(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int(status.st_mtim.tv_sec)
    }
}
