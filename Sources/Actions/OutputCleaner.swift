import Processes

/// The output of one command, cleaned and ready to be kept.
struct CleanOutput {
    var bytes: [UInt8] = []
    /// How many bytes of the raw output are not in it.
    var bytesDropped = 0
    var lastLine = ""
    var credentials: [ScrubbedLine.Credential] = []
}

/// Cleans output line by line before anything of it is kept.
enum OutputCleaner {
    private static let lastLineCharactersMax = 200
    /// How much of a line without an end is given up where output was cut away.
    private static let seamBytesMax = 4 * 1024

    static func clean(_ output: CapturedOutput, scrub: Executor.LineScrub) -> CleanOutput {
        let cut = atWholeLines(output)
        let raw = cut.bytes
        guard !raw.isEmpty else { return CleanOutput(bytesDropped: cut.truncatedBytes) }
        var clean = CleanOutput(bytesDropped: cut.truncatedBytes)
        for line in raw.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let scrubbed = scrub(line)
            if !scrubbed.text.isEmpty { clean.lastLine = scrubbed.text }
            clean.bytes += scrubbed.text.utf8
            clean.bytes.append(0x0A)
            for seen in scrubbed.credentials where !clean.credentials.contains(seen) {
                clean.credentials.append(seen)
            }
        }
        clean.bytes.removeLast()
        clean.lastLine = String(clean.lastLine.prefix(lastLineCharactersMax))
        return clean
    }

    /// Where bytes were left out, the lines cut in two go as well, and so does the end of a private
    /// key whose beginning is missing: half a secret is recognised by no rule.
    private static func atWholeLines(_ output: CapturedOutput) -> CapturedOutput {
        guard output.truncatedBytes > 0 else { return output }
        var cut = output
        if let end = cut.head.lastIndex(of: 0x0A) {
            cut.head.removeLast(cut.head.count - end)
        } else {
            cut.head.removeLast(min(cut.head.count, seamBytesMax))
        }
        if let start = cut.tail.firstIndex(of: 0x0A) {
            cut.tail.removeFirst(start + 1)
        } else {
            cut.tail.removeFirst(min(cut.tail.count, seamBytesMax))
        }
        cut.tail.removeFirst(keyRemainder(cut.tail))
        cut.truncatedBytes +=
            output.head.count + output.tail.count - cut.head.count - cut.tail.count
        return cut
    }

    /// How many bytes at the beginning belong to a private key that began before them.
    private static func keyRemainder(_ tail: [UInt8]) -> Int {
        guard let end = firstPlace(of: Array("-----END ".utf8), in: tail) else { return 0 }
        if let begin = firstPlace(of: Array("-----BEGIN ".utf8), in: tail), begin < end {
            return 0
        }
        return tail[end...].firstIndex(of: 0x0A).map { $0 + 1 } ?? tail.count
    }

    private static func firstPlace(of word: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= word.count, let first = word.first else { return nil }
        var start = 0
        while let place = bytes[start...].firstIndex(of: first) {
            if bytes[place...].starts(with: word) { return place }
            start = place + 1
        }
        return nil
    }
}
