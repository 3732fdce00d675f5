/// Finds in one pass every place where one of many short words ends (Aho and Corasick's automaton,
/// as a table). Letters match in either case.
///
/// This is the filter in front of all rules: most lines hold no anchor and need nothing else.
struct AnchorMachine: Sendable {
    struct Anchor: Sendable {
        /// What the word announces.
        var kind: UInt8
        /// The word's length in bytes.
        var length: Int
    }

    /// The class of each byte; 0 is for bytes that occur in no word.
    private let classes: [UInt8]
    /// The row of the next state, by row and class. Rows of accepting states come last.
    private let next: [UInt32]
    private let firstAccepting: UInt32
    /// By accepting state, in the order of their rows.
    private let anchors: [[Anchor]]
    private let rowSize: Int

    /// - Parameter words: not empty ones, with what they announce.
    init(_ words: [(bytes: [UInt8], kind: UInt8)]) {
        var trie = AnchorTrie()
        for (word, kind) in words { trie.insert(word.map(Self.folded), kind) }
        trie.link()
        var classes = [UInt8](repeating: 0, count: 256)
        for (index, byte) in trie.alphabet.enumerated() {
            classes[Int(byte)] = UInt8(index + 1)
            if byte >= 0x61, byte <= 0x7A { classes[Int(byte ^ 0x20)] = UInt8(index + 1) }
        }
        var size = 1
        while size < trie.alphabet.count + 1 { size *= 2 }
        let quiet = trie.nodes.indices.filter { trie.nodes[$0].anchors.isEmpty }
        let accepting = trie.nodes.indices.filter { !trie.nodes[$0].anchors.isEmpty }
        var row = [UInt32](repeating: 0, count: trie.nodes.count)
        for (place, node) in (quiet + accepting).enumerated() { row[node] = UInt32(place * size) }
        var next = [UInt32](repeating: 0, count: trie.nodes.count * size)
        for (index, node) in trie.nodes.enumerated() {
            for (byte, target) in node.next {
                next[Int(row[index]) + Int(classes[Int(byte)])] = row[target]
            }
        }
        self.classes = classes
        self.next = next
        firstAccepting = UInt32(quiet.count * size)
        anchors = accepting.map { trie.nodes[$0].anchors }
        rowSize = size
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// Goes on from `index` in `state` until a word has ended; both are moved.
    /// - Returns: the words that end before the new `index`, or nil at the end of the bytes.
    func find(
        _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ state: inout UInt32
    ) -> [Anchor]? {
        let end = bytes.count
        // The tables are indexed with what they were built for: rows of existing states, and
        // classes below the row size.
        return classes.withUnsafeBufferPointer { classes in
            next.withUnsafeBufferPointer { next in
                var row = state
                var position = index
                while position < end {
                    row = next[Int(row &+ UInt32(classes[Int(bytes[position])]))]
                    position &+= 1
                    if row >= firstAccepting {
                        index = position
                        state = row
                        return anchors[Int(row - firstAccepting) / rowSize]
                    }
                }
                index = position
                state = row
                return nil
            }
        }
    }

    /// Whether any word occurs.
    func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        var state: UInt32 = 0
        return find(bytes, &index, &state) != nil
    }
}

/// The tree of words from which the table is made.
private struct AnchorTrie {
    struct Node {
        var next: [UInt8: Int] = [:]
        var fail = 0
        var anchors: [AnchorMachine.Anchor] = []
    }

    var nodes = [Node()]
    private(set) var alphabet: [UInt8] = []

    mutating func insert(_ word: [UInt8], _ kind: UInt8) {
        var node = 0
        for byte in word {
            if !alphabet.contains(byte) { alphabet.append(byte) }
            if let child = nodes[node].next[byte] {
                node = child
            } else {
                nodes.append(Node())
                nodes[node].next[byte] = nodes.count - 1
                node = nodes.count - 1
            }
        }
        nodes[node].anchors.append(AnchorMachine.Anchor(kind: kind, length: word.count))
    }

    /// Completes every node's transitions, nearest to the root first.
    mutating func link() {
        var queue = Array(nodes[0].next.values)
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            let fail = nodes[node].fail
            nodes[node].anchors += nodes[fail].anchors
            for (byte, child) in nodes[node].next {
                nodes[child].fail = nodes[fail].next[byte] ?? 0
                queue.append(child)
            }
            for (byte, target) in nodes[fail].next where nodes[node].next[byte] == nil {
                nodes[node].next[byte] = target
            }
        }
    }
}
