import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// What one file of a log holds, read forwards; unpacked when it is gzip data.
package final class LogContent {
    /// Packed content is compared no further into it than this, in bytes.
    private static let comparedBytesMax: Int64 = 1 << 20
    private static let blockBytes = 64 * 1024
    /// What gzip data begins with (RFC 1952).
    static let packedMagic: [UInt8] = [0x1F, 0x8B]

    package let path: String
    package let facts: FileFacts
    package let isPacked: Bool
    /// The first bytes, at most `ReadContent.headBytesMax`.
    let head: [UInt8]
    /// Where `next` goes on.
    package private(set) var position: Int64 = 0
    /// Packed content that is cut or damaged: what stood before it was handed out.
    package private(set) var failure: Failure?

    private let file: OpenFile
    private var stream: LogBytes?
    private var block: [UInt8] = []
    /// Bytes of `block` that were not handed out.
    private var ready = 0..<0

    private init(path: String, file: OpenFile, facts: FileFacts, isPacked: Bool) {
        self.path = path
        self.file = file
        self.facts = facts
        self.isPacked = isPacked
        head =
            isPacked
            ? Self.unpacked(path, ReadContent.headBytesMax)
            : file.bytes(at: 0, count: ReadContent.headBytesMax)
    }

    /// Nil for what cannot be read, is no regular file or no text.
    package static func open(_ path: String) -> LogContent? {
        guard case .success(let file) = OpenFile.open(path), let facts = file.facts else {
            return nil
        }
        let isPacked = file.bytes(at: 0, count: 2) == packedMagic
        if !isPacked, ContentCheck.refusal(file, path: path) != nil { return nil }
        return LogContent(path: path, file: file, facts: facts, isPacked: isPacked)
    }

    /// Of a file that is open, whatever it is called by now; not packed.
    static func of(_ file: OpenFile, path: String) -> LogContent? {
        file.facts.map { LogContent(path: path, file: file, facts: $0, isPacked: false) }
    }

    /// Up to `count` bytes at `offset`; not for packed content.
    func bytes(at offset: Int64, count: Int) -> [UInt8] { file.bytes(at: offset, count: count) }

    /// The content as far as it was handed out.
    package var trace: FileTrace {
        let head = Fingerprint(head)
        return FileTrace(
            device: facts.device, inode: facts.inode,
            generation: Fingerprint.mixed(facts.inode ^ head.hash), offset: position, head: head,
            tail: Fingerprint([]))
    }

    /// Of packed content known only at its end.
    package var size: Int64 { isPacked ? position : file.facts?.size ?? 0 }

    var encoding: LineEncoding { LineEncoding.of(head: head).0 }

    /// Up to `count` bytes from `position` on; empty at the end.
    package func next(_ count: Int) -> [UInt8] {
        if isPacked { return unpack(count) }
        let bytes = file.bytes(at: position, count: count)
        position += Int64(bytes.count)
        return bytes
    }

    /// Moves to `target`, of packed content by at most `budget` bytes and never back.
    /// - Returns: whether it stands there, or at the end.
    package func advance(to target: Int64, budget: Int) -> Bool {
        guard isPacked else {
            position = target
            return true
        }
        var left = budget
        while position < target, left > 0 {
            let count = unpack(Int(min(target - position, Int64(Self.blockBytes)))).count
            if count == 0 { return true }
            left -= count
        }
        return position >= target
    }

    private func unpack(_ count: Int) -> [UInt8] {
        if ready.isEmpty, failure == nil {
            if stream == nil { stream = Self.stream(path) }
            if block.isEmpty { block = [UInt8](repeating: 0, count: Self.blockBytes) }
            do throws(Failure) {
                ready = 0..<(try stream?.next(into: &block) ?? 0)
            } catch {
                failure = error
            }
        }
        let part = ready.prefix(count)
        ready = part.upperBound..<ready.upperBound
        position += Int64(part.count)
        return Array(block[part])
    }

    private static func stream(_ path: String) -> LogBytes? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        return descriptor < 0 ? nil : LogBytes(path: path, descriptor: descriptor)
    }

    /// The first `count` bytes of packed content, as far as it can be read.
    private static func unpacked(_ path: String, _ count: Int) -> [UInt8] {
        guard let stream = stream(path) else { return [] }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < count {
            guard let read = try? stream.next(into: &block), read > 0 else { break }
            bytes += block[..<read]
        }
        return Array(bytes.prefix(count))
    }

    /// Of the `count` bytes before `offset`; nil when so many are not there or it is too far into
    /// packed content.
    func fingerprint(before offset: Int64, count: Int) -> Fingerprint? {
        guard isPacked else {
            return Fingerprint(file.bytes(at: offset - Int64(count), count: count))
        }
        guard offset <= Self.comparedBytesMax else { return nil }
        let bytes = Self.unpacked(path, Int(offset))
        return Fingerprint(bytes.dropFirst(Int(offset) - count))
    }
}
