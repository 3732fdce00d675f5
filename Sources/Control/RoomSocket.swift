import Basics

/// Where a room's socket is.
package enum RoomSocket {
    /// `/run/warroom/INC-2041.sock`, the first choice.
    package static let systemDirectory = "/run/warroom"
}
