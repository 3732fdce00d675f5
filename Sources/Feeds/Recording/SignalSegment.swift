import Basics
import Logs
import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// One file of a recording: `000007.ws`.
///
///     magic      8  "WARROOMS"
///     version    1  1
///     packed     1  0 as it is being written, 1 rewritten by series
///     zero       2
///     first      8  milliseconds, the oldest sample; only when packed
///     last       8  the newest; only when packed
///     crc32c     4  of all of it
///     frames        see `SignalFrame`; the first ones name the series, each segment its own
///
/// A segment is appended to until it is full and then replaced, by a rename, with one that holds
/// the same samples by series in a tenth of the room.
struct SignalSegment: Hashable {
    static let headerBytes = 32
    static let version: UInt8 = 1
    /// A larger file was not written by this program.
    static let bytesMax = 256 * 1024 * 1024
    private static let magic = Array("WARROOMS".utf8)

    var number: Int
    var path: String
    var bytes: Int
    /// Milliseconds since the epoch.
    var modified: Int64

    /// What the first bytes of a segment say.
    struct Header: Hashable {
        var isPacked: Bool
        var first: Int64 = 0
        var last: Int64 = 0

        var bytes: [UInt8] {
            var out = SignalSegment.magic
            out += [SignalSegment.version, isPacked ? 1 : 0, 0, 0]
            out.appendFixed(first)
            out.appendFixed(last)
            out.appendFixed(SignalFrame.checksum(0, out[...]))
            return out
        }

        /// Nil when it is damaged or cut off.
        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= SignalSegment.headerBytes, bytes.starts(with: SignalSegment.magic)
            else { return nil }
            let start = bytes.startIndex
            var cursor = ByteCursor(bytes[(start + 12)...])
            guard let first = cursor.fixed(Int64.self), let last = cursor.fixed(Int64.self),
                let crc = cursor.fixed(UInt32.self),
                crc == SignalFrame.checksum(0, bytes[start..<start + 28])
            else { return nil }
            isPacked = bytes[start + 9] == 1
            self.first = first
            self.last = last
        }

        init(isPacked: Bool, first: Int64 = 0, last: Int64 = 0) {
            self.isPacked = isPacked
            self.first = first
            self.last = last
        }
    }

    /// The version that a file was written with, when it is one of ours at all.
    static func version(of bytes: [UInt8]) -> UInt8? {
        bytes.count > 8 && bytes.starts(with: magic) ? bytes[8] : nil
    }

    // MARK: Names

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits + ".ws"
    }

    private static func number(_ name: String) -> Int? {
        let bytes = Array(name.utf8)
        guard (9...12).contains(bytes.count), bytes.suffix(3).elementsEqual(".ws".utf8),
            bytes.dropLast(3).allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(String(decoding: bytes.dropLast(3), as: UTF8.self))
    }

    /// The segments of a folder by number.
    static func list(_ folder: String) throws(SystemError) -> [SignalSegment] {
        guard let stream = opendir(folder) else { throw .current }
        defer { closedir(stream) }
        var found: [SignalSegment] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { name in
                String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let number = number(name) else { continue }
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            found.append(
                SignalSegment(
                    number: number, path: path, bytes: Int(status.st_size),
                    modified: Int64(status.st_mtim.tv_sec) * 1000
                        + Int64(status.st_mtim.tv_nsec) / 1_000_000))
        }
        return found.sorted { $0.number < $1.number }
    }
}

/// A segment that was read: its whole frames and what is wrong with the rest.
struct SegmentReading {
    let bytes: [UInt8]
    let isPacked: Bool
    let scan: SignalScan
    /// A sentence for each thing that could not be used.
    private(set) var notes: [String] = []
    private(set) var labels: [Int: Labels] = [:]
    /// Milliseconds: the oldest and newest sample as the frames say; nil without any.
    let span: ClosedRange<Int64>?

    private static let notesMax = 20

    /// Reads the file; nil with a sentence when nothing of it can be used.
    static func read(_ path: String) -> Result<SegmentReading, Failure> {
        switch WholeFile.read(path, limit: SignalSegment.bytesMax) {
        case .failure(let error): .failure(unusable(path, "\(error)"))
        case .success(let bytes): parse(bytes, path)
        }
    }

    private static func parse(
        _ bytes: [UInt8], _ path: String
    ) -> Result<SegmentReading, Failure> {
        if let version = SignalSegment.version(of: bytes), version > SignalSegment.version {
            return .failure(unusable(path, "it was written by a newer warroom"))
        }
        return .success(SegmentReading(bytes, name: PathPattern.name(of: path)))
    }

    private static func unusable(_ path: String, _ why: String) -> Failure {
        Failure(
            "recording.unreadable", "Recorded samples not readable", subject: path, why: why,
            unchanged: "The other segments are read")
    }

    /// - Parameter name: for the notes.
    init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        let header = SignalSegment.Header(bytes[...])
        isPacked = header?.isPacked ?? false
        scan = SignalScan(bytes, from: header == nil ? 0 : SignalSegment.headerBytes)
        let timed = scan.frames.filter { $0.kind != .series && $0.first <= $0.last }
        let first = timed.map(\.first).min()
        let last = timed.map(\.last).max()
        span = first.flatMap { first in last.map { first...max(first, $0) } }
        guard bytes.count >= SignalSegment.headerBytes else {
            notes.append("\(name): it ended before anything was written")
            return
        }
        for range in scan.damaged {
            let size = UnitText.bytes(Double(range.count))
            note("\(name): \(size) at byte \(range.lowerBound) are damaged and were passed over")
        }
        if scan.tornBytes > 0 {
            let size = UnitText.bytes(Double(scan.tornBytes))
            note("\(name): its last \(size) were cut off while they were written")
        }
        for frame in scan.frames where frame.kind == .series { takeLabels(frame, name) }
    }

    private mutating func note(_ text: String) {
        if notes.count < Self.notesMax { notes.append(text) }
    }

    private mutating func takeLabels(_ frame: SignalFrame, _ name: String) {
        guard let part = SignalDictionary.decode(bytes[frame.payload]) else {
            return note("\(name): labels at byte \(frame.payload.lowerBound) make no sense")
        }
        for (offset, labels) in part.labels.enumerated() {
            self.labels[part.first + offset] = labels
        }
    }

    /// Whether everything was read: only then may the file be replaced.
    var isIntact: Bool { scan.damaged.isEmpty && notes.count == (scan.tornBytes > 0 ? 1 : 0) }

    /// Calls `body` with the samples of the frames that reach into `span`, in the order in which
    /// they were written.
    /// - Returns: samples whose labels were damaged.
    func forEach(
        _ wanted: ClosedRange<Int64>, _ body: (Int, Labels, ArraySlice<Sample>) -> Void
    ) -> Int {
        var nameless = 0
        for frame in scan.frames where frame.kind != .series {
            guard frame.last >= wanted.lowerBound, frame.first <= wanted.upperBound else {
                continue
            }
            let isReadable = SignalPayload.read(frame.kind, bytes[frame.payload]) { part in
                guard let labels = labels[part.index] else {
                    nameless += part.samples.count
                    return
                }
                body(part.index, labels, part.samples)
            }
            if !isReadable { nameless += 1 }
        }
        return nameless
    }
}

extension SignalSegment.Header {
    /// Of a file.
    init?(_ segment: SignalSegment) {
        let descriptor = open(segment.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: SignalSegment.headerBytes)
        guard read(descriptor, &bytes, bytes.count) == bytes.count else { return nil }
        self.init(bytes[...])
    }
}
