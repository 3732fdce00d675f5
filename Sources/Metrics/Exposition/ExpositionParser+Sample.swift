extension ExpositionParser {
    /// Reads `name{labels} value [timestamp]` up to and including the line end.
    mutating func sample() throws(LineError) -> RawSample {
        let start = index
        labelRanges.removeAll(keepingCapacity: true)
        nameRange = TextRange(start: start, end: start, hasEscapes: false)
        var hasName = false
        if isNameByte(bytes[index], first: true, colon: true) {
            while index < bytes.count, isNameByte(bytes[index], first: false, colon: true) {
                index += 1
            }
            nameRange.end = index
            hasName = true
        } else if bytes[index] != 0x7B {
            throw LineError("expected a metric name, got \(shown(at: index))")
        }
        var seriesEnd = index
        let afterName = index
        if format == .text { skipBlanks() }
        if index < bytes.count, bytes[index] == 0x7B {
            index += 1
            try labels(hasName: &hasName)
            seriesEnd = index
        } else {
            index = afterName
        }
        guard hasName else { throw LineError("the sample has no metric name") }
        let value = try sampleValue()
        let timestamp = try sampleTimestamp()
        return RawSample(
            value: value, timestamp: timestamp, series: start..<seriesEnd, offset: start)
    }

    /// The labels of the sample that was read last, with `le` and `quantile` in canonical form
    /// while the current type is histogram or summary.
    package func labels(of sample: RawSample) -> Labels {
        var entries = [
            Labels.Entry(name: LabelName.metricName, value: ByteText(unescaped(nameRange)))
        ]
        for range in labelRanges {
            let name = ByteText(unescaped(range.name))
            var value = ByteText(unescaped(range.value))
            if normalisesBounds, name == LabelName.upperBound || name == LabelName.quantile {
                value = Self.canonicalBound(value)
            }
            entries.append(Labels.Entry(name: name, value: value))
        }
        entries.sort { $0.name < $1.name }
        return Labels(entries: entries)
    }

    /// Whether `le` and `quantile` are rewritten now. Part of a series' identity in the dump.
    package var normalisesBounds: Bool {
        currentType == .histogram || currentType == .summary || currentType == .gaugehistogram
    }

    /// `1` → `1.0`, `0.50` → `0.5`, `0.00001` → `1e-05`; what is no number stays as it is.
    static func canonicalBound(_ text: ByteText) -> ByteText {
        guard let value = GoNumber.parseFloat(text.bytes) else { return text }
        if value.isInfinite { return ByteText(value < 0 ? "-Inf" : "+Inf") }
        if value.isNaN { return ByteText("NaN") }
        let plain = GoNumber.format(value, .g)
        let isInteger = !plain.contains { $0 == "." || $0 == "e" }
        return ByteText(isInteger ? plain + ".0" : plain)
    }

    // MARK: Labels

    private mutating func labels(hasName: inout Bool) throws(LineError) {
        while true {
            try skipBlanksInLabels()
            guard index < bytes.count else { throw LineError("the label list is not closed") }
            if bytes[index] == 0x7D {
                index += 1
                return
            }
            let isQuoted = bytes[index] == 0x22
            let name = try labelName()
            try skipBlanksInLabels()
            guard index < bytes.count else { throw LineError("the label list is not closed") }
            if bytes[index] == 0x2C || bytes[index] == 0x7D {
                guard isQuoted else {
                    throw LineError("expected = after label name, got \(shown(at: index))")
                }
                guard !hasName else { throw LineError("the metric name is set twice") }
                hasName = true
                nameRange = name
            } else {
                try labelValue(of: name)
            }
            try skipBlanksInLabels()
            if index < bytes.count, bytes[index] == 0x2C {
                index += 1
                try refuseSecondComma()
            } else if format == .openMetrics, index < bytes.count, bytes[index] != 0x7D {
                throw LineError("expected , or } after a label, got \(shown(at: index))")
            }
        }
    }

    private mutating func refuseSecondComma() throws(LineError) {
        try skipBlanksInLabels()
        if index < bytes.count, bytes[index] == 0x2C {
            throw LineError("expected a label name, got \(shown(at: index))")
        }
    }

    private mutating func skipBlanksInLabels() throws(LineError) {
        if format == .text { skipBlanks() }
    }

    private mutating func labelName() throws(LineError) -> TextRange {
        if bytes[index] == 0x22 { return try quoted() }
        let start = index
        while index < bytes.count, isNameByte(bytes[index], first: index == start, colon: false) {
            index += 1
        }
        guard index > start else {
            throw LineError("expected a label name, got \(shown(at: index))")
        }
        return TextRange(start: start, end: index, hasEscapes: false)
    }

    private mutating func labelValue(of name: TextRange) throws(LineError) {
        guard bytes[index] == 0x3D else {
            throw LineError("expected = after label name, got \(shown(at: index))")
        }
        index += 1
        try skipBlanksInLabels()
        guard index < bytes.count, bytes[index] == 0x22 else {
            throw LineError("expected a label value in quotes, got \(shown(at: index))")
        }
        let value = try quoted()
        guard UTF8Check.isValid(bytes[value.start..<value.end]) else {
            throw LineError("a label value is not valid UTF-8")
        }
        labelRanges.append(LabelRange(name: name, value: value))
    }

    /// Reads `"…"` with the index on the opening quote. A raw line end inside is allowed in the
    /// classic format, as in the reference.
    mutating func quoted() throws(LineError) -> TextRange {
        index += 1
        var range = TextRange(start: index, end: index, hasEscapes: false)
        while index < bytes.count, bytes[index] != 0x22 {
            if bytes[index] == 0x5C {
                range.hasEscapes = true
                index += 1
            } else if bytes[index] == 0x0A, format == .openMetrics {
                break
            }
            index += 1
        }
        guard index < bytes.count, bytes[index] == 0x22 else {
            index = range.start - 1
            throw LineError("a quoted text is not closed")
        }
        range.end = index
        index += 1
        return range
    }

    /// Resolves `\\`, `\"` and `\n`; any other escape stays as written.
    func unescaped(_ range: TextRange) -> [UInt8] {
        guard range.hasEscapes else { return Array(bytes[range.start..<range.end]) }
        var out: [UInt8] = []
        var position = range.start
        while position < range.end {
            let byte = bytes[position]
            position += 1
            guard byte == 0x5C, position < range.end else {
                out.append(byte)
                continue
            }
            switch bytes[position] {
            case 0x5C: out.append(0x5C)
            case 0x22: out.append(0x22)
            case 0x6E: out.append(0x0A)
            default: out += [0x5C, bytes[position]]
            }
            position += 1
        }
        return out
    }

    // MARK: Value and timestamp

    private mutating func sampleValue() throws(LineError) -> Double {
        try blankBeforeField()
        let start = index
        while index < bytes.count, !isBlank(bytes[index]), bytes[index] != 0x0A,
            bytes[index] != 0x7B
        {
            index += 1
        }
        guard index > start else {
            throw LineError("expected a value, got \(shown(at: index))")
        }
        guard let value = GoNumber.parsePlainFloat(bytes[start..<index]) else {
            throw LineError("invalid value \(QuotedText.goQuote(Array(bytes[start..<index])))")
        }
        return value.isNaN ? .ordinaryNaN : value
    }

    private mutating func blankBeforeField() throws(LineError) {
        guard format == .openMetrics else {
            skipBlanks()
            return
        }
        guard index < bytes.count, bytes[index] == 0x20 else {
            throw LineError("expected a blank, got \(shown(at: index))")
        }
        index += 1
    }

    private mutating func sampleTimestamp() throws(LineError) -> Int64? {
        if format == .openMetrics { return try openMetricsTail() }
        skipBlanks()
        if endsLine() { return nil }
        let start = index
        while index < bytes.count, !isBlank(bytes[index]), bytes[index] != 0x0A { index += 1 }
        guard let timestamp = GoNumber.parseInteger(bytes[start..<index]) else {
            throw LineError(
                "invalid timestamp \(QuotedText.goQuote(Array(bytes[start..<index])))")
        }
        skipBlanks()
        guard endsLine() else {
            throw LineError("unexpected text after the timestamp: \(shown(at: index))")
        }
        return timestamp
    }

    /// Passes a line end; the end of the bytes counts as one.
    private mutating func endsLine() -> Bool {
        guard index < bytes.count else { return true }
        guard bytes[index] == 0x0A else { return false }
        index += 1
        return true
    }

    /// `[ timestamp][ # {exemplar labels} value[ timestamp]]` and the line end. Exemplars are
    /// checked and left out.
    private mutating func openMetricsTail() throws(LineError) -> Int64? {
        guard !endsLine() else { return nil }
        try blankBeforeField()
        var timestamp: Int64?
        if index < bytes.count, bytes[index] != 0x23 {
            let start = index
            while index < bytes.count, bytes[index] != 0x20, bytes[index] != 0x0A { index += 1 }
            guard let seconds = GoNumber.parsePlainFloat(bytes[start..<index]), seconds.isFinite,
                abs(seconds) < 9e15
            else {
                throw LineError(
                    "invalid timestamp \(QuotedText.goQuote(Array(bytes[start..<index])))")
            }
            timestamp = Int64((seconds * 1000).rounded())
            if endsLine() { return timestamp }
            try blankBeforeField()
        }
        try exemplar()
        return timestamp
    }

    private mutating func exemplar() throws(LineError) {
        guard index + 2 < bytes.count, bytes[index] == 0x23, bytes[index + 1] == 0x20,
            bytes[index + 2] == 0x7B
        else { throw LineError("expected an exemplar, got \(shown(at: index))") }
        index += 3
        let kept = (labelRanges, nameRange)
        var hasName = true
        try labels(hasName: &hasName)
        (labelRanges, nameRange) = kept
        _ = try sampleValue()
        guard !endsLine() else { return }
        try blankBeforeField()
        let start = index
        while index < bytes.count, bytes[index] != 0x20, bytes[index] != 0x0A { index += 1 }
        guard let seconds = GoNumber.parsePlainFloat(bytes[start..<index]), seconds.isFinite,
            endsLine()
        else { throw LineError("invalid exemplar timestamp") }
    }

    private func shown(at position: Int) -> String {
        guard position < bytes.count else { return "the end of the dump" }
        guard bytes[position] != 0x0A else { return "the end of the line" }
        return QuotedText.goQuote([bytes[position]])
    }
}
