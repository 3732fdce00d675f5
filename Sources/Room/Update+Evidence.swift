import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs

/// A log line or a pattern as it was when somebody pointed at it: evidence must not change with
/// what the logs become.
package struct LogPin: Sendable, Hashable {
    /// What stands in the record: level, service and message, or the pattern's template.
    package var text: String
    /// File and offset, or the pattern's id.
    package var source: String
    package var time: Timestamp

    /// Characters of a pinned text.
    static let textMax = 1_500
}

extension Model {
    mutating func askEvidence(_ argument: String) -> [Effect] {
        guard let hypothesis = selectedHypothesis else { return [] }
        let pin = focus == .logs ? logPin : nil
        if !argument.isEmpty { return addEvidence(argument, to: hypothesis.id, pin) }
        ask(
            .evidence(hypothesis: hypothesis.id, pin: pin), Self.evidenceTitle(hypothesis),
            hint: evidenceHint(pin), text: "+ ")
        return []
    }

    private static func evidenceTitle(_ hypothesis: RankedHypothesis) -> String {
        "Evidence about: \(hypothesis.statement)"
    }

    private func evidenceHint(_ pin: LogPin?) -> String {
        let others = (observation?.hypotheses.count ?? 0) > 1 ? "; ↑↓ another hypothesis" : ""
        let signs = "+ for, - against, then why if you like" + others
        guard let pin else { return signs }
        return "\(signs). Pinned as it is now: \(TimeText.rfc3339(pin.time)) \(pin.text)"
            + " (\(pin.source))"
    }

    /// Up and down in the prompt choose which hypothesis it is about.
    mutating func chooseHypothesis(_ prompt: inout Prompt, by step: Int) {
        guard case .evidence(let id, let pin) = prompt.kind,
            let all = observation?.hypotheses, !all.isEmpty
        else { return }
        let index = (all.firstIndex { $0.id == id } ?? 0) + step
        let chosen = all[(index + all.count) % all.count]
        prompt.kind = .evidence(hypothesis: chosen.id, pin: pin)
        prompt.title = Self.evidenceTitle(chosen)
    }

    /// What is selected in screen 6, frozen.
    private var logPin: LogPin? {
        logs.mode == .patterns ? selectedPatternRow.map(pin) : logs.selected.map(pin)
    }

    private func pin(_ record: LogRecord) -> LogPin {
        let words = [record.level?.word, record.service].compactMap { $0 }
        let message = record.message.split(separator: "\n").joined(separator: " ↵ ")
        let head = words.isEmpty ? "" : words.joined(separator: " ") + ": "
        let path = feeds?.sources.first { $0.id == record.source }?.path ?? record.source
        let assumed = record.timeIsAssumed ? ", time assumed" : ""
        return LogPin(
            text: Self.shortened(head + message),
            source: "\(path) byte \(record.offset)\(assumed)", time: record.time)
    }

    private func pin(_ pattern: PatternSummary) -> LogPin {
        let usual = pattern.baselineRate.map { ", was \(UnitText.number($0))" } ?? ""
        let rate = "\(UnitText.number(pattern.ratePerMinute))/min\(usual)"
        let seen = "since \(TimeText.rfc3339(pattern.firstSeen))"
        let change = pattern.isNew ? "new, " : ""
        return LogPin(
            text: Self.shortened(
                "pattern \"\(pattern.template)\" ×\(pattern.count), \(change)\(rate), \(seen); "
                    + "for example: \(pattern.example)"),
            source: "pattern \(PatternReport.name(pattern.id))", time: pattern.lastSeen)
    }

    private static func shortened(_ text: String) -> String {
        text.count <= LogPin.textMax ? text : text.prefix(LogPin.textMax) + "…"
    }

    func addEvidence(_ text: String, to hypothesis: String, _ pin: LogPin? = nil) -> [Effect] {
        let isAgainst = text.hasPrefix("-") || text.hasPrefix("−")
        let hasSign = isAgainst || text.hasPrefix("+")
        let comment = (hasSign ? String(text.dropFirst()) : text).trimmingSpaces
        var body = comment
        if let pin {
            body = "\(TimeText.rfc3339(pin.time)) \(pin.text)"
            if !comment.isEmpty { body = "\(comment): \(body)" }
        }
        var drafts: [EventDraft] = []
        if !incident.hypotheses.contains(where: { $0.id == hypothesis }),
            let ranked = observation?.hypotheses.first(where: { $0.id == hypothesis })
        {
            drafts.append(
                draft(
                    HypothesisAdded(
                        id: ranked.id, statement: ranked.statement, origin: ranked.origin)))
        }
        drafts.append(
            draft(
                EvidenceAdded(
                    hypothesis: hypothesis, text: body, supports: !isAgainst, bits: 2,
                    source: pin?.source ?? "operator \(actor.name)", at: pin?.time ?? now.wall)))
        return [.journal(drafts, sync: false)]
    }
}

extension Prompt.Kind {
    /// Whether Enter means something where nothing is typed.
    var mayBeEmpty: Bool { self == .find || self == .filter }
}
