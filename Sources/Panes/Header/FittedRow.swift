import Canvas
import SafeText

/// A row of items of which some shorten or go when the row is too narrow.
///
/// Every item brings its forms, longest first. The row shortens the least important item first,
/// one form at a time; an item whose last form is empty goes.
struct FittedRow {
    struct Item {
        var forms: [[Span]]
        /// How much the next shortening of each form would hurt; the last one holds for the rest.
        var importance: [Int]
        init(_ importance: Int..., forms: [[Span]]) {
            self.importance = importance
            self.forms = forms
        }
        func cost(_ form: Int) -> Int { importance[min(form, importance.count - 1)] }
    }

    var items: [Item]
    var gap = 2

    /// The chosen forms for `width` cells, empty ones left out.
    func fitted(width: Int) -> [[Span]] {
        var choice = items.map { _ in 0 }
        while total(choice) > width {
            let candidates = items.indices.filter { choice[$0] + 1 < items[$0].forms.count }
            guard
                let next = candidates.min(by: {
                    items[$0].cost(choice[$0]) < items[$1].cost(choice[$1])
                })
            else { break }
            choice[next] += 1
        }
        return zip(items, choice).map { $0.forms[$1] }.filter { !$0.isEmpty }
    }

    private func total(_ choice: [Int]) -> Int {
        let widths = zip(items, choice).map { item, index in
            item.forms[index].reduce(0) { $0 + $1.width }
        }.filter { $0 > 0 }
        return widths.reduce(0, +) + gap * max(0, widths.count - 1)
    }

    /// The row as one line, its items apart by `gap`.
    func line(width: Int) -> TextLine {
        var spans: [Span] = []
        for item in fitted(width: width) {
            if !spans.isEmpty { spans.append(Span(String(repeating: " ", count: gap))) }
            spans += item
        }
        return TextLine(spans)
    }
}
