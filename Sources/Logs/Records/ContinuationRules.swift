/// Tells which lines without a time belong to the record before them: stack traces of the usual
/// languages, wrapped statements, anything indented. One per source.
struct ContinuationRules: Sendable {
    /// The trace that is open.
    private enum Trace { case none, python, go, other }

    private var trace = Trace.none
    /// The record's first line had a time and no level, and nothing has followed it yet.
    private var awaitsLevel = false

    /// What a line looks like.
    enum Shape {
        /// A line that only a trace holds.
        case frame
        /// `Traceback (most recent call last):`.
        case pythonHead
        /// `panic: …`, `thread 'main' panicked at …`.
        case crash
        case indented
        case blank
        case text
    }

    /// A line with a time begins a record.
    mutating func begin(hasLevel: Bool) {
        trace = .none
        awaitsLevel = !hasLevel
    }

    /// Whether an untimed line of text goes on with the record before it.
    /// - Parameters:
    ///   - usuallyTimed: the source's records begin with a time.
    ///   - hasLevel: a level stands at the line's head.
    mutating func continues(_ line: Span<UInt8>, usuallyTimed: Bool, hasLevel: Bool) -> Bool {
        let shape = Self.shape(line)
        let awaited = awaitsLevel
        if shape != .blank { awaitsLevel = false }
        switch shape {
        case .blank: return usuallyTimed || trace != .none
        case .frame:
            open(line)
            return true
        case .pythonHead:
            let goesOn = usuallyTimed || trace == .python
            trace = .python
            return goesOn
        case .crash:
            trace = ByteScan.has(line, "panic", at: 0) ? .go : .other
            return false
        case .indented: return usuallyTimed || trace != .none
        case .text: break
        }
        switch trace {
        case .python:
            // `ValueError: bad` ends the trace; a second trace may follow.
            if Self.isErrorName(line) {
                trace = .other
                return true
            }
            trace = .none
        case .go:
            if !hasLevel { return true }
            trace = .none
        case .other: trace = .none
        case .none: break
        }
        if hasLevel { return awaited && usuallyTimed }
        return usuallyTimed
    }

    private mutating func open(_ line: Span<UInt8>) {
        if ByteScan.has(line, "goroutine ", at: 0) {
            trace = .go
        } else if ByteScan.has(line, "  File \"", at: 0) {
            trace = .python
        } else if trace == .none {
            trace = .other
        }
    }

    static func shape(_ line: Span<UInt8>) -> Shape {
        let start = ByteScan.skipBlanks(line, 0)
        guard start < line.count else { return .blank }
        if start > 0 { return isIndentedFrame(line, start) ? .frame : .indented }
        switch line[0] {
        case 0x43:  // C
            if ByteScan.has(line, "Caused by:", at: 0) { return .frame }
        case 0x53:  // S
            if ByteScan.has(line, "Suppressed:", at: 0) || ByteScan.has(line, "Stack trace:", at: 0)
            {
                return .frame
            }
        case 0x54:  // T
            if ByteScan.has(line, "Traceback (most recent call last)", at: 0) { return .pythonHead }
            if ByteScan.has(line, "The above exception was", at: 0) { return .frame }
        case 0x44:  // D
            if ByteScan.has(line, "During handling of the above", at: 0) { return .frame }
        case 0x67:  // g
            if ByteScan.has(line, "goroutine ", at: 0), ByteScan.isDigit(ByteScan.at(line, 10)) {
                return .frame
            }
        case 0x63:  // c
            if ByteScan.has(line, "created by ", at: 0) { return .frame }
        case 0x5B:  // [
            if ByteScan.has(line, "[signal ", at: 0) { return .frame }
        case 0x73:  // s
            if ByteScan.has(line, "stack backtrace:", at: 0) { return .frame }
        case 0x6E:  // n
            if ByteScan.has(line, "note: run with `RUST", at: 0)
                || ByteScan.has(line, "nested exception is:", at: 0)
            {
                return .frame
            }
        case 0x23:  // #
            let run = ByteScan.digitRun(line, 1)
            if run > 0, ByteScan.at(line, 1 + run) == 0x20 { return .frame }
        case 0x2D:  // -
            if ByteScan.has(line, "--- End of ", at: 0) { return .frame }
        case 0x70:  // p
            if ByteScan.has(line, "panic: ", at: 0) { return .crash }
        case 0x74:  // t
            if ByteScan.has(line, "thread '", at: 0) { return .crash }
        default: break
        }
        return .text
    }

    private static func isIndentedFrame(_ line: Span<UInt8>, _ start: Int) -> Bool {
        if ByteScan.has(line, "at ", at: start) || ByteScan.has(line, "eval at ", at: start)
            || ByteScan.has(line, "File \"", at: start)
            || ByteScan.has(line, "from ", at: start)
            || ByteScan.has(line, "Caused by:", at: start)
            || ByteScan.has(line, "Suppressed:", at: start)
            || ByteScan.has(line, "---> ", at: start)
            || ByteScan.has(line, "--- End of ", at: start)
            || ByteScan.has(line, "thrown in ", at: start)
        {
            return true
        }
        if ByteScan.has(line, "... ", at: start) {
            return ByteScan.isDigit(
                ByteScan.at(line, start + 4))
        }
        let run = ByteScan.digitRun(line, start)  // Rust's `  12: core::…`
        return run > 0 && ByteScan.has(line, ": ", at: start + run)
    }

    /// `package.Name:` or `Name` alone, in letters, digits, dots and underscores.
    private static func isErrorName(_ line: Span<UInt8>) -> Bool {
        var index = 0
        while index < line.count,
            ByteScan.isWord(line[index]) || line[index] == 0x2E
                || line[index] == 0x5F
        { index += 1 }
        return index > 0 && (index == line.count || line[index] == 0x3A)
    }
}
