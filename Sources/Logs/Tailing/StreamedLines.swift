/// The lines of a stream that has no file behind it: a command's output.
package struct StreamedLines {
    private var assembler: LineAssembler
    /// Bytes taken so far: what offsets of lines count.
    package private(set) var offset: Int64 = 0

    /// - Parameter lineBytesMax: longer lines are cut there.
    package init(lineBytesMax: Int) { assembler = LineAssembler(lineBytesMax: lineBytesMax) }

    /// Takes the next bytes.
    /// - Parameter sink: receives each finished line, its offset, and how many of its bytes were
    ///   left out.
    package mutating func feed(
        _ chunk: Span<UInt8>, _ sink: (Span<UInt8>, Int64, Int) -> Void
    ) {
        assembler.feed(chunk, at: offset, sink)
        offset += Int64(chunk.count)
    }

    /// Ends the unfinished line: nothing of it will come any more.
    package mutating func end(_ sink: (Span<UInt8>, Int64, Int) -> Void) { assembler.flush(sink) }

    /// The unfinished last line, cut at `lineBytesMax`, and where it starts.
    package var provisional: (bytes: [UInt8], offset: Int64)? {
        assembler.hasPartial ? (assembler.partial, assembler.partialOffset) : nil
    }

    /// Lines that were cut because they are too long.
    package var cutLines: Int { assembler.cutLines }
}
