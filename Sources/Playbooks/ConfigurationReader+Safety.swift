import Basics
import Documents
import Incidents

// Who may do what, how long others may object, whom to call, and what may be looked at.
extension ConfigurationReader {
    func readSafety(_ reader: MappingReader) {
        readPeople(reader)
        readPolicy(reader)
        readEscalation(reader)
        readDiagnostics(reader)
        readCounters(reader)
    }

    // MARK: People

    /// Somebody who writes `people:` and then names nobody means nobody, never everybody.
    private func readPeople(_ reader: MappingReader) {
        guard reader.node["people"] != nil else { return }
        var people: [String: Person] = [:]
        for (name, entry) in reader.namedMappings("people") {
            guard isLogin(name) else {
                context.report(
                    entry.node, "\"\(name)\" is not a login name",
                    expected: "1 to 32 of a-z A-Z 0-9 . _ - beginning with a letter or _")
                continue
            }
            people[name] = readPerson(name, entry)
        }
        result.safety.people = people
        guard !people.values.contains(where: { $0.rights.contains(.approve) }),
            let node = reader.node["people"]
        else { return }
        notes.append(
            LintProblem(
                .note, position: node.position,
                what: "nobody here may approve: no action can be run from a room",
                expected: "a person with may: [approve]"))
    }

    private func readPerson(_ name: String, _ reader: MappingReader) -> Person {
        reader.require("may")
        let isAgent = reader.bool("agent") ?? false
        var rights: Set<Person.Right> = []
        let names = Person.Right.allCases.map(\.rawValue)
        for item in reader.node("may")?.items ?? reader.node("may").map({ [$0] }) ?? [] {
            guard let text = item.text,
                let right = Person.Right.allCases.first(where: {
                    NameRule.same($0.rawValue, text)
                })
            else {
                context.report(
                    item, "\"\(item.text ?? item.kindName)\" is no right",
                    expected: "one of " + names.joined(separator: ", "),
                    suggestion: item.text.flatMap { nearest($0, in: names) })
                continue
            }
            if isAgent, right == .approve || right == .command {
                context.report(
                    item, "\(name) is an agent and may not \(right.rawValue)",
                    expected: "note, propose or object: only people \(right.rawValue)")
                continue
            }
            rights.insert(right)
        }
        let person = Person(
            user: name, rights: rights, contact: reader.string("contact"), isAgent: isAgent)
        reader.finish()
        return person
    }

    private func isLogin(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 32,
            NameRule.isAlphanumeric(first) && !(0x30...0x39).contains(first) || first == 0x5F
        else { return false }
        return bytes.allSatisfy {
            NameRule.isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D
        }
    }

    // MARK: Policy

    private func readPolicy(_ reader: MappingReader) {
        guard let policy = reader.mapping("policy") else { return }
        readObjectionWindow(policy)
        if policy.node["two_persons"] != nil {
            result.safety.twoPersons = []
            let names = SafetySettings.TwoPersons.allCases.map(\.rawValue)
            for name in policy.strings("two_persons") {
                guard
                    let reason = SafetySettings.TwoPersons.allCases.first(where: {
                        NameRule.same($0.rawValue, name)
                    }), let node = policy.node("two_persons")
                else {
                    context.report(
                        policy.node("two_persons") ?? policy.node,
                        "\"\(name)\" is no reason for two persons",
                        expected: "one of " + names.joined(separator: ", "),
                        suggestion: nearest(name, in: names))
                    // What was meant is not known: ask for two as often as by default.
                    result.safety.twoPersons.formUnion(SafetySettings().twoPersons)
                    continue
                }
                if !result.safety.twoPersons.insert(reason).inserted {
                    notes.append(
                        LintProblem(
                            .note, position: node.position, what: "\"\(name)\" stands here twice"))
                }
            }
        }
        result.safety.allowsAutomaticRollback = policy.bool("auto_rollback") ?? true
        readKubeconfigExec(policy)
        policy.finish()
    }

