import Basics
import Incidents
import Playbooks

/// Who must be called, and why, by what stands in the record.
///
/// The ladder: diagnostics → one service (at most three tries) → something failed or several
/// services: on-call → three services: the IC → it cascades: emergency stop and manual triage.
package enum EscalationLadder {
    package enum Level: Int, Sendable, CaseIterable, Comparable {
        /// Looking changes nothing: nobody is called.
        case diagnostics
        /// Acting on one service.
        case singleService
        case onCall, commander
        /// Stop everything and sort it out by hand.
        case halt
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// Something that somebody must hear of, once.
    package struct Cause: Sendable, Hashable {
        /// Stable: `attempt A3`, `stop 118`, `services 3`.
        package var id: String
        package var level: Level
        package var reason: String
        /// Whose on-call is meant; nil is the incident's own service.
        package var service: String?
        package init(_ id: String, _ level: Level, _ reason: String, service: String? = nil) {
            self.id = id
            self.level = level
            self.reason = reason
            self.service = service
        }
    }

    /// Tries on one service before somebody else looks.
    package static let triesMax = 3
    /// What ended longer ago is told by nobody: a room that opens an old incident calls nobody.
    package static let causeValid: Duration = .minutes(60)

    /// Where the incident stands on the ladder.
    package static func level(
        of incident: Incident, actions: [String: CatalogueAction], now: ClockReading,
        bootID: String
    ) -> Level {
        let worst = causes(of: incident, actions: actions, now: now, bootID: bootID)
            .map(\.level).max()
        return worst ?? (incident.servicesTouched.isEmpty ? .diagnostics : .singleService)
    }

    /// Everything that somebody must hear of, in the order of the ladder.
    package static func causes(
        of incident: Incident, actions: [String: CatalogueAction], now: ClockReading,
        bootID: String
    ) -> [Cause] {
        guard incident.isOpen, !incident.status.isOver else { return [] }
        let recent = incident.attempts.filter {
            TimeWindow.contains($0.moment, in: causeValid, now: now, bootID: bootID)
        }
        return
            (failures(recent) + tries(recent) + services(recent, incident)
            + halts(incident, actions)).sorted { $0.level < $1.level }
    }

    private static func failures(_ recent: [Mitigation.Attempt]) -> [Cause] {
        recent.filter { $0.outcome.countsAsFailed && $0.outcome != .stopped }.map { attempt in
            let how = attempt.outcome == .unknown ? "has an unknown outcome" : "failed"
            let detail = attempt.detail.isEmpty ? "" : ": \(attempt.detail)"
            return Cause(
                "attempt \(attempt.id)", .onCall,
                "\(attempt.id) \(attempt.action) on \(attempt.target) \(how)\(detail)",
                service: attempt.target)
        }
    }

    private static func tries(_ recent: [Mitigation.Attempt]) -> [Cause] {
        var byTarget: [(target: String, count: Int)] = []
        for attempt in recent where attempt.verdict != .effective {
            if let index = byTarget.firstIndex(where: { NameRule.same($0.target, attempt.target) })
            {
                byTarget[index].count += 1
            } else {
                byTarget.append((attempt.target, 1))
            }
        }
        return byTarget.filter { $0.count >= triesMax }.map {
            Cause(
                "tries \($0.target)", .onCall,
                "\($0.count) actions on \($0.target) and it is not resolved", service: $0.target)
        }
    }

    private static func services(_ recent: [Mitigation.Attempt], _ incident: Incident) -> [Cause] {
        // An old incident that is opened again calls nobody for what was done then.
        guard !recent.isEmpty || !incident.manualActions.isEmpty else { return [] }
        let touched = incident.servicesTouched
        let names = touched.joined(separator: ", ")
        var causes: [Cause] = []
        if touched.count >= 2 {
            causes.append(Cause("services 2", .onCall, "several services are acted on: \(names)"))
        }
        if touched.count >= 3 {
            causes.append(
                Cause("services 3", .commander, "\(touched.count) services are acted on: \(names)"))
        }
        if cascades(recent) {
            causes.append(
                Cause(
                    "cascade", .halt,
                    "it cascades: actions on several services failed or made it worse. Set the "
                        + "emergency stop (!) and sort it out by hand"))
        }
        return causes
    }

    /// Actions on at least two services failed or made it worse, at least three in all.
    private static func cascades(_ recent: [Mitigation.Attempt]) -> Bool {
        let bad = recent.filter { $0.outcome.countsAsFailed || $0.verdict == .worse }
        return bad.count >= 3 && Set(bad.map { Array($0.target.utf8) }).count >= 2
    }

    private static func halts(_ incident: Incident, _ actions: [String: CatalogueAction]) -> [Cause]
    {
        var causes: [Cause] = []
        if let sequence = incident.breakerSequence, let reason = incident.breaker {
            causes.append(
                Cause("breaker \(sequence)", .commander, "the rollback breaker is open: \(reason)"))
        }
        if let sequence = incident.stopSequence, let stop = incident.stop {
            let reason = "EMERGENCY STOP is on: \(stop.reason)"
            causes.append(Cause("stop \(sequence)", .onCall, reason))
            causes.append(Cause("stop \(sequence) IC", .commander, reason))
        }
        return causes
    }

    // MARK: Whom

    /// The rungs from the gentlest on: those of the settings, else the on-call of the service and
    /// the IC.
    package static func rungs(
        for cause: Cause, incident: Incident, configuration: Configuration
    ) -> [EscalationRung] {
        let settings = configuration.safety
        if !settings.escalation.isEmpty { return settings.escalation }
        func rung(_ name: String, _ person: String) -> EscalationRung {
            let contact =
                settings.people?.first { NameRule.same($0.key, person) }?.value.contact ?? ""
            return EscalationRung(name: name, person: person, contact: contact)
        }
        var rungs: [EscalationRung] = []
        let service = cause.service ?? incident.service ?? ""
        if hasOnCall(incident, configuration),
            let onCall = SlotRule.entry(service, in: configuration.services)?.onCall
        {
            rungs.append(rung("on-call", onCall))
        }
        if let commander = incident.commander,
            !rungs.contains(where: { NameRule.same($0.person, commander) })
        {
            rungs.append(rung("IC", commander))
        }
        return rungs
    }

    package static func hasOnCall(_ incident: Incident, _ configuration: Configuration) -> Bool {
        incident.environmentAnswered ? incident.hasOnCall : configuration.hasOnCall
    }

    /// Whether somebody is called because the emergency stop is on.
    package static func isAboutStop(_ cause: String) -> Bool { cause.hasPrefix("stop ") }

    /// Whether two causes differ only in whom they call: `stop 118` and `stop 118 IC`.
    package static func isSameMatter(_ left: String, _ right: String) -> Bool {
        func matter(_ cause: String) -> String {
            cause.hasSuffix(" IC") ? String(cause.dropLast(3)) : cause
        }
        return NameRule.same(matter(left), matter(right))
    }

    /// Where on the ladder a cause begins.
    package static func place(
        of level: Level, in rungs: [EscalationRung], commander: String?
    ) -> Int {
        guard !rungs.isEmpty else { return 0 }
        if level <= .onCall {
            return rungs.firstIndex { NameRule.same($0.name, "on-call") } ?? 0
        }
        return rungs.firstIndex { rung in
            NameRule.same(rung.name, "IC")
                || commander.map { NameRule.same($0, rung.person) } == true
        } ?? rungs.count - 1
    }

    /// The call itself, or nil when this environment has nobody for it: what has no on-call is
    /// skipped, and the gates note that.
    package static func call(
        _ cause: Cause, id: String, incident: Incident, configuration: Configuration
    ) -> EscalationRaised? {
        let rungs = rungs(for: cause, incident: incident, configuration: configuration)
        let isSkipped =
            cause.level <= .onCall && configuration.safety.escalation.isEmpty
            && !hasOnCall(incident, configuration)
        if isSkipped { return nil }
        let place = place(of: cause.level, in: rungs, commander: incident.commander)
        return raised(cause.id, cause.reason, id: id, at: place, of: rungs)
    }

    /// The next call after one that nobody answered, or nil at the end of the ladder.
    package static func next(
        after call: EscalationRaised, id: String, incident: Incident, configuration: Configuration
    ) -> EscalationRaised? {
        // Written by a version that knew no causes.
        let text = call.cause ?? ""
        let target = incident.attempts.first { NameRule.same("attempt \($0.id)", text) }?.target
        let cause = Cause(text, .onCall, call.reason, service: target)
        let rungs = rungs(for: cause, incident: incident, configuration: configuration)
        guard call.place >= 0, call.place + 1 < rungs.count else { return nil }
        return raised(call.cause, call.reason, id: id, at: call.place + 1, of: rungs)
    }

    private static func raised(
        _ cause: String?, _ reason: String, id: String, at place: Int, of rungs: [EscalationRung]
    ) -> EscalationRaised {
        guard rungs.indices.contains(place) else {
            return EscalationRaised(
                id: id, rung: "by hand", place: 0, person: "", contact: "",
                reason: "\(reason); nobody is configured: call somebody by hand",
                acknowledgeWithin: EscalationRung(name: "", person: "").acknowledgeWithin
                    .inSeconds, cause: cause)
        }
        let rung = rungs[place]
        return EscalationRaised(
            id: id, rung: rung.name, place: place, person: rung.person, contact: rung.contact,
            reason: reason, acknowledgeWithin: rung.acknowledgeWithin.inSeconds, cause: cause)
    }

    /// Whether the time to answer is over, on the boot-time clock. A time that is no number is
    /// over after the usual five minutes.
    package static func isOverdue(_ escalation: Escalation, now: ClockReading, bootID: String)
        -> Bool
    {
        guard escalation.isOpen else { return false }
        let at = escalation.moment
        let waited = TimeWindow.elapsed(
            since: Moment(wall: at.wall, boot: at.boot, bootID: at.bootID), now: now,
            bootID: bootID
        ).inSeconds
        let limit = escalation.raised.acknowledgeWithin
        return waited >= (limit.isFinite && limit > 0 ? limit : 300)
    }
}
