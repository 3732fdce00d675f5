import Basics

/// A deploy, flag or configuration change that a source or a person reported.
package struct ChangeRecorded: EventPayload, Hashable {
    package static let kind = "change.recorded"
    package var changeKind: ChangeKind
    package var service: String
    package var version: String
    /// What ran before, when the record says so.
    package var previous: String?
    package var summary: String
    package var source: String
    package var at: Timestamp

    package init(
        changeKind: ChangeKind, service: String, version: String, previous: String?,
        summary: String, source: String, at: Timestamp
    ) {
        self.changeKind = changeKind
        self.service = service
        self.version = version
        self.previous = previous
        self.summary = summary
        self.source = source
        self.at = at
    }
}

package struct AlertFiring: EventPayload {
    package static let kind = "alert.firing"
    package var name: String
    package var labels: [String: String]
    package var summary: String
    package var value: Double
    package init(name: String, labels: [String: String], summary: String, value: Double) {
        self.name = name
        self.labels = labels
        self.summary = summary
        self.value = value
    }
}

package struct AlertResolved: EventPayload {
    package static let kind = "alert.resolved"
    package var name: String
    package var labels: [String: String]
    package init(name: String, labels: [String: String]) {
        self.name = name
        self.labels = labels
    }
}

/// A log pattern that was not there before the incident began.
package struct PatternNew: EventPayload {
    package static let kind = "pattern.new"
    package var pattern: String
    package var template: String
    package var count: Int
    package var source: String
    package var level: String?
    package init(pattern: String, template: String, count: Int, source: String, level: String?) {
        self.pattern = pattern
        self.template = template
        self.count = count
        self.source = source
        self.level = level
    }
}

/// A known log pattern whose rate left its baseline.
package struct PatternSpike: EventPayload {
    package static let kind = "pattern.spike"
    package var pattern: String
    package var template: String
    package var ratePerMinute: Double
    package var baselinePerMinute: Double
    package init(
        pattern: String, template: String, ratePerMinute: Double, baselinePerMinute: Double
    ) {
        self.pattern = pattern
        self.template = template
        self.ratePerMinute = ratePerMinute
        self.baselinePerMinute = baselinePerMinute
    }
}

package struct PatternVanished: EventPayload {
    package static let kind = "pattern.vanished"
    package var pattern: String
    package var template: String
    /// Before the incident; there is none now.
    package var baselinePerMinute: Double
    package init(pattern: String, template: String, baselinePerMinute: Double) {
        self.pattern = pattern
        self.template = template
        self.baselinePerMinute = baselinePerMinute
    }
}

package struct SourceStale: EventPayload {
    package static let kind = "source.stale"
    package var source: String
    package var detail: String
    package init(source: String, detail: String) {
        self.source = source
        self.detail = detail
    }
}

package struct SourceRecovered: EventPayload {
    package static let kind = "source.recovered"
    package var source: String
    package init(source: String) { self.source = source }
}

/// What of a source may be missing from this record: totals since the room opened, told at most
/// once a minute for each source.
package struct SourceLoss: EventPayload, Hashable {
    package static let kind = "source.loss"
    package var source: String
    /// Occasions on which lines may have been lost.
    package var losses: Int
    /// At most this many bytes, on the occasions whose size is known.
    package var bytesMost: Int64
    /// What happened on the newest occasion.
    package var detail: String
    package var cutLines: Int
    package var holeBytes: Int64
    package var droppedLines: Int

    package init(
        source: String, losses: Int, bytesMost: Int64, detail: String, cutLines: Int = 0,
        holeBytes: Int64 = 0, droppedLines: Int = 0
    ) {
        self.source = source
        self.losses = losses
        self.bytesMost = bytesMost
        self.detail = detail
        self.cutLines = cutLines
        self.holeBytes = holeBytes
        self.droppedLines = droppedLines
    }

    /// `app.log: lines may have been lost 2 times, at most 1.2 KiB (the file was cut short); …`.
    package var sentence: String {
        var parts: [String] = []
        if losses > 0 {
            let times = losses == 1 ? "once" : "\(losses) times"
            let size = bytesMost > 0 ? ", at most \(UnitText.bytes(Double(bytesMost)))" : ""
            let why = detail.isEmpty ? "" : " (\(detail))"
            parts.append("lines may have been lost \(times)\(size)\(why)")
        }
        if cutLines > 0 { parts.append("\(cutLines) over-long lines cut") }
        if holeBytes > 0 {
            parts.append("\(UnitText.bytes(Double(holeBytes))) without text left out")
        }
        if droppedLines > 0 { parts.append("\(droppedLines) lines counted, not shown") }
        return "\(source): " + parts.joined(separator: "; ")
    }
}

/// The losses of one source over all rooms of an incident: each counts from its own opening.
package struct LossTotal: Sendable, Hashable {
    /// Of rooms that were closed.
    private var earlier: SourceLoss?
    private var last: SourceLoss?

    package init() {}

    package mutating func add(_ loss: SourceLoss) {
        if let last,
            loss.losses < last.losses || loss.cutLines < last.cutLines
                || loss.holeBytes < last.holeBytes || loss.droppedLines < last.droppedLines
        {
            earlier = sum
        }
        last = loss
    }

    package var sum: SourceLoss? {
        guard let last, let earlier else { return last ?? earlier }
        return SourceLoss(
            source: last.source, losses: earlier.losses + last.losses,
            bytesMost: earlier.bytesMost + last.bytesMost,
            detail: last.detail.isEmpty ? earlier.detail : last.detail,
            cutLines: earlier.cutLines + last.cutLines,
            holeBytes: earlier.holeBytes + last.holeBytes,
            droppedLines: earlier.droppedLines + last.droppedLines)
    }
}

