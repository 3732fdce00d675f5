import Basics
import Logs
import Metrics

/// Labels as a `series` frame holds them.
///
///     first      varint, the number of the first series; the others follow on
///     count      varint
///     each       bytes that begin as the one before (varint), bytes that end as it (varint),
///                length of what stands between (varint), what stands between
///
/// What is shortened so is, per label, the length of the name, the name, the length of the value
/// and the value. Series of one metric differ in little.
enum SignalDictionary {
    /// Bytes of the labels of one series; a longer one is not recorded.
    static let labelsBytesMax = 256 * 1024
    /// Series in one segment.
    static let seriesMax = 4_000_000

    /// - Parameter blobs: from `blob`, each at most `labelsBytesMax`.
    static func encode(first: Int, _ blobs: [[UInt8]]) -> [UInt8] {
        var out: [UInt8] = []
        out.appendVarint(first)
        out.appendVarint(blobs.count)
        var previous: [UInt8] = []
        for blob in blobs {
            let most = min(previous.count, blob.count)
            var head = 0
            while head < most, previous[head] == blob[head] { head += 1 }
            var tail = 0
            while tail < most - head,
                previous[previous.count - 1 - tail] == blob[blob.count - 1 - tail]
            { tail += 1 }
            out.appendVarint(head)
            out.appendVarint(tail)
            out.appendVarint(blob.count - head - tail)
            out += blob[head..<(blob.count - tail)]
            previous = blob
        }
        return out
    }

    static func blob(_ entries: [Labels.Entry]) -> [UInt8] {
        var out: [UInt8] = []
        for entry in entries {
            out.appendVarint(entry.name.count)
            out += entry.name.bytes
            out.appendVarint(entry.value.count)
            out += entry.value.bytes
        }
        return out
    }

    /// The series of one frame by number; nil when the frame makes no sense.
    static func decode(_ payload: ArraySlice<UInt8>) -> (first: Int, labels: [Labels])? {
        var cursor = ByteCursor(payload)
        guard let first = cursor.varint(), let count = cursor.varint(),
            first <= seriesMax, count <= seriesMax - first, count <= payload.count
        else { return nil }
        var all: [Labels] = []
        var previous: [UInt8] = []
        var expanded = 0
        for _ in 0..<count {
            guard let head = cursor.varint(), let tail = cursor.varint(),
                let length = cursor.varint(), head <= previous.count,
                tail <= previous.count - head, let middle = cursor.take(length),
                head + tail + length <= labelsBytesMax
            else { return nil }
            let blob = previous[..<head] + middle + previous[(previous.count - tail)...]
            // Repeating what came before costs a few bytes there and many here.
            expanded += blob.count
            guard expanded <= 64 * SignalFrame.payloadBytesMax, let labels = labels(blob) else {
                return nil
            }
            all.append(labels)
            previous = Array(blob)
        }
        return cursor.isAtEnd ? (first, all) : nil
    }

    private static func labels(_ blob: ArraySlice<UInt8>) -> Labels? {
        var cursor = ByteCursor(blob)
        var entries: [Labels.Entry] = []
        while !cursor.isAtEnd {
            guard let nameLength = cursor.varint(), let name = cursor.take(nameLength),
                let valueLength = cursor.varint(), let value = cursor.take(valueLength)
            else { return nil }
            entries.append(Labels.Entry(name: ByteText(name), value: ByteText(value)))
        }
        return Labels(entries: entries)
    }
}
