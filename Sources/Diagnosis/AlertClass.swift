/// What an alert is about, as far as its name and labels say.
package enum AlertClass {
    private static let words = [
        "saturat", "exhaust", "throttl", "memory", "oom", "cpu", "disk", "filesystem", "inode",
        "pool", "connections", "queuefull", "capacity", "pressure", "overload",
    ]
    private static let labelNames = [
        "category", "class", "type", "kind", "signal", "golden_signal",
    ]

    /// Whether it says that a resource runs out.
    package static func isSaturation(name: String, labels: [String: String]) -> Bool {
        if labels["saturation"]?.lowercased() == "true" { return true }
        for label in labelNames {
            if labels[label]?.lowercased() == "saturation" { return true }
        }
        let lower = name.lowercased()
        return words.contains { lower.contains($0) }
    }

    package static func isSaturation(_ alert: AlertView) -> Bool {
        isSaturation(name: alert.name, labels: alert.labels)
    }
}
