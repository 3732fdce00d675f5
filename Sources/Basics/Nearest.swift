/// The name of `names` that `name` was most likely meant to be, or nil when none is close.
///
/// Close: at most a third of the letters differ (optimal string alignment distance, case ignored;
/// swapped neighbours count one), or one is the beginning of the other. The first of equals wins.
package func nearest(_ name: String, in names: [String]) -> String? {
    let wanted = Array(name.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names {
        let letters = Array(candidate.lowercased().utf8)
        guard !letters.isEmpty, letters.count <= 64 else { continue }
        var distance = editDistance(wanted, letters)
        let isPrefix = wanted.count >= 3 && letters.starts(with: wanted)
        if isPrefix { distance = min(distance, 1) }
        guard distance <= max(1, max(wanted.count, letters.count) / 3) else { continue }
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1]
        for column in 0..<right.count {
            let same = left[row] == right[column]
            var cost = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
