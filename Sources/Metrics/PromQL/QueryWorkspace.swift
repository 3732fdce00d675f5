/// What queries over one snapshot share: selections with everything derived from their labels,
/// how vectors match each other, results of expressions that occur several times.
///
/// Not shared between threads.
final class QueryWorkspace {
    struct Memo {
        var value: NodeValue
        var statistics: QueryAnswer.Statistics
    }

    private struct MemoKey: Hashable {
        var identity: Int
        var grid: Grid
    }

    private struct MatchKey: Hashable {
        var left: ObjectIdentifier
        var right: ObjectIdentifier
        var kind: VectorMatch.Kind
    }

    /// What was found, without samples.
    private struct Kept {
        var selection: SeriesSelection
        var table: LabelTable
    }

    private(set) var snapshot: SeriesSnapshot
    private var selections: [[LabelMatcher]: Selection] = [:]
    private var kept: [[LabelMatcher]: Kept] = [:]
    private var matches: [MatchKey: VectorMatch] = [:]
    private var memos: [MemoKey: Memo] = [:]
    private let identities: PlanIdentities?

    /// - Parameter identities: of the plans that may share results; nil when none may.
    init(_ snapshot: SeriesSnapshot, identities: PlanIdentities? = nil) {
        self.snapshot = snapshot
        self.identities = identities
    }

    /// Goes over to another state of the store. Labels and what was derived from them stay where a
    /// selection finds the same series as before.
    func move(to snapshot: SeriesSnapshot) {
        self.snapshot = snapshot
        selections.removeAll(keepingCapacity: true)
        memos.removeAll(keepingCapacity: true)
        if kept.count > Self.derivationsMax || matches.count > Self.derivationsMax {
            kept = [:]
            matches = [:]
        }
    }

    /// More than any set of standing queries needs.
    private static let derivationsMax = 20_000

    func isShared(_ identity: Int) -> Bool { identities?.isShared(identity) ?? false }

    func memo(_ identity: Int, _ grid: Grid) -> Memo? {
        memos[MemoKey(identity: identity, grid: grid)]
    }

    func remember(_ identity: Int, _ grid: Grid, _ memo: Memo) {
        memos[MemoKey(identity: identity, grid: grid)] = memo
    }

    /// The series that satisfy every matcher.
    func selection(_ matchers: [LabelMatcher]) -> Selection {
        if let known = selections[matchers] { return known }
        if let found = kept[matchers], let series = snapshot.series(of: found.selection) {
            let selection = Selection(series: series, table: found.table)
            selections[matchers] = selection
            return selection
        }
        let found = snapshot.selection(matchers)
        let table = table(found.labels, matchers)
        if identities != nil { kept[matchers] = Kept(selection: found, table: table) }
        let selection = Selection(series: snapshot.series(of: found) ?? [], table: table)
        selections[matchers] = selection
        return selection
    }

    /// The table of before when series came or went, but none of these.
    private func table(_ labels: [Labels], _ matchers: [LabelMatcher]) -> LabelTable {
        if let known = kept[matchers]?.table, known.count == labels.count,
            labels.indices.allSatisfy({ labels[$0] == known[$0] })
        {
            return known
        }
        return LabelTable(labels, isUnique: true, isKept: true)
    }

    /// How the rows of two tables find each other.
    func match(_ left: LabelTable, _ right: LabelTable, _ kind: VectorMatch.Kind) -> VectorMatch {
        let key = MatchKey(
            left: ObjectIdentifier(left), right: ObjectIdentifier(right), kind: kind)
        if let known = matches[key] { return known }
        let match = VectorMatch(left, right, kind)
        if match.isKept { matches[key] = match }
        return match
    }
}
