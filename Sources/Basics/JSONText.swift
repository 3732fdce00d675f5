import FoundationEssentials

/// JSON in and out, in the one style the program uses: keys sorted, slashes not escaped, infinities
/// and NaN as the strings `+Inf`, `-Inf`, `NaN`.
package enum JSONText {
    /// Compact UTF-8 JSON of `value`.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return Array(try encoder.encode(value))
    }

    /// Indented UTF-8 JSON of `value`, for people.
    package static func encodePretty(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>
    )
        throws -> Value
    {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return try decoder.decode(type, from: Data(bytes))
    }

    /// The same JSON in printable ASCII (0x20…0x7E): every other scalar becomes `\u` and four hex
    /// digits.
    ///
    /// Valid because outside strings JSON holds ASCII alone and the encoder escapes control bytes.
    package static func asciiOnly(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 < 0x20 || $0 > 0x7E }) else { return json }
        var out: [UInt8] = []
        out.reserveCapacity(json.count + 32)
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            if (0x20...0x7E).contains(scalar.value) {
                out.append(UInt8(scalar.value))
            } else {
                for unit in UTF16.encode(scalar) ?? .init([0xFFFD]) { appendEscape(unit, to: &out) }
            }
        }
        return out
    }

    /// `text` as a JSON string literal with its quotes, printable ASCII only.
    package static func quoted(_ text: String) -> String {
        var out: [UInt8] = [0x22]
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                out += [0x5C, UInt8(scalar.value)]
            case 0x0A: out += [0x5C, 0x6E]
            case 0x20...0x7E: out.append(UInt8(scalar.value))
            default:
                for unit in UTF16.encode(scalar) ?? .init([0xFFFD]) { appendEscape(unit, to: &out) }
            }
        }
        out.append(0x22)
        return String(decoding: out, as: UTF8.self)
    }

    private static func appendEscape(_ unit: UInt16, to out: inout [UInt8]) {
        out += [0x5C, 0x75]
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8((unit >> shift) & 0xF)
            out.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
