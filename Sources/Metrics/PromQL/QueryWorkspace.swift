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

    private(set) var snapshot: SeriesSnapshot
    private var selections: [[LabelMatcher]: Selection] = [:]
    private var tables: [[LabelMatcher]: LabelTable] = [:]
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
        if tables.count > Self.derivationsMax || matches.count > Self.derivationsMax {
            tables = [:]
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

    /// The series that satisfy every matcher, and whether this is the first time they are asked
    /// for.
    func selection(_ matchers: [LabelMatcher]) -> Selection {
        if let known = selections[matchers] { return known }
        let series = snapshot.select(matchers)
        let table = table(of: series, matchers)
        let selection = Selection(series: series, table: table)
        selections[matchers] = selection
        return selection
    }

    private func table(of series: [Series], _ matchers: [LabelMatcher]) -> LabelTable {
        if let known = tables[matchers], known.count == series.count,
            series.indices.allSatisfy({ series[$0].labels == known[$0] })
        {
            return known
        }
        let table = LabelTable(series.map(\.labels), isUnique: true)
        if identities != nil { tables[matchers] = table }
        return table
    }

    /// How the rows of two tables find each other.
    func match(_ left: LabelTable, _ right: LabelTable, _ kind: VectorMatch.Kind) -> VectorMatch {
        let key = MatchKey(
            left: ObjectIdentifier(left), right: ObjectIdentifier(right), kind: kind)
        if let known = matches[key] { return known }
        let match = VectorMatch(left, right, kind)
        matches[key] = match
        return match
    }
}
