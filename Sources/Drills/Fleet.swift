import Basics

/// The simulated machines.
struct Fleet {
    /// The name of a service that calls itself through others, or nil.
    static func cycle(_ services: [Scenario.Service]) -> String? {
        let calls = Dictionary(uniqueKeysWithValues: services.map { ($0.name, $0.dependsOn) })
        for service in services {
            var seen: Set<String> = []
            var open = service.dependsOn
            while let next = open.popLast() {
                if next == service.name { return next }
                if seen.insert(next).inserted { open += calls[next] ?? [] }
            }
        }
        return nil
    }
}