    /// Programs that kubeconfigs may run: what is not plainly one is left out, so nothing more is
    /// allowed than was meant.
    private func readKubeconfigExec(_ policy: MappingReader) {
        for path in policy.strings("kubeconfig_exec") {
            guard isPlainProgram(path) else {
                context.report(
                    policy.node("kubeconfig_exec") ?? policy.node,
                    "\"\(path)\" is not the path of a program",
                    expected: "an absolute path of letters, digits and . _ + - such as "
                        + "/usr/local/bin/aws")
                continue
            }
            result.safety.kubeconfigExec.append(path)
        }
    }

    /// `/a/b`, no empty part, `.` or `..`: one spelling for one program.
    private func isPlainProgram(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].isEmpty else { return false }
        return parts.dropFirst().allSatisfy { part in
            !part.isEmpty && !part.allSatisfy { $0 == 0x2E }
                && part.allSatisfy {
                    NameRule.isAlphanumeric($0) || [0x2E, 0x5F, 0x2B, 0x2D].contains($0)
                }
        }
    }

    private static let objectionWindowMax: Duration = .seconds(10 * 60)

    private func readObjectionWindow(_ policy: MappingReader) {
        guard let node = policy.node("objection_window") else { return }
        guard node.entries != nil else {
            guard let window = window(policy, "objection_window") else { return }
            for severity in Severity.allCases { result.safety.objectionWindow[severity] = window }
            return
        }
        guard let rows = policy.mapping("objection_window") else { return }
        for severity in Severity.allCases {
            guard let window = window(rows, severity.name) else { continue }
            result.safety.objectionWindow[severity] = window
        }
        rows.finish()
    }

    private func window(_ reader: MappingReader, _ key: String) -> Duration? {
        guard let window = reader.duration(key), let node = reader.node(key) else { return nil }
        guard window <= Self.objectionWindowMax else {
            context.report(
                node, "\(key) is longer than a proposal stays open",
                expected: "0s to 10m")
            return nil
        }
        return window
    }

    // MARK: Escalation

    private func readEscalation(_ reader: MappingReader) {
        var names: [String] = []
        for rung in reader.mappings("escalation") {
            let name = rung.requiredString("rung")
            let person = rung.requiredString("person")
            let contact = rung.string("contact") ?? contact(of: person)
            let within = rung.duration("acknowledge_within")
            rung.finish()
            if let within, within <= .zero, let node = rung.node("acknowledge_within") {
                context.report(
                    node, "acknowledge_within is zero", expected: "a duration such as 5m")
                continue
            }
            guard !name.isEmpty, !person.isEmpty else { continue }
            if names.contains(where: { NameRule.same($0, name) }) {
                context.report(
                    rung.node, "the ladder has a rung \"\(name)\" already",
                    expected: "a name of its own")
                continue
            }
            names.append(name)
            noteUnreachable(person, contact, rung.node)
            result.safety.escalation.append(
                EscalationRung(
                    name: name, person: person, contact: contact,
                    acknowledgeWithin: within ?? .seconds(5 * 60)))
        }
    }

    private func contact(of person: String) -> String {
        result.safety.people?.first { NameRule.same($0.key, person) }?.value.contact ?? ""
    }

    private func noteUnreachable(_ person: String, _ contact: String, _ node: YAMLNode) {
        if let people = result.safety.people,
            !people.keys.contains(where: { NameRule.same($0, person) })
        {
            notes.append(
                LintProblem(
                    .note, position: node.position,
                    what: "\"\(person)\" is not among people:",
                    expected: "a login name there, or a rota outside of this machine",
                    suggestion: nearest(person, in: people.keys.sorted())))
        }
        if contact.isEmpty {
            notes.append(
                LintProblem(
                    .note, position: node.position,
                    what: "how \"\(person)\" is reached is not said",
                    expected: "contact: here or under people:"))
        }
    }

    // MARK: Diagnostics

    private static let diagnosticMax: Duration = .seconds(5 * 60)

    private func readDiagnostics(_ reader: MappingReader) {
        for (id, entry) in reader.namedMappings("diagnostics") {
            let before = context.problems.count
            guard isIdentifier(id) else {
                context.report(
                    entry.node, "\"\(id)\" is not the id of a diagnostic",
                    expected: "lower-case letters, digits and -, beginning with a letter")
                continue
            }
            let diagnostic = readDiagnostic(id, entry)
            guard context.problems.count == before, let diagnostic else { continue }
            result.safety.diagnostics[id] = diagnostic
        }
    }

    private func readDiagnostic(_ id: String, _ reader: MappingReader) -> Diagnostic? {
        let title = reader.string("title") ?? id
        let slots = readSlots(reader)
        let timeout = reader.duration("timeout") ?? .seconds(30)
        let command =
            reader.require("command")
            ? reader.node("command").flatMap { readOnlyCommand($0, what: id) } : nil
        if !(timeout > .zero && timeout <= Self.diagnosticMax), let node = reader.node("timeout") {
            context.report(
                node, "timeout is not within 1s and 5m", expected: "a duration such as 30s")
        }
        reader.finish()
        guard let command else { return nil }
        checkNames(
            used: command.flatMap(SlotNames.inArgument), declared: slots.keys.sorted(), what: id,
            at: reader.node)
        return Diagnostic(
            id: id, title: title, command: command, slots: slots, timeout: timeout,
            position: reader.node.position)
    }

    /// A command that changes nothing: argv with an absolute program and no word that says
    /// otherwise. Nil after a problem was noted.
    func readOnlyCommand(_ node: YAMLNode, what: String) -> [String]? {
        guard let argv = argv(node) else { return nil }
        if let word = DestructiveWords.change(in: argv) {
            context.report(
                node, "\(what) must change nothing, but its command says \"\(word)\"",
                expected: "a command that only reads; what changes something belongs to actions:")
            return nil
        }
        if let advice = CommandWords.advice(on: argv), advice.contains("shell") {
            notes.append(LintProblem(.note, position: node.position, what: advice))
        }
        return argv
    }

    /// Every placeholder must be declared, and every declared one used.
    private func checkNames(
        used: [String], declared: [String], what: String, at node: YAMLNode
    ) {
        for name in Set(used).sorted()
        where !declared.contains(where: { NameRule.same($0, name) }) {
            context.report(
                node, "\(what) uses {\(name)}, which its slots do not declare",
                expected: declared.isEmpty
                    ? "slots: {\(name): TYPE}" : "one of " + declared.joined(separator: ", "),
                suggestion: nearest(name, in: declared))
        }
        for name in declared where !used.contains(where: { NameRule.same($0, name) }) {
            context.report(
                node, "\(what) declares the slot \(name) and never uses it",
                expected: "{\(name)} in its command", suggestion: nearest(name, in: used))
        }
    }

    // MARK: Tickets and counters

    /// `tickets: true`, `tickets: false` or `tickets: {check: [argv]}`.
    func readTickets(_ reader: MappingReader) {
        guard let node = reader.node("tickets"), node.entries != nil,
            let tickets = reader.mapping("tickets")
        else {
            result.hasTickets = reader.bool("tickets") ?? true
            return
        }
        result.hasTickets = true
        if tickets.require("check"), let check = tickets.node("check"),
            let argv = readOnlyCommand(check, what: "the ticket check")
        {
            let used = argv.flatMap(SlotNames.inArgument)
            for name in used where !NameRule.same(name, "ticket") {
                context.report(
                    check, "{\(name)} is no slot of the ticket check", expected: "{ticket}",
                    suggestion: nearest(name, in: ["ticket"]))
            }
            if used.isEmpty {
                context.report(
                    check, "the ticket check does not name the ticket",
                    expected: "{ticket} in one of its arguments")
            }
            if used.allSatisfy({ NameRule.same($0, "ticket") }), !used.isEmpty {
                result.safety.ticketCheck = argv
            }
        }
        tickets.finish()
    }

    private func readCounters(_ reader: MappingReader) {
        guard let counters = reader.mapping("counters") else { return }
        let errors = expression(counters, "errors")
        let requests = expression(counters, "requests")
        counters.finish()
        // One without the other counts nothing.
        guard let errors, let requests else { return }
        result.safety.errorCounter = errors
        result.safety.requestCounter = requests
    }

    private func expression(_ reader: MappingReader, _ key: String) -> String? {
        guard reader.require(key), let text = reader.string(key), let node = reader.node(key)
        else { return nil }
        guard let why = PromQLText.problem(text) else { return text }
        context.report(
            node, "\(key) does not parse: \(why)", expected: "a PromQL expression that counts")
        return nil
    }
}
