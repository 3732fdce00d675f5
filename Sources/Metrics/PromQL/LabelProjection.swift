/// Keeps or drops the same labels again and again and remembers each result: a range query asks for
/// the same series at every step.
final class LabelProjection {
    private let names: Set<ByteText>
    private let isKeeping: Bool
    private var results: [Labels: Labels] = [:]

    init(keeping names: Set<ByteText>) {
        self.names = names
        isKeeping = true
    }

    init(dropping names: Set<ByteText>) {
        self.names = names
        isKeeping = false
    }

    func of(_ labels: Labels) -> Labels {
        if isKeeping, names.isEmpty { return .empty }
        if let known = results[labels] { return known }
        let result = isKeeping ? labels.keeping(names) : labels.dropping(names)
        results[labels] = result
        return result
    }
}

/// The projections of one query.
struct LabelProjections {
    private struct Key: Hashable {
        var names: [ByteText]
        var isKeeping: Bool
    }

    private var known: [Key: LabelProjection] = [:]
    /// Removes what names the metric.
    let bare = LabelProjection(dropping: LabelName.reserved)

    mutating func keeping(_ names: [ByteText]) -> LabelProjection {
        let key = Key(names: names, isKeeping: true)
        if let projection = known[key] { return projection }
        let projection = LabelProjection(keeping: Set(names))
        known[key] = projection
        return projection
    }

    /// Drops `names` and the metric name.
    mutating func droppingWithMetricName(_ names: [ByteText]) -> LabelProjection {
        let key = Key(names: names, isKeeping: false)
        if let projection = known[key] { return projection }
        let projection = LabelProjection(dropping: Set(names).union([LabelName.metricName]))
        known[key] = projection
        return projection
    }
}
