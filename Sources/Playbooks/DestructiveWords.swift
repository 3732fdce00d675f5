import Incidents

/// Finds words in command lines by which something is destroyed or changed.
///
/// This catches what was overlooked; it proves nothing about a program that hides what it does.
/// Words are compared as ASCII without case.
package enum DestructiveWords {
    // MARK: Actions

    /// Why these command lines destroy something that nothing brings back, or nil.
    ///
    /// DROP, DELETE, TRUNCATE, key rotation, node termination and drains, reimaging, scaling to
    /// zero. Templates are read with their `{slots}` as they stand.
    package static func destruction(in steps: [[String]]) -> String? {
        for step in steps {
            let words = step.flatMap(pieces)
            if let word = words.first(where: destroying.contains) { return word }
            if words.contains(where: rotating.contains), words.contains(where: secrets.contains) {
                return "rotates keys"
            }
            if words.contains("drain"), words.contains(where: machines.contains) {
                return "drains a node"
            }
        }
        return scalingToZero(in: steps)
    }

    /// Why these command lines, with every slot filled, scale something to nothing, or nil.
    package static func scalingToZero(in steps: [[String]]) -> String? {
        for step in steps {
            let arguments = step.map(lowercased)
            for (index, argument) in arguments.enumerated() {
                let isBare = replicaOptions.contains { NameRule.same($0, argument) }
                let next = index + 1 < arguments.count ? arguments[index + 1] : ""
                if isBare, isZero(next) { return "scales to zero" }
                let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2, isZero(parts[1]),
                    replicaOptions.contains(where: { NameRule.same($0, parts[0]) })
                {
                    return "scales to zero"
                }
                if setsReplicasToZero(argument) { return "scales to zero" }
            }
            let words = arguments.flatMap(pieces)
            if words.contains("scale"), words.contains(where: isZero) { return "scales to zero" }
        }
        return nil
    }

    // MARK: Commands that must change nothing

    /// The word by which a command would change something, or nil when none was found.
    package static func change(in argv: [String]) -> String? {
        guard let program = argv.first else { return nil }
        let name = lowercased(program.split(separator: "/").last.map(String.init) ?? program)
        if changingPrograms.contains(name) || name.hasPrefix("mkfs") { return name }
        if let word = pieces(name).first(where: strong.contains) { return word }
        for argument in argv.dropFirst() {
            if let word = pieces(argument).first(where: strong.contains) { return word }
            // `--start-time` is the name of an option, `scale-service` that of a service.
            guard argument.utf8.first != 0x2D else { continue }
            if let word = wholeWords(argument).first(where: weak.contains) { return word }
        }
        return scalingToZero(in: [argv])
    }

    // MARK: Lists

    private static let destroying: Set<String> = [
        "drop", "dropdb", "delete", "truncate", "reimage", "terminate", "destroy", "wipe", "purge",
        "mkfs", "flushall", "flushdb",
    ]
    private static let rotating: Set<String> = ["rotate", "rotation", "revoke"]
    private static let secrets: Set<String> = [
        "key", "keys", "secret", "secrets", "credential", "credentials", "token", "tokens",
        "password", "passwords", "certificate", "certificates",
    ]
    private static let machines: Set<String> = ["node", "nodes", "kubectl", "host", "instance"]
    private static let replicaOptions = [
        "--replicas", "replicas", "--desired-capacity", "--desired-count", "--min-replicas",
    ]
    /// Anywhere, also as a part of a longer word joined by `-` or `_`.
    private static let strong: Set<String> = destroying.union([
        "rm", "rmdir", "shred", "unlink",
        "kill", "pkill", "killall", "uninstall", "prune", "reboot", "shutdown", "poweroff",
        "drain", "cordon", "uncordon", "evict",
    ])
    /// Only as a word of its own: columns and options have names such as `query_start`.
    private static let weak: Set<String> = [
        "remove", "rollback", "failover", "restart", "scale", "apply", "patch", "edit", "replace",
        "set", "unset", "update",
        "insert", "alter", "create", "grant", "revoke", "stop", "start", "reload", "reset",
        "undo", "promote", "demote", "flush", "rotate", "halt", "restore", "upgrade", "install",
        "annotate", "label", "taint", "enable", "disable", "mask", "unmask", "pg_cancel_backend",
        "pg_reload_conf", "pg_promote", "vacuum", "reindex", "migrate", "publish", "rename", "mv",
    ]
    private static let changingPrograms: Set<String> = [
        "dd", "mv", "tee", "truncate", "chmod", "chown", "ln", "install", "sudo", "su", "xargs",
        "halt", "init", "telinit", "iptables", "nft", "useradd", "userdel", "passwd", "mount",
        "umount", "kexec", "flyway", "restart", "scale",
    ]

    // MARK: Words

    /// Lower-case ASCII words between anything that is no letter and no digit.
    private static func pieces(_ text: String) -> [String] {
        split(text) { NameRule.isAlphanumeric($0) }
    }

    /// Lower-case words in which `-` and `_` belong to the word.
    private static func wholeWords(_ text: String) -> [String] {
        split(text) { NameRule.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
    }

    private static func split(_ text: String, _ belongs: (UInt8) -> Bool) -> [String] {
        Array(text.utf8).split { !belongs($0) }.map {
            lowercased(String(decoding: $0, as: UTF8.self))
        }
    }

    private static func lowercased(_ text: String) -> String {
        String(
            decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }

    private static func isZero(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return !bytes.isEmpty && bytes.allSatisfy { $0 == 0x30 }
    }

    /// `{"spec": {"replicas": 0}}` in one argument.
    private static func setsReplicasToZero(_ argument: String) -> Bool {
        let words = pieces(argument)
        return zip(words, words.dropFirst()).contains {
            NameRule.same($0, "replicas") && isZero($1)
        }
    }
}
