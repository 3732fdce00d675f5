/// A series as one row of block glyphs: `▁▁▂▅█▇▇`.
package enum Sparkline {
    /// Where the lowest bar stands.
    package enum Base: Sendable {
        /// At zero: heights compare as ratios.
        case zero
        /// At the smallest value: shape rather than size.
        case minimum
    }

    static let glyphs = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// `values` in exactly `width` cells, the newest at the right edge.
    ///
    /// Longer series are merged by the largest value of each part, so that a peak never vanishes;
    /// shorter ones start with blanks. nil and NaN are blanks: no data never looks like zero.
    package static func render(_ values: [Double?], width: Int, base: Base = .zero) -> String {
        guard width > 0 else { return "" }
        let points = merged(values, into: width)
        let known = points.compactMap { $0 }
        let blank = String(repeating: " ", count: width - points.count)
        guard let highest = known.max(), let lowest = known.min() else {
            return String(repeating: " ", count: width)
        }
        let floor = base == .zero ? min(0, lowest) : lowest
        let span = highest - floor
        return blank
            + points.map { value in
                guard let value else { return " " }
                guard span > 0 else { return glyphs[0] }
                let step = ((value - floor) / span * 7).rounded()
                return glyphs[Int(max(0, min(7, step)))]
            }.joined()
    }

    /// At most `width` points: the largest finite value of each equal part.
    private static func merged(_ values: [Double?], into width: Int) -> [Double?] {
        let finite = values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
        guard finite.count > width else { return finite }
        return (0..<width).map { part in
            let start = part * finite.count / width
            let end = max(start + 1, (part + 1) * finite.count / width)
            return finite[start..<end].compactMap { $0 }.max()
        }
    }
}

/// A share as one row of block glyphs, in steps of an eighth of a cell: `███▌    `.
package enum Bar {
    private static let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// `fraction` (0…1, clamped) of `width` cells, filled up with blanks. NaN draws nothing.
    package static func render(_ fraction: Double, width: Int) -> String {
        guard width > 0 else { return "" }
        let share = fraction.isNaN ? 0 : max(0, min(1, fraction))
        let eighths = Int((share * Double(width) * 8).rounded())
        let full = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        let used = eighths / 8 + (eighths % 8 > 0 ? 1 : 0)
        return full + String(repeating: " ", count: width - used)
    }
}
