import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// One file being read to its end, with what is needed to notice that it became another one under
/// the same name.
final class FollowedFile {
    /// A change this young may have another one behind it with the same time: the kernel's clock
    /// for files goes in steps of 1 to 10 ms.
    private static let clockStep: Duration = .milliseconds(50)

    let file: OpenFile
    private(set) var content: ReadContent
    private(set) var assembler: LineAssembler
    /// What the file was at the last look.
    private(set) var known: FileFacts?
    /// Bytes of holes that were skipped.
    private(set) var holeBytes: Int64 = 0
    private var isSettled = false
    private let before: UInt64
    private var generationKnown: UInt64?

    /// - Parameters:
    ///   - before: the generation of the content that stood here before, 0 when there was none.
    ///   - generation: when it is known from an earlier reading.
    ///   - unfinished: holds the beginning of the line that goes on at `offset`.
    init(
        _ file: OpenFile, offset: Int64, lineBytesMax: Int, before: UInt64 = 0,
        generation: UInt64? = nil, unfinished: LineAssembler? = nil
    ) {
        self.file = file
        self.before = before
        generationKnown = generation
        content = ReadContent(file, offset: offset)
        known = file.facts
        assembler =
            unfinished
            ?? LineAssembler(
                lineBytesMax: lineBytesMax, encoding: LineEncoding.of(head: content.head).0)
    }

    var offset: Int64 { content.offset }

    /// A hash of device, inode and first line (its first KiB): it changes with the content and is
    /// known before the first line is handed out. Where new content begins with the old first line
    /// it is still another number.
    var generation: UInt64 {
        if let generationKnown { return generationKnown }
        let end = content.head.firstIndex(of: 0x0A).map { $0 + 1 } ?? content.head.count
        let line = Fingerprint(content.head[..<end])
        var hash = Fingerprint.mixed(file.device &* 31 &+ file.inode)
        hash = Fingerprint.mixed(hash ^ line.hash)
        if hash == before { hash = Fingerprint.mixed(hash &+ 1) }
        let isWhole = end < content.head.count || content.head.last == 0x0A
        if isWhole || content.head.count == ReadContent.headBytesMax { generationKnown = hash }
        return hash
    }

    var trace: FileTrace {
        FileTrace(
            device: file.device, inode: file.inode, generation: generation, offset: offset,
            head: content.headFingerprint, tail: content.tailFingerprint)
    }

    enum Change {
        case none
        /// The file was cut; what stands before the new end was read already.
        case cutShort(from: Int64)
        /// The content is another one: to be read from the start, as another file.
        case rewritten
    }

    /// Compares the file with what was read of it.
    func inspect(_ now: Timestamp) -> Change {
        guard let facts = file.facts else { return .none }
        let isUnchanged =
            known?.size == facts.size && known?.changed == facts.changed
            && known?.modified == facts.modified && facts.size >= offset
        if isSettled, isUnchanged { return .none }
        known = facts
        let age = now - facts.changed
        isSettled = age > Self.clockStep
        switch content.compare(file, size: facts.size) {
        case .same: return .none
        case .shorter:
            let from = offset
            cut(to: facts.size)
            return .cutShort(from: from)
        case .other: return .rewritten
        }
    }

    /// An unfinished line of which the end was cut off is read again from its start.
    private func cut(to size: Int64) {
        let isKept = assembler.hasPartial && assembler.partialOffset < size
        content.cut(to: isKept ? assembler.partialOffset : size, file)
        assembler.reset()
    }

    /// Passes over what stands before `position`, where a line begins.
    /// - Returns: where the first line begins that is passed over.
    func jump(to position: Int64) -> Int64 {
        let start = assembler.unfinishedOffset ?? offset
        assembler.reset()
        passOver(position - offset)
        return start
    }

    struct Reading {
        /// Holes included.
        var advanced: Int64 = 0
        /// Bytes that waited behind what was read.
        var left: Int64 = 0
        /// The file is not what it was: `inspect` will tell.
        var isSuspect = false
        var error: SystemError?
    }

    /// Reads at most `limit` bytes from the offset on. The bytes before the offset are read with
    /// them and compared, so that nothing of a file that was just rewritten is taken for more of
    /// the old one.
    func read(limit: Int, buffer: inout [UInt8], _ sink: LineAssembler.Sink) -> Reading {
        var reading = Reading()
        guard let size = file.facts?.size else {
            reading.error = .current
            return reading
        }
        guard size > offset else {
            if size < offset { suspect(&reading) }
            return reading
        }
        if size - offset > 4096 { reading.advanced = skipHole(size) }
        let front = content.tail.count
        if buffer.count < limit + ReadContent.tailBytesMax {
            buffer = [UInt8](repeating: 0, count: limit + ReadContent.tailBytesMax)
        }
        let end = buffer.withUnsafeMutableBytes { bytes in
            pread(file.descriptor, bytes.baseAddress, limit + front, off_t(offset) - off_t(front))
        }
        guard end >= 0 else {
            reading.error = .current
            return reading
        }
        guard content.precedes(buffer, end) else {
            suspect(&reading)
            return reading
        }
        guard end > front else { return reading }
        let start = offset
        content.advance(buffer, to: end)
        assembler.feed(buffer.span.extracting(front..<end), at: start, sink)
        reading.advanced += Int64(end - front)
        reading.left = max(0, size - offset)
        return reading
    }

    private func suspect(_ reading: inout Reading) {
        isSettled = false
        reading.isSuspect = true
    }

    private func skipHole(_ size: Int64) -> Int64 {
        let start = min(file.dataStart(from: offset, size: size), size)
        guard start > offset else { return 0 }
        let length = start - offset
        holeBytes += length
        content.skip(to: start)
        return length
    }

    /// Passes over bytes that the disk does not deliver.
    func passOver(_ count: Int64) {
        content.skip(to: offset + count)
        content.cut(to: offset, file)
    }

    /// Bytes that wait to be read.
    var bytesBehind: Int64 { max(0, (file.facts?.size ?? offset) - offset) }

    /// Gives the unfinished line to whoever reads on elsewhere.
    func handOver() -> LineAssembler {
        defer { assembler = LineAssembler(lineBytesMax: assembler.lineBytesMax) }
        return assembler
    }

    func flush(_ sink: LineAssembler.Sink) { assembler.flush(sink) }
}
