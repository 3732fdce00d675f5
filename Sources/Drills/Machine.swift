import Basics

/// One instance of a service and what its process has counted since it started.
struct Machine: Sendable {
    let service: Int
    /// `checkout-3`.
    let name: String
    let zone: String
    /// Runs the bad version without harm.
    let isImmune: Bool
    var version: String
    var startedAt: Timestamp
    /// Gets no requests.
    var isDrained = false
    /// When it began to run the bad version; nil while it is well.
    var brokenSince: Timestamp?
    /// When it left the bad version, and how badly it was off then: what is left wears off.
    var relieved: (at: Timestamp, strength: Double)?
    /// A restart costs a few requests until then.
    var warmUntil: Timestamp?

    var succeeded = 0
    var notFound = 0
    var failed = 0
    /// Requests that took at most `LatencyModel.bounds[i]`.
    var buckets = [Int](repeating: 0, count: LatencyModel.bounds.count)
    var durationSum = 0.0
    var processorSeconds = 0.0
    /// Failed work that waits to be tried again, beyond the usual depth of the queue.
    var backlog = 0.0
    var queueDepth = 0.0
    var poolInUse = 0

    var requests: Int { succeeded + notFound + failed }

    /// Starts the process anew: every counter begins at zero.
    mutating func restart(version: String, at time: Timestamp) {
        self.version = version
        startedAt = time
        succeeded = 0
        notFound = 0
        failed = 0
        buckets = [Int](repeating: 0, count: LatencyModel.bounds.count)
        durationSum = 0
        processorSeconds = 0
    }
}

/// Response times as a mixture of log-normal distributions.
struct LatencyModel {
    /// Upper bounds of the histogram in seconds; the last bucket, `+Inf`, is the count.
    static let bounds = [0.1, 0.25, 0.5, 1, 2.5, 5]
    static let boundTexts = ["0.1", "0.25", "0.5", "1", "2.5", "5"]

    struct Part {
        /// Share of the requests, 0…1.
        var weight: Double
        /// Seconds.
        var median: Double
        /// Standard deviation of the logarithm.
        var sigma: Double
    }
    var parts: [Part]

    /// The 99th percentile of the standard normal distribution.
    private static let upperQuantile = 2.326_347_874

    static func sigma(of latency: Scenario.Latency) -> Double {
        Curve.log(latency.p99.inSeconds / latency.p50.inSeconds) / upperQuantile
    }

    /// The share of requests that take at most `seconds`.
    func share(within seconds: Double) -> Double {
        var share = 0.0
        for part in parts {
            share +=
                part.weight
                * Curve.normalShare(Curve.log(seconds / part.median) / part.sigma)
        }
        return share.clamped(to: 0...1)
    }

    /// Seconds.
    var mean: Double {
        parts.reduce(0) { $0 + $1.weight * $1.median * Curve.exp($1.sigma * $1.sigma / 2) }
    }
}
