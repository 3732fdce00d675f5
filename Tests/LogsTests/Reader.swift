import Basics

@testable import Logs

/// A follower with a clock of its own that collects what it reads.
final class Reader {
    let follower: LogFollower
    var lines: [String] = []
    var omitted: [Int] = []
    static let start = ClockReading(
        wall: Timestamp(seconds: 1_787_306_400), boot: BootTime(nanoseconds: 1_000_000_000_000))
    var now = Reader.start

    init(
        _ path: String, start: LogFollower.Start = .end, limits: FollowLimits = FollowLimits(),
        ledger: FileLedger = FileLedger()
    ) {
        follower = LogFollower(path: path, start: start, limits: limits, ledger: ledger)
    }

    /// Reads until nothing is left.
    func read() {
        var turns = 0
        while turns < 10_000 {
            turns += 1
            let turn = follower.turn(now: now) { line, _, left in
                let text = line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
                lines.append(text)
                omitted.append(left)
            }
            if turn.bytesRead == 0, !turn.wantsMore { break }
        }
    }

    /// The number of the file as it is found now.
    var generation: UInt64 {
        follower.look(now: now)
        return follower.generation
    }

    func wait(_ span: Duration) {
        now = ClockReading(wall: now.wall + span, boot: now.boot + span)
    }

    /// What was read since the last call.
    func take() -> [String] {
        read()
        defer { lines = [] }
        return lines
    }
}

/// `l1` … `ln`.
func numbered(_ range: ClosedRange<Int>) -> [String] { range.map { "line \($0)" } }

func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

extension HistoryReader {
    /// Takes the lines of the block before `end`.
    func previous(bytes: Int, _ sink: (Span<UInt8>, Int64, Int) -> Void) {
        let from = end
        let block = block(bytes: bytes) { line, offset, omitted, isBefore in
            if !isBefore { sink(line, offset, omitted) }
        }
        move(to: block.firstLine ?? from - Int64(bytes))
    }
}
