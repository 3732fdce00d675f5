/// Short words of log language, packed as `ByteScan.packedWord` packs them.
enum ShortWords {
    /// Units behind a number.
    static func isUnit(_ word: UInt64) -> Bool { units.contains(word) }

    /// Time zones and halves of the day behind a time.
    static func isZone(_ word: UInt64) -> Bool { zones.contains(word) }

    /// Values that are spelled as words in every language of programming.
    static func isConstant(_ word: UInt64) -> Bool {
        switch word {
        case 0x7472_7565, 0x66_616C_7365, 0x6E75_6C6C, 0x6E_696C: true  // true false null nil
        default: false
        }
    }

    static func isMonthOrDay(_ word: UInt64) -> Bool { word < 1 << 24 && months.contains(word) }

    /// Words that carry the structure of a sentence: never a value.
    static func isStructure(_ word: UInt64) -> Bool { structure.contains(word) }

    /// Words behind which a name is expected.
    static func namesNext(_ word: UInt64) -> Bool { naming.contains(word) }

    /// Words behind which a name or a word may stand.
    static func leadsToName(_ word: UInt64) -> Bool { leading.contains(word) }

    /// Names under which structured lines carry sentences.
    static func isMessage(_ word: UInt64) -> Bool { messages.contains(word) }

    private static let messages = WordTable("msg message event error err reason text log body")
    private static let units = WordTable(
        "b kb mb gb tb kib mib gib bytes byte ms us ns s sec secs second seconds msec usec min "
            + "mins minute minutes h hr hrs hour hours day days")
    private static let zones = WordTable("utc gmt pdt pst est edt cst cet cest am pm")
    private static let months = WordTable(
        "jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun")
    private static let structure = WordTable(
        "a an the is are was were be been not no to from for of in on at by with as and or but "
            + "if when then than after before into over under has have had will would can cannot "
            + "could may must this that it its all any")
    private static let naming = WordTable(
        "for from by user host client node name server account class package service device "
            + "module domain group table queue topic pod instance database")
    private static let leading = WordTable("to of at on in with")
}

/// A small fixed set of packed words; a look-up is a multiplication and one or two loads.
private struct WordTable: Sendable {
    private var slots: [UInt64] = Array(repeating: 0, count: 256)

    init(_ words: String) {
        for text in words.split(separator: " ") {
            let word = text.utf8.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            var slot = Self.slot(word)
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = word
        }
    }

    func contains(_ word: UInt64) -> Bool {
        var slot = Self.slot(word)
        while slots[slot] != 0 {
            if slots[slot] == word { return true }
            slot = (slot + 1) & 255
        }
        return false
    }

    private static func slot(_ word: UInt64) -> Int {
        Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
