import Basics

/// A byte position in a journal: the end of one record is the start of the next.
package struct JournalPosition: Hashable, Comparable, Sendable, Codable {
    /// Counts from 1: the number in the file's name.
    package var segment: Int
    /// Bytes from the beginning of the segment.
    package var offset: Int

    package init(segment: Int, offset: Int) {
        self.segment = segment
        self.offset = offset
    }

    package static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}

/// Where a journal ends and what its last record hashes to.
package struct JournalHead: Hashable, Sendable {
    /// The last record's sequence number; 0 in an empty journal.
    package var sequence: UInt64
    /// Just past the last record.
    package var position: JournalPosition
    /// Lower-case hex SHA-256 of the last line with its newline; 64 zeros in an empty journal.
    package var hash: String

    package var segment: Int { position.segment }
    package var offset: Int { position.offset }

    package init(sequence: UInt64, position: JournalPosition, hash: String) {
        self.sequence = sequence
        self.position = position
        self.hash = hash
    }

    static let empty = JournalHead(
        sequence: 0, position: JournalPosition(segment: 1, offset: 0), hash: Digests.zeros)

    /// The HEAD file's bytes. Exactly these: a reader compares, so that no flipped bit passes.
    var bytes: [UInt8] {
        Array(
            """
            {"seq":\(sequence),"segment":\(segment),"offset":\(offset),"hash":"\(hash)"}

            """.utf8)
    }

    /// Reads what `bytes` writes, or nil.
    init?(bytes: [UInt8]) {
        struct Fields: Decodable {
            var seq: UInt64
            var segment: Int
            var offset: Int
            var hash: String
        }
        guard let fields = try? JSONText.decode(Fields.self, from: bytes) else { return nil }
        self.init(
            sequence: fields.seq,
            position: JournalPosition(segment: fields.segment, offset: fields.offset),
            hash: fields.hash)
        guard self.bytes == bytes else { return nil }
    }
}
