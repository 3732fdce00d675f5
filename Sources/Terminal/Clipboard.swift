/// The escape sequence that offers text to the terminal's clipboard (xterm: OSC 52).
enum Clipboard {
    /// Longer texts are cut: terminals commonly refuse more, in bytes before encoding.
    static let textBytesMax = 48 * 1024

    /// The text travels as base64, so nothing in it can be a control sequence.
    static func sequence(for text: String) -> String {
        "\u{1B}]52;c;\(base64(Array(text.utf8.prefix(textBytesMax))))\u{07}"
    }

    /// RFC 4648, with padding.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let chunk = bytes[start..<min(start + 3, bytes.count)]
            var word = chunk.reduce(0) { $0 << 8 | UInt32($1) }
            word <<= 8 * UInt32(3 - chunk.count)
            for place in 0..<4 {
                let index = Int(word >> UInt32(18 - 6 * place) & 63)
                out.append(place <= chunk.count ? alphabet[index] : 0x3D)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
