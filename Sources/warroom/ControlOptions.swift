import App
import ArgumentParser
import Basics
import Control
import Incidents
import Journals
import SafeText

/// Which room is meant.
struct RoomOptions: ParsableArguments {
    @Option(help: "The incident, for example INC-2041; without it the only room that is open.")
    var incident: String?

    @Option(help: "The room's socket, where it is not at its usual place.")
    var room: String?

    /// Connects to the room.
    func client() throws(Failure) -> RoomClient {
        try Self.client(incident: incident, room: room)
    }

    static func client(incident: String?, room: String?) throws(Failure) -> RoomClient {
        var id: IncidentID?
        if let incident {
            guard let known = IncidentID(incident) else { throw IncidentArgument.invalid(incident) }
            id = known
        }
        let place = try RoomAddress.choose(
            id, path: room.map(Paths.absolute), directory: id.map(directory))
        return try RoomClient(place)
    }

    static func directory(_ id: IncidentID) -> String {
        IncidentStore(
            stateDirectory: IncidentStore.defaultStateDirectory(environment: Environment.all)
        ).path(for: id.text)
    }

    /// Asks, and throws what the room refused.
    func ask(_ request: Request, patience: Duration = RoomClient.patience) throws(Failure) -> Answer
    {
        let answer = try client().ask(request, patience: patience)
        if let failure = answer.failure { throw failure }
        return answer
    }
}
