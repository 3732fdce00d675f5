import Basics

extension VerifyReport {
    /// The report for people, a sentence a line: what was found, what to rely on, what not, what
    /// it cannot prove, what to do next.
    package var lines: [String] {
        [sentence] + trustLines + damageLines + gapLines + anchorLines + outcomeLines + notes
            + [forgery] + next
    }

    private var sentence: String {
        switch verdict {
        case .intact: "The chain is intact."
        case .tornTail(let segment, let offset, let bytes):
            "The end is torn: \(bytes) bytes from \(JournalDirectory.name(of: segment)) offset "
                + "\(offset) are not a whole record."
        case .corrupt(let segment, let offset, let reason):
            "The journal is damaged at \(JournalDirectory.name(of: segment)) offset \(offset): "
                + "\(reason)."
        }
    }

    private var trustLines: [String] {
        guard let trusted else { return ["Trustworthy: nothing; no whole entry was found."] }
        return [
            "Trustworthy: \(Self.words(trusted)): every checksum fits and each continues the one "
                + "before.",
            "\(records) records in \(segments) segments. Head hash \(head.hash).",
        ]
    }

    private var damageLines: [String] {
        var lines: [String] = []
        switch verdict {
        case .intact: return []
        case .tornTail:
            lines.append(
                "Not trustworthy: only that end. A crash or a power cut leaves it so; nothing that "
                    + "was acknowledged is in it.")
        case .corrupt:
            lines.append("Not trustworthy: everything from there on.")
        }
        if lostAtLeast > 0 {
            lines.append(
                "Lost or changed: at least \(lostAtLeast) entries, \(head.sequence + 1) to "
                    + "\(head.sequence + lostAtLeast), which were on the disk.")
        }
        if let remnants {
            lines.append(
                "Readable behind it: \(remnants.count) whole entries (\(Self.words(remnants))). "
                    + "Nothing ties them to the trusted ones: hints, not proof.")
        }
        return lines
    }

    private var gapLines: [String] {
        recoveredGaps.map { gap in
            "\(gap.length) bytes at \(JournalDirectory.name(of: gap.position.segment)) offset "
                + "\(gap.position.offset) "
                + (gap.isDamage
                    ? "are damaged; the chain goes on after them with an operator's consent."
                    : "were left by a crash and are accounted for.")
        }
    }

    private var anchorLines: [String] {
        switch anchor {
        case nil: []
        case .absent:
            [
                "The anchor is NOT the hash of any trustworthy entry: what was anchored has been "
                    + "cut off or replaced, or the anchor belongs to another incident."
            ]
        case .entry(let sequence, let written, let after):
            [
                "The anchor is entry \(sequence), written \(TimeText.rfc3339(written)): entries 1 "
                    + "to \(sequence) are what they were when it was kept.",
                after == 0
                    ? "Nothing came after it."
                    : "\(after) entries came after it, \(sequence + 1) to \(head.sequence); the "
                        + "anchor says nothing about those.",
            ]
        }
    }

    private var outcomeLines: [String] {
        outcomes.map {
            "The journal took nothing after entry \($0.sequence) while an action ran: "
                + "\($0.entries) entries about it are in \($0.path). Opening the incident takes "
                + "them in."
        }
    }

    private var forgery: String {
        "What this cannot prove: the chain has no key, so whoever may write these files can make "
            + "a whole false one that fits. Only a head hash kept elsewhere (system log, a "
            + "photograph of the screen) excludes that: compare with --anchor."
    }

    private var next: [String] {
        switch verdict {
        case .intact: return []
        case .tornTail:
            return ["Next: open the incident; that keeps the torn bytes aside and goes on."]
        case .corrupt(_, _, let reason) where reason.hasPrefix("the framing"):
            return ["Next: read it with the version of warroom that wrote it."]
        case .corrupt:
            let id = incident ?? "INC-…"
            return [
                "Next: copy the incident's directory before anything else (cp -a). Find out what "
                    + "changed the files: disk errors in `dmesg`, or a person.",
                "Then: opening the incident shows the trustworthy part read-only and runs no "
                    + "action. `warroom recover \(id) --reason TEXT` goes on in a new segment that "
                    + "names this damage.",
            ]
        }
    }

    private static func words(_ stretch: Stretch) -> String {
        let from = TimeText.rfc3339(stretch.from)
        let to = TimeText.rfc3339(stretch.to)
        return stretch.first == stretch.last
            ? "entry \(stretch.first), written \(from)"
            : "entries \(stretch.first) to \(stretch.last), written \(from) to \(to)"
    }
}
