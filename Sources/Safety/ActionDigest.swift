import Crypto
import Incidents
import Playbooks

/// The identity to which an approval is bound: what would run, where, for which incident.
package enum ActionDigest {
    /// Lower-case hex SHA-256 of action, argv, environment (with the child's own variables),
    /// target, incident, and the commands around the action: what is captured before it and what
    /// checks its rollback.
    ///
    /// Every field is preceded by its length as eight big-endian bytes and every list by its count,
    /// so that no two different actions share a byte form. Titles, reasons and risk words are left
    /// out: they change nothing that runs.
    package static func hex(
        action: String, steps: [[String]], environment: DeploymentEnvironment,
        variables: [String: String], target: String, incident: IncidentID,
        capture: [[String]] = [], readyCheck: [[String]] = []
    ) -> String {
        var form = Form()
        form.add("warroom action 2")
        form.add(action)
        for commands in [steps, capture, readyCheck] { form.add(commands) }
        form.add(environment.rawValue)
        form.add(count: variables.count)
        let sorted = variables.sorted { Array($0.key.utf8).lexicographicallyPrecedes($1.key.utf8) }
        for (name, value) in sorted {
            form.add(name)
            form.add(value)
        }
        form.add(target)
        form.add(incident.text)
        return SHA256.hash(data: form.bytes).map { hexPair($0) }.joined()
    }

    /// The digest that `proposal` should carry when it runs as `action` says now.
    package static func hex(
        of proposal: MitigationProposed, variables: [String: String], incident: IncidentID
    ) -> String {
        hex(
            action: proposal.action, steps: proposal.steps, environment: proposal.environment,
            variables: variables, target: proposal.target, incident: incident,
            capture: proposal.capture ?? [], readyCheck: proposal.readyCheck ?? [])
    }

    private static func hexPair(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.utf8.count == 1 ? "0" + text : text
    }

    private struct Form {
        var bytes: [UInt8] = []

        mutating func add(_ text: String) {
            let utf8 = Array(text.utf8)
            add(count: utf8.count)
            bytes += utf8
        }
        mutating func add(_ commands: [[String]]) {
            add(count: commands.count)
            for command in commands {
                add(count: command.count)
                for argument in command { add(argument) }
            }
        }
        mutating func add(count: Int) {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
    }
}
