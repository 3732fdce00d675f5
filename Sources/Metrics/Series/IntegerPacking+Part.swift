/// A part of packed integers, without unpacking everything before it.
extension IntegerPacking {
    /// Writes the integers at `places`, each to its own place as `decode` does; others may be
    /// written too. `source` stays somewhere within the integers.
    ///
    /// Differences add up from the front. They do so from the back as well when the last integer is
    /// known: whole blocks in front of the first wanted place are then passed over.
    /// - Parameters:
    ///   - places: within `0..<count`.
    ///   - last: the last of all integers, when it is known.
    static func decode(
        from source: inout ByteSource, count: Int, places: Range<Int>, last: Int64?,
        into target: UnsafeMutablePointer<Int64>
    ) throws(SampleCodec.DecodingError) {
        guard places.lowerBound > blockCount, let last, source.rest > 0 else {
            return try decode(
                from: &source, count: count, before: places.upperBound, into: target)
        }
        var ahead = source
        let mode = try ahead.byte()
        guard Order(rawValue: mode >> 6) == .first else {
            return try decode(
                from: &source, count: count, before: places.upperBound, into: target)
        }
        _ = try ahead.signed()
        var start = 1
        while start + blockCount <= places.lowerBound {
            try skipBlock(&ahead)
            start += blockCount
        }
        try decodeFromBack(
            &ahead, start..<count, last: last, shift: Int64(mode & 0x3F), into: target)
        source = ahead
    }

    /// Writes the integers at `places`, which begin with a block and reach to the end.
    private static func decodeFromBack(
        _ source: inout ByteSource, _ places: Range<Int>, last: Int64, shift: Int64,
        into target: UnsafeMutablePointer<Int64>
    ) throws(SampleCodec.DecodingError) {
        var level: Int64 = 0
        var block = Block()
        var start = places.lowerBound
        while start < places.upperBound {
            let length = min(blockCount, places.upperBound - start)
            try decodeBlock(from: &source, count: length, into: &block)
            let output = target + start * 2
            block.withResiduals { residuals in
                for index in 0..<length {
                    level &+= residuals[index]
                    output[index * 2] = level
                }
            }
            start += length
        }
        for index in places {
            target[index * 2] = last &- (level &- target[index * 2]) &<< shift
        }
    }

    /// Passes over a full block.
    private static func skipBlock(
        _ source: inout ByteSource
    ) throws(SampleCodec.DecodingError) {
        let head = try source.byte()
        _ = try source.varint()
        let patches = head & 0x80 == 0 ? 0 : try source.byte()
        let length = blockCount / 8 * Int(head & 0x7F)
        guard source.rest >= length else { throw .truncated }
        source.position += length
        for _ in 0..<patches {
            _ = try source.byte()
            _ = try source.varint()
        }
    }
}
