import Basics

/// One record of a file: one line, or several that belong together. All text in it is sanitised and
/// redacted UTF-8.
package struct JoinedRecord: Sendable {
    /// Lines, and bytes of text, that one record holds at most; what follows begins another one.
    package static let linesMax = 500
    package static let bytesMax = 256 * 1024

    package var time: Timestamp
    /// The record bears a time; else `time` is that of the record before it, or of the file.
    package var timeIsRead: Bool
    package var parsed: ParsedLine
    /// The whole first line.
    package var head: [UInt8]
    /// The message when it is not a part of `head` as it stands: rebuilt, or of several lines.
    package var text: [UInt8]?
    /// Physical lines.
    package var lines = 1
    /// The file as it was named, or a source's id.
    package var source: String
    /// Which file behind the source's name; see `LogPlace`.
    package var generation: UInt64 = 0
    /// Where the first line starts in the file, in bytes.
    package var offset: Int64
    /// The first line's number, from 1.
    package var number: Int
    /// Bytes at the ends of over-long lines that were left out.
    package var omitted = 0

    package init(
        time: Timestamp, timeIsRead: Bool, parsed: ParsedLine, head: [UInt8], text: [UInt8]?,
        source: String, generation: UInt64 = 0, offset: Int64, number: Int, omitted: Int = 0
    ) {
        self.time = time
        self.timeIsRead = timeIsRead
        self.parsed = parsed
        self.head = head
        self.text = text
        self.source = source
        self.generation = generation
        self.offset = offset
        self.number = number
        self.omitted = omitted
    }

    package var level: LogLevel? { parsed.level }

    /// Takes what one field of a journal's record says.
    fileprivate mutating func takeField(_ field: JoinedRecord) {
        if !timeIsRead, field.timeIsRead {
            time = field.time
            timeIsRead = true
        }
        parsed.level = parsed.level ?? field.parsed.level
        parsed.service = field.parsed.service ?? parsed.service
        parsed.host = parsed.host ?? field.parsed.host
        guard !field.message.isEmpty else { return }
        var text = text ?? []
        self.text = nil
        if !text.isEmpty { text.append(0x0A) }
        text += field.message
        self.text = text
        omitted += field.omitted
    }

    /// The text after the recognised header; its lines are separated by line feeds.
    package var message: ArraySlice<UInt8> {
        if let text { return text[...] }
        if case .range(let range) = parsed.body { return head[range] }
        return head[...]
    }
}

/// Puts the lines of one source together to records; says so when nothing more will follow.
package struct RecordJoiner: Sendable {
    /// The record that may go on.
    package private(set) var open: JoinedRecord?
    /// Lines that went on with the record before them.
    package private(set) var joinedLines = 0

    /// Empty lines since the last other one.
    private var blanks = 0

    package init() {}

    /// Physical lines of the open record, with the empty ones behind it; 0 when none is open.
    package var openLines: Int { open.map { $0.lines + blanks } ?? 0 }

    /// Takes an empty line: part of the record when more of it follows.
    package mutating func addBlank() { blanks += 1 }

    /// Takes the next line's record.
    /// - Returns: the record that is complete now, if any.
    package mutating func add(_ record: JoinedRecord) -> JoinedRecord? {
        let blanks = blanks
        self.blanks = 0
        guard var head = open else {
            open = record
            return nil
        }
        let goesOn = record.parsed.continues || head.parsed.isCut
        let fits =
            head.lines + blanks < JoinedRecord.linesMax
            && head.message.count + record.head.count < JoinedRecord.bytesMax
        guard goesOn, fits else {
            open = record
            return head
        }
        joinedLines += 1
        open = nil  // The bytes are appended in place.
        if head.parsed.format == .journal, record.parsed.format == .journal {
            head.takeField(record)
            head.lines += 1 + blanks
            open = head
            return nil
        }
        var text = head.text ?? Array(head.message)
        head.text = nil
        if head.parsed.isHeading {
            text = Array(record.message)
            head.parsed.isHeading = false
        } else if head.parsed.isCut {
            text += record.message
            head.parsed.isCut = record.parsed.isCut
        } else {
            for _ in 0...blanks { text.append(0x0A) }
            // A line of a trace shows its indent; what stands behind a header of its own does not.
            text += record.timeIsRead ? record.message : record.head[...]
        }
        head.text = text
        head.lines += 1 + blanks
        head.omitted += record.omitted
        if head.parsed.level == nil { head.parsed.level = record.parsed.level }
        open = head
        return nil
    }

    /// The last record: at the end of a file, or when its source has been quiet.
    package mutating func flush() -> JoinedRecord? {
        defer {
            open = nil
            blanks = 0
        }
        return open
    }
}
