/// General categories and simple case folding, worked out from the standard library's properties
/// the first time they are needed.
enum UnicodeSets {
    /// `\p{Lu}`, `\p{L}`, `\p{Any}`, `\p{Greek}`; nil for a name that is not known.
    static func named(_ name: String) -> ScalarSet? {
        if name == "Any" { return .all }
        if let members = categories[name] {
            return ScalarSet(members.flatMap { byCategory[$0] ?? [] })
        }
        return UnicodeScripts.set(name)
    }

    // MARK: Categories

    private static let categories: [String: [Unicode.GeneralCategory]] = {
        let single: [String: Unicode.GeneralCategory] = [
            "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter,
            "Lm": .modifierLetter, "Lo": .otherLetter, "Mn": .nonspacingMark,
            "Mc": .spacingMark, "Me": .enclosingMark, "Nd": .decimalNumber,
            "Nl": .letterNumber, "No": .otherNumber, "Pc": .connectorPunctuation,
            "Pd": .dashPunctuation, "Ps": .openPunctuation, "Pe": .closePunctuation,
            "Pi": .initialPunctuation, "Pf": .finalPunctuation, "Po": .otherPunctuation,
            "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol,
            "So": .otherSymbol, "Zs": .spaceSeparator, "Zl": .lineSeparator,
            "Zp": .paragraphSeparator, "Cc": .control, "Cf": .format, "Cs": .surrogate,
            "Co": .privateUse,
        ]
        var table = single.mapValues { [$0] }
        for (name, category) in single { table[String(name.prefix(1)), default: []] += [category] }
        return table
    }()

    /// Assigned planes; what lies between them has no category.
    private static let planes: [ClosedRange<UInt32>] = [
        0...0xD7FF, 0xE000...0x3FFFF, 0xE0000...0xE0FFF, 0xF0000...0x10FFFF,
    ]

    private static let byCategory: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = {
        var table: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = [
            .surrogate: [0xD800...0xDFFF],
            .privateUse: [0xF0000...0xFFFFD, 0x100000...0x10FFFD],
        ]
        for plane in planes.dropLast() {
            var start = plane.lowerBound
            var current: Unicode.GeneralCategory?
            for value in plane {
                let category = Unicode.Scalar(value)?.properties.generalCategory
                guard category != current else { continue }
                if let current, value > start {
                    table[current, default: []].append(start...value - 1)
                }
                (start, current) = (value, category)
            }
            if let current { table[current, default: []].append(start...plane.upperBound) }
        }
        return table
    }()

    // MARK: Case folding

    /// With everything that differs only in case from a member.
    static func foldingCase(_ set: ScalarSet) -> ScalarSet {
        if set.ranges == ScalarSet.all.ranges { return set }
        var extra: [ClosedRange<UInt32>] = []
        for members in orbits where members.contains(where: set.contains) {
            extra += members.map { $0...$0 }
        }
        return ScalarSet(set.ranges + extra)
    }

    /// A letter's other cases, itself included; of ASCII without the table.
    static func folded(_ scalar: UInt32) -> ScalarSet {
        switch scalar {
        case 0x4B, 0x6B: return ScalarSet([0x4B...0x4B, 0x6B...0x6B, 0x212A...0x212A])
        case 0x53, 0x73: return ScalarSet([0x53...0x53, 0x73...0x73, 0x17F...0x17F])
        case 0x41...0x5A, 0x61...0x7A:
            return ScalarSet([scalar...scalar, (scalar ^ 0x20)...(scalar ^ 0x20)])
        case 0..<0x80: return ScalarSet(scalar)
        default: return foldingCase(ScalarSet(scalar))
        }
    }

    /// Letters that are equal but for case, where there is more than one.
    private static let orbits: [[UInt32]] = {
        var orbits: [UInt32: [UInt32]] = [:]
        for plane in [UInt32(0)...0xD7FF, 0xE000...0x1FFFF] {
            for value in plane {
                guard let scalar = Unicode.Scalar(value), isFoldable(scalar) else { continue }
                let upper = simple(scalar.properties.uppercaseMapping) ?? scalar
                let key = simple(upper.properties.lowercaseMapping) ?? upper
                orbits[key.value, default: []].append(value)
                if key != scalar, orbits[key.value]?.contains(key.value) == false {
                    orbits[key.value]?.append(key.value)
                }
            }
        }
        return orbits.values.filter { $0.count > 1 }
    }()

    /// The dotted and the dotless i of Turkish fold to nothing else.
    private static func isFoldable(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value != 0x130, scalar.value != 0x131 else { return false }
        return scalar.properties.changesWhenCaseMapped
    }

    private static func simple(_ mapping: String) -> Unicode.Scalar? {
        let scalars = mapping.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }
}
