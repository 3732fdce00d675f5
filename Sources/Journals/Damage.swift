import Basics
import Crypto
import Incidents

/// A damaged stretch that an operator has accepted: the first record of a later segment names it,
/// and the chain goes on there from the last good record.
struct Damage: Hashable, Sendable {
    /// Where the damage begins: just past the last good record.
    var position: JournalPosition
    /// Bytes from there to the end of the segment before `nextSegment`.
    var length: Int
    var sha256: String
    /// Where the chain goes on.
    var nextSegment: Int

    /// What lies after `scanner`'s last good record, up to the end of `last`.
    static func measure(
        from scanner: ChainScanner, to last: Int, in directory: JournalDirectory,
        _ files: any FileSystem
    ) throws(SystemError) -> Damage {
        var measure = Measure(scanner)
        for number in stride(from: scanner.position.segment, through: last, by: 1) {
            measure.add(try bytes(of: number, scanner, directory, files))
        }
        return measure.damage(before: last + 1)
    }

    /// The accepted damage that begins where `scanner` stopped, if a later segment up to `last`
    /// names exactly these bytes.
    static func passage(
        from scanner: ChainScanner, to last: Int, in directory: JournalDirectory,
        _ files: any FileSystem
    ) throws(SystemError) -> Damage? {
        var measure = Measure(scanner)
        for number in stride(from: scanner.position.segment, through: last, by: 1) {
            let bytes = try bytes(of: number, scanner, directory, files)
            let damage = measure.damage(before: number)
            if number > scanner.position.segment, damage.isNamed(by: bytes, scanner) {
                return damage
            }
            measure.add(bytes)
        }
        return nil
    }

    /// The part of segment `number` behind the last good record; nothing when it is missing.
    private static func bytes(
        of number: Int, _ scanner: ChainScanner, _ directory: JournalDirectory,
        _ files: any FileSystem
    ) throws(SystemError) -> ArraySlice<UInt8> {
        let path = directory.segment(number)
        guard (try? files.status(path)) != nil else { return [] }
        let bytes = try files.readAll(path, max: JournalScan.segmentBytesMax)
        return number == scanner.position.segment
            ? bytes.dropFirst(scanner.position.offset) : bytes[...]
    }

    private func isNamed(by bytes: ArraySlice<UInt8>, _ scanner: ChainScanner) -> Bool {
        guard let frame = try? RecordFrame.parse(bytes),
            let payload = RecordPayload(frame.payload),
            payload.kind == JournalKinds.Continued.kind,
            let note = try? JSONText.decode(JournalKinds.Continued.self, from: payload.data)
        else { return false }
        return frame.sequence == scanner.sequence + 1 && payload.previous == scanner.hash
            && note.sequence == scanner.sequence && note.hash == scanner.hash
            && note.segment == position.segment && note.offset == position.offset
            && note.length == length && note.sha256 == sha256
    }

    private struct Measure {
        private let start: JournalPosition
        private var hasher = SHA256()
        private var length = 0

        init(_ scanner: ChainScanner) { start = scanner.position }

        mutating func add(_ bytes: ArraySlice<UInt8>) {
            length += bytes.count
            bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }

        func damage(before segment: Int) -> Damage {
            Damage(
                position: start, length: length, sha256: Digests.hex(hasher.finalize()),
                nextSegment: segment)
        }
    }
}
