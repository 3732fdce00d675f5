import Basics
import Diagnosis
import Incidents
import Testing

@Suite struct StatisticsTests {
    @Test(
        arguments: [
            ([], nil, nil), ([4], 4, 0), ([1, 3], 2, 1), ([1, 2, 3, 4, 100], 3, 1),
            ([5, 5, 5, 5], 5, 0), ([-2, 0, 2], 0, 2),
        ] as [([Double], Double?, Double?)])
    func `median and deviation`(values: [Double], median: Double?, mad: Double?) {
        #expect(Statistics.median(values) == median)
        #expect(Statistics.mad(values) == mad)
    }

    @Test func `the band is the widest of its three parts`() {
        #expect(Statistics.bandHalfWidth(median: 100, mad: 0, floor: 1) == 10)
        #expect(Statistics.bandHalfWidth(median: 1, mad: 0, floor: 5) == 5)
        #expect(abs(Statistics.bandHalfWidth(median: 1, mad: 10, floor: 0) - 44.478) < 1e-9)
        #expect(Statistics.bandHalfWidth(median: -100, mad: 0, floor: 0) == 10)
    }

    @Test func `the slope ignores one outlier`() throws {
        var points = (0..<9).map { (x: Double($0), y: 2 * Double($0)) }
        points[4].y = 1000
        let slope = try #require(Statistics.slope(points))
        #expect(abs(slope - 2) < 1e-9)
        #expect(Statistics.slope([(x: 0, y: 1), (x: 1, y: 2)]) == nil)
        #expect(Statistics.slope([(x: 1, y: 1), (x: 1, y: 2), (x: 1, y: 3)]) == nil)
    }

    @Test func `ranks need ten points a side`() {
        let ten = (0..<10).map(Double.init)
        #expect(Statistics.mannWhitney(before: ten, after: Array(ten.dropLast())) == nil)
        #expect(Statistics.mannWhitney(before: Array(ten.dropLast()), after: ten) == nil)
        #expect(Statistics.mannWhitney(before: ten, after: ten) != nil)
    }

    /// U = 0 or 100 with n = m = 10: z = ±(50 − 0.5)/√175 = ±3.7418, p = 9.13e-5 one-sided.
    @Test func `a clean separation`() throws {
        let low = (0..<10).map(Double.init)
        let high = low.map { $0 + 100 }
        let up = try #require(Statistics.mannWhitney(before: low, after: high))
        #expect(up.delta == 1)
        #expect(abs(up.pGreater - 9.13e-5) < 1e-6)
        #expect(up.pLess > 0.999)
        let down = try #require(Statistics.mannWhitney(before: high, after: low))
        #expect(down.delta == -1)
        #expect(abs(down.pLess - up.pGreater) < 1e-12)
    }

    @Test func `equal samples differ in nothing`() throws {
        let flat = [Double](repeating: 3, count: 12)
        let test = try #require(Statistics.mannWhitney(before: flat, after: flat))
        #expect(test.pGreater == 1 && test.pLess == 1 && test.delta == 0)
        let mixed = (0..<20).map { Double($0 % 5) }
        let same = try #require(Statistics.mannWhitney(before: mixed, after: mixed))
        #expect(same.delta == 0)
        #expect(same.pGreater > 0.5)
    }
}

@Suite struct HypothesisScoreTests {
    private func item(_ bits: Double, silent: Bool = false) -> RankedHypothesis.Item {
        RankedHypothesis.Item(text: "", bits: bits, isSilent: silent, source: "")
    }

    @Test func `silent items count nothing`() {
        #expect(HypothesisScore.bits(prior: 1, [item(4), item(-2), item(8, silent: true)]) == 3)
    }

    @Test func `something else always competes`() {
        #expect(HypothesisScore.shares([0]) == [0.5])
        #expect(HypothesisScore.shares([]) == [])
        #expect(HypothesisScore.shares([nil]) == [0])
        let shares = HypothesisScore.shares([3, 0, nil])
        #expect(abs(shares[0] - 0.8) < 1e-12)
        #expect(abs(shares[1] - 0.1) < 1e-12)
        let huge = HypothesisScore.shares([5000, -5000])
        #expect(huge == [1, 0])
    }

    @Test(arguments: [
        (9.0, 0.9, HypothesisStatus.investigating, RankedHypothesis.Strength.strong),
        (9, 0.4, .investigating, .moderate), (2, 0.2, .proposed, .moderate),
        (1, 0.9, .proposed, .weak), (9, 0.9, .refuted, .ruledOut), (-4, 0, .proposed, .ruledOut),
        (0, 0, .confirmed, .strong),
    ])
    func strength(
        bits: Double, share: Double, status: HypothesisStatus,
        expected: RankedHypothesis.Strength
    ) {
        #expect(HypothesisScore.strength(bits: bits, share: share, status: status) == expected)
    }
}

@Suite struct OnsetDetectorTests {
    private func onset(_ values: [Double], up: Bool = true) -> (Timestamp?, Bool) {
        var detector = OnsetDetector(floor: 0.001, harmIsUp: up)
        for (index, value) in values.enumerated() {
            detector.add(value, at: Timestamp(seconds: Double(index) * 15))
        }
        return (detector.onset, detector.isDeparted)
    }

    private let calm = (0..<20).map { 0.001 + 0.00005 * Double($0 % 3) }

    @Test func `the first of two departures is the onset`() {
        #expect(onset(calm + [0.02, 0.03, 0.05]).0 == Timestamp(seconds: 300))
    }

    @Test func `one departure is noise`() {
        #expect(onset(calm + [0.05] + calm).0 == nil)
    }

    @Test func `an old departure that ended is another incident`() {
        let result = onset(calm + [0.05, 0.05, 0.05] + calm + calm)
        #expect(result.0 == nil)
        #expect(!result.1)
    }

    @Test func `small steps within the floor are none`() {
        #expect(onset(calm + [0.0015, 0.0016, 0.0017]).0 == nil)
    }

    @Test func `down hurts where less is worse`() {
        #expect(onset([10, 10, 10, 10, 10, 10, 2, 2, 2], up: false).0 == Timestamp(seconds: 90))
        #expect(onset([10, 10, 10, 10, 10, 10, 20, 20, 20], up: false).0 == nil)
    }

    @Test func `too little before says nothing`() { #expect(onset([0.001, 0.5, 0.5]).0 == nil) }

    @Test func `NaN is no value`() { #expect(onset(calm + [.nan, .infinity, .nan]).0 == nil) }
}
