import Basics

/// The time at the start of the last line of a source, for the next lines of the same moment: most
/// lines of a busy log begin with the same bytes as the line before them.
struct TimeMemory: Sendable {
    private static let bytesMax = 48

    /// The line's bytes up to the end of its time; empty when there is nothing to compare.
    private var head: [UInt8] = []
    private var found = FoundTime(time: .epoch, shape: .iso, start: 0, end: 0)
    private var context = TimeContext(reference: .epoch)

    /// What the whole way would find in a line of plain text, or nil when it must be gone.
    func time(of line: Span<UInt8>, _ context: TimeContext) -> FoundTime? {
        let count = head.count
        guard count > 0, line.count > count + 2, context.isSame(as: self.context) else {
            return nil
        }
        for index in 0..<count where line[index] != head[index] { return nil }
        return Self.endsHere(line, count) ? found : nil
    }

    mutating func note(_ line: Span<UInt8>, _ parsed: ParsedLine, _ context: TimeContext) {
        head.removeAll(keepingCapacity: true)
        guard let found = parsed.found, found.start == 0, found.shape != .clockOnly,
            found.shape != .epoch, found.end <= Self.bytesMax, line.count > found.end + 2,
            Self.endsHere(line, found.end)
        else { return }
        for index in 0..<found.end { head.append(line[index]) }
        self.found = found
        self.context = context
    }

    /// Whether what stands behind `end` can have no say in the time: no year, no zone, no half of
    /// the day.
    private static func endsHere(_ line: Span<UInt8>, _ end: Int) -> Bool {
        guard line[end] == 0x20 else { return false }
        let next = line[end + 1]
        let isHalf = next | 0x20 == 0x61 || next | 0x20 == 0x70
        if isHalf, line[end + 2] | 0x20 == 0x6D { return false }
        if ByteScan.isUpper(next) { return TimeScanner.zone(line, end) == nil }
        if ByteScan.isLetter(next) { return next != 0x7A }
        return next == 0x5B || next == 0x28 || next == 0x22 || next == 0x3C || next == 0x7B
    }
}

extension TimeContext {
    /// Whether both read every time alike.
    fileprivate func isSame(as other: TimeContext) -> Bool {
        reference == other.reference && zoneOffset == other.zoneOffset && dayFirst == other.dayFirst
    }
}
