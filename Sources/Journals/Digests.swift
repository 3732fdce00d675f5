import CSystem
import Crypto

/// SHA-256 and CRC32C as the journal writes them.
package enum Digests {
    /// What the first record names as its predecessor.
    package static let zeros = String(repeating: "0", count: 64)

    /// Lower-case hex SHA-256.
    package static func sha256(_ bytes: some Collection<UInt8>) -> String {
        let digest =
            bytes.withContiguousStorageIfAvailable { storage in
                SHA256.hash(data: UnsafeRawBufferPointer(storage))
            } ?? SHA256.hash(data: Array(bytes))
        return hex(digest)
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(hexDigits[Int(byte >> 4)])
            text.append(hexDigits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static let hexDigits = Array("0123456789abcdef".utf8)

    /// CRC-32C, see `csystem_crc32c`.
    static func crc32c(_ parts: ArraySlice<UInt8>...) -> UInt32 {
        var value: UInt32 = 0
        for part in parts {
            value = part.withUnsafeBytes { csystem_crc32c(value, $0.baseAddress, $0.count) }
        }
        return value
    }
}
