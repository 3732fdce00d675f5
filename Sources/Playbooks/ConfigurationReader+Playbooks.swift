import Basics
import Documents
import Incidents

extension ConfigurationReader {
    func readPlaybooks(_ paths: [YAMLNode]) {
        for node in paths {
            guard let path = node.text else {
                context.report(node, "not a text", expected: "the path of a playbook")
                continue
            }
            readPlaybook(resolve(path), node)
        }
        let own = result.playbooks.map(\.id)
        let builtin = ConfigurationLoader.builtinPlaybooks
        result.playbooks += builtin.playbooks.filter { playbook in
            !own.contains { NameRule.same($0, playbook.id) }
        }
        notes += builtin.problems
    }

    private func readPlaybook(_ path: String, _ node: YAMLNode) {
        do {
            let text = try ConfigurationLoader.contents(of: path)
            let root = try YAMLReader.parse(text, file: path)
            result.files.append(path)
            result.loaded.append(LoadedFile(path: path, bytes: Array(text.utf8)))
            guard let playbook = PlaybookReader(context: context).read(root, notes: &notes) else {
                return
            }
            guard !result.playbooks.contains(where: { NameRule.same($0.id, playbook.id) }) else {
                context.report(
                    root, "another playbook has the id \"\(playbook.id)\"",
                    expected: "an id of its own")
                return
            }
            result.playbooks.append(playbook)
        } catch {
            context.report(node, "\(error)", expected: "a readable playbook")
        }
    }

    /// Actions of playbooks that people wrote must be in the catalogue; the built-in ones name what
    /// a catalogue may have.
    func checkPlaybooks() {
        let builtin = Set(BuiltinPlaybooks.files.map(\.name))
        let names = result.actions.keys.sorted()
        for playbook in result.playbooks {
            let file = playbook.position.split(separator: ":").first.map(String.init) ?? ""
            guard !builtin.contains(file) else { continue }
            checkDiagnostics(playbook)
            var previous: CatalogueAction.Tier?
            for step in playbook.mitigations {
                guard let action = result.actions[step.action] else {
                    notes.append(
                        LintProblem(
                            .error, position: playbook.position,
                            what: "the playbook \(playbook.id) uses \"\(step.action)\", which is "
                                + "not an action",
                            expected: "an action of the configuration",
                            suggestion: nearest(step.action, in: names)))
                    continue
                }
                if let before = previous, action.tier < before {
                    notes.append(
                        LintProblem(
                            .note, position: playbook.position,
                            what: "\(step.action) (\(action.tier.name)) comes after something "
                                + before.name,
                            expected: "the least invasive first"))
                }
                previous = action.tier
            }
        }
    }
}

extension ConfigurationReader {
    private func checkDiagnostics(_ playbook: Playbook) {
        let known = result.safety.diagnostics.keys.sorted()
        for hypothesis in playbook.hypotheses {
            guard let id = hypothesis.diagnostic,
                !known.contains(where: { NameRule.same($0, id) })
            else { continue }
            notes.append(
                LintProblem(
                    .error, position: playbook.position,
                    what: "the playbook \(playbook.id) tests \"\(hypothesis.id)\" with \"\(id)\", "
                        + "which is not a diagnostic",
                    expected: "an id under diagnostics:", suggestion: nearest(id, in: known)))
        }
    }
}

/// Reads one playbook.
struct PlaybookReader {
    let context: YAMLDecoderContext

    /// Nil when it has no usable id; everything else that is wrong is noted and left out.
    func read(_ root: YAMLNode, notes: inout [LintProblem]) -> Playbook? {
        let reader = MappingReader(root, in: context, what: "a playbook")
        let id = reader.requiredString("id")
        let playbook = Playbook(
            id: id, title: reader.requiredString("title"),
            appliesWhen: reader.strings("applies_when"), check: reader.strings("check"),
            hypotheses: reader.mappings("hypotheses").map(hypothesis),
            mitigations: reader.mappings("mitigations").map(step),
            doNothing: reader.requiredString("do_nothing"), confirm: reader.strings("confirm"),
            harden: reader.strings("harden"), deferTo: reader.strings("defer_to"),
            position: root.position)
        checkConditions(reader, &notes)
        reader.finish()
        checkReferences(playbook, root)
        return id.isEmpty ? nil : playbook
    }

