import CSystem

/// The byte classes of a stretch of a dump, a block of 64 bytes each; it moves along with the
/// reader.
///
/// A class because the blocks have a fixed place. Copies of a reader may share one: what it holds
/// follows from the bytes and the position alone, and every use asks for the position first.
final class BlockWindow {
    /// Blocks at once: 8 KiB of text, so that the masks stay in the first-level cache.
    static let blocksMax = 128

    /// Freed with the window; nobody keeps it longer.
    let blocks: UnsafeMutablePointer<csystem_text_block>
    /// Which blocks of the dump these are.
    private(set) var first = 0
    private(set) var end = 0
    /// Behind the last one.
    private(set) var endOfBlocks: UnsafeMutablePointer<csystem_text_block>

    init() {
        blocks = .allocate(capacity: Self.blocksMax)
        endOfBlocks = blocks
        blocks.initialize(repeating: csystem_text_block(), count: Self.blocksMax)
    }

    deinit { blocks.deallocate() }

    /// Bytes to point at where a dump has none.
    var placeholder: UnsafeRawPointer { UnsafeRawPointer(blocks) }

    /// Moves to the block that holds byte `index`.
    /// - Returns: false when it began there already, so that nothing was gained.
    @inline(never)
    func move(to index: Int, _ base: UnsafePointer<UInt8>, count: Int) -> Bool {
        let block = index >> 6
        guard block != first || end == first else { return false }
        let start = block << 6
        let length = min(count - start, Self.blocksMax << 6)
        csystem_text_blocks(base + start, length, blocks)
        first = block
        let filled = (length + 63) >> 6
        end = block + filled
        endOfBlocks = blocks + filled
        return true
    }
}
