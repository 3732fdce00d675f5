import Synchronization

/// Finds whether an expression matches anywhere in an ASCII text, at a table look-up a byte: the
/// sets of states that the program can be in are numbered as they occur (a lazy deterministic
/// automaton, as in RE2). A text of other characters is left to `PatternMatcher`.
///
/// Memory is bounded: at `statesMax` sets everything learnt is forgotten and learnt again.
final class SearchAutomaton: Sendable {
    private static let statesMax = 500
    private static let unknown: Int32 = -1
    private static let accepted: Int32 = -2

    /// What `^`, `$` and `\b` see of the character before.
    private enum Before: UInt8 { case start, lineEnd, word, other }

    private struct Key: Hashable {
        var instructions: [Int]
        var before: Before
    }

    private struct Tables {
        var states: [Key] = []
        var numbers: [Key: Int32] = [:]
        /// 128 for each state.
        var next: [Int32] = []
        var acceptsAtEnd: [Bool?] = []
    }

    private let program: PatternProgram
    private let tables = Mutex(Tables())

    init(_ program: PatternProgram) { self.program = program }

    /// Nil where the text is not ASCII.
    func matches(_ text: Span<UInt8>) -> Bool? {
        tables.withLock { tables in
            var state = number(of: Key(instructions: [0], before: .start), &tables)
            for index in 0..<text.count {
                let byte = text[index]
                guard byte < 0x80 else { return nil }
                var following = tables.next[Int(state) * 128 + Int(byte)]
                if following == Self.unknown { following = step(&state, byte, &tables) }
                if following == Self.accepted { return true }
                state = following
            }
            return acceptsAtEnd(state, &tables)
        }
    }

    private func number(of key: Key, _ tables: inout Tables) -> Int32 {
        if let number = tables.numbers[key] { return number }
        let number = Int32(tables.states.count)
        tables.states.append(key)
        tables.numbers[key] = number
        tables.next += repeatElement(Self.unknown, count: 128)
        tables.acceptsAtEnd.append(nil)
        return number
    }

    private func step(_ state: inout Int32, _ byte: UInt8, _ tables: inout Tables) -> Int32 {
        let key = tables.states[Int(state)]
        if tables.states.count >= Self.statesMax {
            tables = Tables()
            state = number(of: key, &tables)
        }
        let scalar = UInt32(byte)
        var following: Int32 = Self.accepted
        if let reading = reading(key, next: scalar) {
            // A match may begin at every character.
            var after: Set<Int> = [0]
            for instruction in reading where accepts(instruction, scalar) {
                after.insert(instruction + 1)
            }
            let before: Before =
                byte == 0x0A ? .lineEnd : ScalarSet.word.contains(scalar) ? .word : .other
            following = number(of: Key(instructions: after.sorted(), before: before), &tables)
        }
        tables.next[Int(state) * 128 + Int(byte)] = following
        return following
    }

    private func acceptsAtEnd(_ state: Int32, _ tables: inout Tables) -> Bool {
        if let known = tables.acceptsAtEnd[Int(state)] { return known }
        let accepts = reading(tables.states[Int(state)], next: nil) == nil
        tables.acceptsAtEnd[Int(state)] = accepts
        return accepts
    }

    /// The instructions that wait for a character; nil when a match is reached without one.
    private func reading(_ key: Key, next: UInt32?) -> [Int]? {
        var stack = key.instructions
        var seen: Set<Int> = []
        var reading: [Int] = []
        while let instruction = stack.popLast() {
            guard seen.insert(instruction).inserted else { continue }
            switch program.instructions[instruction] {
            case .match: return nil
            case .scalar, .set: reading.append(instruction)
            case .jump(let target): stack.append(target)
            case .split(let first, let second): stack += [first, second]
            case .save: stack.append(instruction + 1)
            case .assertion(let assertion):
                if holds(assertion, key.before, next) { stack.append(instruction + 1) }
            }
        }
        return reading
    }

    private func accepts(_ instruction: Int, _ scalar: UInt32) -> Bool {
        switch program.instructions[instruction] {
        case .scalar(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        default: false
        }
    }

    private func holds(_ assertion: PatternNode.Assertion, _ before: Before, _ next: UInt32?)
        -> Bool
    {
        let isWordBefore = before == .word
        let isWordNext = next.map(ScalarSet.word.contains) ?? false
        return switch assertion {
        case .textStart: before == .start
        case .textEnd: next == nil
        case .lineStart: before == .start || before == .lineEnd
        case .lineEnd: next == nil || next == 0x0A
        case .wordBoundary: isWordBefore != isWordNext
        case .notWordBoundary: isWordBefore == isWordNext
        }
    }
}
