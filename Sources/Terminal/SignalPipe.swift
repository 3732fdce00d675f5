import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// A signal the room answers.
package enum Signal: Hashable, Sendable, CaseIterable {
    /// SIGTERM.
    case terminate
    /// SIGINT from outside; Ctrl-C arrives as a key.
    case interrupt
    /// SIGHUP.
    case hangUp
    /// SIGWINCH.
    case windowChanged
    /// SIGCONT.
    case continued

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        case .windowChanged: SIGWINCH
        case .continued: SIGCONT
        }
    }
}

/// Brings signals to the loop as bytes of a pipe, so that they are handled between two turns and
/// never inside one. One at a time in a process.
package final class SignalPipe {
    /// To poll for reading.
    package let descriptor: Int32

    package init(_ signals: [Signal] = Signal.allCases) throws(Failure) {
        let numbers = signals.map(\.number)
        descriptor = csystem_signals_open(numbers, Int32(numbers.count))
        guard descriptor >= 0 else {
            throw Failure(
                "terminal.signals", "Signals cannot be received",
                why: SystemError(-descriptor).description, unchanged: "Nothing was started")
        }
    }

    deinit {
        if descriptor >= 0 { csystem_signals_close() }
    }

    /// The signals that came since the last call, each at most once, in the order of `Signal`.
    package func drain() -> [Signal] {
        var seen: Set<Signal> = []
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            for byte in buffer[..<count] {
                if let signal = Signal.allCases.first(where: { $0.number == Int32(byte) }) {
                    seen.insert(signal)
                }
            }
        }
        return Signal.allCases.filter { seen.contains($0) }
    }
}
