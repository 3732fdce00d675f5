import Actions
import App
import Basics
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Room
import Support

#if canImport(Glibc)
    import Glibc
#endif

/// Where every history plays: two services, four actions, one playbook.
enum Scene {
    private static let folder = try? TemporaryFolder()
    /// Nothing ever starts it, but it is looked at, hashed and pinned as in the program.
    static let tool: String = {
        guard let folder, (try? folder.write("#!/bin/sh\n", to: "tool")) != nil else { return "" }
        chmod(folder.file("tool"), 0o755)
        return folder.file("tool")
    }()

    static let flag = CatalogueAction(
        id: "disable-flag", title: "disable flag", tier: .contained, risk: .low,
        steps: [[tool, "flag", "off"], [tool, "flag", "check"]], slots: [:],
        rollbackSteps: [[tool, "flag", "on"]], testedIn: ["staging"])
    static let rollback = CatalogueAction(
        id: "rollback-deployment", title: "roll back", tier: .aggressive, risk: .medium,
        steps: [[tool, "undo", "{service}"], [tool, "status", "{service}"]],
        slots: ["service": .service], inverse: "restart", onStop: .finish, isRollback: true,
        testedIn: ["staging"])
    static let restart = CatalogueAction(
        id: "restart", title: "restart", tier: .moderate, risk: .medium,
        steps: [[tool, "restart", "{service}"]], slots: ["service": .service],
        rollbackSteps: [[tool, "restore", "{service}"]])
    static let drop = CatalogueAction(
        id: "drop-cache", title: "drop the cache", tier: .aggressive, risk: .high,
        steps: [[tool, "drop"]], slots: [:], isDestructive: true, isIrreversible: true,
        testedIn: ["staging"])

    static func configuration(_ environment: DeploymentEnvironment) -> Configuration {
        var configuration = Configuration()
        configuration.environment = environment
        configuration.environmentIsDeclared = true
        configuration.hasTickets = false
        configuration.hasOnCall = false
        for action in [flag, rollback, restart, drop] {
            configuration.actions[action.id] = action
        }
        configuration.services["checkout"] = Service(
            name: "checkout", dependsOn: ["payments"], customers: 0.3)
        configuration.services["payments"] = Service(name: "payments", customers: 0.2)
        configuration.playbooks = [
            Playbook(
                id: "errors", title: "Errors", appliesWhen: [], check: [], hypotheses: [],
                mitigations: [flag, restart, rollback, drop].map {
                    Playbook.Step(action: $0.id, why: "", couldBreak: "", monitor: "")
                }, doNothing: "", confirm: [], harden: [], deferTo: [], position: "")
        ]
        return configuration
    }

    /// Made once: preparing the redaction takes longer than a whole history.
    static let setups: [DeploymentEnvironment: RoomSetup] = {
        var setups: [DeploymentEnvironment: RoomSetup] = [:]
        guard let id = IncidentID("INC-2041") else { return [:] }
        for environment in [DeploymentEnvironment.production, .staging] {
            setups[environment] = RoomSetup(
                id: id, directory: "", stateDirectory: folder?.path ?? "/nonexistent",
                configuration: configuration(environment), actor: people[0])
        }
        return setups
    }()

    /// On the simulated disk.
    static func directory(of incident: String) -> String {
        (folder?.path ?? "/nonexistent") + "/incidents/" + incident
    }

    static let people = [Actor(uid: 1000, name: "ops1"), Actor(uid: 1001, name: "ops2")]

    /// What a tick of the diagnosis would say: the playbook applies, the scope is known.
    static func findings(_ incident: Incident, _ configuration: Configuration, at time: Timestamp)
        -> Findings
    {
        var observation = Observation(time: time)
        observation.playbooks = ["errors"]
        observation.situation.reach = .region
        let planner = Planner(configuration: configuration)
        let planned = configuration.playbooks[0].mitigations.compactMap { step in
            plan(step.action, incident, planner)
        }
        return Findings(observation: observation, feeds: FeedSnapshot(), planned: planned)
    }

    private static func plan(_ action: String, _ incident: Incident, _ planner: Planner)
        -> PlannedMitigation?
    {
        let proposal = try? planner.propose(
            id: "-", action: action, target: "checkout", slots: [:], reason: "test",
            incident: incident)
        let advice = MitigationAdvice(
            id: "\(action)@checkout", action: action, target: "checkout", slots: [:], missing: [],
            why: "test", couldBreak: "", monitor: "", hypothesis: nil, playbook: "errors")
        return PlannedMitigation(
            advice: advice, title: action, proposal: proposal, problem: nil)
    }
}
