/// The long way: any line, byte by byte, with the reason when it is wrong.
extension ExpositionScanner {
    /// Reads one line; nil for a line without content.
    mutating func slowLine() throws(LineError) -> Step? {
        if sawEOF, format == .openMetrics { throw LineError("text after # EOF") }
        if format == .text { skipBlanks() }
        guard index < count else { return nil }
        switch base[index] {
        case 0x0A:
            if format == .openMetrics { throw LineError("empty line") }
            index += 1
            return nil
        case 0x23: return try hashLine()
        default:
            try slowSample()
            return .sample
        }
    }

    /// Reads `name{labels} value [timestamp] [exemplar]` up to and including the line end.
    private mutating func slowSample() throws(LineError) {
        let start = index
        hasExemplar = false
        let end = try series()
        value = try sampleValue()
        seriesStart = start
        seriesEnd = end
        hasTimestamp = false
        if format == .openMetrics {
            try openMetricsTail()
        } else {
            try classicTail()
        }
    }

    // MARK: Series

    /// Reads `name{labels}`.
    /// - Returns: the byte behind it.
    mutating func series() throws(LineError) -> Int {
        let start = index
        if keepsRanges { labelRanges.removeAll(keepingCapacity: true) }
        nameRange = TextRange(start: start, end: start, hasEscapes: false)
        var hasName = false
        if isNameByte(base[index], first: true, colon: true) {
            while index < count, isNameByte(base[index], first: false, colon: true) { index += 1 }
            nameRange.end = index
            hasName = true
        } else if base[index] != 0x7B {
            throw LineError("expected a metric name, got ", at: index)
        }
        var end = index
        if format == .text { skipBlanks() }
        if index < count, base[index] == 0x7B {
            index += 1
            try labels(hasName: &hasName)
            end = index
        } else {
            index = end
        }
        guard hasName else { throw LineError("the sample has no metric name") }
        return end
    }

    /// Reads labels up to and including the closing brace.
    mutating func labels(hasName: inout Bool) throws(LineError) {
        while true {
            skipBlanksInLabels()
            guard index < count else { throw LineError("the label list is not closed") }
            if base[index] == 0x7D {
                index += 1
                return
            }
            let isQuoted = base[index] == 0x22
            let name = try labelName()
            skipBlanksInLabels()
            guard index < count else { throw LineError("the label list is not closed") }
            if base[index] == 0x2C || base[index] == 0x7D {
                guard isQuoted else {
                    throw LineError("expected = after label name, got ", at: index)
                }
                guard !hasName else { throw LineError("the metric name is set twice") }
                hasName = true
                nameRange = name
            } else {
                try labelValue(of: name)
            }
            skipBlanksInLabels()
            if index < count, base[index] == 0x2C {
                index += 1
                try refuseSecondComma()
            } else if format == .openMetrics, index < count, base[index] != 0x7D {
                throw LineError("expected , or } after a label, got ", at: index)
            }
        }
    }

    private mutating func refuseSecondComma() throws(LineError) {
        skipBlanksInLabels()
        if index < count, base[index] == 0x2C {
            throw LineError("expected a label name, got ", at: index)
        }
    }

    private mutating func skipBlanksInLabels() {
        if format == .text { skipBlanks() }
    }

    private mutating func labelName() throws(LineError) -> TextRange {
        if base[index] == 0x22 { return try quoted() }
        let start = index
        while index < count, isNameByte(base[index], first: index == start, colon: false) {
            index += 1
        }
        guard index > start else { throw LineError("expected a label name, got ", at: index) }
        return TextRange(start: start, end: index, hasEscapes: false)
    }

    private mutating func labelValue(of name: TextRange) throws(LineError) {
        guard base[index] == 0x3D else {
            throw LineError("expected = after label name, got ", at: index)
        }
        index += 1
        skipBlanksInLabels()
        guard index < count, base[index] == 0x22 else {
            throw LineError("expected a label value in quotes, got ", at: index)
        }
        let value = try quoted()
        guard ByteScan.isUTF8(base, from: value.start, end: value.end) else {
            throw LineError("a label value is not valid UTF-8")
        }
        if keepsRanges { labelRanges.append(LabelRange(name: name, value: value)) }
    }

