import Basics
import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// The open end of a recording: takes what is new in the store, once per flush. Confined to the
/// recorder's queue.
///
/// A write that fails leaves the segment as it was before (or, when even that fails, with a torn
/// end that reading passes over) and nothing counts as written: the next flush tries all of it
/// again.
final class SignalLog {
    let folder: String
    private let limits: RecordingLimits
    private var lock: Int32?
    private var current: OpenSegment?
    /// Those that are complete, oldest first.
    private var finished: [SignalSegment] = []
    /// Complete ones that were left unpacked by an earlier process.
    private var unpacked: [Int] = []
    private var cursors = SeriesCursors()
    private var redaction = LabelRedaction()
    private var nextNumber = 1
    private(set) var samples = 0

    private struct OpenSegment {
        var descriptor: Int32
        var segment: SignalSegment
        var began: BootTime
        var synced: BootTime
        var samples = 0
        var series = 0
        var isDirty = false
    }

    init(folder: String, limits: RecordingLimits) {
        self.folder = folder
        self.limits = limits
    }

    deinit { release() }

    /// Bytes of all segments.
    var bytes: Int { finished.reduce(current?.segment.bytes ?? 0) { $0 + $1.bytes } }
    var segmentCount: Int { finished.count + (current == nil ? 0 : 1) }
    var seriesCount: Int { current?.series ?? 0 }

    /// What the folder holds already: nothing up to these times is written again.
    func skip(_ newest: [Labels: Int64]) { cursors.skip(newest) }

    /// Writes what `snapshot` has and the recording has not.
    func flush(_ snapshot: SeriesSnapshot, now: BootTime) throws(SystemError) {
        do throws(SystemError) {
            try write(snapshot, now)
        } catch {
            // A limit on the size of one file is no reason to stop: the next segment is small.
            let wasUsed = (current?.samples ?? 0) > 0
            abandon()
            guard wasUsed else { throw error }
            do throws(SystemError) {
                try write(snapshot, now)
            } catch {
                // Its series count as named there, and are not.
                abandon()
                throw error
            }
        }
        try tidy(now)
    }

    private func write(_ snapshot: SeriesSnapshot, _ now: BootTime) throws(SystemError) {
        try open()
        var batch = SignalBatch()
        var scratch: [Sample] = []
        for (position, series) in snapshot.all.enumerated() {
            guard let newest = series.newest,
                // Blanking may lengthen them a little.
                series.labels.byteCount <= SignalDictionary.labelsBytesMax / 2
            else { continue }
            let place = cursors.place(of: series.labels, at: position)
            let written = cursors[place].written
            guard newest.t > written else { continue }
            series.withSamples(after: written, through: newest.t, scratch: &scratch) {
                batch.add(place, $0)
            }
            if batch.isFull { try write(&batch, now) }
        }
        if !batch.isEmpty { try write(&batch, now) }
        cursors.forget(beyond: snapshot.all.count)
    }

    private func write(_ batch: inout SignalBatch, _ now: BootTime) throws(SystemError) {
        try makeRoom(for: batch.sampleCount, now)
        guard var open = current else { return }
        var bytes: [UInt8] = []
        open.series = define(batch, from: open.series, &bytes)
        batch.append(to: &bytes) { cursors[$0].index }
        do throws(SystemError) {
            try SignalFile.write(open.descriptor, at: open.segment.bytes, bytes)
        } catch {
            _ = ftruncate(open.descriptor, off_t(open.segment.bytes))
            throw error
        }
        open.segment.bytes += bytes.count
        open.samples += batch.sampleCount
        open.isDirty = true
        current = open
        samples += batch.sampleCount
        for (place, time) in batch.newest { cursors[place].written = time }
        batch = SignalBatch()
    }

