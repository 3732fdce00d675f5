import Basics
import Glibc
import Metrics

/// What one input is given to. The environment's `FUZZ_TARGET` names it; `scripts/fuzz` sets it.
enum FuzzTarget: String, CaseIterable {
    case exposition, promql, regex, rules, codec, evaluation, clean, records, patterns

    static let chosen: FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
            print("FUZZ_TARGET must be one of \(names)")
            exit(ExitStatus.usage.rawValue)
        }
        return target
    }()

    func run(_ bytes: [UInt8]) {
        switch self {
        case .exposition: FuzzExposition.run(bytes)
        case .promql: FuzzPromQL.run(bytes)
        case .regex: FuzzRegex.run(bytes)
        case .rules: FuzzRules.run(bytes)
        case .codec: FuzzCodec.run(bytes)
        case .evaluation: FuzzEvaluation.run(bytes)
        case .clean: FuzzClean.run(bytes)
        case .records: FuzzRecords.run(bytes)
        case .patterns: FuzzPatterns.run(bytes)
        }
    }
}

/// What libFuzzer calls with every input; a crash or a failed `precondition` is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Numbers drawn from an input: the same bytes give the same choices.
struct ByteDice {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    /// From 0 up to, not including, `limit`; 0 when the input is used up.
    mutating func below(_ limit: Int) -> Int {
        guard let byte = bytes.popFirst() else { return 0 }
        return Int(byte) % limit
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    mutating func word() -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<8 { value = value << 8 | UInt64(bytes.popFirst() ?? 0) }
        return value
    }
}
