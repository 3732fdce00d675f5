#if canImport(Glibc)
    import Glibc
#endif

/// Cleans a stream of bytes line by line: any bytes in, valid UTF-8 out, exactly one line feed out
/// for each one in. Memory is bounded whatever the length of a line.
package struct CleanStream {
    /// Bytes of a line that are kept; the rest is left out and its size named.
    package static let lineBytesMax = 1024 * 1024

    private var cleaner: LineCleaner
    /// The line that was begun and not ended.
    private var partial: [UInt8] = []
    private var omitted = 0
    /// How many credentials were removed, by class.
    package private(set) var removed: [String: Int] = [:]

    package init(redactor: Redactor = .standard) {
        cleaner = LineCleaner(redactor: redactor, lineBytesMax: Self.lineBytesMax)
    }

    /// Takes the next bytes and appends the lines that they end to `out`.
    package mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while start < bytes.count, let found = memchr(base + start, 0x0A, bytes.count - start) {
            let end = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            let piece = UnsafeBufferPointer(rebasing: bytes[start..<end])
            if partial.isEmpty, omitted == 0, piece.count <= Self.lineBytesMax {
                note(cleaner.append(piece, to: &out))
            } else {
                keep(piece)
                endPartial(into: &out)
            }
            out.append(0x0A)
            start = end + 1
        }
        if start < bytes.count { keep(UnsafeBufferPointer(rebasing: bytes[start...])) }
    }

    /// Appends the last line when the stream ended without a line feed; adds none.
    package mutating func finish(into out: inout [UInt8]) {
        if !partial.isEmpty || omitted > 0 { endPartial(into: &out) }
    }

    private mutating func keep(_ piece: UnsafeBufferPointer<UInt8>) {
        let room = Self.lineBytesMax - partial.count
        partial.append(contentsOf: piece.prefix(room))
        omitted += max(0, piece.count - room)
    }

    private mutating func endPartial(into out: inout [UInt8]) {
        if omitted > 0 {
            // Cut at a blank, so that no credential is cut in two and passes unrecognised.
            let tail = max(0, partial.count - 1024)..<partial.count
            if let blank = partial[tail].lastIndex(of: 0x20) {
                omitted += partial.count - blank
                partial.removeSubrange(blank...)
            }
        }
        let findings = partial.withUnsafeBufferPointer { cleaner.append($0, to: &out) }
        note(findings)
        if omitted > 0 { out += "‹+\(omitted) bytes›".utf8 }
        partial.removeAll(keepingCapacity: partial.count < 65_536)
        omitted = 0
    }

    private mutating func note(_ findings: [Redactor.Finding]) {
        for finding in findings { removed[finding.cls, default: 0] += 1 }
    }
}
