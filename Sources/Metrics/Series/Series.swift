/// One series as a snapshot saw it: its labels and its samples, strictly ascending in time.
///
/// Sendable although it holds pointers: `owner` keeps what they point to, and nobody writes to what
/// is reachable through them (see `SeriesMemory`).
package struct Series: @unchecked Sendable {
    package let labels: Labels
    /// The newest samples; nil when there are none.
    let raw: UnsafePointer<Sample>?
    let rawCount: Int
    let sealed: ChunkList?
    private let owner: SampleOwner?

    /// A series of its own, in no store.
    /// - Parameter samples: strictly ascending in time.
    package init(labels: Labels, samples: [Sample]) {
        let owned = OwnedSamples(samples)
        self.labels = labels
        raw = UnsafePointer(owned.samples.baseAddress)
        rawCount = samples.count
        sealed = nil
        owner = owned
    }

    init(labels: Labels, record: SlotRecord, owner: SampleOwner) {
        self.labels = labels
        raw = UnsafePointer(record.samples)
        rawCount = Int(record.count)
        sealed = record.sealed
        self.owner = owner
    }

    /// Calls `body` with the raw samples, which stay alive meanwhile.
    @inline(__always)
    func withRaw<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Sample>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(UnsafeBufferPointer(start: raw, count: raw == nil ? 0 : rawCount))
    }
}
