import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// The bytes of a file in order, unpacked when they are gzip data (also of several members).
final class LogBytes {
    private let path: String
    private let descriptor: Int32
    /// Packed bytes that were read and not unpacked, from `position` to `count`.
    private var packed: [UInt8] = []
    private var position = 0
    private var count = 0
    private var state: OpaquePointer?
    private var isFirst = true
    /// A member was begun and not ended.
    private var isInside = false

    /// Takes the descriptor over.
    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        csystem_inflate_free(state)
        close(descriptor)
    }

    /// Begins at `offset` of a regular file that is not packed.
    func skip(to offset: Int64) { lseek(descriptor, off_t(offset), SEEK_SET) }

    /// Fills `block` from its start.
    /// - Returns: how many bytes; 0 at the end.
    func next(into block: inout [UInt8]) throws(Failure) -> Int {
        if state != nil { return try unpacked(into: &block) }
        let count = try raw(&block)
        guard isFirst else { return count }
        isFirst = false
        guard count >= 2, block[0] == 0x1F, block[1] == 0x8B else { return count }
        packed = block
        self.count = count
        state = csystem_inflate_new()
        guard state != nil else { throw failure("there is no memory to unpack it") }
        isInside = true
        return try unpacked(into: &block)
    }

    private func raw(_ bytes: inout [UInt8]) throws(Failure) -> Int {
        var count = 0
        repeat { count = read(descriptor, &bytes, bytes.count) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw failure("\(SystemError.current)") }
        return count
    }

    private func unpacked(into block: inout [UInt8]) throws(Failure) -> Int {
        while true {
            if position == count {
                position = 0
                count = try raw(&packed)
                if count == 0 {
                    guard !isInside else {
                        throw failure("its gzip data ends early: it was cut or is being written")
                    }
                    return 0
                }
            }
            if !isInside { guard try beginMember() else { return 0 } }
            var taken = 0
            var written = 0
            let limit = block.count
            let result = packed.withUnsafeBufferPointer { input -> Int32 in
                guard let base = input.baseAddress else { return -EILSEQ }
                return csystem_inflate_step(
                    state, base + position, count - position, &block, limit, &taken, &written)
            }
            position += taken
            if result == 1 {
                isInside = false
            } else if result != 0 || (taken == 0 && written == 0) {
                throw failure("its gzip data is damaged")
            }
            if written > 0 { return written }
        }
    }

    /// Whether another member begins at `position`; some writers fill a block with zeros.
    private func beginMember() throws(Failure) -> Bool {
        while position < count, packed[position] == 0 { position += 1 }
        guard position < count else {
            position = 0
            count = try raw(&packed)
            guard count > 0 else { return false }
            return try beginMember()
        }
        guard packed[position] == 0x1F, csystem_inflate_next_member(state) == 0 else {
            throw failure("bytes that are no gzip data follow its end")
        }
        isInside = true
        return true
    }

    private func failure(_ why: String) -> Failure {
        Failure(
            "log.unreadable", "The log cannot be read", subject: path, why: why,
            unchanged: "What was read before it was used",
            next: "Check the file and its permissions")
    }
}
