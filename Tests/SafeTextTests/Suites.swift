import SafeText

#if canImport(Glibc)
    import Glibc
#endif

extension RedactionRules {
    /// Nothing added but exact values.
    static func knowing(_ values: [String]) -> RedactionRules {
        var rules = RedactionRules()
        rules.values = values
        return rules
    }
}

/// Conformance data beside the package; nil, with a line that says so, when it is not there.
func suiteLines(_ path: String, file: String = #filePath) -> [String]? {
    let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")
    let full = root + "/../shared/suites/" + path
    let found = lines(of: full)
    if found == nil { print("suite not present: \(full)") }
    return found
}

/// The lines of a file, nil when there is none.
func lines(of path: String) -> [String]? {
    guard let stream = fopen(path, "re") else { return nil }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
        bytes += buffer[..<count]
    }
    return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
}

/// Decodes standard base64, for test data only.
func base64(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text.utf8 {
        guard let value = alphabet.firstIndex(of: byte) else { continue }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            out.append(UInt8(bits >> UInt32(count) & 255))
        }
    }
    return out
}
