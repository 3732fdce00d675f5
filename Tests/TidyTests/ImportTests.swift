import Support
import Testing

/// Who may import whom: the map of the house, held by a test.
@Suite struct ImportTests {
    /// Modules of the project that each module may import. What is not here may import nothing.
    static let allowed: [String: Set<String>] = [
        "Basics": [],
        "SafeText": ["Basics"],
        "Documents": ["Basics"],
        "Processes": ["Basics", "CSystem"],
        "Canvas": ["Basics", "SafeText"],
        "Terminal": ["Basics", "CNcurses", "CSystem", "Canvas", "SafeText"],
        "Themes": ["Basics", "Canvas", "Documents"],
        "Metrics": ["Basics", "Documents", "CSystem"],
        "Logs": ["Basics", "SafeText", "CSystem"],
        "Incidents": ["Basics", "SafeText"],
        "Journals": ["Basics", "Incidents", "SafeText", "CSystem"],
        "Feeds": ["Basics", "SafeText", "Metrics", "Logs", "Processes", "CSystem"],
        "Playbooks": ["Basics", "Incidents", "Metrics", "Documents"],
        "Diagnosis": ["Basics", "Incidents", "Metrics", "Logs", "Playbooks"],
        "Safety": ["Basics", "Incidents", "Playbooks"],
        "Actions": [
            "Basics", "Incidents", "Playbooks", "Safety", "Journals", "Processes", "CSystem",
            "SafeText",
        ],
        "Reports": [
            "Basics", "Incidents", "Diagnosis", "Safety", "Playbooks", "Journals", "SafeText",
        ],
        "Drills": ["Basics", "Playbooks", "Documents"],
        "Control": ["Basics", "Incidents", "CSystem"],
        "Room": [
            "Basics", "Incidents", "Diagnosis", "Safety", "Playbooks", "Metrics", "Logs", "Feeds",
            "Canvas",
        ],
        "Panes": [
            "Basics", "Room", "Canvas", "Themes", "SafeText", "Reports", "Incidents", "Diagnosis",
            "Safety", "Playbooks", "Logs", "Feeds", "Metrics",
        ],
        "App": Set(House.modules).subtracting(["App", "warroom", "CNcurses"]),
        "warroom": Set(House.modules).subtracting(["CNcurses", "Terminal", "Processes"]),
        "Measure": [
            "Basics", "SafeText", "Metrics", "Logs", "Feeds", "Incidents", "Journals", "Processes",
        ],
        "Fuzz": ["Basics", "Logs", "Metrics", "SafeText"],
    ]

    /// Packages from outside, and the only modules that may import each.
    static let outside: [String: Set<String>] = [
        "Yams": ["Documents"],
        "ArgumentParser": ["warroom"],
        "Crypto": ["Journals", "Safety", "Actions"],
        "CNcurses": ["Terminal"],
        "Foundation": [],
        "FoundationEssentials": ["Basics"],
    ]

    @Test(arguments: House.sources) func importsOnlyWhatItMay(_ path: String) throws {
        let module = House.module(of: path)
        let allowed = Self.allowed[module] ?? []
        for (number, line) in try House.lines(path) where line.hasPrefix("import ") {
            let name = String(line.dropFirst("import ".count))
            if House.modules.contains(name) {
                #expect(
                    allowed.contains(name),
                    "\(path):\(number): error: \(module) must not import \(name)")
            } else if let users = Self.outside[name] {
                #expect(
                    users.contains(module),
                    "\(path):\(number): error: \(name) belongs to \(users.sorted()), not \(module)")
            }
        }
    }

    /// Only the simulator knows what is true in a drill; everything else has to find out.
    @Test(arguments: House.sources.filter { !$0.hasPrefix("Sources/Drills/") })
    func nobodyReadsTheTruth(_ path: String) throws {
        let banned = [".truth", "faultAt", ".fault.", ".decoys", "RightAction", "scenario.right"]
        for (number, line) in try House.lines(path) {
            for word in banned where line.contains(word) {
                Issue.record("\(path):\(number): error: \(word) is known to Drills alone")
            }
        }
    }

    @Test func everyTargetIsInTheArchitecturePage() throws {
        let page = try Repository.text("Sources/README.md")
        for module in House.modules {
            #expect(
                page.contains("| `\(module)` |"),
                "Sources/README.md: error: the table has no row for \(module)")
        }
    }
}
