import Basics
import Incidents
import Room

// The room's socket: what other people and other programs ask of this room.
extension Backend {
    func startControl() {}
    func stopControl() {}
}
