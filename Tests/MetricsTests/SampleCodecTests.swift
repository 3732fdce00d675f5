import Metrics
import Support
import Testing

/// Numbers from a seed, the same on every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Kinds of series that exporters deliver, and some that they do not.
enum SampleShape: CaseIterable {
    case constant, counter, counterWithResets, cents, gauge, bytes, fraction, noise, anyBits
    case infinities, stale, alternating, steady, bursts, huge

    func values(_ count: Int, _ random: inout SeededNumbers) -> [Double] {
        var level = Double(Int.random(in: 0..<1_000_000, using: &random))
        return (0..<count).map { index in
            switch self {
            case .constant: return level
            case .counter: level += Double(Int.random(in: 0..<50, using: &random))
            case .counterWithResets:
                level += Double(Int.random(in: 0..<50, using: &random))
                if Int.random(in: 0..<40, using: &random) == 0 { level = 0 }
            case .cents: level += Double(Int.random(in: 0..<1500, using: &random)) / 100
            case .gauge: return Double(Int.random(in: -40..<80, using: &random)) / 10
            case .bytes: return 4096 * Double(Int.random(in: 0..<90_000, using: &random))
            case .fraction: return Double.random(in: 0..<1, using: &random)
            case .noise: return Double.random(in: -1e300..<1e300, using: &random)
            case .anyBits: return Double(bitPattern: random.next())
            case .infinities: return [.infinity, -.infinity, .nan, -0.0, 0][index % 5]
            case .stale: return index % 30 == 7 ? StaleMarker.value : level + Double(index)
            case .alternating: return index % 2 == 0 ? 0.1 : -7e15
            case .steady: level += 12.5
            case .bursts: level += Int.random(in: 0..<20, using: &random) == 0 ? 1e7 : 0
            case .huge: return Double(Int64.max >> Int64(index % 60))
            }
            return level
        }
    }

    static func times(_ count: Int, kind: Int, _ random: inout SeededNumbers) -> [Int64] {
        var t: Int64 = 1_700_000_000_123
        return (0..<count).map { _ in
            switch kind {
            case 0: t += 15_000
            case 1: t += 15_000 + Int64.random(in: -8...8, using: &random)
            case 2: t = Int64(bitPattern: random.next())
            default: t += Int64.random(in: 1..<100_000, using: &random)
            }
            return t
        }
    }
}

@Suite struct SampleCodecTests {
    private func bits(_ samples: [Sample]) -> [[UInt64]] {
        samples.map { [UInt64(bitPattern: $0.t), $0.v.bitPattern] }
    }

    @Test(arguments: SampleShape.allCases) func everyBitComesBack(shape: SampleShape) throws {
        var random = SeededNumbers(state: 7)
        for count in [0, 1, 2, 3, 31, 32, 33, 64, 65, 240, 257] {
            for kind in 0..<4 {
                let times = SampleShape.times(count, kind: kind, &random)
                let values = shape.values(count, &random)
                let samples = zip(times, values).map { Sample(t: $0, v: $1) }
                let bytes = SampleCodec.encode(samples)
                #expect(bytes.count <= SampleCodec.bytesMax(count: count))
                #expect(try bits(SampleCodec.decode(bytes)) == bits(samples), "\(count) \(kind)")
            }
        }
    }

    @Test func extremesComeBack() throws {
        let times: [Int64] = [.min, .max, 0, -1, .max, .min, 1]
        let patterns: [UInt64] = [
            0, 1, .max, StaleMarker.bits, 1 << 63, 0x7ff8_0000_0000_0001, 0xfff0_0000_0000_0000,
        ]
        let samples = zip(times, patterns).map { Sample(t: $0, v: Double(bitPattern: $1)) }
        #expect(try bits(SampleCodec.decode(SampleCodec.encode(samples))) == bits(samples))
    }

    @Test func regularSeriesTakeAFewBytes() {
        let constant = (0..<240).map { Sample(t: Int64($0) * 15_000, v: 3.25) }
        #expect(SampleCodec.encode(constant).count <= 16)
        let counter = (0..<240).map { Sample(t: Int64($0) * 15_000, v: Double($0 * $0)) }
        #expect(SampleCodec.encode(counter).count <= 240)
        var stale = counter
        stale[239].v = StaleMarker.value
        #expect(SampleCodec.encode(stale).count <= 256)
    }

    @Test func hostileBytesAreRefused() {
        var random = SeededNumbers(state: 11)
        let shapes = SampleShape.allCases
        for round in 0..<3000 {
            let shape = shapes[round % shapes.count]
            let times = SampleShape.times(70, kind: round % 4, &random)
            let samples = zip(times, shape.values(70, &random)).map { Sample(t: $0, v: $1) }
            var bytes = SampleCodec.encode(samples)
            switch round % 3 {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 1:
                bytes[Int.random(in: 1..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            default:
                bytes = [1, 70] + (0..<90).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            // Any answer will do but a crash; cut bytes are never taken for whole ones.
            let answer = try? SampleCodec.decode(bytes)
            if round % 3 == 0 { #expect(answer == nil) }
            #expect((answer?.count ?? 0) <= SampleCodec.countMax)
        }
    }

    @Test func saysWhyNot() {
        #expect(throws: SampleCodec.DecodingError.truncated) { try SampleCodec.decode([]) }
        #expect(throws: SampleCodec.DecodingError.unknownVersion(9)) {
            try SampleCodec.decode([9, 0])
        }
        #expect(throws: SampleCodec.DecodingError.tooMany) {
            try SampleCodec.decode([1, 0xFF, 0xFF, 0xFF, 0x7F])
        }
        #expect(throws: SampleCodec.DecodingError.trailingBytes) {
            try SampleCodec.decode([1, 0, 0])
        }
        #expect(throws: SampleCodec.DecodingError.malformed) {
            try SampleCodec.decode([1] + [UInt8](repeating: 0xFF, count: 12))
        }
    }
}
