import Basics

/// What `verify --format json` prints. Times are RFC 3339.
package struct VerifyDocument: Encodable {
    struct Stretch: Encodable {
        var count: Int
        var first: UInt64
        var last: UInt64
        var from: String
        var to: String

        init(_ stretch: VerifyReport.Stretch) {
            count = stretch.count
            first = stretch.first
            last = stretch.last
            from = TimeText.rfc3339(stretch.from)
            to = TimeText.rfc3339(stretch.to)
        }
    }
    struct Damage: Encodable {
        var file: String
        var offset: Int
        var bytes: Int?
        var reason: String
    }
    struct Gap: Encodable {
        var file: String
        var offset: Int
        var bytes: Int
        var acceptedDamage: Bool

        private enum CodingKeys: String, CodingKey {
            case file, offset, bytes
            case acceptedDamage = "accepted_damage"
        }
    }
    struct Anchor: Encodable {
        var found: Bool
        var entry: UInt64?
        var written: String?
        var entriesAfter: Int?

        private enum CodingKeys: String, CodingKey {
            case found, entry, written
            case entriesAfter = "entries_after"
        }
    }
    struct Outcome: Encodable {
        var path: String
        var entries: Int
        var continuesEntry: UInt64

        private enum CodingKeys: String, CodingKey {
            case path, entries
            case continuesEntry = "continues_entry"
        }
    }

    var target: String
    /// `intact`, `torn` or `damaged`.
    var verdict: String
    var incident: String?
    var records: Int
    var segments: Int
    var headEntry: UInt64
    var headHash: String
    var trustworthy: Stretch?
    var damage: Damage?
    var readableBehindDamage: Stretch?
    var entriesLostAtLeast: UInt64
    var accountedGaps: [Gap]
    var recordedElsewhere: [Outcome]
    var anchor: Anchor?
    var words: [String]

    private enum CodingKeys: String, CodingKey {
        case target, verdict, incident, records, segments, trustworthy, damage, anchor, words
        case headEntry = "head_entry"
        case headHash = "head_hash"
        case readableBehindDamage = "readable_behind_damage"
        case entriesLostAtLeast = "entries_lost_at_least"
        case accountedGaps = "accounted_gaps"
        case recordedElsewhere = "recorded_elsewhere"
    }

    package init(_ report: VerifyReport, target: String) {
        self.target = target
        switch report.verdict {
        case .intact: verdict = "intact"
        case .tornTail(let segment, let offset, let bytes):
            verdict = "torn"
            damage = Damage(
                file: JournalDirectory.name(of: segment), offset: offset, bytes: bytes,
                reason: "the last record is not whole")
        case .corrupt(let segment, let offset, let reason):
            verdict = "damaged"
            damage = Damage(
                file: JournalDirectory.name(of: segment), offset: offset, reason: reason)
        }
        incident = report.incident
        records = report.records
        segments = report.segments
        headEntry = report.head.sequence
        headHash = report.head.hash
        trustworthy = report.trusted.map(Stretch.init)
        readableBehindDamage = report.remnants.map(Stretch.init)
        entriesLostAtLeast = report.lostAtLeast
        accountedGaps = report.recoveredGaps.map {
            Gap(
                file: JournalDirectory.name(of: $0.position.segment), offset: $0.position.offset,
                bytes: $0.length, acceptedDamage: $0.isDamage)
        }
        recordedElsewhere = report.outcomes.map {
            Outcome(path: $0.path, entries: $0.entries, continuesEntry: $0.sequence)
        }
        switch report.anchor {
        case nil: anchor = nil
        case .absent: anchor = Anchor(found: false)
        case .entry(let sequence, let written, let after):
            anchor = Anchor(
                found: true, entry: sequence, written: TimeText.rfc3339(written),
                entriesAfter: after)
        }
        words = report.lines
    }
}
