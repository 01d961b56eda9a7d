// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

/// Stages whose code runs once per step, sequence or price. They are optimised in debug builds too:
/// without it they are 20 times slower, and were half of the tests' time. Tests still see their
/// internals, and preconditions still say what they found. `-Xswiftc -Onone` is stronger.
let hot = ["Basics", "StepTime", "Simulator"]
let optimised =
    strict + [
        .unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))
    ]

/// Stages whose code reads configurations and prints pages, once a run. Release builds leave them
/// as they are: optimising them took a quarter of the first build, for some 10 ms of a run.
let cold = ["Models", "Scenario", "Reports"]
let plain = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// The stages of the data's way, each with the stages it may import. `TidyTests` reads this list.
let stages: [(name: String, imports: [String])] = [
    ("Basics", []),
    ("Traces", ["Basics"]),
    ("Models", ["Basics"]),
    ("StepTime", ["Basics", "Models"]),
    ("Simulator", ["Basics", "Traces", "Models", "StepTime"]),
    ("Results", ["Basics", "Traces", "Models", "StepTime", "Simulator"]),
    ("Scenario", ["Basics", "Traces", "Models", "StepTime", "Simulator"]),
    (
        "Fidelity",
        ["Basics", "Traces", "Models", "StepTime", "Simulator", "Results", "Scenario"]
    ),
    (
        "Experiments",
        ["Basics", "Traces", "Models", "StepTime", "Simulator", "Results", "Scenario"]
    ),
    (
        "Reports",
        [
            "Basics", "Traces", "Models", "StepTime", "Simulator", "Results", "Scenario",
            "Fidelity", "Experiments",
        ]
    ),
]

let package = Package(
    name: "headway",
    products: [
        .executable(name: "headway", targets: ["headway"]),
        .library(name: "HeadwayKit", targets: stages.map(\.name)),
    ],
    targets: stages.map { stage in
        .target(
            name: stage.name, dependencies: stage.imports.map { .init(stringLiteral: $0) },
            swiftSettings: hot.contains(stage.name)
                ? optimised : cold.contains(stage.name) ? plain : strict)
    } + [
        .executableTarget(
            name: "headway", dependencies: stages.map { .init(stringLiteral: $0.name) },
            swiftSettings: plain),
        .target(
            name: "TestSupport", dependencies: stages.map { .init(stringLiteral: $0.name) },
            path: "Tests/TestSupport", swiftSettings: strict),
        // The example policies, so that tests hold what the template ships.
        .target(
            name: "ExamplePolicies", dependencies: ["Basics", "Simulator"],
            path: "configs/schedulers/swift-policy/Sources/Policies", swiftSettings: strict),
    ]
        + stages.map { stage in
            .testTarget(
                name: stage.name + "Tests",
                // A test may look at results through the pages that show them.
                dependencies: (stages.map(\.name) + ["TestSupport"]
                    + (stage.name == "Experiments" ? ["ExamplePolicies"] : []))
                    .map { .init(stringLiteral: $0) },
                exclude: stage.name == "Fidelity" ? ["Cases"] : [],
                swiftSettings: strict)
        } + [
            .testTarget(
                name: "EndToEndTests",
                dependencies: stages.map { .init(stringLiteral: $0.name) } + [
                    "TestSupport", "headway",
                ],
                swiftSettings: strict),
            .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
        ]
)
