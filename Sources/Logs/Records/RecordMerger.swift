import Basics

/// Merges the records of several files by time. What is held of each file is bounded.
///
/// Records of one file stay in their order; where a file's own times go back, so does the merged
/// stream.
package struct RecordMerger {
    private struct Entry {
        var record: JoinedRecord
        var file: Int
    }

    private let files: [RecordFile]
    /// A binary heap, the earliest record first; equal times in the order of the files.
    private var heap: [Entry] = []
    private var isStarted = false

    package init(_ files: [RecordFile]) { self.files = files }

    /// The earliest record that is left, or nil at the end of all files.
    package mutating func next() throws(Failure) -> JoinedRecord? {
        if !isStarted {
            isStarted = true
            for index in files.indices {
                guard let record = try files[index].next() else { continue }
                heap.append(Entry(record: record, file: index))
                rise(heap.count - 1)
            }
        }
        guard let first = heap.first else { return nil }
        if let record = try files[first.file].next() {
            heap[0].record = record
        } else {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        sink(0)
        return first.record
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (heap[left], heap[right])
        return (a.record.time, a.file) < (b.record.time, b.file)
    }

    private mutating func rise(_ index: Int) {
        var index = index
        while index > 0, isBefore(index, (index - 1) / 2) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(_ index: Int) {
        var index = index
        while true {
            var least = index
            for child in [index * 2 + 1, index * 2 + 2]
            where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
