#if canImport(Glibc)
    import Glibc
#endif

/// Where the conformance data lies, and its small files' formats.
enum Suites {
    /// `../shared/suites/logs` relative to the package.
    static let logs: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)  // This file, its folder, Tests.
        parts.removeLast()
        return "/" + parts.joined(separator: "/") + "/shared/suites/logs"
    }()

    /// The file's lines, or nil when it is not there.
    static func lines(_ name: String) -> [Substring]? {
        guard let text = read(logs + "/" + name) else { return nil }
        return text.split(omittingEmptySubsequences: true) { $0 == "\n" || $0 == "\r\n" }
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<count]
        }
    }

    /// The fields of one CSV line with double quotes.
    static func fields(_ line: Substring) -> [String] {
        var fields: [String] = []
        var field = ""
        var quoted = false
        var index = line.startIndex
        while index < line.endIndex {
            let character = line[index]
            index = line.index(after: index)
            if quoted, character == "\"" {
                if index < line.endIndex, line[index] == "\"" {
                    field.append("\"")
                    index = line.index(after: index)
                } else {
                    quoted = false
                }
            } else if character == "\"" {
                quoted = true
            } else if character == ",", !quoted {
                fields.append(field)
                field = ""
            } else {
                field.append(character)
            }
        }
        return fields + [field]
    }
}
