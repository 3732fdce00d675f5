/// Lines that begin with `#`.
extension ExpositionScanner {
    private enum Keyword: CaseIterable {
        case help, type, unit

        var word: StaticString {
            switch self {
            case .help: "HELP"
            case .type: "TYPE"
            case .unit: "UNIT"
            }
        }

        var textIsMissing: StaticString {
            switch self {
            case .help: "expected text in HELP"
            case .type: "expected text in TYPE"
            case .unit: "expected text in UNIT"
            }
        }
    }

    /// `# HELP`, `# TYPE`, `# UNIT`, `# EOF` or a comment.
    mutating func hashLine() throws(LineError) -> Step? {
        let start = index
        let end = contentEnd(from: start)
        index = start + 1
        if index < end, format == .openMetrics ? base[index] == 0x20 : isBlank(base[index]) {
            if format == .openMetrics { index += 1 } else { skipBlanks() }
            for keyword in Keyword.allCases where follows(keyword, before: end) {
                try readMetadata(keyword, end: end)
                return .metadata
            }
        }
        index = min(end + 1, count)
        guard format == .openMetrics else {
            text = start..<end
            return .comment
        }
        guard ByteScan.equals(base, from: start, end: end, "# EOF") else {
            throw LineError("a comment must be HELP, TYPE, UNIT or EOF")
        }
        markEOF()
        return nil
    }

    private func follows(_ keyword: Keyword, before end: Int) -> Bool {
        if keyword == .unit, format == .text { return false }
        let after = index + 4
        guard after < end, ByteScan.equals(base, from: index, end: after, keyword.word) else {
            return false
        }
        return format == .openMetrics ? base[after] == 0x20 : isBlank(base[after])
    }

    private mutating func readMetadata(_ keyword: Keyword, end: Int) throws(LineError) {
        index += 5
        if format == .text { skipBlanks() }
        let name = try metadataName(end: end)
        // A quoted name may hold a line end.
        let end = index > end ? contentEnd(from: index) : end
        guard index < end else {
            guard keyword == .help, format == .text else { throw LineError(keyword.textIsMissing) }
            index = min(end + 1, count)
            metadata = RawMetadata(kind: .help, name: name, text: end..<end)
            return
        }
        if format == .openMetrics, base[index] != 0x20 {
            throw LineError("expected a blank after the metric name")
        }
        let text = min(index + 1, end)..<end
        index = min(end + 1, count)
        switch keyword {
        case .help:
            guard ByteScan.isUTF8(base, from: text.lowerBound, end: text.upperBound) else {
                throw LineError("help text is not valid UTF-8")
            }
            metadata = RawMetadata(kind: .help, name: name, text: text)
        case .unit:
            guard isUnit(text, of: name) else {
                throw LineError("the unit is not the end of the metric's name")
            }
            metadata = RawMetadata(kind: .unit, name: name, text: text)
        case .type:
            guard let type = metricType(text) else {
                throw LineError("invalid metric type ", quoting: text)
            }
            setType(type)
            metadata = RawMetadata(kind: .type(type), name: name, text: text)
        }
    }

    /// Makes `type` that of the samples that follow.
    mutating func setType(_ type: MetricType) {
        currentType = type
        normalisesBounds = type == .histogram || type == .summary || type == .gaugehistogram
    }

    /// An OpenMetrics name ends with `_` and its unit.
    private func isUnit(_ text: Range<Int>, of name: TextRange) -> Bool {
        if text.isEmpty { return true }
        return unescaped(name).reversed().starts(with: bytes(text).reversed() + [0x5F])
    }

    private func metricType(_ text: Range<Int>) -> MetricType? {
        guard text.count <= 16 else { return nil }
        let word = String(decoding: bytes(text), as: UTF8.self)
        guard let type = MetricType(rawValue: word) else { return nil }
        switch type {
        case .counter, .gauge, .histogram, .summary: return type
        case .untyped: return format == .text ? type : nil
        case .unknown, .info, .stateset, .gaugehistogram:
            return format == .openMetrics ? type : nil
        }
    }

    private mutating func metadataName(end: Int) throws(LineError) -> TextRange {
        if index < end, base[index] == 0x22 { return try quoted() }
        let start = index
        while index < end, isNameByte(base[index], first: index == start, colon: true) {
            index += 1
        }
        guard index > start else { throw LineError("expected metric name") }
        return TextRange(start: start, end: index, hasEscapes: false)
    }

    private func contentEnd(from position: Int) -> Int {
        ByteScan.first(0x0A, base, from: position, end: count)
    }
}

/// A metadata line, as it stands in the dump.
struct RawMetadata {
    enum Kind {
        case help, unit
        case type(MetricType)
    }

    var kind = Kind.help
    var name = TextRange(start: 0, end: 0, hasEscapes: false)
    var text = 0..<0
}
