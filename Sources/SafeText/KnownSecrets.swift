/// Exact values to find, in the forms in which they travel.
struct KnownSecrets: Sendable {
    /// Shortest value that is looked for, in bytes.
    static let secretBytesMin = 6
    static let cls = "known"

    /// Bytes of a form that are looked for; the rest is compared.
    private static let anchorBytes = 6

    /// A form, and which value it is a form of.
    private struct Form {
        let bytes: [UInt8]
        let value: Int
        var isBase64 = false
    }

    /// The values that are looked for.
    let values: [[UInt8]]
    /// The forms by their first bytes in lower case, longest first.
    private var forms: [[UInt8]: [Form]] = [:]
    private var machine: AnchorMachine?
    var isEmpty: Bool { machine == nil }

    init(_ secrets: [String]) {
        let distinct = Set(secrets.map { Array($0.utf8) })
        values = distinct.filter { $0.count >= Self.secretBytesMin }
            .sorted { $0.lexicographicallyPrecedes($1) }
        var all: [[UInt8]: Form] = [:]
        // A form of two values is that of the first.
        for (index, value) in values.enumerated() {
            for form in Self.plainForms(of: value) where all[form] == nil {
                all[form] = Form(bytes: form, value: index)
            }
            for form in Self.base64Forms(of: value) where all[form] == nil {
                all[form] = Form(bytes: form, value: index, isBase64: true)
            }
        }
        guard !all.isEmpty else { return }
        let ordered = all.values.sorted {
            $0.bytes.count != $1.bytes.count
                ? $0.bytes.count > $1.bytes.count : $0.bytes.lexicographicallyPrecedes($1.bytes)
        }
        for form in ordered { forms[Self.anchor(form.bytes[...]), default: []].append(form) }
        machine = AnchorMachine(forms.keys.map { ($0, 0) })
    }

    /// As it is, percent-encoded, and within quotes.
    private static func plainForms(of secret: [UInt8]) -> Set<[UInt8]> {
        [
            secret, percentEncoded(secret, digits: "0123456789ABCDEF"),
            percentEncoded(secret, digits: "0123456789abcdef"),
            percentEncoded(secret, digits: "0123456789ABCDEF", blank: 0x2B), backslashed(secret),
        ]
    }

    /// As part of something longer (`user:secret`) a value may begin at any of the three places
    /// within a base64 group; the groups it fills alone are searched for, in both alphabets.
    private static func base64Forms(of secret: [UInt8]) -> Set<[UInt8]> {
        var all: Set<[UInt8]> = []
        for skipped in 0..<3 {
            let groups = secret.dropFirst(skipped)
            let encoded = base64(Array(groups.prefix(groups.count / 3 * 3)))
            guard encoded.count >= 8 else { continue }
            all.insert(encoded)
            all.insert(encoded.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 })
        }
        return all
    }

    /// What the filter in front of all rules must let through.
    var anchors: [(bytes: [UInt8], kind: UInt8)] {
        forms.keys.map { ($0, SecretAnchors.Kind.known) }
    }

    private static func anchor(_ form: ArraySlice<UInt8>) -> [UInt8] {
        form.prefix(anchorBytes).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    }

    /// Where values stand, in ascending order.
    func matches(_ bytes: [UInt8]) -> [SecretScanner.Match] {
        guard let machine else { return [] }
        var found: [SecretScanner.Match] = []
        var index = 0
        var state: UInt32 = 0
        while true {
            let anchors = bytes.withUnsafeBufferPointer { machine.find($0, &index, &state) }
            guard let anchor = anchors?.first else { return found }
            let start = index - anchor.length
            guard let form = match(bytes, at: start, anchor: start..<index) else { continue }
            found.append(
                SecretScanner.Match(
                    range: Self.extent(of: form, in: bytes, at: start), cls: Self.cls,
                    known: form.value))
            // A value may begin inside another one: what overlaps is merged later.
        }
    }

    /// Where a form stands. The groups at both ends of base64 hold the value's first or last bytes
    /// beside others': they go with it.
    private static func extent(of form: Form, in bytes: [UInt8], at index: Int) -> Range<Int> {
        var start = index
        var stop = index + form.bytes.count
        guard form.isBase64 else { return start..<stop }
        while start > 0, index - start < 4, ByteClass.isBase64(bytes[start - 1]) { start -= 1 }
        let end = min(bytes.count, stop + 4)
        while stop < end, ByteClass.isBase64(bytes[stop]) { stop += 1 }
        return start..<stop
    }

    private func match(_ bytes: [UInt8], at index: Int, anchor: Range<Int>) -> Form? {
        guard let forms = forms[Self.anchor(bytes[anchor])] else { return nil }
        return forms.first { form in
            let end = index + form.bytes.count
            return end <= bytes.count && bytes[index..<end].elementsEqual(form.bytes)
        }
    }

    private static func percentEncoded(_ bytes: [UInt8], digits: String, blank: UInt8? = nil)
        -> [UInt8]
    {
        var out: [UInt8] = []
        let digits = Array(digits.utf8)
        for byte in bytes {
            if let blank, byte == 0x20 {
                out.append(blank)
            } else if ByteClass.isWord(byte) || byte == 0x2D || byte == 0x2E || byte == 0x7E {
                out.append(byte)
            } else {
                out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return out
    }

    /// As it stands inside a quoted string.
    private static func backslashed(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { $0 == 0x22 || $0 == 0x5C ? [0x5C, $0] : [$0] }
    }

    /// Standard base64 of whole groups of three bytes.
    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        var index = 0
        while index + 3 <= bytes.count {
            let group =
                UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
                | UInt32(bytes[index + 2])
            for shift in [18, 12, 6, 0] { out.append(alphabet[Int(group >> UInt32(shift) & 63)]) }
            index += 3
        }
        return out
    }
}
