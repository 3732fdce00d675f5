import Basics
import Control
import Diagnosis
import Incidents
import Playbooks
import Room
import SafeText
import Safety

#if canImport(Glibc)
    import Glibc
#endif

// What the room tells those outside about itself, from the model as the main loop last left it.
extension Backend {
    /// On the queue of answers.
    func look(_ request: Request, for actor: Actor) -> Answer {
        guard let model = latestModel else {
            return Answer(Failure("control.noState", "The room has no state yet"))
        }
        guard request.deed == .card else {
            var answer = Answer(did: "\(setup.id) as the room sees it")
            answer.status = JSONTree(of: status(of: model))
            return answer
        }
        let id = request.proposal ?? ""
        guard let mitigation = journal.incident.mitigation(id),
            NameRule.same(id, mitigation.proposal.id)
        else {
            let open = journal.incident.mitigations.filter { $0.state == .proposed }
            return Answer(
                Failure(
                    "control.noProposal", "There is no such proposal",
                    subject: setup.redaction.redactor.clean(String(id.prefix(40))),
                    why: open.isEmpty
                        ? "nothing waits for a decision"
                        : "open: \(open.map(\.proposal.id).joined(separator: ", "))",
                    unchanged: "Nothing was changed", exit: .usage))
        }
        var answer = Answer(did: "\(id) is \(mitigation.state.rawValue)", proposal: id)
        answer.card = JSONTree(of: card(of: mitigation, model, for: actor))
        return answer
    }

    private func card(of mitigation: Mitigation, _ model: Model, for actor: Actor) -> ProposalCard {
        let proposal = mitigation.proposal
        var model = model
        model.incident = journal.incident
        model.now = clock.now
        return ProposalCard(
            incident: setup.id.text, id: proposal.id, state: mitigation.state.rawValue,
            title: proposal.title, action: proposal.action, target: proposal.target,
            environment: proposal.environment.rawValue, steps: proposal.steps,
            rollbackSteps: proposal.rollbackSteps, capture: proposal.capture ?? [],
            blastRadius: proposal.blastRadius, risk: proposal.risk, onStop: proposal.onStop,
            timeout: proposal.timeout, reason: proposal.reason, cannotUndo: proposal.cannotUndo,
            proposer: mitigation.proposer.name,
            age: max(.zero, model.now.wall - mitigation.proposedAt).inSeconds,
            digest: proposal.digest, approvalClass: proposal.approvalClass,
            objections: mitigation.objections,
            objectionSecondsLeft: model.objectionTimeLeft(mitigation, approver: actor).inSeconds,
            mayObject: model.objectors(to: mitigation, approver: actor).map(\.name),
            gates: gates(model.gates(for: proposal, stage: .approval, by: actor)),
            roomUser: setup.actor.name, commander: model.incident.commander)
    }

    private func gates(_ report: GateReport) -> [RoomStatus.Gate] {
        report.verdicts.map {
            RoomStatus.Gate(
                gate: $0.gate.rawValue, outcome: Self.word($0.outcome), reason: $0.reason,
                remedy: $0.remedy)
        }
    }

    private static func word(_ outcome: GateVerdict.Outcome) -> String {
        switch outcome {
        case .pass: "pass"
        case .review: "review"
        case .blocked: "blocked"
        case .skipped: "skipped"
        case .atRun: "at run"
        }
    }

    // MARK: Status

    /// Entries of the record that a status carries.
    private static let historyMax = 50

