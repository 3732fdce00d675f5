import Control
import Testing

@Suite struct RoomSocketTests {
    @Test func liesBelowRun() { #expect(RoomSocket.systemDirectory == "/run/warroom") }
}
