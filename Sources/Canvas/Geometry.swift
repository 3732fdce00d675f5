/// Columns and rows of a screen or a part of one, in cells.
package struct Size: Hashable, Sendable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    package static let zero = Size(width: 0, height: 0)
    package var isEmpty: Bool { width <= 0 || height <= 0 }
}

/// One cell's place; the top left corner is (0, 0).
package struct Position: Hashable, Sendable {
    package var column: Int
    package var row: Int

    package init(column: Int, row: Int) {
        self.column = column
        self.row = row
    }
}

/// A rectangle of cells. Its sides are never negative.
package struct Rect: Hashable, Sendable {
    package var column: Int
    package var row: Int
    package private(set) var width: Int
    package private(set) var height: Int

    package init(column: Int, row: Int, width: Int, height: Int) {
        self.column = column
        self.row = row
        self.width = max(0, width)
        self.height = max(0, height)
    }

    package init(_ size: Size) {
        self.init(column: 0, row: 0, width: size.width, height: size.height)
    }

    package static let zero = Rect(column: 0, row: 0, width: 0, height: 0)

    package var isEmpty: Bool { width == 0 || height == 0 }
    package var size: Size { Size(width: width, height: height) }
    /// The first column to the right of the rectangle.
    package var endColumn: Int { column + width }
    /// The first row below the rectangle.
    package var endRow: Int { row + height }

    package func contains(column: Int, row: Int) -> Bool {
        column >= self.column && column < endColumn && row >= self.row && row < endRow
    }

    /// The rectangle without a margin of `columns` left and right and `rows` above and below.
    package func inset(columns: Int = 1, rows: Int = 1) -> Rect {
        guard width >= 2 * columns, height >= 2 * rows else {
            return Rect(column: column, row: row, width: 0, height: 0)
        }
        return Rect(
            column: column + columns, row: row + rows, width: width - 2 * columns,
            height: height - 2 * rows)
    }

    /// The rectangle without its border.
    package func inset(_ margin: Int) -> Rect { inset(columns: margin, rows: margin) }

    package func intersection(_ other: Rect) -> Rect {
        let left = max(column, other.column)
        let top = max(row, other.row)
        return Rect(
            column: left, row: top, width: min(endColumn, other.endColumn) - left,
            height: min(endRow, other.endRow) - top)
    }

    /// The first `rows` rows and what is left below; both fit in the rectangle.
    package func splitTop(_ rows: Int) -> (top: Rect, rest: Rect) {
        let taken = min(max(0, rows), height)
        return (
            Rect(column: column, row: row, width: width, height: taken),
            Rect(column: column, row: row + taken, width: width, height: height - taken)
        )
    }

    /// What is above, and the last `rows` rows.
    package func splitBottom(_ rows: Int) -> (rest: Rect, bottom: Rect) {
        let parts = splitTop(height - min(max(0, rows), height))
        return (parts.top, parts.rest)
    }

    /// The first `columns` columns and what is left beside them.
    package func splitLeft(_ columns: Int) -> (left: Rect, rest: Rect) {
        let taken = min(max(0, columns), width)
        return (
            Rect(column: column, row: row, width: taken, height: height),
            Rect(column: column + taken, row: row, width: width - taken, height: height)
        )
    }

    /// What is on the left, and the last `columns` columns.
    package func splitRight(_ columns: Int) -> (rest: Rect, right: Rect) {
        let parts = splitLeft(width - min(max(0, columns), width))
        return (parts.left, parts.rest)
    }

    /// A rectangle of at most `size` in the middle of this one.
    package func centred(_ size: Size) -> Rect {
        let width = min(max(0, size.width), self.width)
        let height = min(max(0, size.height), self.height)
        return Rect(
            column: column + (self.width - width) / 2, row: row + (self.height - height) / 2,
            width: width, height: height)
    }
}