/// Many log patterns changed at once: the ones beyond what was told one by one.
package struct PatternsMany: EventPayload {
    package static let kind = "pattern.many"
    /// `new`, `spiking` or `vanished`.
    package var change: String
    package var count: Int
    /// The most frequent templates of them.
    package var examples: [String]
    /// Hashes of all their templates, so that none is told again after a restart.
    package var known: [String]

    package init(change: String, count: Int, examples: [String], known: [String]) {
        self.change = change
        self.count = count
        self.examples = examples
        self.known = known
    }

    /// FNV-1a, 64 bits: names a template in `known`.
    package static func hash(_ template: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in template.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return "#" + String(hash, radix: 16)
    }
}

/// A credential stood in a source. The value is never kept; the keyed tag correlates equal ones.
package struct CredentialSeen: EventPayload, Hashable {
    package static let kind = "credential.seen"
    package var credentialClass: String
    package var tag: String
    package var source: String
    /// How many more, of any class and source, were seen at the same time; nil for none.
    package var more: Int?
    package init(credentialClass: String, tag: String, source: String, more: Int? = nil) {
        self.credentialClass = credentialClass
        self.tag = tag
        self.source = source
        self.more = more
    }

    /// `kv #a91f in app.log`.
    package var words: String { "\(credentialClass) #\(tag) in \(source)" }
}

/// What a signal did before, fixed so that reopening the room judges by the same figures.
package struct BaselineFrozen: EventPayload, Hashable {
    package static let kind = "baseline.frozen"
    package var signal: String
    package var median: Double
    /// Median absolute deviation, in the signal's unit.
    package var mad: Double
    package var points: Int
    /// Where it came from, in words: "60 min before the onset", "typed by ops1".
    package var origin: String
    package init(signal: String, median: Double, mad: Double, points: Int, origin: String) {
        self.signal = signal
        self.median = median
        self.mad = mad
        self.points = points
        self.origin = origin
    }
}

package struct ConditionMet: EventPayload {
    package static let kind = "condition.met"
    package var condition: ConditionID
    package var detail: String
    package init(condition: ConditionID, detail: String) {
        self.condition = condition
        self.detail = detail
    }
}

/// A relapse: a met condition was bad twice in a row.
package struct ConditionLost: EventPayload {
    package static let kind = "condition.lost"
    package var condition: ConditionID
    package var detail: String
    package init(condition: ConditionID, detail: String) {
        self.condition = condition
        self.detail = detail
    }
}

package struct ConditionUnknown: EventPayload {
    package static let kind = "condition.unknown"
    package var condition: ConditionID
    package var detail: String
    package init(condition: ConditionID, detail: String) {
        self.condition = condition
        self.detail = detail
    }
}

/// A named person vouches for a condition until `expires`.
package struct ConditionCheckedByHand: EventPayload {
    package static let kind = "condition.checkedByHand"
    package var condition: ConditionID
    package var detail: String
    package var expires: Timestamp
    package init(condition: ConditionID, detail: String, expires: Timestamp) {
        self.condition = condition
        self.detail = detail
        self.expires = expires
    }
}

/// The IC acknowledged once that a condition does not apply here (no queues, say).
package struct ConditionNotApplicable: EventPayload {
    package static let kind = "condition.notApplicable"
    package var condition: ConditionID
    package var detail: String
    package init(condition: ConditionID, detail: String) {
        self.condition = condition
        self.detail = detail
    }
}

package struct HypothesisAdded: EventPayload {
    package static let kind = "hypothesis.added"
    package var id: String
    package var statement: String
    /// `playbook:ID`, `data` or `operator`.
    package var origin: String
    package init(id: String, statement: String, origin: String) {
        self.id = id
        self.statement = statement
        self.origin = origin
    }
}

package struct HypothesisStatusChanged: EventPayload {
    package static let kind = "hypothesis.status"
    package var id: String
    package var status: HypothesisStatus
    package var reason: String
    package init(id: String, status: HypothesisStatus, reason: String) {
        self.id = id
        self.status = status
        self.reason = reason
    }
}

package struct HypothesisPinned: EventPayload {
    package static let kind = "hypothesis.pinned"
    package var id: String
    package var isPinned: Bool
    package init(id: String, isPinned: Bool) {
        self.id = id
        self.isPinned = isPinned
    }
}

/// A frozen observation that a person attached to a hypothesis.
package struct EvidenceAdded: EventPayload, Hashable {
    package static let kind = "evidence.added"
    package var hypothesis: String
    package var text: String
    package var supports: Bool
    /// Bits: weak 1, moderate 2, strong 4, decisive 8.
    package var bits: Double
    /// File, series or screen it was taken from.
    package var source: String
    package var at: Timestamp
    package init(
        hypothesis: String, text: String, supports: Bool, bits: Double, source: String,
        at: Timestamp
    ) {
        self.hypothesis = hypothesis
        self.text = text
        self.supports = supports
        self.bits = bits
        self.source = source
        self.at = at
    }
}
