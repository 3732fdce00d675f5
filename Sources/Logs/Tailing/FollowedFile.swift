import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// One file being read to its end, with what is needed to notice that it became another one under
/// the same name.
final class FollowedFile {
    /// How many bytes before the offset are compared.
    private static let tailBytesMax = 64

    let file: OpenFile
    private(set) var identity: FileIdentity
    private(set) var offset: Int64
    private(set) var assembler: LineAssembler
    /// Size and modification time at the last look.
    private(set) var known: FileFacts?
    /// Bytes of holes that were skipped.
    private(set) var holeBytes: Int64 = 0
    private var tail: [UInt8] = []

    init(_ file: OpenFile, offset: Int64, lineBytesMax: Int) {
        self.file = file
        self.offset = offset
        identity = file.identity()
        known = file.facts
        assembler = LineAssembler(lineBytesMax: lineBytesMax)
        rememberTail()
        if offset == 0 { skipByteOrderMark() }
    }

    enum Change {
        case none
        /// The file was cut; what stands before the new end was read already.
        case cutShort(from: Int64)
        /// The content is another one: read from the start.
        case rewritten(from: Int64)
    }

    /// Compares the file with what was read of it.
    func inspect(_ facts: FileFacts) -> Change {
        defer { known = facts }
        if let known, known.size == facts.size, known.modified == facts.modified { return .none }
        let headNow = file.bytes(at: 0, count: identity.head.count)
        if facts.size < offset {
            let cut = offset
            let isPrefix = !headNow.isEmpty && identity.head.starts(with: headNow)
            if isPrefix {
                move(to: facts.size)
                return .cutShort(from: cut)
            }
            move(to: 0)
            return .rewritten(from: cut)
        }
        let tailNow = file.bytes(at: offset - Int64(tail.count), count: tail.count)
        if headNow != identity.head || tailNow != tail {
            let cut = offset
            move(to: 0)
            return .rewritten(from: cut)
        }
        return .none
    }

    private func move(to position: Int64) {
        offset = position
        identity = file.identity()
        rememberTail()
    }

    /// Reads at most `limit` bytes from the offset on.
    /// - Returns: the bytes advanced, holes included.
    func read(limit: Int, buffer: inout [UInt8], _ sink: LineAssembler.Sink) -> Int64 {
        var advanced: Int64 = 0
        let size = file.facts?.size ?? offset
        if size - offset > 4096 {
            let start = min(file.dataStart(from: offset, size: size), size)
            if start > offset {
                holeBytes += start - offset
                advanced += start - offset
                offset = start
            }
        }
        if buffer.count < limit { buffer = [UInt8](repeating: 0, count: limit) }
        let count = buffer.withUnsafeMutableBytes { bytes in
            pread(file.descriptor, bytes.baseAddress, limit, off_t(offset))
        }
        guard count > 0 else {
            if advanced > 0 { rememberTail() }
            return advanced
        }
        assembler.feed(buffer.span.extracting(0..<count), at: offset, sink)
        extendHead(buffer, count)
        offset += Int64(count)
        extendTail(buffer, count)
        return advanced + Int64(count)
    }

    /// Bytes that wait to be read.
    var bytesBehind: Int64 { max(0, (file.facts?.size ?? offset) - offset) }

    func flush(_ sink: LineAssembler.Sink) { assembler.flush(sink) }
    func dropPartial() { assembler.reset() }

    private func extendHead(_ buffer: [UInt8], _ count: Int) {
        let held = identity.head.count
        guard held < FileIdentity.headBytesMax, offset <= Int64(held) else { return }
        let start = held - Int(offset)
        guard start < count else { return }
        identity.head += buffer[start..<min(count, start + FileIdentity.headBytesMax - held)]
    }

    private func extendTail(_ buffer: [UInt8], _ count: Int) {
        if count >= Self.tailBytesMax {
            tail = Array(buffer[count - Self.tailBytesMax..<count])
        } else {
            tail = Array((tail + buffer[..<count]).suffix(Self.tailBytesMax))
        }
    }

    private func rememberTail() {
        let count = Int(min(offset, Int64(Self.tailBytesMax)))
        tail = file.bytes(at: offset - Int64(count), count: count)
        if tail.count < count { tail = [] }
    }

    private func skipByteOrderMark() {
        let head = identity.head
        if head.starts(with: [0xEF, 0xBB, 0xBF]) {
            offset = 3
        } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            offset = 2
        }
        rememberTail()
    }
}
