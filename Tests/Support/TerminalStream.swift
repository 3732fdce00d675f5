/// What a program wrote to its terminal, taken apart: text, and what acts on the terminal.
///
/// ECMA-48 for the shapes; UTF-8 as RFC 3629 has it. For tests only.
package struct TerminalStream {
    /// Each thing that acts on the terminal, once, in a form that can be compared: `CSI H`,
    /// `CSI ?25 h`, `ESC ( B`, `C0 0d`, `OSC`, `invalid ff`, `U+202e`.
    package private(set) var kinds: Set<String> = []
    private let bytes: [UInt8]
    private var index = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while index < bytes.count { take() }
    }

    /// Whether nothing but text and line feeds stands in `bytes`: what may go to any terminal.
    package static func acts(in bytes: [UInt8]) -> Set<String> {
        TerminalStream(bytes).kinds.subtracting(["C0 0a"])
    }

    private mutating func take() {
        let byte = bytes[index]
        if byte == 0x1B { return takeEscape() }
        if byte < 0x20 || byte == 0x7F {
            kinds.insert("C0 " + Self.hex(UInt32(byte)))
            index += 1
        } else if byte < 0x80 {
            index += 1
        } else {
            takeScalar()
        }
    }

    private mutating func takeScalar() {
        let length = bytes[index] >= 0xF0 ? 4 : bytes[index] >= 0xE0 ? 3 : 2
        let end = min(bytes.count, index + length)
        guard let text = String(validating: bytes[index..<end], as: UTF8.self),
            let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1
        else {
            kinds.insert("invalid " + Self.hex(UInt32(bytes[index])))
            index += 1
            return
        }
        if Self.acts(scalar.value) { kinds.insert("U+" + Self.hex(scalar.value)) }
        index = end
    }

    /// Control characters of the upper half, marks of direction, lines and annotations, tags.
    private static func acts(_ value: UInt32) -> Bool {
        switch value {
        case 0x80...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069,
            0xFFF9...0xFFFB, 0xE0000...0xE007F, 0xFEFF:
            true
        default: false
        }
    }

    private mutating func takeEscape() {
        index += 1
        guard index < bytes.count else { return }
        switch bytes[index] {
        case 0x5B: takeControlSequence()
        case 0x5D: takeString("OSC")
        case 0x50: takeString("DCS")
        case 0x58, 0x5E, 0x5F: takeString("string")
        default:
            var words = "ESC"
            while index < bytes.count, (0x20...0x2F).contains(bytes[index]) {
                words += " " + String(UnicodeScalar(bytes[index]))
                index += 1
            }
            guard index < bytes.count else { return }
            kinds.insert(words + " " + String(UnicodeScalar(bytes[index])))
            index += 1
        }
    }

    /// Parameters count where they say what is done, not how far.
    private mutating func takeControlSequence() {
        index += 1
        let start = index
        while index < bytes.count, (0x20...0x3F).contains(bytes[index]) { index += 1 }
        let parameters = String(decoding: bytes[start..<index], as: UTF8.self)
        guard index < bytes.count else { return }
        let final = String(UnicodeScalar(bytes[index]))
        index += 1
        // A region has two ends; anything else of that name is something else.
        let isRegion = final == "r" && parameters.split(separator: ";").count == 2
        let isPlain = parameters.utf8.allSatisfy { (0x30...0x3B).contains($0) }
        let isFar = isPlain && ("ABCDEFGHXPLMSTdm@".contains(final) || isRegion)
        kinds.insert(isFar ? "CSI " + final : "CSI \(parameters) \(final)")
    }

    private mutating func takeString(_ kind: String) {
        let start = index + 1
        while index < bytes.count, bytes[index] != 0x07, bytes[index] != 0x1B { index += 1 }
        let head = bytes[start..<max(start, index)].prefix { (0x30...0x39).contains($0) }
        kinds.insert((kind + " " + String(decoding: head, as: UTF8.self)))
        if index < bytes.count, bytes[index] == 0x07 { index += 1 }
    }

    private static func hex(_ value: UInt32) -> String {
        let text = String(value, radix: 16)
        return text.count < 2 ? "0" + text : text
    }
}
