import Basics
import Dispatch
import Synchronization

/// Indexes many pieces of a file at once.
package enum IndexBuilder {
    /// Pieces handed to the threads at a time: between two such slices the work can be cancelled.
    private static let piecesPerSlice = 32

    /// Indexes every piece that is not yet, the newest first.
    /// - Returns: false when it was cancelled or the file could not be read any more.
    package static func build(
        _ index: LogIndex, threads: Int = 2, isCancelled: () -> Bool = { false }
    ) -> Bool {
        var missing = (0..<index.count).filter { index.known($0) == nil }
        while !missing.isEmpty {
            if isCancelled() { return false }
            let slice = Array(missing.suffix(piecesPerSlice))
            missing.removeLast(slice.count)
            let work = slice.map { Work(number: $0, range: index.range(of: $0)) }
            guard build(work, index, threads) else { return false }
        }
        return true
    }

    private struct Work: Sendable {
        var number: Int
        var range: Range<Int64>
    }

    private static func build(_ work: [Work], _ index: LogIndex, _ threads: Int) -> Bool {
        let done = Done()
        let worker = index.worker
        let file = index.file
        withExtendedLifetime(file) {
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                var worker = worker
                while true {
                    let next = done.taken.add(1, ordering: .relaxed).oldValue
                    guard next < work.count else { return }
                    guard let piece = worker.piece(work[next].range) else { return }
                    done.pieces.withLock { $0.append((work[next].number, piece)) }
                }
            }
        }
        let pieces = done.pieces.withLock { $0 }
        for (number, piece) in pieces { index.put(piece, number) }
        return pieces.count == work.count
    }

    private final class Done: Sendable {
        let taken = Atomic<Int>(0)
        let pieces = Mutex<[(Int, IndexPiece)]>([])
    }
}
