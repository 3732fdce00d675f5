/// One record's outer form.
///
/// ```
/// WJ1 0000000042 000387 9f3a1c2b {"v":1,…}\n
///  │  └ sequence └ payload bytes  └ payload, printable ASCII
///  └ framing              └ CRC32C of everything before and after it but the newline
/// ```
///
/// Single spaces, fixed widths, lower-case hex: there is one way to write a record, so that every
/// flipped bit is seen.
enum RecordFrame {
    /// The longest line, newline included.
    static let lineBytesMax = 64 * 1024
    /// Up to and with the space before the payload.
    static let headerBytes = 31
    static let payloadBytesMax = lineBytesMax - headerBytes - 1

    enum Fault: Error, Hashable {
        /// Not long enough yet, or no newline where the length says.
        case incomplete
        /// `WJ` and another number: written by another version.
        case unknownFraming(String)
        case broken(String)
    }

    /// The line for `payload`, which is printable ASCII of at most `payloadBytesMax` bytes.
    static func line(sequence: UInt64, payload: [UInt8]) -> [UInt8] {
        let prefix = Array("WJ1 \(padded(sequence, 10)) \(padded(UInt64(payload.count), 6)) ".utf8)
        let crc = Digests.crc32c(prefix[...], payload[...])
        var line = prefix
        line.reserveCapacity(headerBytes + payload.count + 1)
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            line.append(Digests.hexDigits[Int(crc >> shift & 15)])
        }
        line.append(0x20)
        line += payload
        line.append(0x0A)
        return line
    }

    /// Reads the record at the start of `bytes`, which may go on after it.
    static func parse(_ bytes: ArraySlice<UInt8>) throws(Fault)
        -> (sequence: UInt64, payload: ArraySlice<UInt8>, line: ArraySlice<UInt8>)
    {
        let start = bytes.startIndex
        if let other = otherFraming(bytes) { throw .unknownFraming(other) }
        guard bytes.count >= headerBytes else { throw .incomplete }
        guard bytes[start..<start + 4].elementsEqual("WJ1 ".utf8) else {
            throw .broken("the line does not begin with WJ1")
        }
        guard let sequence = decimal(bytes[start + 4..<start + 14]),
            let length = decimal(bytes[start + 15..<start + 21]),
            let crc = hexadecimal(bytes[start + 22..<start + 30]),
            [14, 21, 30].allSatisfy({ bytes[start + $0] == 0x20 })
        else { throw .broken("the header is damaged") }
        guard length <= payloadBytesMax else { throw .broken("the length is too large") }
        let payloadStart = start + headerBytes
        let payloadEnd = payloadStart + Int(length)
        guard payloadEnd < bytes.endIndex else { throw .incomplete }
        let payload = bytes[payloadStart..<payloadEnd]
        guard Digests.crc32c(bytes[start..<start + 22], payload) == crc else {
            throw .broken("the checksum does not match")
        }
        guard bytes[payloadEnd] == 0x0A else { throw .broken("the newline is missing") }
        guard isPrintable(payload) else {
            throw .broken("the payload is not printable ASCII")
        }
        return (sequence, payload, bytes[start...payloadEnd])
    }

    private static func isPrintable(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            for byte in bytes where byte < 0x20 || byte > 0x7E { return false }
            return true
        }
    }

    /// `WJ2` and the like, when a line begins so.
    private static func otherFraming(_ bytes: ArraySlice<UInt8>) -> String? {
        let word = bytes.prefix(8).prefix { $0 != 0x20 }
        guard word.count >= 3, word.count < min(8, bytes.count), word.starts(with: "WJ".utf8),
            word.dropFirst(2).allSatisfy({ (0x30...0x39).contains($0) }),
            !word.elementsEqual("WJ1".utf8)
        else { return nil }
        return String(decoding: word, as: UTF8.self)
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt32(digit - 0x30)
            case 0x61...0x66: value = value << 4 | UInt32(digit - 0x57)
            default: return nil
            }
        }
        return value
    }

    private static func padded(_ value: UInt64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
