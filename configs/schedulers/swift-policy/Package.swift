// swift-tools-version: 6.2
import PackageDescription

// A template: copy the folder anywhere, say where Headway is, and write a policy of your own.
let package = Package(
    name: "swift-policy",
    dependencies: [.package(name: "headway", path: "../../..")],
    targets: [
        .target(
            name: "Policies", dependencies: [.product(name: "HeadwayKit", package: "headway")]),
        .executableTarget(
            name: "try-policy",
            dependencies: ["Policies", .product(name: "HeadwayKit", package: "headway")]),
    ]
)
