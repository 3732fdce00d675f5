/// A part of a series' window: samples, or what is known about a whole chunk of them.
package enum SeriesPiece {
    /// Valid during the call only. Never empty.
    case samples(UnsafeBufferPointer<Sample>)
    /// All samples of a chunk that lie in the window; none of them is a NaN.
    case summary(ChunkSummary)
}

extension Series {
    /// How many samples there are, staleness markers included.
    package var count: Int { rawCount + (sealed?.sampleCount ?? 0) }

    /// The oldest sample, a staleness marker included.
    package var first: Sample? {
        withRaw { raw in
            if let sealed, sealed.count > 0 { return sealed[0].header.first }
            return raw.first
        }
    }

    /// The newest sample, a staleness marker included.
    package var newest: Sample? { withRaw(\.last) }

    /// All samples, unpacked. For tests and for series that are not in a hurry.
    package var samples: [Sample] {
        var scratch: [Sample] = []
        return withSamples(after: nil, through: .max, scratch: &scratch) { Array($0) }
    }

    /// The newest sample at `time` or before, a staleness marker included.
    package func newest(atOrBefore time: Int64) -> Sample? {
        withRaw { raw in
            if let last = raw.last, last.t <= time { return last }
            if let first = raw.first, first.t <= time {
                return raw[raw.firstIndex(after: time) - 1]
            }
            return sealed.flatMap { Self.newest(in: $0, atOrBefore: time) }
        }
    }

    private static func newest(in sealed: ChunkList, atOrBefore time: Int64) -> Sample? {
        let index = sealed.firstIndex(endingAfter: time)
        if index < sealed.count, sealed[index].firstTime <= time {
            let chunk = sealed[index]
            let count = chunk.count
            return withUnsafeTemporaryAllocation(of: Sample.self, capacity: count) { room in
                room.initialize(repeating: Sample(t: 0, v: 0))
                guard let base = room.baseAddress else { return nil }
                chunk.decode(into: base)
                return room[UnsafeBufferPointer(room).firstIndex(after: time) - 1]
            }
        }
        return index > 0 ? sealed[index - 1].header.last : nil
    }

    /// Calls `body` with the samples in `(after, through]`, oldest first, staleness markers
    /// included. The pointer is valid during the call only. The newest samples of a series (at
    /// least 32 of them) are handed out where they lie; older ones are unpacked first.
    /// - Parameter scratch: room that is used again from call to call when samples must be
    /// unpacked.
    ///   It is not to be read by the caller.
    package func withSamples<Result, Failure: Error>(
        after: Int64, through: Int64, scratch: inout [Sample],
        _ body: (UnsafeBufferPointer<Sample>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withSamples(after: Optional(after), through: through, scratch: &scratch, body)
    }

    private func withSamples<Result, Failure: Error>(
        after: Int64?, through: Int64, scratch: inout [Sample],
        _ body: (UnsafeBufferPointer<Sample>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withRaw { (raw) throws(Failure) -> Result in
            let chunks = sealedChunks(after: after, through: through)
            guard let sealed, !chunks.isEmpty else {
                return try body(raw.window(after: after, through: through))
            }
            let tail = raw.window(after: nil, through: through)
            let count = chunks.reduce(tail.count) { $0 + sealed[$1].count }
            Self.grow(&scratch, to: count)
            return try scratch.withUnsafeMutableBufferPointer { (room) throws(Failure) -> Result in
                var start = 0
                var filled = 0
                if let base = room.baseAddress {
                    for index in chunks {
                        let places = sealed[index].decode(
                            after: after, through: through, into: base + filled)
                        // Only the first chunk can begin before the window.
                        if filled == 0 { start = places.lowerBound }
                        filled += places.upperBound
                    }
                    if let raw = tail.baseAddress {
                        (base + filled).update(from: raw, count: tail.count)
                        filled += tail.count
                    }
                }
                return try body(UnsafeBufferPointer(rebasing: room[start..<filled]))
            }
        }
    }

    /// Calls `body` with the samples in `(after, through]` in pieces, oldest first: each chunk that
    /// lies in the window altogether and holds numbers only as its summary, everything else sample
    /// by sample, staleness markers included. A part of a chunk comes as a summary too when no
    /// value of the chunk is smaller than the one before it.
    ///
    /// For functions that need no single samples: `increase` over hours adds `resetCorrection`, and
    /// compares the last value of a piece with the first of the next one; `count_over_time`,
    /// `min_over_time`, `max_over_time`, `last_over_time` read one field.
    /// - Parameters:
    ///   - scratch: as for `withSamples`.
    ///   - isSummarised: whether there may be summaries among the pieces.
    package func withPieces<Failure: Error>(
        after: Int64, through: Int64, scratch: inout [Sample], isSummarised: Bool = true,
        _ body: (SeriesPiece) throws(Failure) -> Void
    ) throws(Failure) {
        try withRaw { (raw) throws(Failure) in
            if let sealed {
                for index in sealedChunks(after: after, through: through) {
                    let chunk = sealed[index]
                    if isSummarised, chunk.firstTime > after, chunk.lastTime <= through,
                        let summary = chunk.summary
                    {
                        try body(.summary(summary))
                        continue
                    }
                    let count = chunk.count
                    Self.grow(&scratch, to: count)
                    try scratch.withUnsafeMutableBufferPointer { (room) throws(Failure) in
                        guard let base = room.baseAddress else { return }
                        if isSummarised,
                            let summary = chunk.summary(
                                after: after, through: through, scratch: base)
                        {
                            return try body(.summary(summary))
                        }
                        let places = chunk.decode(after: after, through: through, into: base)
                        if places.isEmpty { return }
                        try body(.samples(UnsafeBufferPointer(rebasing: room[places])))
                    }
                }
            }
            let window = raw.window(after: after, through: through)
            if !window.isEmpty { try body(.samples(window)) }
        }
    }

    /// The chunks that reach into the window.
    @inline(__always)
    private func sealedChunks(after: Int64?, through: Int64) -> Range<Int> {
        guard let sealed else { return 0..<0 }
        let count = sealed.count
        guard count > 0, after.map({ sealed[count - 1].lastTime > $0 }) ?? true else {
            return 0..<0
        }
        let first = after.map(sealed.firstIndex(endingAfter:)) ?? 0
        var end = first
        while end < count, sealed[end].firstTime <= through { end += 1 }
        return first..<end
    }

    private static func grow(_ scratch: inout [Sample], to count: Int) {
        guard scratch.count < count else { return }
        scratch = Array(repeating: Sample(t: 0, v: 0), count: max(count, 512))
    }
}

extension UnsafeBufferPointer<Sample> {
    /// The index of the first sample later than `time`; `count` when there is none.
    @inline(__always)
    func firstIndex(after time: Int64) -> Int {
        var low = 0
        var length = count
        while length > 0 {
            let half = length / 2
            if self[low + half].t > time {
                length = half
            } else {
                low += half + 1
                length -= half + 1
            }
        }
        return low
    }

    /// The samples in `(after, through]`; from the beginning when `after` is nil.
    @inline(__always)
    func window(after: Int64?, through: Int64) -> UnsafeBufferPointer<Sample> {
        guard let last else { return self }
        let end = last.t <= through ? count : firstIndex(after: through)
        let start = after.map { self[0].t > $0 ? 0 : firstIndex(after: $0) } ?? 0
        guard start < end else { return UnsafeBufferPointer(rebasing: self[0..<0]) }
        return UnsafeBufferPointer(rebasing: self[start..<end])
    }
}
