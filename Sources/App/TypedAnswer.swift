import Basics

/// What a person types at a question that must not be answered by a paste, a held key or keys typed
/// before it was read. Bytes and their times come in, one verdict comes out; nothing here reads a
/// clock or a terminal.
package struct TypedAnswer: Sendable {
    package enum Kind: Sendable, Hashable {
        /// One key.
        case key(UInt8)
        /// A line that ends with Enter.
        case line
    }

    package enum Outcome: Sendable, Hashable {
        case waiting
        /// The line, byte for byte; the key itself for one key.
        case answered([UInt8])
        /// It was not typed by hand just now, and why.
        case refused(String)
        case cancelled
    }

    package let kind: Kind
    /// What has been typed so far, for the echo.
    package private(set) var typed: [UInt8] = []
    private let asked: BootTime
    private var first: BootTime?
    private var last: BootTime?
    private var lastByte: UInt8 = 0
    private var repeats = 0
    private var escape: [UInt8] = []
    private var isPasting = false
    private var wasPasted = false
    private var key: (byte: UInt8, at: BootTime)?

    /// Keys that arrive before this were typed before the question could be read, or are held down.
    package static let quietMin: Duration = .milliseconds(300)
    /// Nobody types faster for the length of a line.
    package static let typingGapMin: Duration = .milliseconds(15)
    /// A held key repeats faster than one is pressed again: 25–40 ms.
    package static let repeatGapMax: Duration = .milliseconds(50)
    /// So many equal bytes at that pace are a held key.
    package static let repeatsMax = 3
    private static let bytesMax = 256

    /// - Parameter asked: when the question stood on the screen and nothing waited to be read.
    package init(_ kind: Kind, asked: BootTime) {
        self.kind = kind
        self.asked = asked
    }

    /// Bytes that were read at `time`; `waiting` until it is decided.
    package mutating func received(_ bytes: some Sequence<UInt8>, at time: BootTime) -> Outcome {
        for byte in bytes {
            let outcome = take(byte, time)
            if outcome != .waiting { return outcome }
        }
        return .waiting
    }

    /// Nothing came until `time`: a single key is taken only when it was not held.
    package mutating func passed(_ time: BootTime) -> Outcome {
        guard let key, time - key.at >= Self.quietMin else { return .waiting }
        return .answered([key.byte])
    }

    // MARK: Bytes

    private mutating func take(_ byte: UInt8, _ time: BootTime) -> Outcome {
        if !escape.isEmpty { return continueEscape(byte, time) }
        if byte == 0x1B {
            escape = [byte]
            return .waiting
        }
        if isPasting {
            wasPasted = true
            return .waiting
        }
        // Ctrl-C, Ctrl-D.
        if byte == 0x03 || byte == 0x04 { return .cancelled }
        guard time - asked >= Self.quietMin else {
            return .refused("a key came before the question could be read, or is held down")
        }
        switch kind {
        case .key(let wanted): return takeKey(byte, wanted, time)
        case .line: return takeInLine(byte, time)
        }
    }

    private mutating func takeKey(_ byte: UInt8, _ wanted: UInt8, _ time: BootTime) -> Outcome {
        guard byte == wanted else { return .cancelled }
        guard key == nil else { return .refused("the key is held down or was pasted") }
        key = (byte, time)
        return .waiting
    }

    private mutating func takeInLine(_ byte: UInt8, _ time: BootTime) -> Outcome {
        switch byte {
        case 0x0D, 0x0A: return finish(time)
        case 0x7F, 0x08: removeLast()
        case 0x15:
            typed = []
            first = nil
        default:
            guard typed.count < Self.bytesMax else { return .refused("it is too long") }
            if let last, byte == lastByte, time - last < Self.repeatGapMax {
                repeats += 1
                if repeats >= Self.repeatsMax { return .refused("the key is held down") }
            } else {
                repeats = 0
            }
            if first == nil { first = time }
            typed.append(byte)
        }
        last = time
        lastByte = byte
        return .waiting
    }

    private mutating func removeLast() {
        // A whole character: its continuation bytes first.
        while let byte = typed.popLast(), byte & 0xC0 == 0x80 {}
        if typed.isEmpty { first = nil }
    }

    private func finish(_ time: BootTime) -> Outcome {
        if wasPasted { return .refused("pasted text confirms nothing: type it") }
        if let first, typed.count > 1 {
            let least = Self.typingGapMin * (typed.count - 1)
            guard time - first >= least else {
                return .refused("it came all at once, as a paste does: type it")
            }
        }
        return .answered(typed)
    }

    // MARK: Sequences

    /// `ESC [ 200 ~` and `ESC [ 201 ~` enclose a paste (source: xterm control sequences, mode
    /// 2004); every other sequence is a key that means nothing here.
    private mutating func continueEscape(_ byte: UInt8, _ time: BootTime) -> Outcome {
        if escape.count == 1, byte != 0x5B, byte != 0x4F {
            escape = []
            return .cancelled
        }
        escape.append(byte)
        guard escape.count > 2, (0x40...0x7E).contains(byte) || escape.count > 32 else {
            return .waiting
        }
        let sequence = escape
        escape = []
        if sequence == Self.pasteBegin { isPasting = true }
        if sequence == Self.pasteEnd {
            isPasting = false
            wasPasted = true
            return .refused("pasted text confirms nothing: type it")
        }
        return .waiting
    }

    private static let pasteBegin = Array("\u{1B}[200~".utf8)
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    /// A lone Escape: nothing followed it.
    package var isEscapeAlone: Bool { escape == [0x1B] }
}
