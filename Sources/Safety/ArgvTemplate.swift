import Incidents
import Playbooks

/// Fills `{slot}` inside the arguments of a catalogued action. There is no quoting, because there
/// is no shell: an argument stays one argument whatever stands in it.
package enum ArgvTemplate {
    /// Why a template does not become a command line.
    package struct Defect: Error, Hashable, Sendable {
        package var reason: String
        package init(_ reason: String) { self.reason = reason }
    }

    /// Largest sum of the arguments of one step, in bytes.
    package static let argvBytesMax = 128 * 1024

    /// `steps` with every placeholder replaced, once and not recursively.
    ///
    /// `{name}` is a placeholder when the name is lower-case letters, digits, `_` and `-` and
    /// begins with a letter; other braces (JSON bodies) stay as they are.
    package static func fill(
        _ steps: [[String]], slots: [String: String]
    ) throws(Defect) -> [[String]] {
        guard !steps.isEmpty else { throw Defect("has no steps") }
        var filled: [[String]] = []
        for step in steps {
            guard let program = step.first, program.utf8.first == 0x2F else {
                throw Defect("a step does not begin with the absolute path of a program")
            }
            guard names(in: program).isEmpty else {
                throw Defect("the program itself is a slot: \(program)")
            }
            var arguments: [String] = []
            for argument in step { arguments.append(try fill(argument, slots: slots)) }
            guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
                throw Defect("an argument contains a NUL byte")
            }
            guard arguments.reduce(0, { $0 + $1.utf8.count + 1 }) <= argvBytesMax else {
                throw Defect("a command line is longer than 128 KiB")
            }
            filled.append(arguments)
        }
        return filled
    }

    /// Whether two lists of command lines are the same bytes; `==` on strings accepts other
    /// normalisations.
    package static func same(_ left: [[String]], _ right: [[String]]) -> Bool {
        left.elementsEqual(right) { $0.elementsEqual($1, by: NameRule.same) }
    }

    /// `text` for people with the known placeholders replaced; others stay as they are.
    package static func filledText(_ text: String, slots: [String: String]) -> String {
        let parts = pieces(of: text).map { piece in
            switch piece {
            case .text(let bytes): String(decoding: bytes, as: UTF8.self)
            case .slot(let name): slots[name] ?? "{\(name)}"
            }
        }
        return parts.joined()
    }

    /// The placeholders of an argument, in order.
    package static func names(in argument: String) -> [String] {
        pieces(of: argument).compactMap { if case .slot(let name) = $0 { name } else { nil } }
    }

    private static func fill(_ argument: String, slots: [String: String]) throws(Defect) -> String {
        var text: [UInt8] = []
        for piece in pieces(of: argument) {
            switch piece {
            case .text(let bytes): text += bytes
            case .slot(let name):
                guard let value = slots.first(where: { NameRule.same($0.key, name) })?.value else {
                    throw Defect("slot {\(name)} has no value")
                }
                text += value.utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private enum Piece {
        case text([UInt8])
        case slot(String)
    }

    private static func pieces(of argument: String) -> [Piece] {
        let bytes = Array(argument.utf8)
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x7B, let end = endOfName(bytes, from: index + 1) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = []
                pieces.append(.slot(String(decoding: bytes[index + 1..<end], as: UTF8.self)))
                index = end + 1
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// The index of the `}` that ends a slot's name, or nil when this is no slot.
    private static func endOfName(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count, (0x61...0x7A).contains(bytes[start]) else { return nil }
        let end = bytes[start...].firstIndex { byte in
            !((0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
                || byte == 0x2D)
        }
        guard let end, bytes[end] == 0x7D else { return nil }
        return end
    }
}
