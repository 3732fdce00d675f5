import Basics
import CSystem
import Logs

/// One checksummed piece of a segment.
///
///     magic      4  F5 'w' 's' 'f'
///     kind       1  1 series, 2 rows, 3 columns
///     zero       3
///     length     4  of the payload, at most `payloadBytesMax`
///     first      8  milliseconds, the oldest sample in it; 0 for series
///     last       8  the newest
///     crc32c     4  of everything from `kind` to here, and the payload
///     payload
///
/// Numbers are little-endian. Each frame can be read without the frames before it but for the
/// labels of its series.
struct SignalFrame {
    enum Kind: UInt8 {
        /// Labels, see `SignalDictionary`.
        case series = 1
        /// Few samples of many series, as they are first written.
        case rows = 2
        /// Many samples of each of some series.
        case columns = 3
    }

    var kind: Kind
    /// The payload's place in the segment.
    var payload: Range<Int>
    var first: Int64
    var last: Int64

    static let magic: [UInt8] = [0xF5, 0x77, 0x73, 0x66]
    static let headerBytes = 32
    /// A frame that claims more is damaged.
    static let payloadBytesMax = 4 * 1024 * 1024

    static func append(
        _ kind: Kind, _ payload: [UInt8], first: Int64 = 0, last: Int64 = 0, to out: inout [UInt8]
    ) {
        precondition(payload.count <= payloadBytesMax, "a frame's payload has an upper limit")
        let start = out.count
        out += magic
        out.append(kind.rawValue)
        out += [0, 0, 0]
        out.appendFixed(UInt32(payload.count))
        out.appendFixed(first)
        out.appendFixed(last)
        var crc = checksum(0, out[(start + magic.count)...])
        crc = checksum(crc, payload[...])
        out.appendFixed(crc)
        out += payload
    }

    static func checksum(_ before: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { csystem_crc32c(before, $0.baseAddress, $0.count) }
    }
}

/// The frames of one segment and what of it cannot be used.
struct SignalScan {
    private(set) var frames: [SignalFrame] = []
    /// Bytes behind the last whole frame that look like the beginning of one: what a killed writer
    /// leaves.
    private(set) var tornBytes = 0
    /// Ranges that are no frames, with good ones behind them or of another kind than a torn end.
    private(set) var damaged: [Range<Int>] = []
    /// Where the last whole frame ends.
    private(set) var end: Int

    /// Bytes that may be checksummed in vain while looking for the next good frame, as a multiple
    /// of the segment: a file full of false beginnings must not cost more.
    private static let vainFactor = 8

    /// - Parameter start: where the first frame begins.
    init(_ bytes: [UInt8], from start: Int) {
        end = start
        var position = start
        var vain = 0
        while position < bytes.count {
            if let frame = Self.frame(in: bytes, at: position, &vain) {
                frames.append(frame)
                position = frame.payload.upperBound
                end = position
                continue
            }
            let next = Self.next(in: bytes, after: position, &vain)
            if let next {
                damaged.append(position..<next)
                position = next
            } else {
                rest(bytes, from: position)
                return
            }
        }
    }

    /// A rest that is shorter than the frame it begins is a torn end; anything else is damage.
    private mutating func rest(_ bytes: [UInt8], from position: Int) {
        let head = bytes[position...].prefix(SignalFrame.magic.count)
        let begins = head.elementsEqual(SignalFrame.magic.prefix(head.count))
        let isShort = Self.length(in: bytes, at: position).map {
            bytes.count - position < SignalFrame.headerBytes + $0
        }
        if begins, isShort ?? true {
            tornBytes = bytes.count - position
        } else {
            damaged.append(position..<bytes.count)
        }
    }

    /// The length that the header at `position` claims; nil when the header is cut off.
    private static func length(in bytes: [UInt8], at position: Int) -> Int? {
        guard bytes.count - position >= SignalFrame.headerBytes else { return nil }
        var cursor = ByteCursor(bytes[(position + 8)...])
        return cursor.fixed(UInt32.self).map(Int.init)
    }

    /// The whole, undamaged frame at `position`, or nil.
    private static func frame(in bytes: [UInt8], at position: Int, _ vain: inout Int)
        -> SignalFrame?
    {
        guard let length = length(in: bytes, at: position),
            bytes[position..<position + 4].elementsEqual(SignalFrame.magic),
            let kind = SignalFrame.Kind(rawValue: bytes[position + 4]),
            length <= SignalFrame.payloadBytesMax
        else { return nil }
        let begin = position + SignalFrame.headerBytes
        guard length <= bytes.count - begin else { return nil }
        var cursor = ByteCursor(bytes[(position + 12)...])
        guard let first = cursor.fixed(Int64.self), let last = cursor.fixed(Int64.self),
            let stored = cursor.fixed(UInt32.self)
        else { return nil }
        var crc = SignalFrame.checksum(0, bytes[(position + 4)..<(begin - 4)])
        crc = SignalFrame.checksum(crc, bytes[begin..<begin + length])
        guard crc == stored else {
            vain += length
            return nil
        }
        return SignalFrame(kind: kind, payload: begin..<begin + length, first: first, last: last)
    }

    /// Where the next good frame begins.
    private static func next(in bytes: [UInt8], after position: Int, _ vain: inout Int) -> Int? {
        let limit = bytes.count * vainFactor
        var candidate = position + 1
        while candidate + SignalFrame.headerBytes <= bytes.count, vain <= limit {
            if bytes[candidate] == SignalFrame.magic[0],
                frame(in: bytes, at: candidate, &vain) != nil
            {
                return candidate
            }
            candidate += 1
        }
        return nil
    }
}
