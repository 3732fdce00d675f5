/// Which text format a dump is in.
package enum ExpositionFormat: String, Hashable, Sendable, CaseIterable {
    /// Decided by content: see `detect`.
    case automatic
    /// Prometheus text format 0.0.4.
    case text
    /// OpenMetrics text format 1.0.
    case openMetrics

    /// OpenMetrics when the last line is `# EOF` or when metadata only OpenMetrics knows occurs
    /// (`# UNIT`, the types `unknown`, `info`, `stateset`, `gaugehistogram`); otherwise 0.0.4.
    package static func detect(_ bytes: [UInt8]) -> ExpositionFormat {
        if endsWithEOF(bytes) { return .openMetrics }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return .text }
            // Few bytes of a dump are `#`, and looking for one byte is the quickest search there
            // is.
            var index = ByteScan.first(0x23, base, from: 0, end: buffer.count)
            while index < buffer.count {
                if index == 0 || base[index - 1] == 0x0A,
                    isOpenMetricsOnly(base, index, count: buffer.count)
                {
                    return .openMetrics
                }
                index = ByteScan.first(0x23, base, from: index + 1, end: buffer.count)
            }
            return .text
        }
    }

    /// Whether the last line is `# EOF`.
    static func endsWithEOF(_ bytes: [UInt8]) -> Bool {
        let body = bytes.last == 0x0A ? bytes.dropLast() : bytes[...]
        let marker = "# EOF".utf8
        guard body.count >= marker.count, body.suffix(marker.count).elementsEqual(marker) else {
            return false
        }
        return body.count == marker.count || body[body.endIndex - marker.count - 1] == 0x0A
    }

    /// Whether the metadata line that begins at `start` is one only OpenMetrics has.
    private static func isOpenMetricsOnly(
        _ base: UnsafePointer<UInt8>, _ start: Int, count: Int
    ) -> Bool {
        let words = start + 7
        guard words <= count else { return false }
        if ByteScan.equals(base, from: start, end: words, "# UNIT ") { return true }
        guard ByteScan.equals(base, from: start, end: words, "# TYPE ") else { return false }
        let end = ByteScan.first(0x0A, base, from: words, end: count)
        var type = end
        while type > words, base[type - 1] != 0x20 { type -= 1 }
        return ByteScan.equals(base, from: type, end: end, "unknown")
            || ByteScan.equals(base, from: type, end: end, "info")
            || ByteScan.equals(base, from: type, end: end, "stateset")
            || ByteScan.equals(base, from: type, end: end, "gaugehistogram")
    }
}

/// The types that metadata lines name.
package enum MetricType: String, Hashable, Sendable {
    case counter, gauge, histogram, summary, untyped
    case unknown, info, stateset, gaugehistogram
}