    func status(of model: Model) -> RoomStatus {
        let incident = model.incident
        let situation = model.observation?.situation
        let next = model.nextStep
        return RoomStatus(
            incident: incident.id.text, title: incident.title, severity: incident.severity.name,
            phase: incident.phase.rawValue, status: incident.status.rawValue,
            environment: incident.environment.rawValue, drill: incident.isDrill,
            commander: incident.commander,
            roles: incident.roles.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value },
            milestones: incident.milestones.reduce(into: [:]) {
                $0[$1.key.rawValue] = TimeText.rfc3339($1.value.at)
            },
            timeToDetect: incident.span(.started, .detected)?.inSeconds,
            timeToMitigate: incident.span(.started, .mitigated)?.inSeconds,
            timeToResolve: incident.span(.started, .resolved)?.inSeconds,
            what: situation?.what,
            scope: situation.map { "\($0.reach.rawValue) \($0.reachDetail)" },
            services: services(model), alerts: alerts(incident), changes: changes(incident),
            hypotheses: hypotheses(model), conditions: conditions(model),
            mitigations: incident.mitigations.map { mitigation($0, model) },
            people: model.connected.map {
                RoomStatus.Person(
                    user: $0.actor.name, uid: $0.actor.uid,
                    rights: $0.rights.map(\.rawValue).sorted())
            }, escalations: escalations(incident), emergencyStop: model.stop.isOn,
            stopReason: model.stop.isOn ? model.stop.reason : "",
            nextStep: next.keys.isEmpty ? next.text : "\(next.text) – \(next.keys)",
            progress: progress(model), history: history(model), entries: incident.lastSequence,
            source: "room",
            room: RoomStatus.Room(
                pid: getpid(), user: setup.actor.name, uid: setup.actor.uid,
                directory: setup.directory, idleSeconds: control.silence.inSeconds))
    }

    private func services(_ model: Model) -> [RoomStatus.Service] {
        model.configuration.services.values.sorted { $0.name < $1.name }.map {
            RoomStatus.Service(
                name: $0.name, tier: $0.tier?.rawValue, dependsOn: $0.dependsOn,
                customers: $0.customers, onCall: $0.onCall)
        }
    }

    private func alerts(_ incident: Incident) -> [RoomStatus.Alert] {
        incident.firingAlerts.sorted { ($0.value, $0.key.name) < ($1.value, $1.key.name) }.map {
            RoomStatus.Alert(
                name: $0.key.name, labels: $0.key.labels, since: TimeText.rfc3339($0.value))
        }
    }

    private func changes(_ incident: Incident) -> [RoomStatus.Change] {
        incident.changes.suffix(Self.historyMax).map {
            RoomStatus.Change(
                at: TimeText.rfc3339($0.at), kind: $0.changeKind.rawValue, service: $0.service,
                version: $0.version, summary: $0.summary)
        }
    }

    private func hypotheses(_ model: Model) -> [RoomStatus.Hypothesis] {
        (model.observation?.hypotheses ?? []).map {
            RoomStatus.Hypothesis(
                statement: $0.statement, strength: $0.strength.rawValue, share: $0.share,
                status: $0.status.rawValue)
        }
    }

    private func conditions(_ model: Model) -> [RoomStatus.Condition] {
        (model.observation?.conditions ?? []).map {
            RoomStatus.Condition(
                condition: $0.id.rawValue, state: $0.state.word, detail: $0.detail)
        }
    }

    private func mitigation(_ it: Mitigation, _ model: Model) -> RoomStatus.Mitigation {
        let report = model.gateReports[it.proposal.id]
        let isOpen = it.state == .proposed
        return RoomStatus.Mitigation(
            id: it.proposal.id, title: it.proposal.title, action: it.proposal.action,
            target: it.proposal.target, state: it.state.rawValue,
            approvalClass: it.proposal.approvalClass.rawValue, digest: it.proposal.digest,
            proposer: it.proposer.name, approver: it.approver?.name, objections: it.objections,
            objectionSecondsLeft: isOpen ? model.objectionTimeLeft(it).inSeconds : 0,
            verdict: it.attempts.last?.verdict?.rawValue,
            gates: isOpen
                ? gates(report ?? model.gates(for: it.proposal, stage: .approval)) : [])
    }

    private func escalations(_ incident: Incident) -> [RoomStatus.Escalation] {
        incident.escalations.map {
            RoomStatus.Escalation(
                id: $0.raised.id, rung: $0.raised.rung, person: $0.raised.person,
                contact: $0.raised.contact, reason: $0.raised.reason,
                raised: TimeText.rfc3339($0.moment.wall),
                state: $0.acknowledgedBy.map { "acknowledged by \($0)" }
                    ?? ($0.isExpired ? "expired" : "open"))
        }
    }

    private func progress(_ model: Model) -> RoomStatus.Progress {
        let tried = model.incident.mitigations.filter { !$0.attempts.isEmpty }
        let known = Set(model.activePlaybooks.flatMap { $0.mitigations.map(\.action) })
        func share(_ count: Int) -> Double? {
            tried.isEmpty ? nil : Double(count) / Double(tried.count)
        }
        let conditions = model.observation?.conditions ?? []
        return RoomStatus.Progress(
            elapsedSeconds: model.elapsed.inSeconds,
            conditionsMet: conditions.count { $0.state.counts }, conditions: conditions.count,
            runbookCoverage: share(tried.count { known.contains($0.proposal.action) }),
            automationShare: share(tried.count { $0.approver?.isPerson != true }),
            confidence: model.observation?.hypotheses.first?.share,
            sourcesOK: model.sourceCounts.healthy, sources: model.sourceCounts.total)
    }

    private func history(_ model: Model) -> [RoomStatus.Entry] {
        model.timeline.suffix(Self.historyMax).map {
            RoomStatus.Entry(
                sequence: $0.sequence, time: TimeText.rfc3339($0.time), actor: $0.actor,
                text: "\($0.word) \($0.text)")
        }
    }
}
