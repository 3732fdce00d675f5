import Basics

/// A file of a log that nobody writes any more, read backwards from its end: one that rotation set
/// aside, or one that gzip packed.
///
/// Packed content can only be read from its start. It is unpacked once, in slices; its last
/// `keptBytesMax` bytes are held and read backwards like a file.
package final class OlderFile {
    private let part: FollowCheckpoint.Part
    private let path: String
    private let lineBytesMax: Int
    private let keptBytesMax: Int
    private var content: LogContent?
    private var kept: [UInt8] = []
    /// Why nothing, or not all, of it can be read; empty otherwise.
    package private(set) var problem = ""
    /// The reader of the file when it is ready.
    package private(set) var reader: HistoryReader?
    package private(set) var isMissing = false

    /// - Parameters:
    ///   - part: the file, as it was seen; it may have another name by now, or be packed.
    ///   - path: of the log it belongs to.
    package init(
        _ part: FollowCheckpoint.Part, path: String, lineBytesMax: Int, keptBytesMax: Int
    ) {
        self.part = part
        self.path = path
        self.lineBytesMax = lineBytesMax
        self.keptBytesMax = keptBytesMax
    }

    /// A packed file that is named as a log itself.
    package init(
        packed content: LogContent, lineBytesMax: Int, keptBytesMax: Int
    ) {
        part = FollowCheckpoint.Part(trace: content.trace, from: 0)
        path = content.path
        self.content = content
        self.lineBytesMax = lineBytesMax
        self.keptBytesMax = keptBytesMax
    }

    package var modified: Timestamp? { content?.facts.modified }
    /// What was read, for a checkpoint.
    package var trace: FileTrace { content?.trace ?? part.trace }

    /// Unpacks at most `bytes`, if need be.
    /// - Returns: whether there is a reader now, or never will be.
    package func prepare(bytes: Int) -> Bool {
        if reader != nil || isMissing { return true }
        guard let content = content ?? part.find(path: path) else {
            isMissing = true
            return true
        }
        self.content = content
        guard content.isPacked else {
            reader = HistoryReader(
                content, end: part.to ?? content.size, lineBytesMax: lineBytesMax)
            return true
        }
        var left = bytes
        while left > 0 {
            let block = content.next(64 * 1024)
            if block.isEmpty {
                finish(content)
                return true
            }
            left -= block.count
            kept += block
            if kept.count > 2 * keptBytesMax { kept.removeFirst(kept.count - keptBytesMax) }
        }
        return false
    }

    private func finish(_ content: LogContent) {
        if let failure = content.failure { problem = "\(failure)" }
        if kept.count > keptBytesMax { kept.removeFirst((kept.count - keptBytesMax) & ~1) }
        reader = HistoryReader(
            kept, at: content.position - Int64(kept.count), encoding: content.encoding,
            generation: content.trace.generation, lineBytesMax: lineBytesMax)
        kept = []
    }
}
