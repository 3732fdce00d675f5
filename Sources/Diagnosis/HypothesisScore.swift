import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// The arithmetic of the ranking: bits, shares, words. "Something else" competes with 0 bits.
package enum HypothesisScore {
    /// prior + Σ items; silent items have 0 bits by construction.
    package static func bits(prior: Double, _ items: [RankedHypothesis.Item]) -> Double {
        items.reduce(prior) { $0 + ($1.isSilent ? 0 : $1.bits) }
    }

    /// 2^bits / (Σ 2^bits + 2^0) of every score; refuted hypotheses pass nil and get 0.
    package static func shares(_ scores: [Double?]) -> [Double] {
        // Divided by the largest so that no power overflows.
        let top = max(0, scores.compactMap { $0 }.max() ?? 0)
        let weights = scores.map { $0.map { exp2($0 - top) } ?? 0 }
        let total = weights.reduce(exp2(-top), +)
        return weights.map { $0 / total }
    }

    package static func strength(
        bits: Double, share: Double, status: HypothesisStatus
    ) -> RankedHypothesis.Strength {
        if status == .refuted || bits <= -4 { return .ruledOut }
        if status == .confirmed || (bits >= 4 && share >= 0.5) { return .strong }
        return bits >= 2 ? .moderate : .weak
    }

    /// Best first: pinned before others of the same score, refuted last, ids break the rest.
    package static func isBefore(_ left: RankedHypothesis, _ right: RankedHypothesis) -> Bool {
        let leftOut = left.status == .refuted
        let rightOut = right.status == .refuted
        if leftOut != rightOut { return rightOut }
        if abs(left.bits - right.bits) > 1e-9 { return left.bits > right.bits }
        if left.isPinned != right.isPinned { return left.isPinned }
        return left.id < right.id
    }
}
