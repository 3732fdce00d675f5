/// Recognises what a command says again after a restart: `tail -n 100 -F` repeats its last lines.
///
/// When the lines it begins with are the last ones that were told, in their order and to their end,
/// they are left out, and nothing was lost in between.
struct RestartOverlap {
    /// Lines of which the hash is remembered, and that are held back at most.
    static let linesMax = 256

    /// A line that waits until it is known whether it was told before.
    struct HeldLine {
        var bytes: [UInt8]
        var offset: Int64
        var omitted: Int
    }
    enum Answer {
        /// It may have been told before: keep it back.
        case held
        /// This line and those held back were told before: this many.
        case repeated(Int)
        /// Nothing was told before: these lines, this one last, are new, and some may be missing
        /// in front of them.
        case fresh([HeldLine])
    }

    private var told: [Int] = []
    private var held: [HeldLine] = []
    /// Where in `told` the line before stands, for each way in which all of them fit.
    private var fits: [Int] = []
    private(set) var isComparing = false

    /// A line was told.
    mutating func remember(_ line: Span<UInt8>) {
        told.append(Self.hash(line))
        if told.count > 2 * Self.linesMax { told.removeFirst(told.count - Self.linesMax) }
    }

    /// The command runs again: its next lines are compared.
    mutating func restarted() {
        told = told.suffix(Self.linesMax)
        isComparing = !told.isEmpty
        held = []
        fits = []
    }

    mutating func compare(_ line: HeldLine) -> Answer {
        let hash = Self.hash(line.bytes.span)
        let next = held.isEmpty ? Array(told.indices) : fits.map { $0 + 1 }
        fits = next.filter { $0 < told.count && told[$0] == hash }
        held.append(line)
        guard !fits.isEmpty else { return .fresh(release()) }
        guard let end = fits.first(where: { $0 == told.count - 1 }) else { return .held }
        // Lines that are all alike say nothing about which of them these are.
        guard told[(end - held.count + 1)...end].contains(where: isUnique) else {
            return fits.count > 1 ? .held : .fresh(release())
        }
        return .repeated(release().count)
    }

    /// Gives up comparing: the lines that were held back.
    mutating func release() -> [HeldLine] {
        defer {
            held = []
            fits = []
            isComparing = false
        }
        return held
    }

    private func isUnique(_ hash: Int) -> Bool { told.count { $0 == hash } == 1 }

    private static func hash(_ line: Span<UInt8>) -> Int {
        var hasher = Hasher()
        line.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
