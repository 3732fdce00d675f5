/// The cells that must be drawn again to turn one frame into the next, as runs within rows.
///
/// A run never starts or ends inside a wide glyph, of either frame. With `世` two cells wide:
///
///     prev   a 世   b      prev   世   b c     prev   x y z
///     next   a x  y b     next   x  世   c    next   世   z
///     run      ‾‾‾‾        run    ‾‾‾‾‾‾      run    ‾‾‾
///
/// (1) narrow over wide: both halves are drawn although only one changed in meaning; (2) shifted by
/// one: the old half under the new head's left is drawn too; (3) wide over narrow: head and tail.
package struct FrameDiff: Hashable, Sendable {
    package struct Run: Hashable, Sendable {
        package var row: Int
        package var columns: Range<Int>
    }

    /// Top to bottom, left to right.
    package let runs: [Run]

    /// With no previous frame, or one of another size, every row is drawn.
    package init(from previous: Frame?, to next: Frame) {
        guard let previous, previous.size == next.size else {
            let width = next.size.width
            runs = width == 0 ? [] : (0..<next.size.height).map { Run(row: $0, columns: 0..<width) }
            return
        }
        var runs: [Run] = []
        for row in 0..<next.size.height {
            Self.appendRuns(row, previous.row(row), next.row(row), to: &runs)
        }
        self.runs = runs
    }

    private static func appendRuns(
        _ row: Int, _ previous: ArraySlice<Cell>, _ next: ArraySlice<Cell>, to runs: inout [Run]
    ) {
        if previous == next { return }
        let base = next.startIndex
        let offset = previous.startIndex - base
        func isTail(_ index: Int) -> Bool {
            index < next.endIndex && (next[index].isTail || previous[index + offset].isTail)
        }
        var index = base
        while index < next.endIndex {
            guard next[index] != previous[index + offset] else {
                index += 1
                continue
            }
            var start = index
            while start > base, isTail(start) { start -= 1 }
            var end = index + 1
            while end < next.endIndex, isTail(end) || next[end] != previous[end + offset] {
                end += 1
            }
            if let last = runs.last, last.row == row, last.columns.upperBound >= start - base {
                start = last.columns.lowerBound + base
                runs.removeLast()
            }
            runs.append(Run(row: row, columns: start - base..<end - base))
            index = end
        }
    }
}
