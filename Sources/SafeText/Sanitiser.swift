/// Turns bytes from anywhere into text that is safe to show: what is invisible or would command the
/// terminal becomes visible, nothing is skipped.
package enum Sanitiser {
    /// Bytes of one text that are kept; the rest is cut and marked.
    package static let textBytesMax = 64 * 1024
    /// Combining marks kept on one base.
    package static let marksMax = 4
    /// Columns between tab stops.
    package static let tabWidth = 8

    /// Sanitises bytes: strict UTF-8 (a bad byte shows as `\xNN`), controls as `^[` and `\u009b`,
    /// direction and invisible scalars as `‹U+202E›`, TAB as spaces, colour sequences removed.
    package static func clean(_ bytes: some Collection<UInt8>) -> String {
        let done = bytes.withContiguousStorageIfAvailable { clean(buffer: $0) }
        return done ?? Array(bytes).withUnsafeBufferPointer { clean(buffer: $0) }
    }

    private static func clean(buffer: UnsafeBufferPointer<UInt8>) -> String {
        if buffer.count <= textBytesMax, ByteClass.areAllPrintable(buffer) {
            return String(decoding: buffer, as: UTF8.self)
        }
        return String(decoding: bytes(buffer, limit: textBytesMax), as: UTF8.self)
    }

    /// The sanitised form of the first `limit` bytes, in UTF-8.
    static func bytes(_ buffer: UnsafeBufferPointer<UInt8>, limit: Int) -> [UInt8] {
        var writer = SanitisingWriter()
        writer.write(buffer, limit: limit)
        return writer.bytes
    }

    /// Sanitises text.
    package static func clean(_ text: String) -> String { clean(text.utf8) }

    /// `text` with nothing in it that a frame must not hold; returns it unchanged (and fast) when
    /// it is clean, which it is except by mistake.
    package static func visible(_ text: String) -> String {
        let isASCII: Bool? = text.utf8.withContiguousStorageIfAvailable {
            ByteClass.areAllPrintable($0)
        }
        if isASCII == true { return text }
        for scalar in text.unicodeScalars where !ScalarClass.isVisible(scalar) {
            return clean(text)
        }
        return text
    }

    /// The length of a text of printable ASCII alone, which takes one cell per byte; else nil.
    package static func plainCount(_ text: String) -> Int? {
        let count: Int?? = text.utf8.withContiguousStorageIfAvailable {
            ByteClass.areAllPrintable($0) ? $0.count : nil
        }
        return count ?? nil
    }

    /// An identifier for a confirmation: ASCII as it is, every other scalar as `\u{…}`, so that
    /// look-alikes cannot pass.
    package static func identifier(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if (0x20...0x7E).contains(scalar.value) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            }
        }
        return result
    }
}
