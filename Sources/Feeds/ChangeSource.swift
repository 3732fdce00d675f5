import Basics
import Logs
import Metrics
import SafeText

/// One file of change records, read from its start. Confined to the feed queue.
final class ChangeSource {
    let spec: SourceSpec
    let path: String
    let id: String
    let follower: LogFollower
    private let redactor: Redactor
    private var lines = 0
    private var skipped = 0
    private var lastSkipped: SkippedLine?
    private var lastData: Timestamp?
    private var hasLooked = false

    init(spec: SourceSpec, path: String, id: String, limits: FeedLimits) {
        self.spec = spec
        self.path = path
        self.id = id
        redactor = limits.redactor
        var follow = FollowLimits()
        follow.lineBytesMax = limits.lineBytesMax
        follow.bytesPerTurnMax = limits.bytesPerTurnMax
        follow.rotationGrace = limits.rotationGrace
        follower = LogFollower(path: path, start: .beginning, limits: follow)
    }

    /// Reads one bounded piece.
    /// - Returns: the changes found, and whether more can be read at once.
    func turn(_ now: ClockReading) -> (changes: [ObservedChange], wantsMore: Bool) {
        var changes: [ObservedChange] = []
        let isFirst = !hasLooked
        hasLooked = true
        let turn = follower.turn(now: now) { line, _, _ in
            self.lines += 1
            if let change = self.change(line) { changes.append(change) }
        }
        if turn.bytesRead > 0 {
            lastData = isFirst ? min(follower.modified ?? now.wall, now.wall) : now.wall
        }
        return (changes, turn.wantsMore)
    }

    private func change(_ line: Span<UInt8>) -> ObservedChange? {
        let bytes = (0..<line.count).map { line[$0] }
        guard bytes.contains(where: { $0 > 0x20 }) else { return nil }
        do {
            let parsed = try JSONText.decode(ChangeLine.self, from: bytes)
            return parsed.change(source: id, service: spec.service, redactor: redactor)
        } catch DecodingError.dataCorrupted(let context)
            where context.debugDescription == ChangeLine.noTime
        {
            skip("it has no readable \"time\"")
        } catch {
            skip("it is no JSON object")
        }
        return nil
    }

    private func skip(_ reason: String) {
        skipped += 1
        lastSkipped = SkippedLine(line: lines, reason: reason)
    }

    func health(note: String) -> SourceHealth {
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.linesTotal = lines
        health.skippedLines = skipped
        health.lastSkipped = lastSkipped
        health.lastData = lastData
        health.losses = follower.totals.losses
        health.detail = [follower.notice, note].filter { !$0.isEmpty }.joined(separator: "; ")
        health.state =
            follower.problem.map { .error($0.sentence(path: path)) } ?? (hasLooked ? .ok : .loading)
        return health
    }
}
