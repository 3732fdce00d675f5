#if canImport(Glibc)
    import Glibc
#endif

/// The label sets of the rows of one result, and what was derived from them.
///
/// Labels change by operation and by series, never by step or value; so every derivation is made
/// once, and a table that lives from query to query keeps its derivations.
final class LabelTable {
    let count: Int
    private let source: [Labels]
    /// The rows are the source without the labels that name the metric.
    let isBare: Bool
    private var made: [Labels?] = []
    private var known: [Derivation: LabelTable] = [:]
    private var groupings: [LabelChoice: Grouping] = [:]
    private var isChecked: Bool
    private var found: Merge?

    /// How rows come together whose labels are equal.
    final class Merge {
        /// For each row the row of `table`.
        let rows: [Int32]
        let table: LabelTable

        init(rows: [Int32], table: LabelTable) {
            self.rows = rows
            self.table = table
        }
    }

    /// Rows by group, in the order of the groups' first rows.
    final class Grouping {
        let groups: [Int32]
        let table: LabelTable

        init(groups: [Int32], table: LabelTable) {
            self.groups = groups
            self.table = table
        }
    }

    /// What can be made of the labels of a whole table.
    enum Derivation: Hashable {
        case replaced(
            target: ByteText, replacement: ByteText, source: ByteText, expression: ByteText)
        case joined(target: ByteText, separator: ByteText, sources: [ByteText])
    }

    /// Whether the same table stands for the same rows in later queries, so that it pays to keep
    /// what was found out about it.
    let isKept: Bool

    /// - Parameter isUnique: whether no two rows have equal labels.
    init(_ labels: [Labels], isUnique: Bool, isKept: Bool = false) {
        self.isKept = isKept
        source = labels
        count = labels.count
        isBare = false
        isChecked = isUnique
    }

    private init(bareOf table: LabelTable) {
        isKept = table.isKept
        source = table.source
        count = table.count
        isBare = true
        isChecked = false
    }

    /// One row without labels.
    static func unlabelled() -> LabelTable { LabelTable([.empty], isUnique: true) }
    static func none() -> LabelTable { LabelTable([], isUnique: true) }

    subscript(row: Int) -> Labels {
        guard isBare else { return source[row] }
        if made.isEmpty { made = Array(repeating: nil, count: count) }
        if let known = made[row] { return known }
        var bytes: [UInt8] = []
        LabelChoice.bare.append(source[row], to: &bytes)
        let labels = Labels(encoded: bytes)
        made[row] = labels
        return labels
    }

    /// The metric name of a row as its series was stored, or nil.
    func metricName(_ row: Int) -> ByteText? {
        isBare ? nil : source[row].value(of: LabelName.metricName)
    }

    private var bareTable: LabelTable?

    /// Without the labels that name the metric.
    var bare: LabelTable {
        if isBare { return self }
        if let bareTable { return bareTable }
        let table = LabelTable(bareOf: self)
        bareTable = table
        return table
    }

    /// The table with each label set once, when some come twice.
    var merge: Merge? {
        if isChecked { return found }
        isChecked = true
        if isBare, isOneMetric { return nil }
        let all = LabelChoice(dropping: isBare ? Array(LabelName.reserved) : [])
        let (numbers, keys) = numbers(all)
        if keys.count == count { return nil }
        let table = LabelTable(
            keys.map { Labels(encoded: $0) }, isUnique: true, isKept: isKept)
        let result = Merge(rows: numbers, table: table)
        found = result
        return result
    }

    /// Whether all rows carry the same labels that name the metric. Label sets that differ then
    /// differ without these.
    private(set) lazy var isOneMetric: Bool = {
        guard let first = source.first else { return true }
        if let prefix = first.withEncoded(Self.namePrefix) {
            if source.allSatisfy({ $0.withEncoded { Self.isNamed($0, prefix) } }) { return true }
        }
        let choice = LabelChoice(keeping: LabelName.reserved)
        var wanted: [UInt8] = []
        choice.append(first, to: &wanted)
        var other: [UInt8] = []
        return source.allSatisfy { labels in
            other.removeAll(keepingCapacity: true)
            choice.append(labels, to: &other)
            return other == wanted
        }
    }()

    /// The first pair, when it is the metric name, which it nearly always is.
    private static func namePrefix(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let name = LabelName.metricName.bytes
        guard bytes.count > name.count + 1, bytes[0] == UInt8(name.count),
            bytes[1...name.count].elementsEqual(name), bytes[name.count + 1] < 0x80
        else { return nil }
        return Array(bytes[..<(name.count + 2 + Int(bytes[name.count + 1]))])
    }

    /// Whether `prefix` comes first and no other label that begins with two underscores behind it.
    private static func isNamed(
        _ bytes: UnsafeBufferPointer<UInt8>, _ prefix: [UInt8]
    ) -> Bool {
        guard bytes.count >= prefix.count, let base = bytes.baseAddress,
            memcmp(base, prefix, prefix.count) == 0
        else { return false }
        guard bytes.count > prefix.count + 2 else { return true }
        return bytes[prefix.count + 1] != 0x5F || bytes[prefix.count + 2] != 0x5F
    }

    /// Rows numbered by what `choice` leaves of their labels.
    private func numbers(_ choice: LabelChoice) -> (numbers: [Int32], keys: [[UInt8]]) {
        var index = KeyIndex(expected: choice.isKeeping ? 16 : count)
        return (numbers(choice, in: &index), index.keys)
    }

    /// As the numbers of `index`, which grows by what is new.
    func numbers(_ choice: LabelChoice, in index: inout KeyIndex) -> [Int32] {
        let choice = isBare ? choice.withoutReserved : choice
        var key: [UInt8] = []
        var numbers: [Int32] = []
        numbers.reserveCapacity(count)
        if choice.isKeeping, choice.names.isEmpty {
            if count > 0 { _ = index.number(of: key) }
            return Array(repeating: 0, count: count)
        }
        for labels in source {
            key.removeAll(keepingCapacity: true)
            choice.append(labels, to: &key)
            numbers.append(Int32(index.number(of: key)))
        }
        return numbers
    }

    func grouping(_ choice: LabelChoice) -> Grouping {
        if let known = groupings[choice] { return known }
        let (numbers, keys) = numbers(choice)
        let grouping = Grouping(
            groups: numbers,
            table: LabelTable(
                keys.map { Labels(encoded: $0) }, isUnique: true, isKept: isKept))
        groupings[choice] = grouping
        return grouping
    }

    /// The table with each row changed by `change`, made once.
    func derived(_ derivation: Derivation, _ change: (Labels) -> Labels) -> LabelTable {
        if let table = known[derivation] { return table }
        let table = LabelTable(
            (0..<count).map { change(self[$0]) }, isUnique: false, isKept: isKept)
        known[derivation] = table
        return table
    }
}
