/// How many terminal cells text takes, from our own Unicode table.
///
/// The terminal's and the C library's tables differ from each other and from version to version, so
/// layout rests on this one alone (source: UAX #11 and the Unicode Character Database).
package enum CellWidth {
    /// The cells of one scalar: 0 (combining, joiners, invisible), 1 or 2 (East Asian wide, emoji).
    ///
    /// Control characters count 1: the sanitiser replaces them before they are drawn.
    package static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        if value < 0x1100 { return contains(CellWidthTables.zero, value) ? 0 : 1 }
        if contains(CellWidthTables.wide, value) { return 2 }
        return contains(CellWidthTables.zero, value) ? 0 : 1
    }

    /// The cells of `text` when it is drawn; agrees with `clusters(of:)`.
    package static func of(_ text: String) -> Int {
        if let count = Sanitiser.plainCount(text) { return count }
        var total = 0
        for cluster in Clusters(text) { total += cluster.width }
        return total
    }

    /// `text` cut to at most `width` cells, ending in `…` when something was cut.
    package static func truncated(_ text: String, to width: Int) -> String {
        guard width > 0 else { return "" }
        guard of(text) > width else { return text }
        var result = ""
        var used = 0
        for cluster in Clusters(text) {
            guard used + cluster.width <= width - 1 else { break }
            result += cluster.text
            used += cluster.width
        }
        return result + "…"
    }

    /// `text` in exactly `width` cells: cut, or filled with spaces.
    package static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
        let cut = truncated(text, to: width)
        let fill = String(repeating: " ", count: max(0, width - of(cut)))
        return right ? fill + cut : cut + fill
    }

    /// Whether a pair list (first, last, first, last …) holds `value`. O(log n).
    private static func contains(_ pairs: [UInt32], _ value: UInt32) -> Bool {
        var low = 0
        var high = pairs.count / 2 - 1
        while low <= high {
            let middle = (low + high) / 2
            if value < pairs[middle * 2] {
                high = middle - 1
            } else if value > pairs[middle * 2 + 1] {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }
}

/// The units of drawing: one scalar that takes cells, and the marks that sit on it.
///
/// Terminals disagree about joined emoji and presentation selectors (the same sequence is 2, 4 or 6
/// cells wide), so joiners, variation selectors and skin tones after an emoji are left out: what
/// remains has one width everywhere. More than four marks on a base are left out as well. A mark
/// with nothing to sit on gets a dotted circle.
package struct Clusters: Sequence, IteratorProtocol {
    package struct Cluster: Hashable, Sendable {
        /// One spacing scalar and at most four zero-width ones.
        package var text: String
        /// 1 or 2.
        package var width: Int
    }

    /// Combining marks kept on one base (`setcchar` takes no more).
    package static let marksMax = 4

    private var scalars: String.UnicodeScalarView.Iterator
    private var pending: Unicode.Scalar?

    package init(_ text: String) {
        scalars = text.unicodeScalars.makeIterator()
        pending = scalars.next()
    }

    package mutating func next() -> Cluster? {
        while let scalar = pending {
            pending = scalars.next()
            if isDropped(scalar) { continue }
            var width = CellWidth.of(scalar)
            var view = String.UnicodeScalarView()
            var marks = 0
            if width == 0 {
                view.append("\u{25CC}")
                width = 1
                marks = 1
            }
            view.append(scalar)
            appendMarks(to: &view, count: marks, afterEmoji: width == 2)
            return Cluster(text: String(view), width: width)
        }
        return nil
    }

    private mutating func appendMarks(
        to view: inout String.UnicodeScalarView, count: Int, afterEmoji: Bool
    ) {
        var count = count
        while let mark = pending, mark.value >= 0x300 {
            let isTone = afterEmoji && (0x1F3FB...0x1F3FF).contains(mark.value)
            guard isTone || isDropped(mark) || CellWidth.of(mark) == 0 else { return }
            if !isTone, !isDropped(mark), count < Self.marksMax {
                view.append(mark)
                count += 1
            }
            pending = scalars.next()
        }
    }

    /// Joiners and selectors that change how a glyph looks, never what it means.
    private func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C, 0x200D, 0xFE00...0xFE0F: true
        default: false
        }
    }
}