    /// Names the series of the batch that this segment does not know yet.
    /// - Returns: how many it knows then.
    private func define(_ batch: SignalBatch, from known: Int, _ bytes: inout [UInt8]) -> Int {
        var blobs: [[UInt8]] = []
        for (place, _) in batch.newest where cursors.needsIndex(place) {
            cursors.give(place, index: known + blobs.count)
            blobs.append(SignalDictionary.blob(redaction.entries(of: cursors[place].labels)))
        }
        SegmentPacker.appendDictionary(blobs, from: known, to: &bytes)
        return known + blobs.count
    }

    // MARK: Segments

    private func open() throws(SystemError) {
        if let open = current, !SignalFile.isLinked(open.descriptor) { release() }
        guard lock == nil else { return }
        try SignalFile.makeFolder(folder)
        let lock = try SignalFile.lock(folder)
        do throws(SystemError) {
            finished = try SignalSegment.list(folder)
        } catch {
            SignalFile.unlock(lock)
            throw error
        }
        self.lock = lock
        for segment in finished { unlink(segment.path + ".tmp") }
        nextNumber = max(nextNumber, (finished.last?.number ?? 0) + 1)
        unpacked = finished.map(\.number)
    }

    /// Begins a segment when there is none or the present one is full.
    private func makeRoom(for count: Int, _ now: BootTime) throws(SystemError) {
        if let open = current {
            // Many series need longer segments, or their names outweigh their samples.
            let most = max(
                limits.segmentSamplesMax, min(4 * limits.segmentSamplesMax, 120 * open.series))
            let isFull =
                open.samples + count > most || open.segment.bytes >= limits.segmentBytesMax
                || now - open.began >= limits.segmentSpanMax
            guard isFull, open.samples > 0 else { return }
            finish()
        }
        let path = folder + "/" + SignalSegment.name(nextNumber)
        let descriptor = try SignalFile.create(path)
        let header = SignalSegment.Header(isPacked: false).bytes
        nextNumber += 1
        do throws(SystemError) {
            try SignalFile.write(descriptor, at: 0, header)
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
        current = OpenSegment(
            descriptor: descriptor,
            segment: SignalSegment(
                number: nextNumber - 1, path: path, bytes: header.count, modified: 0),
            began: now, synced: now)
        cursors.beginSegment()
    }

    /// Completes the present segment and packs it.
    private func finish() {
        guard let open = current else { return }
        current = nil
        fdatasync(open.descriptor)
        close(open.descriptor)
        guard open.samples > 0 else {
            unlink(open.segment.path)
            return
        }
        finished.append(open.segment)
        pack(open.segment.number)
    }

    private func pack(_ number: Int) {
        guard let place = finished.firstIndex(where: { $0.number == number }) else { return }
        // Without room for the smaller file the larger one stays: nothing is lost by that.
        if case .packed(let bytes)? = try? SegmentPacker.pack(finished[place]) {
            finished[place].bytes = bytes
        }
    }

    /// After a failure: what was whole stays, and the next attempt begins a segment of its own.
    private func abandon() {
        guard let open = current else { return }
        current = nil
        close(open.descriptor)
        if open.samples == 0 {
            unlink(open.segment.path)
        } else {
            finished.append(open.segment)
            unpacked.append(open.segment.number)
        }
    }

    /// Syncs when due, packs one segment that was left behind, keeps the budget.
    private func tidy(_ now: BootTime) throws(SystemError) {
        if let open = current, open.isDirty, now - open.synced >= limits.syncInterval {
            try SignalFile.synchronize(open.descriptor)
            current?.isDirty = false
            current?.synced = now
        }
        if let number = unpacked.popLast() { pack(number) }
        while bytes > limits.folderBytesMax, let oldest = finished.first {
            unlink(oldest.path)
            finished.removeFirst()
        }
    }

    /// Completes everything and gives the folder to others.
    func close() {
        finish()
        release()
    }

    private func release() {
        if let open = current { Glibc.close(open.descriptor) }
        current = nil
        if let lock { SignalFile.unlock(lock) }
        lock = nil
        finished = []
    }

    private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
