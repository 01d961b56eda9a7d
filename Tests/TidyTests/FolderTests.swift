import Testing

/// No import circle inside the simulator, which is one module: its folders are layers, and code
/// uses words of the layers below its own only.
@Suite("The simulator's folders are layers")
struct FolderTests {
    private static let folders = Result {
        SimulatorFolders(try SourceFile.all(under: ["Sources"]), layer: layer)
    }
    /// From the bottom to the top. The root's `Simulation.swift` is the door to all of it.
    private static let layers = [
        "Kernel", "Config", "Observe", "Requests", "KVCache", "Scheduler", "Engine",
        "Cluster",
        "Simulation",
    ]

    private static func layer(_ file: String) -> String {
        file.contains("/") ? String(file.split(separator: "/")[0]) : "Simulation"
    }

    @Test("a folder uses words of the folders below it only")
    func arrows() throws {
        let height = Dictionary(uniqueKeysWithValues: Self.layers.enumerated().map { ($1, $0) })
        var arrows: Set<String> = []
        for use in try Self.folders.get().uses {
            guard let own = height[use.from] else {
                Issue.record("\(use.file): \(use.from) is no layer")
                continue
            }
            for to in use.to { arrows.insert("\(use.from) -> \(to)") }
            let isBelow = use.to.contains { height[$0].map { $0 < own } ?? false }
            #expect(
                isBelow,
                "\(use.file):\(use.line): \(use.word), \(use.from) -> \(use.to.sorted().joined())")
        }
        // The test sees arrows at all, and the one that matters most.
        #expect(arrows.count > 20)
        #expect(arrows.contains("Engine -> Scheduler") && arrows.contains("Scheduler -> KVCache"))
    }

    /// Who takes a whole instance, and why: it is the loop, or a door to it.
    private static let takers = [
        "Engine/Loop.swift": "the loop",
        "Engine/FastForward.swift": "the loop, many steps at once",
        "Engine/DecodeSteps.swift": "the loop's clock in those steps",
        "Engine/Enqueue.swift": "the way in: a request gets a slot, its content and its place",
        "Engine/NextEvent.swift": "when the loop must run again, which its whole state says",
        "Engine/DecisionLogging.swift": "what watches a turn of the loop",
        "Engine/PlanNotes.swift": "what watches a turn of the loop",
        "Engine/WindowSampling.swift": "what stops the loop at windows' ends and counts there",
        "Cluster/Cluster.swift": "what collects from it",
        "Engine/Conservation.swift": "what holds its state",
        "Engine/Invariants/Invariants.swift": "what holds its state",
        "Engine/Invariants/QueueInvariants.swift": "what holds its state",
        "Engine/Invariants/CohortInvariants.swift": "what holds its state",
        "Engine/Invariants/BlockInvariants.swift": "what holds its state",
    ]

    @Test("no function takes the whole instance unless it is the loop or a door to it")
    func wholeInstance() throws {
        let takers = try Self.folders.get().takersOfInstance
        for taker in takers where Self.takers[taker.file] == nil {
            Issue.record("Sources/Simulator/\(taker.file):\(taker.line) takes a whole instance")
        }
        let seen = Set(takers.map(\.file))
        #expect(seen == Set(Self.takers.keys), "\(Set(Self.takers.keys).subtracting(seen))")
    }

    @Test("an arrow that goes up is seen, and so is who takes a whole instance")
    func seesArrows() {
        let files = [
            SourceFile(
                path: "Sources/Simulator/KVCache/Pool.swift",
                lines: [
                    "/// A comment may name the Scheduler.", "struct Pool {",
                    "    var text = \"Scheduler\"", "    func take() -> Scheduler { decide(1) }",
                    "    private func finish() { grow() }", "}", "private struct Hidden {}",
                ]),
            SourceFile(
                path: "Sources/Simulator/Scheduler/Scheduler.swift",
                lines: [
                    "public struct Scheduler {", "    func close(_ instance: inout Instance) {",
                    "        pool.decide(Pool())", "        finish(Hidden())", "    }", "}",
                    "@inline(__always)", "func decide(_ number: Int) {}", "func finish() {}",
                    "extension Pool {", "    mutating func grow() {}", "}",
                ]),
        ]
        let seen = SimulatorFolders(files, layer: Self.layer)
        let uses = seen.uses.map { "\($0.line): \($0.from) \($0.word) \($0.to.sorted())" }
        #expect(
            uses == [
                #"4: KVCache Scheduler ["Scheduler"]"#, #"4: KVCache decide ["Scheduler"]"#,
                #"5: KVCache grow ["Scheduler"]"#, #"3: Scheduler Pool ["KVCache"]"#,
                #"10: Scheduler Pool ["KVCache"]"#,
            ])
        #expect(seen.takersOfInstance.map(\.line) == [2])
    }
}
