import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// Unpacks gzip'd dumps (RFC 1952), also of several members one after the other, as `cat a.gz b.gz`
/// makes them. Everything or nothing: damaged or cut data yields no bytes.
package enum Gzip {
    /// Why data cannot be unpacked, as the second half of a sentence.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Bytes unpacked at once.
    private static let blockBytes = 256 * 1024

    /// Whether the bytes begin as gzip data does.
    package static func isPacked(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
    }

    /// The bytes as they are, or what they unpack to when they are gzip data.
    /// - Parameter unpackedBytesMax: more is refused, because a small file may unpack to any size.
    package static func plain(
        _ bytes: [UInt8], unpackedBytesMax: Int
    ) throws(Refusal) -> [UInt8] {
        isPacked(bytes) ? try unpack(bytes, unpackedBytesMax: unpackedBytesMax) : bytes
    }

    private static func unpack(
        _ packed: [UInt8], unpackedBytesMax: Int
    ) throws(Refusal) -> [UInt8] {
        guard let state = csystem_inflate_new() else {
            throw Refusal(description: "there is no memory to unpack it")
        }
        defer { csystem_inflate_free(state) }
        var unpacked: [UInt8] = []
        var block = [UInt8](repeating: 0, count: blockBytes)
        var position = 0
        while true {
            var written = 0
            let before = position
            let result = packed.withUnsafeBufferPointer { input -> Int32 in
                guard let base = input.baseAddress else { return 0 }
                return csystem_inflate_step(
                    state, base + position, input.count - position, &block, blockBytes, &position,
                    &written)
            }
            unpacked += block[..<written]
            guard unpacked.count <= unpackedBytesMax else {
                let limit = UnitText.bytes(Double(unpackedBytesMax))
                throw Refusal(description: "it unpacks to more than \(limit)")
            }
            switch result {
            case 1:
                if try isEnd(packed, position) { return unpacked }
                guard csystem_inflate_next_member(state) == 0 else { throw damaged(position) }
            case 0 where written == 0 && position == before:
                throw Refusal(
                    description:
                        "its gzip data ends early: it is still being written or was cut")
            case 0: continue
            case -ENOMEM: throw Refusal(description: "there is no memory to unpack it")
            default: throw damaged(position)
            }
        }
    }

    /// Whether nothing follows but zeros, with which some writers fill a block.
    private static func isEnd(_ packed: [UInt8], _ position: Int) throws(Refusal) -> Bool {
        let rest = packed[position...]
        if rest.allSatisfy({ $0 == 0 }) { return true }
        guard rest.starts(with: [0x1F, 0x8B]) else { throw damaged(position) }
        return false
    }

    private static func damaged(_ position: Int) -> Refusal {
        Refusal(description: "its gzip data is damaged at byte \(position)")
    }
}
