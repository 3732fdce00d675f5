import Canvas

/// What curses hands over: a scalar, or a key it recognised.
enum RawInput: Hashable {
    case scalar(UInt32)
    case key(Key)
    case pasteBegin, pasteEnd
    /// The beginning of a mouse report, `ESC [ <`.
    case mouseBegin
    /// A key that has no meaning here.
    case other
}

/// Turns what curses reads into keys; the only place that does.
///
/// Sequences that curses did not recognise are swallowed whole, so that their letters never act as
/// commands. A paste is one key, whatever it contains.
struct InputDecoder {
    /// Scalars of a paste that are kept; the rest is dropped.
    static let pasteScalarsMax = 64 * 1024
    /// Longest escape sequence that is waited for.
    static let sequenceMax = 64

    private var paste: String.UnicodeScalarView?
    private var pasted = 0

    /// The keys of everything that arrived at once.
    mutating func decode(_ inputs: [RawInput]) -> [Key] {
        // A paste whose end never came must not swallow the keyboard for ever.
        if paste != nil, inputs == [.scalar(0x1B)] || inputs == [.scalar(0x03)] {
            paste = nil
            return []
        }
        var keys: [Key] = []
        var index = 0
        while index < inputs.count {
            if paste != nil {
                index += 1
                if let key = continuePaste(inputs[index - 1]) { keys.append(key) }
                continue
            }
            switch inputs[index] {
            case .mouseBegin:
                let (event, length) = Self.mouseReport(inputs[(index + 1)...])
                if let event { keys.append(.mouse(event)) }
                index += 1 + length
            case .scalar(0x1B):
                let length = Self.sequenceLength(inputs[(index + 1)...])
                if length == 0 { keys.append(.escape) }
                index += 1 + length
            case .scalar(let value):
                if let key = Self.key(of: value) { keys.append(key) }
                index += 1
            case .key(let key):
                keys.append(key)
                index += 1
            case .pasteBegin:
                paste = String.UnicodeScalarView()
                pasted = 0
                index += 1
            case .pasteEnd, .other:
                index += 1
            }
        }
        return keys
    }

    private mutating func continuePaste(_ input: RawInput) -> Key? {
        switch input {
        case .pasteEnd:
            defer { paste = nil }
            return paste.map { .paste(String($0)) }
        case .scalar(let value):
            pasted += 1
            guard pasted <= Self.pasteScalarsMax, let scalar = Unicode.Scalar(value) else {
                return nil
            }
            paste?.append(scalar == "\r" ? "\n" : scalar)
            return nil
        default:
            return nil
        }
    }

    /// The key of a scalar typed alone.
    private static func key(of value: UInt32) -> Key? {
        switch value {
        case 0x0A, 0x0D: return .enter
        case 0x09: return .tab
        case 0x08, 0x7F: return .backspace
        case 0..<0x20:
            return Unicode.Scalar(value + 0x40).map { .control(Character($0)) }
        case 0x80..<0xA0: return nil
        default: return Unicode.Scalar(value).map { .character(Character($0)) }
        }
    }

    /// How many inputs after ESC belong to an unrecognised sequence: CSI (`[ … final`), SS3
    /// (`O x`) and the strings OSC, DCS, APC, PM, SOS up to BEL or ESC `\`. 0 for a plain ESC.
    private static func sequenceLength(_ rest: ArraySlice<RawInput>) -> Int {
        let values = rest.prefix(sequenceMax).prefix {
            if case .scalar = $0 { true } else { false }
        }
        .map { input -> UInt32 in if case .scalar(let value) = input { value } else { 0 } }
        guard values.count >= 2 else { return 0 }
        switch values[0] {
        case 0x5B:
            let parameters = values.dropFirst().prefix { (0x20...0x3F).contains($0) }.count
            let final = 1 + parameters
            guard final < values.count else { return values.count }
            return (0x40...0x7E).contains(values[final]) ? final + 1 : 0
        case 0x4F:
            return (0x40...0x7E).contains(values[1]) ? 2 : 0
        case 0x5D, 0x50, 0x5F, 0x5E, 0x58:
            guard let end = values.firstIndex(where: { $0 == 0x07 || $0 == 0x1B }) else { return 0 }
            return values[end] == 0x07 ? end + 1 : min(end + 2, values.count)
        default: return 0
        }
    }

    /// An SGR report after its prefix: `button ; column ; row` and `M` (press) or `m` (release),
    /// counted from 1 (source: xterm control sequences, mouse mode 1006).
    private static func mouseReport(_ rest: ArraySlice<RawInput>) -> (MouseEvent?, Int) {
        var numbers: [Int] = [0]
        var length = 0
        for input in rest.prefix(32) {
            guard case .scalar(let value) = input else { return (nil, length) }
            length += 1
            switch value {
            case 0x30...0x39:
                let last = numbers.count - 1
                numbers[last] = min(numbers[last] * 10 + Int(value - 0x30), 100_000)
            case 0x3B: numbers.append(0)
            case 0x4D, 0x6D:
                guard numbers.count == 3 else { return (nil, length) }
                return (event(numbers, isRelease: value == 0x6D), length)
            default: return (nil, length)
            }
        }
        return (nil, length)
    }

    private static func event(_ numbers: [Int], isRelease: Bool) -> MouseEvent? {
        let position = Position(column: max(0, numbers[1] - 1), row: max(0, numbers[2] - 1))
        let code = numbers[0]
        if code & 64 != 0 {
            guard code & 3 < 2 else { return nil }
            return MouseEvent(
                action: code & 1 == 0 ? .wheelUp : .wheelDown, position: position)
        }
        let button: MouseEvent.Button
        switch code & 3 {
        case 0: button = .left
        case 1: button = .middle
        case 2: button = .right
        default: return nil
        }
        let action: MouseEvent.Action = isRelease ? .release : code & 32 != 0 ? .drag : .press
        return MouseEvent(action: action, button: button, position: position)
    }
}
