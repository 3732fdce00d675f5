import Basics
import Canvas
import Panes
import Room
import Testing

@Suite struct Zprint {
    @Test func show() {
        for size in [Size(width: 80, height: 24), Size(width: 120, height: 40)] {
            var it = Fixture(size: size).model
            print(RoomView.frame(it).textRows.joined(separator: "\n"), "\n=====")
            it.overlay = .card(Fixture.card)
            print(RoomView.frame(it).textRows.joined(separator: "\n"), "\n=====")
            it.overlay = nil
            it.focus = .logs
            print(RoomView.frame(it).textRows.joined(separator: "\n"), "\n=====")
            it.focus = .metrics
            print(RoomView.frame(it).textRows.joined(separator: "\n"), "\n=====")
        }
    }
}
