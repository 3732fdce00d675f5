import Basics

/// How far the lines of one log were counted: enough to go on there after a restart, whatever
/// happened to the file meanwhile.
package struct FollowCheckpoint: Sendable, Hashable {
    /// A file, or a piece of one, of which lines are still to be counted.
    package struct Part: Sendable, Hashable {
        /// The file, as it was when it was read up to `trace.offset`.
        package var trace: FileTrace
        /// The first byte that was not counted; a line begins there.
        package var from: Int64
        /// The first byte behind it that was; nil for a file that was followed: all that comes.
        package var to: Int64?

        package init(trace: FileTrace, from: Int64, to: Int64? = nil) {
            self.trace = trace
            self.from = from
            self.to = to
        }
    }

    package static let partsMax = 1_024

    package var time: Timestamp
    /// Oldest first; the last one without an end is the file that had the log's name.
    package var parts: [Part]
    /// Where the older history of that file ends that was not read yet, which is read backwards.
    package var olderEnd: Int64?

    package init(time: Timestamp, parts: [Part], olderEnd: Int64? = nil) {
        self.time = time
        self.parts = parts
        self.olderEnd = olderEnd
    }

    package func append(to out: inout [UInt8]) {
        out.appendFixed(time.nanoseconds)
        out.appendFixed(olderEnd ?? -1)
        out.appendVarint(parts.count)
        for part in parts {
            part.trace.append(to: &out)
            out.appendFixed(part.from)
            out.appendFixed(part.to ?? -1)
        }
    }

    /// Nil for what `append` does not write.
    package init?(_ cursor: inout ByteCursor) {
        guard let time = SavedTime.take(&cursor), let olderEnd = cursor.fixed(Int64.self),
            let count = cursor.varint(), count <= Self.partsMax
        else { return nil }
        self.init(time: time, parts: [], olderEnd: olderEnd < 0 ? nil : olderEnd)
        for _ in 0..<count {
            guard let trace = FileTrace(&cursor), let from = cursor.fixed(Int64.self), from >= 0,
                let to = cursor.fixed(Int64.self)
            else { return nil }
            parts.append(Part(trace: trace, from: from, to: to < 0 ? nil : to))
        }
    }
}

extension FollowCheckpoint.Part {
    /// The file, under the log's name or one that rotation gave to it.
    func find(path: String) -> LogContent? {
        if let found = LogContent.open(path), trace.isRead(of: found) { return found }
        return RotatedNames.contents(besides: path).first { trace.isRead(of: $0) }
    }
}

extension FileTrace {
    /// Both are of one content of one file.
    package func isSameContent(as other: FileTrace) -> Bool {
        device == other.device && inode == other.inode && generation == other.generation
    }

    func append(to out: inout [UInt8]) {
        for value in [device, inode, generation, UInt64(bitPattern: offset)] {
            out.appendFixed(value)
        }
        for print in [head, tail] {
            out.appendVarint(print.count)
            out.appendFixed(print.hash)
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor) {
        guard let device = cursor.fixed(UInt64.self), let inode = cursor.fixed(UInt64.self),
            let generation = cursor.fixed(UInt64.self), let offset = cursor.fixed(Int64.self),
            let headCount = cursor.varint(), let headHash = cursor.fixed(UInt64.self),
            let tailCount = cursor.varint(), let tailHash = cursor.fixed(UInt64.self),
            headCount <= ReadContent.headBytesMax, tailCount <= ReadContent.tailBytesMax,
            offset >= Int64(tailCount)
        else { return nil }
        self.init(
            device: device, inode: inode, generation: generation, offset: offset,
            head: Fingerprint(count: headCount, hash: headHash),
            tail: Fingerprint(count: tailCount, hash: tailHash))
    }

    /// So few first bytes may be the same by chance.
    private static let headBytesMin = 64

    /// Whether `content` holds what was read, under whatever name, as a copy or packed.
    package func isRead(of content: LogContent) -> Bool {
        let isSameFile = device == content.facts.device && inode == content.facts.inode
        return (isSameFile || head.count >= Self.headBytesMin) && mayBeRead(of: content)
    }

    /// The same, however little was read.
    func mayBeRead(of content: LogContent) -> Bool {
        guard head.count > 0, content.head.count >= head.count,
            Fingerprint(content.head.prefix(head.count)) == head
        else { return false }
        guard let before = content.fingerprint(before: offset, count: tail.count) else {
            // Far into packed content: it is compared no further than its first bytes.
            return content.isPacked
        }
        return before == tail
    }
}
