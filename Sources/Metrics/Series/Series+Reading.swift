extension Series {
    /// The newest sample, a staleness marker included.
    package var newest: Sample? { samples.last }

    /// The newest sample at `time` or before, a staleness marker included.
    package func newest(atOrBefore time: Int64) -> Sample? {
        let end = samples.firstIndex(after: time)
        return end > 0 ? samples[end - 1] : nil
    }

    /// Calls `body` with the samples in `(after, through]`, oldest first, staleness markers
    /// included. The pointer is valid during the call only.
    /// - Parameter scratch: room that is used again from call to call when samples must be unpacked.
    package func withSamples<Result, Failure: Error>(
        after: Int64, through: Int64, scratch: inout [Sample],
        _ body: (UnsafeBufferPointer<Sample>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = samples.firstIndex(after: after)
        let end = samples.firstIndex(after: through)
        scratch.removeAll(keepingCapacity: true)
        if start < end { scratch += samples[start..<end] }
        let count = scratch.count
        return try scratch.withUnsafeBufferPointer { (all) throws(Failure) -> Result in
            try body(UnsafeBufferPointer(rebasing: all[..<count]))
        }
    }
}
