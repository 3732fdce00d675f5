import Basics

/// A part of a log that was passed over and is counted afterwards, in slices: what was written
/// while nobody read, for one.
package final class FollowGap {
    /// What is read before the gap for the sake of secrets that span lines.
    private static let leadBytes: Int64 = 16 * 1024

    package private(set) var part: FollowCheckpoint.Part
    /// What became of it when it was not found, or could not be read to its end; empty otherwise.
    package private(set) var problem = ""
    package private(set) var isDone = false

    private let path: String
    private let lineBytesMax: Int
    private let lead: Int64
    private var content: LogContent?
    private var assembler: LineAssembler?

    /// - Parameter path: of the log; the file may have another name by now.
    package init(_ part: FollowCheckpoint.Part, path: String, lineBytesMax: Int) {
        self.part = part
        self.path = path
        self.lineBytesMax = lineBytesMax
        let lead = max(0, part.from - Self.leadBytes)
        self.lead = lead - lead % 2
    }

    /// When the file was written last; nil before the first slice.
    package var modified: Timestamp? { content?.facts.modified }

    /// Its last record was found to end there.
    package func end(at offset: Int64) { part.to = offset }

    /// Reads on.
    /// - Parameters:
    ///   - bytes: at most, of packed content a few times as many while it is searched.
    ///   - sink: receives each line, its offset, how many of its bytes were left out, and whether
    ///     it stands before the gap: only the redactor is to see it then.
    package func next(
        bytes: Int, _ sink: (Span<UInt8>, Int64, Int, _ isBefore: Bool) -> Void
    ) {
        guard !isDone, let content = content ?? find() else { return }
        if assembler == nil {
            guard content.advance(to: lead, budget: 16 * bytes) else { return }
            assembler = LineAssembler(lineBytesMax: lineBytesMax, encoding: content.encoding)
        }
        let from = part.from
        let lead = lead
        let handOn: LineAssembler.Sink = { line, offset, omitted in
            // The first line in front of the gap is the end of one.
            guard offset >= from || lead == 0 || offset > lead else { return }
            sink(line, offset, omitted, offset < from)
        }
        let limit = part.to.map { Int(min(Int64(bytes), $0 - content.position)) } ?? bytes
        let start = content.position
        let block = limit > 0 ? content.next(limit) : []
        assembler?.feed(block.span, at: start, handOn)
        if block.isEmpty || part.to.map({ content.position >= $0 }) ?? false {
            assembler?.flush(handOn)
            isDone = true
            if let failure = content.failure { problem = "\(failure)" }
            if let to = part.to { part.from = max(part.from, to) }
        }
        part.from = max(part.from, assembler?.unfinishedOffset ?? content.position)
    }

    private func find() -> LogContent? {
        content = part.find(path: path)
        if let content { return content }
        isDone = true
        problem = FollowText.goneBeforeCounted(path: path, from: part.from)
        return nil
    }
}
