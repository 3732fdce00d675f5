/// The moments at which an expression is evaluated, in milliseconds.
struct Grid: Hashable, Sendable {
    var start: Int64
    /// 0 when all steps are at the same moment.
    var step: Int64
    var count: Int

    func time(_ index: Int) -> Int64 { start &+ Int64(index) &* step }
    var last: Int64 { time(count - 1) }
    var isSingle: Bool { count == 1 }

    /// Only the first moment.
    var first: Grid { Grid(start: start, step: step, count: 1) }
}

/// No value at this step. The bits are those of a staleness marker, which is never a value, and
/// which no arithmetic can produce because it is a signalling NaN.
enum Absent {
    static var value: Double { StaleMarker.value }

    @inline(__always)
    static func isPresent(_ value: Double) -> Bool { value.bitPattern != StaleMarker.bits }
}

/// Memory of the values of a result.
final class ValueBlock {
    let values: UnsafeMutablePointer<Double>
    let count: Int

    /// - Parameter count: the values start out undefined.
    init(count: Int) {
        self.count = count
        values = .allocate(capacity: max(1, count))
    }

    deinit { values.deallocate() }
}

/// The values of many series at the steps of one grid, row by row; `Absent.value` where a series
/// has none.
struct Rows {
    let table: LabelTable
    let steps: Int
    private var block: ValueBlock

    var count: Int { table.count }

    init(_ table: LabelTable, steps: Int) {
        self.table = table
        self.steps = steps
        block = ValueBlock(count: table.count * steps)
    }

    private init(_ table: LabelTable, steps: Int, block: ValueBlock) {
        self.table = table
        self.steps = steps
        self.block = block
    }

    /// The values of all rows; the pointer is valid during the call only.
    @inline(__always)
    func withValues<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<Double>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let block = block
        defer { withExtendedLifetime(block) {} }
        return try body(block.values)
    }

    func fill(_ value: Double) {
        withValues { $0.update(repeating: value, count: count * steps) }
    }

    /// Makes the values this result's own before they are changed.
    mutating func makeOwn() {
        if isKnownUniquelyReferenced(&block) { return }
        let copy = ValueBlock(count: block.count)
        copy.values.update(from: block.values, count: block.count)
        block = copy
    }

    /// The same values under other labels of as many rows.
    func labelled(_ table: LabelTable) -> Rows { Rows(table, steps: steps, block: block) }

    /// Values that are present.
    var sampleCount: Int {
        withValues { values in
            var present = 0
            for index in 0..<count * steps where Absent.isPresent(values[index]) { present += 1 }
            return present
        }
    }

    /// Changes every value that is present.
    mutating func change(_ body: (Double) -> Double) {
        makeOwn()
        withValues { values in
            for index in 0..<count * steps where Absent.isPresent(values[index]) {
                values[index] = body(values[index])
            }
        }
    }

    /// Under other labels of as many rows; rows whose labels became equal come together.
    /// - Throws: when two of them have a value at the same step.
    func merged(under table: LabelTable) throws(QueryError) -> Rows {
        let moved = labelled(table)
        guard let merge = table.merge else { return moved }
        let result = Rows(merge.table, steps: steps)
        result.fill(Absent.value)
        let hasConflict = result.withValues { into in
            withValues { from in
                for row in 0..<count {
                    let target = into + Int(merge.rows[row]) * steps
                    let values = from + row * steps
                    for step in 0..<steps where Absent.isPresent(values[step]) {
                        if Absent.isPresent(target[step]) { return true }
                        target[step] = values[step]
                    }
                }
                return false
            }
        }
        if hasConflict { throw .duplicateLabels }
        return result
    }

    /// The values of the first step at every one of `steps` steps.
    func repeated(_ steps: Int) -> Rows {
        let result = Rows(table, steps: steps)
        result.withValues { into in
            withValues { from in
                for row in 0..<count {
                    (into + row * steps).update(repeating: from[row * self.steps], count: steps)
                }
            }
        }
        return result
    }
}

/// A number for every step.
enum ScalarSteps {
    case constant(Double)
    case each([Double])

    subscript(step: Int) -> Double {
        switch self {
        case .constant(let value): value
        case .each(let values): values[step]
        }
    }

    /// The numbers of `count` steps.
    func all(_ count: Int) -> [Double] {
        switch self {
        case .constant(let value): Array(repeating: value, count: count)
        case .each(let values): values
        }
    }
}

/// What a node evaluates to, over a grid.
enum NodeValue {
    case scalar(ScalarSteps)
    case vector(Rows)
    case string(ByteText)
}

extension QueryError {
    static var duplicateLabels: QueryError {
        .execution("vector cannot contain metrics with the same labelset")
    }
}
