/// Warnings and infos of one query, each once, in the order they came up.
struct Notes {
    private(set) var warnings: [String] = []
    private(set) var infos: [String] = []
    /// Offsets of the line ends in the expression.
    private let lineBreaks: [Int]

    var count: Int { warnings.count + infos.count }

    init(lineBreaks: [Int]) { self.lineBreaks = lineBreaks }

    mutating func warn(_ message: String, at range: PositionRange) {
        let complete = "PromQL warning: " + message + place(range)
        if !warnings.contains(complete) { warnings.append(complete) }
    }

    mutating func info(_ message: String, at range: PositionRange) {
        let complete = "PromQL info: " + message + place(range)
        if !infos.contains(complete) { infos.append(complete) }
    }

    private func place(_ range: PositionRange) -> String {
        let before = lineBreaks.filter { $0 < range.start }
        let column = range.start - (before.last ?? -1)
        return " (\(before.count + 1):\(column))"
    }
}
