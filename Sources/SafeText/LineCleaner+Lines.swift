extension LineCleaner {
    /// Text that was unescaped, line by line, without empty lines at its end: what was escaped was
    /// not seen when the line was cleaned.
    package mutating func cleanLines(_ bytes: [UInt8])
        -> (bytes: [UInt8], findings: [Redactor.Finding])
    {
        var out: [UInt8] = []
        var findings: [Redactor.Finding] = []
        out.reserveCapacity(bytes.count)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if !out.isEmpty { out.append(0x0A) }
            findings += line.withUnsafeBufferPointer { append($0, to: &out) }
        }
        while out.last == 0x0A { out.removeLast() }
        return (out, findings)
    }
}
