import Metrics
import Testing

@Suite struct GzipTests {
    /// `a 1\n`, packed by gzip -n.
    private static let first: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 75, 84, 48, 228, 2, 0, 54, 231, 27, 188, 4, 0, 0, 0,
    ]
    /// `b 2\n`.
    private static let second: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 75, 82, 48, 226, 2, 0, 27, 27, 131, 133, 4, 0, 0, 0,
    ]
    /// 100,000 times `z`.
    private static let bomb: [UInt8] =
        [31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 237, 193, 49, 1, 0, 0, 0, 194, 160, 222]
        + [75, 111, 13, 15, 160]
        + [UInt8](repeating: 0, count: 96) + [128, 87, 3, 36, 151, 225, 255, 160, 134, 1, 0]

    private func plain(_ bytes: [UInt8], max: Int = 1 << 20) throws(Gzip.Refusal) -> String {
        String(decoding: try Gzip.plain(bytes, unpackedBytesMax: max), as: UTF8.self)
    }

    @Test func unpacksMembersOneAfterTheOther() throws {
        #expect(try plain(Self.first) == "a 1\n")
        #expect(try plain(Self.first + Self.second + Self.first) == "a 1\nb 2\na 1\n")
        #expect(try plain(Self.first + [0, 0, 0]) == "a 1\n")
        #expect(try plain(Array("a 1\n".utf8)) == "a 1\n")
        #expect(try plain([]).isEmpty)
    }

    @Test func cutDataIsRefused() {
        let whole = Self.first + Self.second
        for length in 2..<whole.count where length != Self.first.count {
            #expect(throws: Gzip.Refusal.self) { try plain(Array(whole[..<length])) }
        }
        #expect(throws: Gzip.Refusal.self) { try plain(Self.first + Array("a 2\n".utf8)) }
    }

    @Test func damageIsSeen() {
        for position in 10..<Self.first.count {
            var bytes = Self.first
            bytes[position] ^= 0x10
            let text = try? plain(bytes)
            #expect(text == nil || text == "a 1\n", "byte \(position)")
        }
    }

    @Test func aSmallFileDoesNotUnpackToAnySize() throws {
        #expect(try plain(Self.bomb).count == 100_000)
        #expect(try plain(Self.bomb, max: 100_000).count == 100_000)
        let error = #expect(throws: Gzip.Refusal.self) { try plain(Self.bomb, max: 99_999) }
        #expect(error?.description.contains("more than") == true)
    }
}
