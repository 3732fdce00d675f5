import Basics

/// One log pattern with what a commander wants to know of it.
package struct PatternSummary: Sendable, Identifiable {
    package var id: PatternID
    /// The constant words with `<num>`, `<ip>`, `<*>` and the like for what varies.
    package var template: String
    /// Lines since the room opened, history included.
    package var count: Int
    /// Lines in the last minute.
    package var ratePerMinute: Double
    /// Lines per minute before the incident's start; nil when no minute before it was seen.
    package var baselineRate: Double?
    package var firstSeen: Timestamp
    package var lastSeen: Timestamp
    /// The most serious level seen.
    package var level: LogLevel?
    /// At most eight, sorted.
    package var services: [String]
    /// The latest line, sanitised and redacted.
    package var example: String
    /// First seen after the incident's start, while lines from before it were seen too.
    package var isNew: Bool
    /// Lines per minute, oldest first, the running minute last.
    package var spark: [Double]
    /// What has changed since the incident began; nil when nothing that noise would not explain.
    package var change: PatternChange?

    package init(
        id: PatternID, template: String, count: Int, ratePerMinute: Double,
        baselineRate: Double? = nil, firstSeen: Timestamp, lastSeen: Timestamp,
        level: LogLevel? = nil, services: [String] = [], example: String = "", isNew: Bool = false,
        spark: [Double] = [], change: PatternChange? = nil
    ) {
        self.id = id
        self.template = template
        self.count = count
        self.ratePerMinute = ratePerMinute
        self.baselineRate = baselineRate
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.level = level
        self.services = services
        self.example = example
        self.isNew = isNew
        self.spark = spark
        self.change = change
    }
}
