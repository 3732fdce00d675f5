import Basics

extension SeriesState {
    /// Samples are looked through for expired ones when the reading time moved on by this part of
    /// the retention.
    private static let pruneShare: Int64 = 32
    /// Under `bytesMax` again means this much of it.
    private static let bytesKept = 0.9

    mutating func makeRoom(slot: Int, _ record: UnsafeMutablePointer<SlotRecord>) {
        let dropped = sealer.makeRoom(slot: slot, record, memory: memory, birth: version)
        counters.samples -= dropped
        counters.samplesDropped += dropped
    }

    /// What is due after samples were added: expired ones go, then the oldest beyond `bytesMax`.
    mutating func tidy() {
        if let now {
            let due = limits.retention.inMilliseconds / Self.pruneShare
            if now >= (lastPrune ?? .min).addingReportingOverflow(due).partialValue {
                prune(now: now)
            }
        }
        if byteCount > trimAbove { trim() }
        catalog.indexPending(atLeast: SeriesCatalog.pendingMax)
    }

    // MARK: Time

    /// Removes what is not later than the retention reaches. A chunk goes as a whole, with its
    /// newest sample.
    mutating func prune(now: Int64) {
        advance(to: now)
        lastPrune = self.now
        let (cutoff, overflows) = (self.now ?? now).subtractingReportingOverflow(
            limits.retention.inMilliseconds)
        guard !overflows else { return }
        counters.samples -= drop(through: cutoff)
        renumberIfSparse()
    }

    /// - Returns: how many samples were removed.
    private mutating func drop(through cutoff: Int64) -> Int {
        var dropped = 0
        for slot in 0..<slots.count {
            let record = slots.record(slot).pointee
            guard record.isUsed else { continue }
            guard let newest = record.newest, newest.t > cutoff else {
                dropped += record.sampleCount
                remove(slot: slot)
                continue
            }
            if let sealed = record.sealed {
                let expired = sealed.firstIndex(endingAfter: cutoff)
                if expired > 0 {
                    dropped += sealer.dropChunks(
                        expired, writableRecord(slot), memory: memory, birth: version)
                }
                if expired < sealed.count { continue }
            }
            let raw = UnsafeBufferPointer(start: record.samples, count: Int(record.count))
            let expired = raw.firstIndex(after: cutoff)
            if expired > 0 {
                sealer.dropRaw(expired, writableRecord(slot), memory: memory, birth: version)
                dropped += expired
            }
        }
        return dropped
    }

    private mutating func remove(slot: Int) {
        let record = writableRecord(slot)
        sealer.release(record.pointee, memory: memory)
        record.pointee = .unused
        catalog.remove(slot: slot)
    }

    /// Numbers the slots anew when more than a quarter is not in use. Ids keep old references from
    /// being taken for another series.
    private mutating func renumberIfSparse() {
        let unused = slots.count - catalog.seriesCount
        guard unused * 4 > slots.count else { return }
        let used = (0..<slots.count).filter { slots.record($0).pointee.isUsed }
        var renumbered = SlotTable(capacity: max(1, slots.pageCount))
        for slot in used {
            if renumbered.count == renumbered.pageCount * SlotPage.slots {
                renumbered.append(SlotPage(birth: version))
            }
            renumbered.count += 1
            renumbered.record(renumbered.count - 1).pointee = slots.record(slot).pointee
        }
        for page in 0..<slots.pageCount {
            let page = slots.pages[page]
            memory.retire(page.block, birth: page.birth, size: SlotPage.size)
        }
        slots.freeTable()
        slots = renumbered
        catalog.renumber(keeping: used)
    }

    // MARK: Bytes

    /// Drops the oldest data until nine tenths of `bytesMax` are in use: chunks by their newest
    /// sample, and whole series that ended. What series are still writing to stays; beyond it new
    /// series are refused.
    mutating func trim() {
        guard let bytesMax = limits.bytesMax else { return }
        // When nothing can go, looking again waits until there is more.
        defer { trimAbove = max(bytesMax, byteCount + bytesMax / 50) }
        let surplus = byteCount - Int(Double(bytesMax) * Self.bytesKept)
        guard surplus > 0 else { return }
        let ages = droppable().sorted { $0.newest < $1.newest }
        var freed = 0
        var cutoff = Int64.min
        for one in ages {
            cutoff = one.newest
            freed += one.bytes
            if freed >= surplus { break }
        }
        guard freed > 0 else { return }
        let dropped = dropDroppable(through: cutoff)
        counters.samples -= dropped
        counters.samplesDropped += dropped
        renumberIfSparse()
    }

    /// Series without a sample for so long have ended: the lookback of a query.
    private static let endedAfter: Int64 = 300_000

    private func hasEnded(_ record: SlotRecord) -> Bool {
        guard let newest = record.newest else { return true }
        let time = now ?? newestTime
        return newest.t < time.subtractingReportingOverflow(Self.endedAfter).partialValue
    }

    private func droppable() -> [(newest: Int64, bytes: Int)] {
        var result: [(newest: Int64, bytes: Int)] = []
        for slot in 0..<slots.count {
            let record = slots.record(slot).pointee
            guard record.isUsed else { continue }
            if let list = record.sealed {
                for index in 0..<list.count {
                    result.append((list[index].lastTime, list[index].footprint))
                }
            }
            if hasEnded(record) {
                let bytes = SeriesMemory.footprint(ChunkSealer.size(record.capacity))
                result.append((record.newest?.t ?? .min, bytes + catalog.footprint(slot: slot)))
            }
        }
        return result
    }

    private mutating func dropDroppable(through cutoff: Int64) -> Int {
        var dropped = 0
        for slot in 0..<slots.count {
            let record = slots.record(slot).pointee
            guard record.isUsed else { continue }
            if hasEnded(record), (record.newest?.t ?? .min) <= cutoff {
                dropped += record.sampleCount
                remove(slot: slot)
            } else if let sealed = record.sealed {
                let expired = sealed.firstIndex(endingAfter: cutoff)
                if expired > 0 {
                    dropped += sealer.dropChunks(
                        expired, writableRecord(slot), memory: memory, birth: version)
                }
            }
        }
        return dropped
    }
}
