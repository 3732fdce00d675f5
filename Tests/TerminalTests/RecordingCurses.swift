import Canvas

@testable import Terminal

/// Notes the calls that a screen makes and fails when told to.
@MainActor
final class RecordingCurses: CursesCalls {
    var colours = 256
    var size: Size
    var calls: [String] = []
    var input: [RawInputCode] = []
    var failsToPut = false
    var failsToRefresh = false
    var isHungUp = false
    var canStop = true
    var window: Size?
    /// Scalars whose width the C library does not know.
    var unknownScalars: Set<UInt32> = []
    private var pairs: [[Int32]] = []

    init(_ size: Size = Size(width: 10, height: 3)) { self.size = size }

    func take() -> [String] {
        defer { calls = [] }
        return calls
    }

    func pair(foreground: Int32, background: Int32) -> Int32 {
        if foreground < 0, background < 0 { return 0 }
        let wanted = [foreground, background]
        if let index = pairs.firstIndex(of: wanted) { return Int32(index + 1) }
        pairs.append(wanted)
        calls.append("pair \(foreground) \(background)")
        return Int32(pairs.count)
    }
    func resetPairs() {
        pairs = []
        calls.append("resetPairs")
    }
    func put(_ scalars: [UInt32], row: Int, column: Int, attributes: Int32, pair: Int32) -> Bool {
        let text = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
        calls.append("put \(text) \(column),\(row) a\(attributes) p\(pair)")
        return !failsToPut
    }
    func clear() { calls.append("clear") }
    func refresh() -> Bool {
        calls.append("refresh")
        return !failsToRefresh
    }
    func showCursor(_ position: Position?) {
        calls.append(position.map { "cursor \($0.column),\($0.row)" } ?? "cursor off")
    }
    func resize(to size: Size) -> Bool {
        calls.append("resize \(size.width)x\(size.height)")
        self.size = size
        return true
    }
    func suspend() { calls.append("suspend") }
    func resume() { calls.append("resume") }
    func end() { calls.append("end") }
    func read() -> RawInputCode? { input.isEmpty ? nil : input.removeFirst() }
    func width(of scalar: UInt32) -> Int {
        if unknownScalars.contains(scalar) { return -1 }
        return scalar >= 0x1100 && scalar < 0xFF00 && scalar > 0x2E80 ? 2 : 1
    }
    func writeRaw(_ text: String) {
        calls.append("raw " + text.split(separator: "\u{1B}").joined(separator: " "))
    }
    func windowSize() -> Size? { window }
    func hasHungUp() -> Bool { isHungUp }
    func bytesWritten() -> Int? { calls.count }
    func stop() { calls.append("stop") }
}
