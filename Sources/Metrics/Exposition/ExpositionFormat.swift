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
        var lineStart = 0
        while lineStart < bytes.count {
            let lineEnd = bytes[lineStart...].firstIndex(of: 0x0A) ?? bytes.count
            if bytes[lineStart] == 0x23, isOpenMetricsOnly(bytes[lineStart..<lineEnd]) {
                return .openMetrics
            }
            lineStart = lineEnd + 1
        }
        return .text
    }

    /// Whether the last line is `# EOF`.
    static func endsWithEOF(_ bytes: [UInt8]) -> Bool {
        let body = bytes.last == 0x0A ? bytes.dropLast() : bytes[...]
        let marker = Array("# EOF".utf8)
        guard body.count >= marker.count, body.suffix(marker.count).elementsEqual(marker) else {
            return false
        }
        return body.count == marker.count || body[body.endIndex - marker.count - 1] == 0x0A
    }

    private static let openMetricsTypes: Set<[UInt8]> = [
        Array("unknown".utf8), Array("info".utf8), Array("stateset".utf8),
        Array("gaugehistogram".utf8),
    ]

    private static func isOpenMetricsOnly(_ line: ArraySlice<UInt8>) -> Bool {
        if line.starts(with: Array("# UNIT ".utf8)) { return true }
        guard line.starts(with: Array("# TYPE ".utf8)), let space = line.lastIndex(of: 0x20) else {
            return false
        }
        return openMetricsTypes.contains(Array(line[(space + 1)...]))
    }
}

/// The types that metadata lines name.
package enum MetricType: String, Hashable, Sendable {
    case counter, gauge, histogram, summary, untyped
    case unknown, info, stateset, gaugehistogram
}
