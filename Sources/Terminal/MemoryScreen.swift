import Canvas

/// A screen that keeps frames and plays keys: for simulation, drills without a screen, and tests.
@MainActor
package final class MemoryScreen: Screen {
    package private(set) var size: Size
    package let inputDescriptor: Int32 = -1
    package let colourDepth = ColourDepth.trueColour
    package let isASCII = false
    package var styles = StyleSheet.plain
    package let bytesWritten = 0
    package var hasHungUp = false
    package private(set) var isClosed = false

    /// The newest frames, the last at the end; at most `framesMax`.
    package private(set) var frames: [Frame] = []
    package let framesMax: Int
    /// How many frames were presented in all.
    package private(set) var presentedCount = 0
    /// How often the process would have stopped.
    package private(set) var suspendCount = 0

    private var queue: [Key] = []
    private var nextSize: Size?

    package init(size: Size, framesMax: Int = 256) {
        self.size = size
        self.framesMax = max(1, framesMax)
    }

    /// The frame on screen.
    package var frame: Frame? { frames.last }

    /// Queues keys for the next `readKeys`.
    package func press(_ keys: Key...) { queue += keys }
    package func press(_ keys: [Key]) { queue += keys }
    /// Queues one key per character.
    package func type(_ text: String) { queue += text.map { .character($0) } }

    /// Changes the size; the room sees it at `terminalResized()`.
    package func resize(to size: Size) { nextSize = size }

    package func present(_ frame: Frame) {
        presentedCount += 1
        if frames.count >= framesMax { frames.removeFirst() }
        frames.append(frame)
    }

    package func readKeys() -> [Key] {
        defer { queue = [] }
        return queue
    }

    package func terminalResized() {
        if let nextSize { size = nextSize }
        nextSize = nil
    }

    @discardableResult
    package func suspendAndStop() -> Bool {
        suspendCount += 1
        return true
    }
    /// What was offered to the clipboard.
    package private(set) var copied: [String] = []
    package func copy(_ text: String) { copied.append(text) }

    package func close() { isClosed = true }
}
