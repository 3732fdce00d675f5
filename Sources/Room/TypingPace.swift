import Basics
import Canvas

/// Tells a person who types from a key that is held down and from text that a program sends as
/// keys: what confirms production must be meant, key by key.
package struct TypingPace: Sendable, Hashable {
    /// A finger needs longer to press the same key again; a held key repeats every 15 to 50 ms.
    package static let repeatMax: Duration = .milliseconds(55)
    /// More characters than this within `burstSpan` are no typing.
    package static let burstMax = 8
    package static let burstSpan: Duration = .milliseconds(100)

    private var lastKey: Key?
    private var lastAt: BootTime?
    /// When the newest characters came, at most `burstMax` of them.
    private var recent: [BootTime] = []
    /// Whether a character came too fast since `forget`.
    package private(set) var isTooFast = false

    package init() {}

    /// Takes in a key; true when it is the key before, held down.
    ///
    /// - Parameter speed: seconds of the clock per second of a person (drills).
    package mutating func isHeld(_ key: Key, at now: BootTime, speed: Double) -> Bool {
        defer {
            lastKey = key
            lastAt = now
        }
        guard let lastAt, lastKey == key else { return false }
        return Self.isShort(now - lastAt, Self.repeatMax, speed)
    }

    /// Takes in a character of a text that must be typed; call `isHeld` for it first.
    package mutating func note(isHeld: Bool, at now: BootTime, speed: Double) {
        if recent.count == Self.burstMax {
            if Self.isShort(now - recent[0], Self.burstSpan, speed) { isTooFast = true }
            recent.removeFirst()
        }
        recent.append(now)
        if isHeld { isTooFast = true }
    }

    /// The text is empty again.
    package mutating func forget() {
        recent = []
        isTooFast = false
    }

    private static func isShort(_ span: Duration, _ limit: Duration, _ speed: Double) -> Bool {
        span.inSeconds <= limit.inSeconds * max(1, speed)
    }
}
