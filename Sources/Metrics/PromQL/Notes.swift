/// Warnings and infos of one query, in the order they came up.
///
/// The same message counts once however many parts of the expression give rise to it, with the
/// position of the part that was evaluated last (as the reference has it).
struct Notes {
    private struct Note {
        var message: String
        var range: PositionRange
    }

    private var warned: [Note] = []
    private var informed: [Note] = []
    /// Offsets of the line ends in the expression.
    private let lineBreaks: [Int]

    /// How many came up so far, repeated ones included.
    private(set) var count = 0

    init(lineBreaks: [Int]) { self.lineBreaks = lineBreaks }

    var warnings: [String] { warned.map { "PromQL warning: " + $0.message + place($0.range) } }
    var infos: [String] { informed.map { "PromQL info: " + $0.message + place($0.range) } }

    mutating func warn(_ message: String, at range: PositionRange) {
        count += 1
        Self.add(Note(message: message, range: range), to: &warned)
    }

    mutating func info(_ message: String, at range: PositionRange) {
        count += 1
        Self.add(Note(message: message, range: range), to: &informed)
    }

    private static func add(_ note: Note, to notes: inout [Note]) {
        if let known = notes.firstIndex(where: { $0.message == note.message }) {
            notes[known] = note
        } else {
            notes.append(note)
        }
    }

    private func place(_ range: PositionRange) -> String {
        let before = lineBreaks.filter { $0 < range.start }
        let column = range.start - (before.last ?? -1)
        return " (\(before.count + 1):\(column))"
    }
}
