/// Exact values to find, in the forms in which they travel.
struct KnownSecrets: Sendable {
    /// Shortest value that is looked for, in bytes.
    static let secretBytesMin = 6
    static let cls = "known"

    /// Bytes of a form that are looked for; the rest is compared.
    private static let anchorBytes = 6

    /// The forms by their first bytes in lower case, longest first.
    private var forms: [[UInt8]: [[UInt8]]] = [:]
    private var machine: AnchorMachine?
    var isEmpty: Bool { machine == nil }

    init(_ secrets: [String]) {
        var all: Set<[UInt8]> = []
        for secret in secrets.map({ Array($0.utf8) }) where secret.count >= Self.secretBytesMin {
            all.insert(secret)
            all.insert(Self.percentEncoded(secret, digits: "0123456789ABCDEF"))
            all.insert(Self.percentEncoded(secret, digits: "0123456789abcdef"))
            all.insert(Self.percentEncoded(secret, digits: "0123456789ABCDEF", blank: 0x2B))
            all.insert(Self.backslashed(secret))
            // As part of something longer (`user:secret`) a value may begin at any of the three
            // places within a base64 group; the groups it fills alone are searched for.
            for skipped in 0..<3 {
                let groups = secret.dropFirst(skipped)
                let whole = Array(groups.prefix(groups.count / 3 * 3))
                let encoded = Self.base64(whole)
                guard encoded.count >= 8 else { continue }
                all.insert(encoded)
                all.insert(encoded.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 })
            }
        }
        guard !all.isEmpty else { return }
        for form in all.sorted(by: { $0.count > $1.count }) {
            forms[Self.anchor(form[...]), default: []].append(form)
        }
        machine = AnchorMachine(forms.keys.map { ($0, 0) })
    }

    private static func anchor(_ form: ArraySlice<UInt8>) -> [UInt8] {
        form.prefix(anchorBytes).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    }

    /// Whether the first bytes of any form occur.
    func mayOccur(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { machine?.matches(bytes) ?? false }

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
            guard let end = match(bytes, at: start, anchor: start..<index) else { continue }
            found.append(SecretScanner.Match(range: start..<end, cls: Self.cls))
            // A value may begin inside another one: what overlaps is merged later.
        }
    }

    private func match(_ bytes: [UInt8], at index: Int, anchor: Range<Int>) -> Int? {
        guard let forms = forms[Self.anchor(bytes[anchor])] else { return nil }
        for form in forms where index + form.count <= bytes.count {
            if bytes[index..<index + form.count].elementsEqual(form) { return index + form.count }
        }
        return nil
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
