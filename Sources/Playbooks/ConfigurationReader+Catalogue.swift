import Basics
import Documents
import Incidents

extension ConfigurationReader {
    // MARK: Services

    func readServices(_ reader: MappingReader) {
        guard let services = reader.mapping("services") else { return }
        for entry in services.node.entries ?? [] {
            guard let name = entry.key.text else { continue }
            guard NameRule.isServiceName(name) else {
                reportName(entry.key, name)
                continue
            }
            servicePositions[name] = entry.key
            result.services[name] = readService(
                name, MappingReader(entry.value, in: context, what: "a service"))
        }
    }

    private func readService(_ name: String, _ reader: MappingReader) -> Service {
        var service = Service(name: name)
        service.tier = reader.choice("tier", of: Service.Tier.allCases.map(\.rawValue))
            .flatMap(Service.Tier.init(rawValue:))
        service.dependsOn = reader.strings("depends_on")
        service.customers = reader.ratio("customers")
        if let customers = service.customers, !(0...1).contains(customers),
            let node = reader.node("customers")
        {
            context.report(
                node, "customers is \(UnitText.percent(customers))", expected: "0% to 100%")
            service.customers = nil
        }
        service.onCall = reader.string("on_call")
        readVersions(reader, &service)
        if let zones = reader.mapping("zones") {
            for zone in zones.keys { service.zones[zone] = zones.int(zone) }
        }
        reader.finish()
        return service
    }

    /// `versions: [a, b]` or `versions: {from: deploys.jsonl}`.
    private func readVersions(_ reader: MappingReader, _ service: inout Service) {
        guard let node = reader.node("versions") else { return }
        if node.entries != nil, let mapping = reader.mapping("versions") {
            let path = mapping.requiredString("from")
            service.versionsFrom = path.isEmpty ? nil : resolve(path)
            mapping.finish()
        } else {
            service.versions = reader.strings("versions")
        }
    }

    func checkServices() {
        let names = result.services.keys.sorted()
        for name in names {
            guard let service = result.services[name], let node = servicePositions[name] else {
                continue
            }
            for dependency in service.dependsOn
            where !names.contains(where: { NameRule.same($0, dependency) }) {
                context.report(
                    node, "\(name) depends on \"\(dependency)\", which is not in services",
                    expected: "a service of this file",
                    suggestion: nearest(dependency, in: names))
            }
            if reaches(name, from: service.dependsOn) {
                notes.append(
                    LintProblem(
                        .note, position: node.position,
                        what: "\(name) depends on itself through others",
                        expected: "nothing to do: cycles are handled"))
            }
        }
    }

    private func reaches(_ name: String, from start: [String]) -> Bool {
        var seen: Set<String> = []
        var open = start
        while let next = open.popLast() {
            if NameRule.same(next, name) { return true }
            if seen.insert(next).inserted { open += result.services[next]?.dependsOn ?? [] }
        }
        return false
    }

    // MARK: Actions

    func readActions(_ reader: MappingReader) {
        guard let actions = reader.mapping("actions") else { return }
        for entry in actions.node.entries ?? [] {
            guard let id = entry.key.text else { continue }
            let before = context.problems.count
            guard isIdentifier(id) else {
                context.report(
                    entry.key, "\"\(id)\" is not an action id",
                    expected: "lower-case letters, digits and -, beginning with a letter")
                continue
            }
            let action = readAction(
                id, entry.key, MappingReader(entry.value, in: context, what: "an action"))
            guard context.problems.count == before else { continue }
            actionNodes[id] = entry.key
            result.actions[id] = action
        }
    }

    private func readAction(_ id: String, _ key: YAMLNode, _ reader: MappingReader)
        -> CatalogueAction
    {
        reader.require("tier")
        reader.require("risk")
        let tier = reader.choice("tier", of: CatalogueAction.Tier.allCases.map(\.name))
        let risk = reader.choice("risk", of: CatalogueAction.Risk.allCases.map(\.name))
        if reader.require("steps"), let node = reader.node("steps"), node.items?.isEmpty ?? false {
            context.report(node, "steps is empty", expected: "at least one step")
        }
        var action = CatalogueAction(
            id: id, title: reader.string("title") ?? id,
            tier: CatalogueAction.Tier.allCases.first { $0.name == tier } ?? .aggressive,
            risk: CatalogueAction.Risk.allCases.first { $0.name == risk } ?? .high,
            steps: reader.sequence("steps").compactMap(argv), slots: readSlots(reader),
            position: key.position)
        if let rollback = reader.mapping("rollback") {
            rollback.require("steps")
            action.rollbackSteps = rollback.sequence("steps").compactMap(argv)
            action.readyCheck = rollback.sequence("check").compactMap {
                readOnlyCommand($0, what: "the rollback's check")
            }
            rollback.finish()
        }
        action.inverse = reader.string("inverse")
        let onStop = reader.choice("on_stop", of: CatalogueAction.OnStop.allCases.map(\.rawValue))
        action.onStop = onStop.flatMap(CatalogueAction.OnStop.init(rawValue:)) ?? .terminate
        readLimits(reader, &action)
        readFlags(reader, &action)
        action.capture = reader.sequence("capture").compactMap {
            readOnlyCommand($0, what: "capture")
        }
        action.spans = reader.strings("spans")
        action.cannotUndo = reader.string("cannot_undo")
        spanNodes[id] = reader.node("spans")
        reader.finish()
        checkSlots(action, key)
        return action
    }

