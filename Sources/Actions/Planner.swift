import Basics
import Incidents
import Playbooks
import Safety

/// Turns an entry of the catalogue and its slots into a proposal in which every word is fixed.
package struct Planner: Sendable {
    /// No rollback runs longer than this.
    package static let rollbackMax: Duration = .minutes(5)

    private let configuration: Configuration

    package init(configuration: Configuration) { self.configuration = configuration }

    /// A proposal to use `action` on `target`.
    ///
    /// A service slot that has no value gets the target. With `rollbackOf` the paired rollback of
    /// that proposal is planned instead. An action that spans services gets its steps once per
    /// service, edge first.
    /// - Throws: `plan.unknownAction`, `plan.slot`, `plan.target`, `plan.template`, `plan.stages`,
    ///   `plan.undo`.
    package func propose(
        id: String, action: String, target: String, slots: [String: String], reason: String,
        incident: Incident, rollbackOf: String? = nil
    ) throws(Failure) -> MitigationProposed {
        if let rollbackOf {
            guard let undone = incident.mitigation(rollbackOf),
                NameRule.same(undone.proposal.action, action),
                NameRule.same(undone.proposal.target, target)
            else {
                throw Failure(
                    "plan.undo", "There is no such action to undo", subject: rollbackOf,
                    unchanged: "Nothing was proposed", exit: .refusedByGate)
            }
            return try proposeUndo(of: undone, id: id, incident: incident, reason: reason)
        }
        let entry = try known(action)
        let filled = try checked(slots, of: entry, target: target, incident: incident)
        let services = try stageOrder(of: entry, target, filled, incident)
        return try proposal(
            Draft(id: id, target: target, slots: filled, reason: reason, services: services),
            entry, incident)
    }

    /// The paired rollback of `mitigation`: exactly the steps that its card showed.
    package func proposeUndo(
        of mitigation: Mitigation, id: String, incident: Incident, reason: String = ""
    ) throws(Failure) -> MitigationProposed {
        let original = mitigation.proposal
        guard original.rollbackOf == nil else {
            throw undoRefused(original, "it is a rollback itself; its inverse is manual")
        }
        guard !original.rollbackSteps.isEmpty else {
            throw undoRefused(original, "it has no paired rollback")
        }
        let action = try known(original.action)
        var undo = original
        undo.id = id
        undo.title = "undo \(original.id): \(original.title)"
        undo.steps = original.rollbackSteps
        undo.rollbackSteps = []
        undo.rollbackOf = original.id
        let services = original.stages?.map(\.service) ?? []
        undo.stages = StageOrder.stages(services, steps: undo.steps.count)
        guard services.isEmpty || undo.stages != nil else {
            throw undoRefused(original, "its rollback does not divide into its stages")
        }
        // It was looked at before the original ran; now it must not hold up the way back.
        undo.readyCheck = nil
        undo.cannotUndo = nil
        undo.onStop = CatalogueAction.OnStop.finish.rawValue
        undo.timeout = min(action.timeout, Self.rollbackMax).inSeconds
        undo.environment = incident.environment
        undo.approvalClass = ApprovalPolicy.approvalClass(
            action: action, environment: incident.environment, steps: undo.steps, isUndo: true)
        undo.reason = reason.isEmpty ? "puts back what \(original.id) changed" : reason
        undo.digest = ActionDigest.hex(
            of: undo, variables: action.environment, incident: incident.id)
        return undo
    }

    /// The inverse of a rollback: manual, never armed, and its reason says what it brings back.
    ///
    /// - Parameter slots: values that win over those of the rollback. A version slot without one
    ///   gets the version that ran before the rollback, as the incident's changes tell.
    package func proposeInverse(
        of mitigation: Mitigation, id: String, incident: Incident, slots: [String: String] = [:]
    ) throws(Failure) -> MitigationProposed {
        let original = mitigation.proposal
        guard let inverse = try known(original.action).inverse else {
            throw undoRefused(original, "the catalogue names no inverse of \(original.action)")
        }
        let entry = try known(inverse)
        let suspect = incident.latestChange(of: original.target, before: mitigation.proposedAt)
        var values = slots
        for (name, type) in entry.slots where values[name] == nil {
            switch type {
            case .revision, .version: values[name] = suspect?.version
            case .service: values[name] = original.target
            default: values[name] = original.slots[name]
            }
        }
        let version = entry.slots.first { $0.value == .version || $0.value == .revision }
            .flatMap { values[$0.key] }
        let what = version.map { "the suspected \($0)" } ?? "what \(original.id) took back"
        return try propose(
            id: id, action: inverse, target: original.target, slots: values,
            reason: "this re-deploys \(what)", incident: incident)
    }

    private struct Draft {
        var id: String
        var target: String
        var slots: [String: String]
        var reason: String
        /// What it spans, in order; empty for the target alone.
        var services: [String]
    }

    private func proposal(_ draft: Draft, _ action: CatalogueAction, _ incident: Incident)
        throws(Failure) -> MitigationProposed
    {
        let steps = try fill(action.steps, action, draft)
        let back = try fill(action.rollbackSteps, action, draft)
        let timeout = action.isRollback ? min(action.timeout, Self.rollbackMax) : action.timeout
        let radius = Blast.radius(
            of: draft.services.isEmpty ? [draft.target] : draft.services,
            services: configuration.services, isFleetWide: action.isFleetWide)
        let title = ArgvTemplate.filledText(action.title, slots: draft.slots)
        var proposal = MitigationProposed(
            id: draft.id, action: action.id, title: title, target: draft.target,
            environment: incident.environment, slots: draft.slots, steps: steps,
            rollbackSteps: back, rollbackOf: nil, risk: action.risk.name, tier: action.tier.name,
            approvalClass: ApprovalPolicy.approvalClass(
                action: action, environment: incident.environment, steps: steps),
            onStop: (action.isRollback ? .finish : action.onStop).rawValue,
            timeout: timeout.inSeconds, blastRadius: radius.text, reason: draft.reason, digest: "")
        proposal.stages = StageOrder.stages(draft.services, steps: steps.count)
        proposal.capture = try beside(action.capture, action, draft)
        proposal.readyCheck = try beside(action.readyCheck, action, draft)
        proposal.cannotUndo = action.cannotUndo.map {
            ArgvTemplate.filledText($0, slots: draft.slots)
        }
        proposal.digest = ActionDigest.hex(
            of: proposal, variables: action.environment, incident: incident.id)
        return proposal
    }

    /// Commands beside the steps, for the target alone; nil when there are none.
    private func beside(_ commands: [[String]], _ action: CatalogueAction, _ draft: Draft)
        throws(Failure) -> [[String]]?
    {
        var whole = draft
        whole.services = []
        return commands.isEmpty ? nil : try fill(commands, action, whole)
    }

    private func stageOrder(
        of action: CatalogueAction, _ target: String, _ slots: [String: String],
        _ incident: Incident
    ) throws(Failure) -> [String] {
        do throws(ArgvTemplate.Defect) {
            let services = try StageOrder.services(
                of: action, target: target, services: configuration.services)
            for (name, type) in action.slots where type == .version || type == .revision {
                for service in services {
                    let why = SlotRule.validate(
                        slots[name] ?? "", type: type, configuration: configuration,
                        service: service,
                        deployed: incident.deployedVersions(
                            of: service, configuration))
                    if let why {
                        throw ArgvTemplate.Defect("{\(name)} for \(service) \(why)")
                    }
                }
            }
            return services
        } catch {
            throw Failure(
                "plan.stages", "The action cannot be planned in stages", subject: action.id,
                why: "it \(error.reason)", unchanged: "Nothing was proposed",
                next: "Correct \(action.position.isEmpty ? "the catalogue" : action.position) "
                    + "or services:", exit: .refusedByGate)
        }
    }

    private func fill(_ steps: [[String]], _ action: CatalogueAction, _ draft: Draft)
        throws(Failure) -> [[String]]
    {
        guard !steps.isEmpty || action.steps.isEmpty else { return [] }
        do throws(ArgvTemplate.Defect) {
            return try ArgvTemplate.fill(
                steps, of: action, slots: draft.slots, services: draft.services)
        } catch {
            throw Failure(
                "plan.template", "The action's command line cannot be made", subject: action.id,
                why: error.reason, unchanged: "Nothing was proposed",
                next: "Correct \(action.position.isEmpty ? "the catalogue" : action.position)",
                exit: .refusedByGate)
        }
    }

    private func known(_ id: String) throws(Failure) -> CatalogueAction {
        if let action = configuration.actions[id], NameRule.same(action.id, id) { return action }
        let nearest = NearestName.of(id, among: configuration.actions.keys)
        throw Failure(
            "plan.unknownAction", "No such action in the catalogue", subject: id,
            unchanged: "Nothing was proposed",
            next: nearest.map { "Did you mean \($0)?" } ?? "Add it under actions:",
            exit: .refusedByGate)
    }

    private func checked(
        _ slots: [String: String], of action: CatalogueAction, target: String, incident: Incident
    ) throws(Failure) -> [String: String] {
        if let why = SlotRule.validate(target, type: .service, configuration: configuration) {
            throw slotRefused(action, "the target \(JSONText.quoted(target)) \(why)", "plan.target")
        }
        for name in slots.keys.sorted() where action.slots[name] == nil {
            let nearest = NearestName.of(name, among: action.slots.keys)
            let hint = nearest.map { "; did you mean {\($0)}?" } ?? ""
            throw slotRefused(action, "it has no slot \(JSONText.quoted(name))\(hint)")
        }
        var values = slots
        for (name, type) in action.slots.sorted(by: { $0.key < $1.key }) {
            if values[name] == nil, type == .service { values[name] = target }
            guard let value = values[name] else {
                throw slotRefused(action, "the slot {\(name)} has no value")
            }
            let why = SlotRule.validate(
                value, type: type, configuration: configuration, service: target,
                deployed: incident.deployedVersions(of: target, configuration))
            if let why { throw slotRefused(action, "\(name) \(JSONText.quoted(value)) \(why)") }
        }
        return values
    }

    private func slotRefused(
        _ action: CatalogueAction, _ why: String, _ code: String = "plan.slot"
    ) -> Failure {
        Failure(
            code, "The action cannot be planned", subject: action.id, why: why,
            unchanged: "Nothing was proposed", exit: .refusedByGate)
    }

    private func undoRefused(_ original: MitigationProposed, _ why: String) -> Failure {
        Failure(
            "plan.undo", "This cannot be undone from here", subject: original.id, why: why,
            unchanged: "Nothing was proposed",
            next: "Do it by hand and record it with m", exit: .refusedByGate)
    }
}

/// The name a person probably meant.
enum NearestName {
    /// The candidate with the fewest edits, at most a third of the name's length.
    static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let most = max(1, name.utf8.count / 3)
        return candidates.sorted().map { (text: $0, edits: edits(name, $0)) }
            .filter { $0.edits <= most }.min { $0.edits < $1.edits }?.text
    }

    /// Levenshtein distance over bytes.
    private static func edits(_ left: String, _ right: String) -> Int {
        let target = Array(right.utf8)
        var row = Array(0...target.count)
        for (index, byte) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let change = diagonal + (byte == target[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[target.count]
    }
}
