/// Which names may stand without quotes (Prometheus data model, legacy charset).
enum Identifier {
    static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isMetricName(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, isLetter(first) || first == 0x3A else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x3A }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    static func isLabelName(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) }
    }
}

/// Whether bytes are UTF-8.
enum UTF8Check {
    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        if bytes.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }
}
