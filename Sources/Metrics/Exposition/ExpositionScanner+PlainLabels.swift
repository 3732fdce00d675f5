#if canImport(Glibc)
    import Glibc
#endif

/// Labels that every series of a source gets when it does not have them.
struct ExtraLabels {
    static let none = ExtraLabels([])

    let entries: [Labels.Entry]

    init(_ entries: [Labels.Entry]) { self.entries = entries }
}

extension ExpositionScanner {
    /// More labels go the other way, which sorts better than by insertion.
    private static let plainLabelsMax = 32

    /// One label: where its bytes stand.
    private struct Piece {
        var name: UnsafeBufferPointer<UInt8>
        var value: UnsafeBufferPointer<UInt8>

        /// Negative, zero or positive, as `memcmp`.
        func order(_ other: Piece) -> Int {
            let common = min(name.count, other.name.count)
            guard let one = name.baseAddress, let two = other.name.baseAddress else { return 0 }
            let result = Int(memcmp(one, two, common))
            return result != 0 ? result : name.count - other.name.count
        }
    }

    /// The labels that were just read again, written in one go: most label sets have no escapes, no
    /// empty values and no name twice. Nil for the others.
    func plainLabels(normalised: Bool, adding extra: ExtraLabels) -> Labels? {
        let count = labelRanges.count + extra.entries.count + 1
        guard count <= Self.plainLabelsMax, !nameRange.hasEscapes else { return nil }
        var bound: [UInt8] = []
        if normalised {
            guard let found = onlyBound() else { return nil }
            bound = found
        }
        return bound.withUnsafeBufferPointer { bound in
            withUnsafeTemporaryAllocation(of: Piece.self, capacity: count) { room in
                guard let pieces = room.baseAddress else { return nil }
                var sorted = Sorted(pieces: pieces)
                guard gather(&sorted, normalised ? bound : nil) else { return nil }
                return add(extra.entries[...], &sorted)
            }
        }
    }

    /// Pieces in the order of their names.
    private struct Sorted {
        let pieces: UnsafeMutablePointer<Piece>
        var count = 0

        /// - Returns: false when the name is there already.
        mutating func insert(_ piece: Piece) -> Bool {
            var position = count
            while position > 0 {
                let order = pieces[position - 1].order(piece)
                if order == 0 { return false }
                if order < 0 { break }
                position -= 1
            }
            var last = count
            while last > position {
                (pieces + last).initialize(to: pieces[last - 1])
                last -= 1
            }
            (pieces + position).initialize(to: piece)
            count += 1
            return true
        }
    }

    private func gather(_ sorted: inout Sorted, _ bound: UnsafeBufferPointer<UInt8>?) -> Bool {
        let name: StaticString = "__name__"
        let title = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard nameRange.end > nameRange.start,
            sorted.insert(Piece(name: title, value: text(nameRange)))
        else { return false }
        for range in labelRanges {
            guard !range.name.hasEscapes, !range.value.hasEscapes,
                range.value.end > range.value.start
            else { return false }
            let value = isBound(range.name) ? bound ?? text(range.value) : text(range.value)
            guard sorted.insert(Piece(name: text(range.name), value: value)) else { return false }
        }
        return true
    }

    /// Adds what is left of the source's labels, one inside the other because their bytes stay in
    /// place during a closure only, and writes everything.
    private func add(_ rest: ArraySlice<Labels.Entry>, _ sorted: inout Sorted) -> Labels {
        guard let entry = rest.first else { return Self.written(sorted) }
        return entry.name.bytes.withUnsafeBufferPointer { name in
            entry.value.bytes.withUnsafeBufferPointer { value in
                // A name that is there already is left as it is.
                if !value.isEmpty, !name.isEmpty {
                    _ = sorted.insert(Piece(name: name, value: value))
                }
                return add(rest.dropFirst(), &sorted)
            }
        }
    }

    private static func written(_ sorted: Sorted) -> Labels {
        var size = 0
        for index in 0..<sorted.count {
            size += sorted.pieces[index].name.count + sorted.pieces[index].value.count + 4
        }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(size)
        for index in 0..<sorted.count {
            append(sorted.pieces[index].name, to: &encoded)
            append(sorted.pieces[index].value, to: &encoded)
        }
        return Labels(encoded: encoded)
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, to encoded: inout [UInt8]) {
        var rest = text.count
        while rest >= 0x80 {
            encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        encoded.append(UInt8(rest))
        encoded.append(contentsOf: text)
    }

    private func text(_ range: TextRange) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + range.start, count: range.end - range.start)
    }

    private func isBound(_ name: TextRange) -> Bool {
        ByteScan.equals(base, from: name.start, end: name.end, "le")
            || ByteScan.equals(base, from: name.start, end: name.end, "quantile")
    }

    /// The canonical form of the one `le` or `quantile` there is; empty when there is none, nil
    /// when there are several.
    private func onlyBound() -> [UInt8]? {
        var found: [UInt8]?
        for range in labelRanges where isBound(range.name) {
            guard found == nil, !range.value.hasEscapes else { return nil }
            let text = bytes(range.value.start..<range.value.end)
            found = Self.canonicalBound(ByteText(text)).bytes
        }
        return found ?? []
    }
}
