import Basics
import Incidents

extension Diagnoser {
    /// How often one source's losses are journalled, whatever happens to it.
    private static let lossInterval: Duration = .seconds(60)

    /// Journals what may be missing of a source, with the totals since the room opened: at once
    /// when it begins, then at most once a minute while it grows.
    mutating func reportLosses(_ input: DiagnosisInput) {
        for source in input.sources where !source.lacks.isNothing {
            let known = reported.lacks[source.id]
            guard source.lacks.grew(since: known?.lacks ?? SourceLacks()) else { continue }
            // A clock that was set back must not silence this.
            if let known, input.now >= known.time, input.now - known.time < Self.lossInterval {
                continue
            }
            reported.lacks[source.id] = (source.lacks, input.now)
            let lacks = source.lacks
            found(
                SourceLoss(
                    source: source.id, losses: lacks.losses, bytesMost: lacks.bytesLost,
                    detail: lacks.newest, cutLines: lacks.cutLines, holeBytes: lacks.holeBytes,
                    droppedLines: lacks.droppedLines),
                at: input.now)
        }
    }
}
