#if canImport(Glibc)
    import Glibc
#endif

/// All values of one label within a segment, sorted byte by byte, each with the slots of the series
/// that have it, ascending.
struct LabelColumn: Sendable {
    let name: ByteText
    /// The values one after the other.
    private(set) var text: [UInt8] = []
    /// Where each value ends in `text`.
    private(set) var textEnds: [UInt32] = []
    /// The slots of the first value, then of the second, and so on.
    private(set) var postings: [UInt32] = []
    /// Where the slots of each value end in `postings`.
    private(set) var postingEnds: [UInt32] = []

    init(name: ByteText) { self.name = name }

    var count: Int { textEnds.count }

    var byteCount: Int {
        text.capacity + 4 * (textEnds.capacity + postings.capacity + postingEnds.capacity) + 160
    }

    private func start(_ position: Int, _ ends: [UInt32]) -> Int {
        position == 0 ? 0 : Int(ends[position - 1])
    }

    func textRange(_ position: Int) -> Range<Int> {
        start(position, textEnds)..<Int(textEnds[position])
    }

    func value(_ position: Int) -> ByteText { ByteText(text[textRange(position)]) }

    func postingRange(_ position: Int) -> Range<Int> {
        start(position, postingEnds)..<Int(postingEnds[position])
    }

    /// The slots of a run of neighbouring values; ascending for a single one.
    func slots(_ positions: Range<Int>) -> ArraySlice<UInt32> {
        guard let last = positions.last else { return [] }
        return postings[start(positions.lowerBound, postingEnds)..<Int(postingEnds[last])]
    }

    /// The position of the first value that is not below `wanted`.
    func lowerBound(_ wanted: [UInt8]) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if ByteText.order(text[textRange(middle)], wanted[...]) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    func position(of wanted: [UInt8]) -> Int? {
        let place = lowerBound(wanted)
        guard place < count, text[textRange(place)].elementsEqual(wanted) else { return nil }
        return place
    }

    /// The values that begin with `prefix`.
    func positions(prefix: [UInt8]) -> Range<Int> {
        let first = lowerBound(prefix)
        var low = first
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if text[textRange(middle)].starts(with: prefix) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return first..<low
    }

    // MARK: Building

    /// - Parameter values: sorted values; `slots` gives each one's slots, ascending.
    mutating func append(_ value: ArraySlice<UInt8>, slots: ArraySlice<UInt32>) {
        text += value
        textEnds.append(UInt32(text.count))
        postings += slots
        postingEnds.append(UInt32(postings.count))
    }

    /// More slots for the value that was appended last.
    mutating func appendToLast(_ slots: ArraySlice<UInt32>) {
        postings += slots
        postingEnds[postingEnds.count - 1] = UInt32(postings.count)
    }

    mutating func reserve(values: Int, text bytes: Int, postings slots: Int) {
        text.reserveCapacity(bytes)
        textEnds.reserveCapacity(values)
        postings.reserveCapacity(slots)
        postingEnds.reserveCapacity(values)
    }

    /// Both columns as one; all slots of `later` are above those of `self`.
    func merged(with later: LabelColumn) -> LabelColumn {
        var result = LabelColumn(name: name)
        result.reserve(
            values: max(count, later.count), text: max(text.count, later.text.count),
            postings: postings.count + later.postings.count)
        var left = 0
        var right = 0
        while left < count || right < later.count {
            let order =
                left == count
                ? 1
                : right == later.count
                    ? -1 : ByteText.order(text[textRange(left)], later.text[later.textRange(right)])
            if order <= 0 {
                result.append(text[textRange(left)], slots: postings[postingRange(left)])
                left += 1
            }
            if order == 0 {
                result.appendToLast(later.postings[later.postingRange(right)])
                right += 1
            }
            if order > 0 {
                result.append(
                    later.text[later.textRange(right)],
                    slots: later.postings[later.postingRange(right)])
                right += 1
            }
        }
        return result
    }
}

/// Collects values in the order of slots and gives each distinct one a number.
struct LabelColumnBuilder {
    private let name: ByteText
    private var text: [UInt8] = []
    private var textEnds: [Int] = []
    private var table = SlotHashTable()
    private var slots: [UInt32] = []
    /// The number of the value that each of `slots` has.
    private var numbers: [UInt32] = []
    private var counts: [UInt32] = []
    private var latest = -1

    init(name: ByteText) { self.name = name }

    private func textRange(_ number: Int) -> Range<Int> {
        (number == 0 ? 0 : textEnds[number - 1])..<textEnds[number]
    }

    private func isEqual(_ number: Int, _ value: UnsafeRawBufferPointer) -> Bool {
        let range = textRange(number)
        guard range.count == value.count else { return false }
        guard let other = value.baseAddress else { return true }
        return text.withUnsafeBytes { text in
            guard let base = text.baseAddress else { return true }
            return memcmp(base + range.lowerBound, other, value.count) == 0
        }
    }

    mutating func add(_ value: UnsafeRawBufferPointer, slot: Int) {
        let number = number(of: value)
        latest = number
        slots.append(UInt32(slot))
        numbers.append(UInt32(number))
        counts[number] += 1
    }

    private mutating func number(of value: UnsafeRawBufferPointer) -> Int {
        // Neighbouring series mostly share most of their labels.
        if latest >= 0, isEqual(latest, value) { return latest }
        let hash = ByteHash.of(value)
        if let known = table.find(hash, where: { isEqual($0, value) }) { return known }
        let number = textEnds.count
        text += value
        textEnds.append(text.count)
        counts.append(0)
        table.insert(hash, slot: number)
        return number
    }

    func build() -> LabelColumn {
        let order = (0..<textEnds.count).sorted {
            ByteText.order(text[textRange($0)], text[textRange($1)]) < 0
        }
        // Where the slots of each value begin, then a place for each of them.
        var next = [Int](repeating: 0, count: textEnds.count)
        var start = 0
        for number in order {
            next[number] = start
            start += Int(counts[number])
        }
        var sorted = [UInt32](repeating: 0, count: slots.count)
        for index in slots.indices {
            let number = Int(numbers[index])
            sorted[next[number]] = slots[index]
            next[number] += 1
        }
        var column = LabelColumn(name: name)
        column.reserve(values: order.count, text: text.count, postings: slots.count)
        for number in order {
            let end = next[number]
            column.append(
                text[textRange(number)], slots: sorted[end - Int(counts[number])..<end])
        }
        return column
    }
}
