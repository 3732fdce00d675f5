/// Runs a program over one text: all states at once, so that the work is at most the length of the
/// text times the length of the program.
struct PatternMatcher {
    private struct Thread {
        var instruction: Int
        /// Byte offsets, -1 for unset; empty when captures are not wanted.
        var captures: [Int]
    }

    private let program: PatternProgram
    /// Instructions looked at so far, for tests of the bound.
    private(set) var steps = 0

    init(_ program: PatternProgram) { self.program = program }

    mutating func matches(_ text: [UInt8]) -> Bool { run(text, wantsCaptures: false) != nil }

    /// - Parameter start: where to begin; what stands before it counts for `^` and `\b` only.
    mutating func captures(_ text: [UInt8], from start: Int = 0) -> [Range<Int>?]? {
        guard let slots = run(text, from: start, wantsCaptures: true) else { return nil }
        return stride(from: 0, to: slots.count, by: 2).map { slot in
            slots[slot] >= 0 && slots[slot + 1] >= 0 ? slots[slot]..<slots[slot + 1] : nil
        }
    }

    private mutating func run(
        _ text: [UInt8], from start: Int = 0, wantsCaptures: Bool
    ) -> [Int]? {
        let initial = wantsCaptures ? Array(repeating: -1, count: program.captureSlots) : []
        var reader = UTF8ScalarReader(text, from: start)
        // The last byte tells a letter or digit of ASCII and a line end from everything else.
        let before = start > 0 ? UInt32(text[start - 1]) : nil
        var item = Self.value(reader.next())
        var current = States(count: program.instructions.count)
        var next = States(count: program.instructions.count)
        add(
            Thread(instruction: 0, captures: initial), to: &current,
            at: Position(offset: start, previous: before, next: item))
        while let scalar = item {
            let end = reader.offset
            let following = Self.value(reader.next())
            next.removeAll()
            let position = Position(offset: end, previous: scalar, next: following)
            for thread in current.threads where accepts(thread.instruction, scalar) {
                add(
                    Thread(instruction: thread.instruction + 1, captures: thread.captures),
                    to: &next, at: position)
            }
            steps += current.threads.count
            if next.threads.isEmpty { return nil }
            swap(&current, &next)
            item = following
        }
        for thread in current.threads {
            if case .match = program.instructions[thread.instruction] { return thread.captures }
        }
        return nil
    }

    private static func value(_ item: UTF8ScalarReader.Item?) -> UInt32? {
        switch item {
        case .scalar(let scalar): scalar.value
        case .invalid: 0xFFFD
        case nil: nil
        }
    }

    private struct Position {
        var offset: Int
        var previous: UInt32?
        var next: UInt32?
    }

    private struct States {
        var threads: [Thread] = []
        /// In which round each instruction was reached last.
        private var reached: [Int]
        private var round = 1

        init(count: Int) { reached = Array(repeating: 0, count: count) }

        mutating func removeAll() {
            threads.removeAll(keepingCapacity: true)
            round += 1
        }

        /// Whether it is reached for the first time in this round.
        mutating func insert(_ instruction: Int) -> Bool {
            if reached[instruction] == round { return false }
            reached[instruction] = round
            return true
        }
    }

    private func accepts(_ instruction: Int, _ scalar: UInt32) -> Bool {
        switch program.instructions[instruction] {
        case .scalar(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        default: false
        }
    }

    /// Follows every instruction that reads nothing, in order of preference.
    private mutating func add(
        _ thread: Thread, to states: inout States, at position: Position
    ) {
        var stack = [thread]
        while var thread = stack.popLast() {
            steps += 1
            guard states.insert(thread.instruction) else { continue }
            switch program.instructions[thread.instruction] {
            case .scalar, .set, .match: states.threads.append(thread)
            case .jump(let target):
                thread.instruction = target
                stack.append(thread)
            case .split(let first, let second):
                stack.append(Thread(instruction: second, captures: thread.captures))
                thread.instruction = first
                stack.append(thread)
            case .save(let slot):
                if slot < thread.captures.count { thread.captures[slot] = position.offset }
                thread.instruction += 1
                stack.append(thread)
            case .assertion(let assertion):
                guard holds(assertion, position) else { continue }
                thread.instruction += 1
                stack.append(thread)
            }
        }
    }

    private func holds(_ assertion: PatternNode.Assertion, _ position: Position) -> Bool {
        switch assertion {
        case .textStart: position.previous == nil
        case .textEnd: position.next == nil
        case .lineStart: position.previous == nil || position.previous == 0x0A
        case .lineEnd: position.next == nil || position.next == 0x0A
        case .wordBoundary: isWord(position.previous) != isWord(position.next)
        case .notWordBoundary: isWord(position.previous) == isWord(position.next)
        }
    }

    private func isWord(_ scalar: UInt32?) -> Bool { scalar.map(ScalarSet.word.contains) ?? false }
}