    private func checkConditions(_ reader: MappingReader, _ notes: inout [LintProblem]) {
        guard let node = reader.node("applies_when") else {
            reader.require("applies_when")
            return
        }
        for item in node.items ?? [node] {
            guard let text = item.text else { continue }
            if let condition = PlaybookCondition(text) {
                let known = SignalNames.standard
                if case .baseline(let signal, _) = condition, !known.contains(signal),
                    !signal.hasPrefix("saturation."), !signal.hasPrefix("queue")
                {
                    notes.append(
                        LintProblem(
                            .note, position: item.position,
                            what: "no preset makes a signal \"\(signal)\"",
                            expected: "a signal of the configuration",
                            suggestion: nearest(signal, in: known)))
                }
            } else if let why = PromQLText.problem(text) {
                context.report(
                    item, "neither a condition nor PromQL: \(why)",
                    expected: "`SIGNAL above baseline`, `SIGNAL below baseline` or PromQL")
            }
        }
    }

    private func checkReferences(_ playbook: Playbook, _ root: YAMLNode) {
        let ids = playbook.hypotheses.map(\.id)
        for step in playbook.mitigations {
            if let hypothesis = step.hypothesis, !ids.contains(hypothesis) {
                context.report(
                    root,
                    "\(step.action) answers \"\(hypothesis)\", which is not a hypothesis here",
                    expected: "one of " + ids.joined(separator: ", "),
                    suggestion: nearest(hypothesis, in: ids))
            }
        }
        for id in ids where ids.filter({ $0 == id }).count > 1 {
            context.report(root, "two hypotheses have the id \"\(id)\"", expected: "one each")
            return
        }
    }

    private func hypothesis(_ reader: MappingReader) -> Playbook.Hypothesis {
        let result = Playbook.Hypothesis(
            id: reader.requiredString("id"), statement: reader.requiredString("statement"),
            prior: reader.double("prior") ?? 0,
            evidence: reader.mappings("evidence").compactMap(evidence),
            falsifiedBy: reader.requiredString("falsified_by"),
            fastestTest: reader.requiredString("fastest_test"),
            diagnostic: reader.string("diagnostic"))
        reader.finish()
        return result
    }

    private func evidence(_ reader: MappingReader) -> Playbook.Evidence? {
        let supporting = reader.string("for")
        let contradicting = reader.string("against")
        let bits = weight(reader)
        let test = test(reader)
        reader.finish()
        guard (supporting == nil) != (contradicting == nil) else {
            context.report(
                reader.node, "evidence says neither or both of for and against",
                expected: "exactly one of for: TEXT and against: TEXT")
            return nil
        }
        guard let text = supporting ?? contradicting, let test else { return nil }
        return Playbook.Evidence(text: text, supports: supporting != nil, bits: bits, test: test)
    }

    private func weight(_ reader: MappingReader) -> Double {
        let words = ["weak": 1.0, "moderate": 2, "strong": 4, "decisive": 8]
        let order = ["weak", "moderate", "strong", "decisive"]
        return reader.choice("weight", of: order).flatMap { words[$0] } ?? 1
    }

    private func test(_ reader: MappingReader) -> Playbook.Evidence.Test? {
        var tests: [Playbook.Evidence.Test] = []
        if let text = reader.string("promql"), let node = reader.node("promql") {
            if let why = PromQLText.problem(text) {
                context.report(
                    node, "promql does not parse: \(why)", expected: "a PromQL expression")
            }
            tests.append(.promql(text))
        }
        if let text = reader.string("pattern") { tests.append(.pattern(text)) }
        if let kind = reader.choice("change", of: ChangeKind.allCases.map(\.rawValue)) {
            tests.append(.change(kind: kind, within: reader.duration("within") ?? .seconds(900)))
        }
        if reader.choice("versions", of: ["split"]) != nil { tests.append(.versionSplit) }
        if reader.bool("manual") == true { tests.append(.manual) }
        guard tests.count == 1 else {
            context.report(
                reader.node, tests.isEmpty ? "evidence without a test" : "evidence with two tests",
                expected: "one of promql, pattern, change, versions: split, manual: true")
            return nil
        }
        return tests[0]
    }

    private func step(_ reader: MappingReader) -> Playbook.Step {
        let result = Playbook.Step(
            action: reader.requiredString("action"), why: reader.requiredString("why"),
            couldBreak: reader.requiredString("could_break"),
            monitor: reader.requiredString("monitor"), hypothesis: reader.string("hypothesis"))
        reader.finish()
        return result
    }
}

/// One entry of `applies_when` that names a signal.
package enum PlaybookCondition: Sendable, Hashable {
    /// `SIGNAL above baseline` or `SIGNAL below baseline`.
    case baseline(signal: String, isAbove: Bool)

    /// Nil when `text` is not of this form; it is PromQL then.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, words[2] == "baseline",
            words[1] == "above" || words[1] == "below", SignalNames.isValid(String(words[0]))
        else { return nil }
        self = .baseline(signal: String(words[0]), isAbove: words[1] == "above")
    }
}
