/// A regular expression as instructions for the automaton.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(ScalarSet)
        /// Tries `first` before `second`.
        case split(first: Int, second: Int)
        case jump(Int)
        /// Remembers the position in capture slot.
        case save(Int)
        case assertion(PatternNode.Assertion)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var captureSlots = 2
    let captureNames: [String: Int]

    /// Larger programs are refused: `(a{1000}){1000}` would be a million instructions.
    private static let instructionsMax = 20_000

    init(_ node: PatternNode, captureNames: [String: Int]) throws(RegexPattern.SyntaxError) {
        self.captureNames = captureNames
        try emit(.save(0))
        try compile(node)
        try emit(.save(1))
        try emit(.match)
    }

    private mutating func emit(_ instruction: Instruction) throws(RegexPattern.SyntaxError) {
        guard instructions.count < Self.instructionsMax else {
            throw RegexPattern.SyntaxError(message: "error parsing regexp: expression is too large")
        }
        instructions.append(instruction)
    }

    private mutating func compile(_ node: PatternNode) throws(RegexPattern.SyntaxError) {
        switch node {
        case .empty: break
        case .set(let set):
            if let single = set.single {
                try emit(.scalar(single.value))
            } else {
                try emit(.set(set))
            }
        case .concatenation(let parts): for part in parts { try compile(part) }
        case .alternation(let branches): try compile(alternation: branches)
        case .repetition(let inner, let low, let high, let isGreedy):
            for _ in 0..<low { try compile(inner) }
            if let high {
                try compile(optional: inner, count: high - low, isGreedy: isGreedy)
            } else {
                try compile(star: inner, isGreedy: isGreedy)
            }
        case .group(let inner, let index):
            captureSlots = max(captureSlots, 2 * index + 2)
            try emit(.save(2 * index))
            try compile(inner)
            try emit(.save(2 * index + 1))
        case .assertion(let assertion): try emit(.assertion(assertion))
        }
    }

    private mutating func compile(alternation branches: [PatternNode]) throws(RegexPattern
        .SyntaxError)
    {
        var jumps: [Int] = []
        for (position, branch) in branches.enumerated() {
            guard position < branches.count - 1 else {
                try compile(branch)
                break
            }
            let split = instructions.count
            try emit(.match)
            try compile(branch)
            jumps.append(instructions.count)
            try emit(.match)
            instructions[split] = .split(first: split + 1, second: instructions.count)
        }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func compile(
        star inner: PatternNode, isGreedy: Bool
    ) throws(RegexPattern.SyntaxError) {
        let split = instructions.count
        try emit(.match)
        try compile(inner)
        try emit(.jump(split))
        instructions[split] = branch(split + 1, instructions.count, isGreedy)
    }

    private mutating func compile(
        optional inner: PatternNode, count: Int, isGreedy: Bool
    ) throws(RegexPattern.SyntaxError) {
        var splits: [Int] = []
        for _ in 0..<max(count, 0) {
            splits.append(instructions.count)
            try emit(.match)
            try compile(inner)
        }
        for split in splits {
            instructions[split] = branch(split + 1, instructions.count, isGreedy)
        }
    }

    private func branch(_ inside: Int, _ outside: Int, _ isGreedy: Bool) -> Instruction {
        isGreedy
            ? .split(first: inside, second: outside) : .split(first: outside, second: inside)
    }
}

/// Runs a program over one text: all states at once, so that time is at most the length of the text
/// times the length of the program.
struct PatternMatcher {
    private struct Thread {
        var instruction: Int
        /// Byte offsets, -1 for unset; empty when captures are not wanted.
        var captures: [Int]
    }

    private let program: PatternProgram

    init(_ program: PatternProgram) { self.program = program }

    func matches(_ text: [UInt8]) -> Bool { run(text, wantsCaptures: false) != nil }

    func captures(_ text: [UInt8]) -> [Range<Int>?]? {
        guard let slots = run(text, wantsCaptures: true) else { return nil }
        return stride(from: 0, to: slots.count, by: 2).map { slot in
            slots[slot] >= 0 && slots[slot + 1] >= 0 ? slots[slot]..<slots[slot + 1] : nil
        }
    }

    private func run(_ text: [UInt8], wantsCaptures: Bool) -> [Int]? {
        let initial = wantsCaptures ? Array(repeating: -1, count: program.captureSlots) : []
        var reader = UTF8ScalarReader(text)
        var item = Self.value(reader.next())
        var current = States(count: program.instructions.count)
        add(
            Thread(instruction: 0, captures: initial), to: &current,
            at: Position(offset: 0, previous: nil, next: item))
        while let scalar = item {
            let end = reader.offset
            let following = Self.value(reader.next())
            var next = States(count: program.instructions.count)
            let position = Position(offset: end, previous: scalar, next: following)
            for thread in current.threads where accepts(thread.instruction, scalar) {
                add(
                    Thread(instruction: thread.instruction + 1, captures: thread.captures),
                    to: &next, at: position)
            }
            if next.threads.isEmpty { return nil }
            current = next
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
        var isMember: [Bool]

        init(count: Int) { isMember = Array(repeating: false, count: count) }
    }

    private func accepts(_ instruction: Int, _ scalar: UInt32) -> Bool {
        switch program.instructions[instruction] {
        case .scalar(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        default: false
        }
    }

    /// Follows every instruction that reads nothing, in order of preference.
    private func add(_ thread: Thread, to states: inout States, at position: Position) {
        var stack = [thread]
        while var thread = stack.popLast() {
            if states.isMember[thread.instruction] { continue }
            states.isMember[thread.instruction] = true
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
