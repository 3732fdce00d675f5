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
    let captureNames: [String: [Int]]

    /// Larger programs are refused: `(a{1000}){1000}` would be a million instructions.
    private static let instructionsMax = 200_000

    init(_ node: PatternNode, captureNames: [String: [Int]]) throws(RegexPattern.SyntaxError) {
        self.captureNames = captureNames
        try emit(.save(0))
        try compile(node)
        try emit(.save(1))
        try emit(.match)
    }

    private mutating func emit(_ instruction: Instruction) throws(RegexPattern.SyntaxError) {
        guard instructions.count < Self.instructionsMax else {
            throw RegexPattern.SyntaxError(message: "error parsing regexp: expression too large")
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
