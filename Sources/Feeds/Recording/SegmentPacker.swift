import Basics
import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// Rewrites a full segment by series.
enum SegmentPacker {
    /// What became of a segment.
    enum Outcome: Hashable {
        /// Replaced; its size in bytes now.
        case packed(Int)
        /// Already by series, or damaged: left as it is.
        case left
    }

    /// Bytes of a payload after which the next frame begins: what one damaged place costs.
    private static let payloadBytes = 64 * 1024

    /// Takes memory for the samples of one segment. The old file stays until the new one is on the
    /// disk.
    static func pack(_ segment: SignalSegment) throws(SystemError) -> Outcome {
        guard case .success(let reading) = SegmentReading.read(segment.path), !reading.isPacked,
            reading.isIntact, let span = reading.span
        else { return .left }
        var samples: [Int: [Sample]] = [:]
        let nameless = reading.forEach(span) { index, _, part in
            samples[index, default: []] += part
        }
        guard nameless == 0 else { return .left }
        let bytes = encode(reading.labels, samples, span)
        guard bytes.count < segment.bytes else { return .left }
        try replace(segment.path, bytes)
        return .packed(bytes.count)
    }

    private static func encode(
        _ labels: [Int: Labels], _ samples: [Int: [Sample]], _ span: ClosedRange<Int64>
    ) -> [UInt8] {
        var out = SignalSegment.Header(
            isPacked: true, first: span.lowerBound, last: span.upperBound
        ).bytes
        var blobs: [[UInt8]] = []
        var kept: [Int] = []
        for (index, labels) in labels.sorted(by: { $0.key < $1.key }) where samples[index] != nil {
            blobs.append(SignalDictionary.blob(labels.entries))
            kept.append(index)
        }
        appendDictionary(blobs, to: &out)
        var columns = ColumnFrame()
        for (number, index) in kept.enumerated() {
            columns.add(number, samples[index] ?? [], to: &out)
        }
        columns.finish(&out)
        return out
    }

    static func appendDictionary(_ blobs: [[UInt8]], from first: Int = 0, to out: inout [UInt8]) {
        var start = 0
        while start < blobs.count {
            var size = 0
            var end = start
            while end < blobs.count, size < payloadBytes * 4 {
                size += blobs[end].count
                end += 1
            }
            SignalFrame.append(
                .series, SignalDictionary.encode(first: first + start, Array(blobs[start..<end])),
                to: &out)
            start = end
        }
    }

    /// Collects columns into frames.
    struct ColumnFrame {
        private var payload: [UInt8] = []
        private var lastIndex = -1
        private var first = Int64.max
        private var last = Int64.min

        mutating func add(_ index: Int, _ samples: [Sample], to out: inout [UInt8]) {
            var rest = samples[...]
            while !rest.isEmpty {
                let part = Array(rest.prefix(SampleCodec.countMax))
                rest = rest.dropFirst(part.count)
                SignalPayload.appendColumn(index, after: lastIndex, part, to: &payload)
                lastIndex = index
                for sample in part {
                    first = min(first, sample.t)
                    last = max(last, sample.t)
                }
                if payload.count >= SegmentPacker.payloadBytes { finish(&out) }
            }
        }

        mutating func finish(_ out: inout [UInt8]) {
            guard !payload.isEmpty else { return }
            SignalFrame.append(.columns, payload, first: first, last: last, to: &out)
            self = ColumnFrame()
        }
    }

    private static func replace(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let temporary = path + ".tmp"
        unlink(temporary)
        let descriptor = try SignalFile.create(temporary)
        do throws(SystemError) {
            try SignalFile.write(descriptor, at: 0, bytes)
            try SignalFile.synchronize(descriptor)
            close(descriptor)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = SystemError.current
            unlink(temporary)
            throw error
        }
        try SignalFile.synchronizeFolder(PathPattern.directory(of: path))
    }
}
