// swift-tools-version: 6.2
import PackageDescription

// Targets stand bottom layer first. Who may import whom is held by `Tests/TidyTests`; the reasons are
// in `Sources/README.md`.

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let cSettings: [CSetting] = [
    .define("_GNU_SOURCE"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [])
    -> Target
{
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(_ module: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [])
    -> Target
{
    .testTarget(
        name: "\(module)Tests",
        dependencies: [.byName(name: module), "Support"]
            + (module == "Basics" ? [] : ["Basics"]) + dependencies,
        exclude: exclude, swiftSettings: settings)
}

/// `scripts/fuzz` builds this with libFuzzer, which brings its own `main`; nothing else does.
let fuzzing: [Target] =
    Context.environment["WARROOM_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzz", dependencies: ["Basics", "Logs", "Metrics", "SafeText"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
    ]

let package = Package(
    name: "warroom",
    products: [.executable(name: "warroom", targets: ["warroom"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Ground
        module("Basics"),
        .target(
            name: "CNcurses",
            cSettings: cSettings + [
                .define("NCURSES_WIDECHAR", to: "1"), .define("NCURSES_NOMACROS", to: "1"),
            ],
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        .target(
            name: "CSystem", cSettings: cSettings, linkerSettings: [.linkedLibrary("z")]),
        module("SafeText", ["Basics"]),
        module("Documents", ["Basics", yams]),
        module("Processes", ["Basics", "CSystem"]),

        // Drawing
        module("Canvas", ["Basics", "SafeText"]),
        module("Terminal", ["Basics", "CNcurses", "CSystem", "Canvas", "SafeText"]),
        module("Themes", ["Basics", "Canvas", "Documents"]),

        // Data
        module("Metrics", ["Basics", "Documents", "CSystem"]),
        module("Logs", ["Basics", "SafeText", "CSystem"]),
        module("Incidents", ["Basics", "SafeText"]),
        module("Journals", ["Basics", "Incidents", "SafeText", "CSystem", crypto]),
        module("Feeds", ["Basics", "SafeText", "Metrics", "Logs", "Processes", "CSystem"]),

        // Judgement: pure functions of values and time
        module(
            "Playbooks", ["Basics", "Incidents", "Metrics", "Documents"], exclude: ["Builtin"]),
        module("Diagnosis", ["Basics", "Incidents", "Metrics", "Logs", "Playbooks"]),
        module("Safety", ["Basics", "Incidents", "Playbooks", crypto]),

        // Doing
        module(
            "Actions",
            [
                "Basics", "Incidents", "Playbooks", "Safety", "Journals", "Processes", "CSystem",
                crypto,
            ]),
        module(
            "Reports",
            ["Basics", "Incidents", "Diagnosis", "Safety", "Playbooks", "Journals", "SafeText"]),
        module("Drills", ["Basics", "Playbooks", "Documents"], exclude: ["Scenarios"]),
        module("Control", ["Basics", "Incidents", "CSystem"]),

        // The room
        module(
            "Room",
            [
                "Basics", "Incidents", "Diagnosis", "Safety", "Playbooks", "Metrics", "Logs",
                "Feeds", "Canvas",
            ]),
        module(
            "Panes",
            [
                "Basics", "Room", "Canvas", "Themes", "SafeText", "Reports", "Incidents",
                "Diagnosis", "Safety", "Playbooks", "Logs", "Feeds", "Metrics",
            ]),
        module(
            "App",
            [
                "Basics", "SafeText", "Documents", "Processes", "Canvas", "Terminal", "Themes",
                "Metrics", "Logs", "Incidents", "Journals", "Feeds", "Playbooks", "Diagnosis",
                "Safety", "Actions", "Reports", "Drills", "Room", "Panes", "CSystem", "Control",
            ]),
        .executableTarget(
            name: "warroom",
            dependencies: [
                "App", "Basics", "SafeText", "Documents", "Metrics", "Logs", "Incidents",
                "Journals", "Feeds", "Playbooks", "Diagnosis", "Safety", "Reports", "Drills",
                "Room", "Panes", "Themes", "Canvas", "CSystem", "Control", argumentParser,
            ],
            swiftSettings: settings),

        // Measuring: never installed
        .executableTarget(
            name: "Measure",
            dependencies: [
                "Basics", "SafeText", "Metrics", "Logs", "Feeds", "Incidents", "Journals",
                "Processes",
            ],
            swiftSettings: settings),

        // Tests
        .target(
            name: "Support", dependencies: ["Basics"], path: "Tests/Support",
            swiftSettings: settings),
        tests("Basics"),
        tests("SafeText", exclude: ["Lines"]),
        tests("Documents"),
        tests("Processes", ["CSystem"]),
        tests("Canvas", ["SafeText"]),
        tests("Terminal", ["Canvas"]),
        tests("Themes", ["Canvas", "Documents"]),
        tests("Metrics"),
        tests("Logs", ["SafeText"]),
        tests("Incidents"),
        tests("Control", ["Incidents", "CSystem"]),
        tests("Journals", ["Incidents"]),
        tests("Feeds", ["Logs", "Metrics", "SafeText"]),
        tests("Playbooks", ["Incidents", "Metrics", "Documents"]),
        tests("Diagnosis", ["Incidents", "Metrics", "Logs", "Playbooks"]),
        tests("Safety", ["Incidents", "Playbooks"]),
        tests(
            "Actions", ["Incidents", "Playbooks", "Safety", "Journals", "Processes", "CSystem"]),
        tests(
            "Reports",
            ["Incidents", "Diagnosis", "Safety", "Playbooks", "Journals", "SafeText"]),
        tests("Drills", ["Playbooks", "Metrics"]),
        tests(
            "Room",
            ["Incidents", "Diagnosis", "Safety", "Playbooks", "Metrics", "Logs", "Feeds", "Canvas"]),
        tests(
            "Panes",
            [
                "Room", "Canvas", "Themes", "Incidents", "Diagnosis", "Safety", "Playbooks",
                "Metrics", "Logs", "Feeds", "SafeText",
            ], exclude: ["Frames"]),
        tests(
            "App",
            [
                "Room", "Panes", "Canvas", "Terminal", "Incidents", "Journals", "Diagnosis",
                "Safety", "Playbooks", "Drills", "Feeds", "Metrics", "Logs", "Themes", "Actions",
                "Control", "Processes",
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["warroom", "Support", "Basics", "Panes", "Room", "Incidents"],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "App", "Support", "Basics", "Room", "Panes", "Canvas", "Terminal", "Incidents",
                "Journals", "Diagnosis", "Safety", "Playbooks", "Drills", "Feeds", "Metrics",
                "Logs", "Actions", "Processes", "Control",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TidyTests",
            dependencies: ["Support", "Basics", "Panes", "Room"],
            swiftSettings: settings),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