    private func readLimits(_ reader: MappingReader, _ action: inout CatalogueAction) {
        if let timeout = reader.duration("timeout") {
            if timeout > .zero {
                action.timeout = timeout
            } else if let node = reader.node("timeout") {
                context.report(node, "timeout is zero", expected: "a duration such as 5m")
            }
        }
        action.verify = reader.strings("verify")
        action.testedIn = reader.strings("tested_in")
        if let variables = reader.mapping("environment") {
            for name in variables.keys { action.environment[name] = variables.string(name) }
        }
    }

    private func readFlags(_ reader: MappingReader, _ action: inout CatalogueAction) {
        action.isDestructive = reader.bool("destructive") ?? false
        action.isIrreversible = reader.bool("irreversible") ?? false
        action.isFleetWide = reader.bool("fleet_wide") ?? false
        action.isContainment = reader.bool("containment") ?? false
        action.isRollback = reader.bool("rolls_back") ?? action.id.hasPrefix("rollback")
    }

    func readSlots(_ reader: MappingReader) -> [String: CatalogueAction.SlotType] {
        guard let slots = reader.mapping("slots") else { return [:] }
        let types = CatalogueAction.SlotType.allCases.map(\.rawValue)
        var result: [String: CatalogueAction.SlotType] = [:]
        for name in slots.keys {
            result[name] = slots.choice(name, of: types)
                .flatMap(CatalogueAction.SlotType.init(rawValue:))
        }
        return result
    }

    /// Every slot of an argument must be declared, and every declared one used.
    private func checkSlots(_ action: CatalogueAction, _ key: YAMLNode) {
        let declared = action.slots.keys.sorted()
        let forward = Set(action.steps.joined().flatMap(SlotNames.inArgument))
        let others = action.rollbackSteps + action.readyCheck + action.capture
        let beside = Set(others.joined().flatMap(SlotNames.inArgument))
        for name in forward.union(beside).sorted()
        where !declared.contains(where: { NameRule.same($0, name) }) {
            context.report(
                key, "\(action.id) uses {\(name)}, which its slots do not declare",
                expected: declared.isEmpty
                    ? "slots: {\(name): TYPE}" : "one of " + declared.joined(separator: ", "),
                suggestion: nearest(name, in: declared))
        }
        for name in declared where !forward.contains(name) {
            context.report(
                key, "\(action.id) declares the slot \(name) and never uses it",
                expected: "{\(name)} in one of its steps",
                suggestion: nearest(name, in: forward.sorted()))
        }
    }

    func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 64
        else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
    }

    func checkActions() {
        let names = result.actions.keys.sorted()
        for name in names {
            guard let action = result.actions[name], let node = actionNodes[name] else { continue }
            if let inverse = action.inverse, result.actions[inverse] == nil {
                context.report(
                    node, "the inverse of \(name) is \"\(inverse)\", which is not an action",
                    expected: "an action of this file", suggestion: nearest(inverse, in: names))
                result.actions[name]?.inverse = nil
            }
            checkSpans(action, spanNodes[name] ?? node)
            noteDestruction(action, node)
            if !action.isReversible, !action.isIrreversible {
                notes.append(
                    LintProblem(
                        .note, position: node.position,
                        what: "nothing undoes \(name)",
                        expected: "rollback:, inverse: or irreversible: true"))
            }
        }
    }

    /// An action that spans services is filled once per service, so each must be known and the
    /// command lines must say which one.
    private func checkSpans(_ action: CatalogueAction, _ node: YAMLNode) {
        guard !action.spans.isEmpty else { return }
        let before = context.problems.count
        let services = result.services.keys.sorted()
        var seen: [String] = []
        for name in action.spans {
            if !services.contains(where: { NameRule.same($0, name) }) {
                context.report(
                    node, "\(action.id) spans \"\(name)\", which is not in services",
                    expected: "a service of this file", suggestion: nearest(name, in: services))
            } else if seen.contains(where: { NameRule.same($0, name) }) {
                context.report(
                    node, "\(action.id) spans \(name) twice", expected: "each service once")
            } else if result.services[name]?.tier == nil {
                notes.append(
                    LintProblem(
                        .note, position: node.position,
                        what: "\(name) has no tier, so its place among the stages is not known",
                        expected: "tier: edge, middleware or backend"))
            }
            seen.append(name)
        }
        if !action.slots.values.contains(.service) {
            context.report(
                node, "\(action.id) spans services and has no slot for one",
                expected: "slots: {service: service}, used in its steps")
        }
        if context.problems.count > before { result.actions[action.id] = nil }
    }

    private func noteDestruction(_ action: CatalogueAction, _ node: YAMLNode) {
        guard !action.isDestructive, let word = action.destruction else { return }
        notes.append(
            LintProblem(
                .note, position: node.position,
                what: "\(action.id) counts as destructive (\(word)): it asks for CONFIRM",
                expected: "destructive: true, so that everybody sees it here"))
    }
}