    /// Reads `"…"` with the index on the opening quote. A raw line end inside is allowed in the
    /// classic format, as in the reference.
    mutating func quoted() throws(LineError) -> TextRange {
        index += 1
        var range = TextRange(start: index, end: index, hasEscapes: false)
        var lineEnds = 0
        while index < count, base[index] != 0x22 {
            let isEscape = base[index] == 0x5C
            if isEscape {
                range.hasEscapes = true
                index += 1
            }
            if index < count, base[index] == 0x0A {
                if format == .openMetrics, !isEscape { break }
                lineEnds += 1
                if lineEnds > Self.lineEndsPerSampleMax { break }
            }
            index += 1
        }
        guard index < count, base[index] == 0x22 else {
            index = range.start - 1
            throw LineError("a quoted text is not closed")
        }
        range.end = index
        index += 1
        return range
    }

    // MARK: Value, timestamp, exemplar

    private mutating func sampleValue() throws(LineError) -> Double {
        try blankBeforeField()
        let start = index
        while index < count, !isBlank(base[index]), base[index] != 0x0A, base[index] != 0x7B {
            index += 1
        }
        guard index > start else { throw LineError("expected a value, got ", at: index) }
        guard let value = GoNumber.parsePlainFloat(field(start)) else {
            throw LineError("invalid value ", quoting: start..<index)
        }
        return value.isNaN ? .ordinaryNaN : value
    }

    private func field(_ start: Int) -> ArraySlice<UInt8> {
        Array(UnsafeBufferPointer(start: base + start, count: index - start))[...]
    }

    private mutating func blankBeforeField() throws(LineError) {
        guard format == .openMetrics else {
            skipBlanks()
            return
        }
        guard index < count, base[index] == 0x20 else {
            throw LineError("expected a blank, got ", at: index)
        }
        index += 1
    }

    private mutating func classicTail() throws(LineError) {
        skipBlanks()
        if endsLine() { return }
        let start = index
        while index < count, !isBlank(base[index]), base[index] != 0x0A { index += 1 }
        guard let time = GoNumber.parseInteger(field(start)) else {
            throw LineError("invalid timestamp ", quoting: start..<index)
        }
        skipBlanks()
        guard endsLine() else {
            throw LineError("unexpected text after the timestamp: ", at: index)
        }
        timestamp = time
        hasTimestamp = true
    }

    /// Passes a line end; the end of the bytes counts as one.
    private mutating func endsLine() -> Bool {
        guard index < count else { return true }
        guard base[index] == 0x0A else { return false }
        index += 1
        return true
    }

    /// `[ timestamp][ # {exemplar labels} value[ timestamp]]` and the line end.
    private mutating func openMetricsTail() throws(LineError) {
        guard !endsLine() else { return }
        try blankBeforeField()
        if index < count, base[index] != 0x23 {
            let start = index
            guard let time = openMetricsTime() else {
                throw LineError("invalid timestamp ", quoting: start..<index)
            }
            timestamp = time
            hasTimestamp = true
            if endsLine() { return }
            try blankBeforeField()
        }
        try readExemplar()
    }

    private mutating func openMetricsTime() -> Int64? {
        let start = index
        while index < count, base[index] != 0x20, base[index] != 0x0A { index += 1 }
        guard let seconds = GoNumber.parsePlainFloat(field(start)), seconds.isFinite else {
            return nil
        }
        return OpenMetricsTime.milliseconds(seconds)
    }

    private mutating func readExemplar() throws(LineError) {
        guard index + 2 < count, base[index] == 0x23, base[index + 1] == 0x20,
            base[index + 2] == 0x7B
        else { throw LineError("expected an exemplar, got ", at: index) }
        let start = index + 2
        index += 3
        let kept = (keepsRanges, nameRange)
        keepsRanges = false
        defer { (keepsRanges, nameRange) = kept }
        var hasName = true
        try labels(hasName: &hasName)
        var found = RawExemplar(labels: start..<index, value: 0, timestamp: nil)
        found.value = try sampleValue()
        exemplar = found
        hasExemplar = true
        guard !endsLine() else { return }
        try blankBeforeField()
        guard let time = openMetricsTime(), endsLine() else {
            throw LineError("invalid exemplar timestamp")
        }
        exemplar.timestamp = time
    }

    // MARK: Bytes

    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    mutating func skipBlanks() {
        while index < count, isBlank(base[index]) { index += 1 }
    }

    func isNameByte(_ byte: UInt8, first: Bool, colon: Bool) -> Bool {
        Identifier.isLetter(byte) || (colon && byte == 0x3A)
            || (!first && Identifier.isDigit(byte))
    }
}
