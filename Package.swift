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

        // Measuring: never installed

        // Tests
        .target(
            name: "Support", dependencies: ["Basics"], path: "Tests/Support",
            swiftSettings: settings),
        tests("Metrics"),
        tests(
            "Reports",
            ["Incidents", "Diagnosis", "Safety", "Playbooks", "Journals", "SafeText"]),
        tests(
            "Room",
            ["Incidents", "Diagnosis", "Safety", "Playbooks", "Metrics", "Logs", "Feeds", "Canvas"]),
        tests(
            "Panes",
            [
                "Room", "Canvas", "Themes", "Incidents", "Diagnosis", "Safety", "Playbooks",
                "Metrics", "Logs", "Feeds", "SafeText",
            ], exclude: ["Frames"]),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
