import Basics
import Incidents
import Playbooks
import Safety

// What guards the actions may wait for the IC too.
extension Model {
    /// The guarded rule asks, or it fired and nothing was undone yet.
    var rollbackStep: NextStep? {
        guard let question = rollbackQuestion else { return nil }
        let undo = incident.undoCandidate?.proposal.id
        let isNext = undo.map { NameRule.same($0, question.proposal) } == true
        return NextStep(question.text, keys: isNext ? question.keys : "press 3", isUrgent: true)
    }

    /// The newest call for help that nobody has answered: who, where, how long.
    var unansweredCall: NextStep? {
        guard let call = incident.escalations.last(where: \.isOpen) else { return nil }
        let raised = call.raised
        let who = [raised.person, raised.contact].filter { !$0.isEmpty }.joined(separator: " ")
        let left = acknowledgeTimeLeft(call)
        let time = left > .zero ? "\(TimeText.span(left)) left" : "time is up"
        let verb = call.deliveries.contains(where: \.isOK) ? "notified" : "call"
        return NextStep(
            "\(raised.id) \(verb) \(who.isEmpty ? "somebody (nobody is named)" : who), \(time): "
                + "\(raised.rung), \(raised.reason)",
            keys: ":acknowledge \(raised.id)", isUrgent: true)
    }

    /// Until the next rung is called.
    package func acknowledgeTimeLeft(_ call: Escalation) -> Duration {
        let moment = Moment(
            wall: call.moment.wall, boot: call.moment.boot, bootID: call.moment.bootID)
        let waited = TimeWindow.elapsed(since: moment, now: now, bootID: bootID)
        return max(.zero, .seconds(call.raised.acknowledgeWithin) - waited)
    }

    var openBreaker: NextStep? {
        guard let reason = incident.breaker else { return nil }
        return NextStep(
            "breaker open, no rollback runs: \(reason)",
            keys: ":reset-breaker REASON", isUrgent: true)
    }

    var changedConfiguration: NextStep? {
        guard let change = incident.configurationChange else { return nil }
        let why = change.problem.isEmpty ? "" : ": " + change.problem
        return NextStep(
            "configuration on the disk differs, nothing runs\(why)",
            keys: ":keep-configuration REASON", isUrgent: true)
    }

    /// Others may still object to a proposal.
    func windowStep(_ open: Mitigation) -> NextStep? {
        let left = objectionTimeLeft(open)
        guard left > .zero else { return nil }
        return NextStep(
            "\(open.proposal.id) \(open.proposal.title): others may object for "
                + TimeText.span(left), keys: "press 3, then a")
    }

    /// The commander is neither this room's user nor connected to it.
    var absentCommander: NextStep? {
        guard let name = incident.commander, !isCommander,
            !connected.contains(where: { NameRule.same($0.actor.name, name) })
        else { return nil }
        return NextStep("the IC \(name) is not connected to this room", keys: "ask on the call")
    }
}
