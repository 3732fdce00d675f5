import Canvas
import Incidents
import Panes
import Room
import Testing

@Suite struct ScrollTests {
    private func page(rows: Int, scroll: Int) -> Model {
        var model = Fixture(size: Size(width: 80, height: 24)).model
        let body = (0..<rows).map { "row \($0)" }.joined(separator: "\n")
        model.overlay = .text(title: "Page", body: body, scroll: scroll)
        return model
    }

    private func press(_ key: Key, _ model: inout Model) {
        guard let message = Bindings.message(for: key, in: model) else { return }
        _ = model.update(message)
    }

    private func scroll(_ model: Model) -> Int? {
        if case .text(_, _, let scroll)? = model.overlay { return scroll }
        return nil
    }

    /// One page up after the end must show something else at once.
    @Test func pageDownStopsAtTheEnd() throws {
        var model = page(rows: 60, scroll: 0)
        for _ in 0..<20 { press(.pageDown, &model) }
        let last = try #require(scroll(model))
        #expect(RoomView.frame(model).textRows.contains { $0.contains("row 59") })
        press(.down, &model)
        #expect(scroll(model) == last)
        press(.pageUp, &model)
        #expect(!RoomView.frame(model).textRows.contains { $0.contains("row 59") })
    }

    @Test func endAndHomeReachTheEdges() {
        var model = page(rows: 60, scroll: 0)
        press(.character("G"), &model)
        #expect(RoomView.frame(model).textRows.contains { $0.contains("row 59") })
        press(.character("g"), &model)
        #expect(scroll(model) == 0)
    }

    @Test func detailsShowOnlyWhereTheTimelineHasTheScreen() {
        var model = Fixture(size: Size(width: 160, height: 45)).model
        let hidden = model.timeline.count { $0.weight == TimelineLine.Weight.detail }
        #expect(model.rowIDs(of: .timeline).count == model.timeline.count - hidden)
        model.focus = .timeline
        model.isZoomed = true
        #expect(model.rowIDs(of: .timeline).count == model.timeline.count)
    }
}
