import Basics
import Experiments
import Foundation
import Scenario
import Testing

@Suite("A space of configurations")
struct SpaceTests {
    private func space(_ text: String, changes: [String] = []) throws -> ConfigurationSpace {
        let path = NSTemporaryDirectory() + "headway-\(UUID().uuidString).json5"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try ConfigurationSpace(file: path, changes: changes)
    }

    @Test("has a point for every choice, the last key changing fastest")
    func points() throws {
        let space = try space(
            """
            { base: { trace: { limit: 5 } },
              keys: { "engine.block_size": [16, 32], "engine.max_num_seqs": {from: 1, to: 3} },
              linked: [{"engine.tensor_parallel_size": 2, "cluster.replicas": 4},
                       {"engine.tensor_parallel_size": 4, "cluster.replicas": 2}],
              seeds: [3, 9], slo: { ttft_ms: {p95: 2000} }, objective: "cost" }
            """)
        #expect(space.points == 12 && space.runsOfPoint == 2 && space.goal == .cost)
        #expect(
            space.keys == [
                "engine.block_size", "engine.max_num_seqs", "cluster.replicas",
                "engine.tensor_parallel_size",
            ])
        #expect(space.values(at: 0) == [16, 1, 4, 2].map { .integer($0) })
        #expect(space.values(at: 3) == [16, 2, 2, 4].map { .integer($0) })
        #expect(space.values(at: 11) == [32, 3, 2, 4].map { .integer($0) })
        let last = try space.configuration(point: 11, trace: 0, seed: 1)
        #expect(last.engine.blockSize == 32 && last.cluster.replicas == 2 && last.seed == 9)
        #expect(last.trace.limit == 5)
        // The slo of a space is whole: the base's other limits are not promised.
        #expect(space.base.slo.limits.timePerOutputToken == LatencyLimits())
    }

    @Test("ranges hold their ends, by steps or by factors")
    func ranges() throws {
        let space = try space(
            """
            { keys: { "trace.rate_scale": {from: 0.1, to: 0.3, step: 0.1},
                      "engine.max_num_batched_tokens": {from: 512, to: 4096, times: 2} } }
            """)
        #expect(space.axes[0].values.count == 4)
        #expect(space.axes[0].values.last == [.integer(4096)])
        #expect(space.axes[1].values.count == 3)
        #expect(space.traces.count == 1 && space.seeds == [0] && !space.namesSeeds)
    }

    @Test("without keys it is its base alone")
    func empty() throws {
        #expect(try space("{}").points == 1)
    }

    @Test(
        "what is wrong is refused with its place",
        arguments: [
            ("[]", "expected an object"), ("{ key: {} }", "key: unknown key"),
            ("{ keys: [] }", "keys: is a list"),
            ("{ keys: { \"engine.block_sze\": [1] } }", "block_sze"),
            ("{ keys: { \"engine.block_size\": [] } }", "is an empty list"),
            ("{ keys: { \"engine.block_size\": 16 } }", "is 16"),
            ("{ keys: { \"engine.block_size\": [16, 16] } }", "holds 16 twice"),
            ("{ keys: { \"engine.block_size\": [\"x\"] } }", "block_size: is \"x\""),
            ("{ keys: { engine: [1] } }", "engine"),
            ("{ keys: { \"engine.block_size\": {from: 1} } }", "is no range"),
            ("{ keys: { \"engine.block_size\": {from: 2, to: 1} } }", "is no range"),
            ("{ keys: { \"engine.block_size\": {from: 1, to: 2, step: 0} } }", "never ends"),
            ("{ keys: { \"engine.block_size\": {from: 1, to: 2, times: 1} } }", "never ends"),
            ("{ keys: { \"engine.block_size\": {from: 1, to: 2, by: 1} } }", "by: unknown key"),
            ("{ keys: { \"trace.rate_scale\": {from: 1, to: 1000, step: 0.0001} } }", "more than"),
            ("{ keys: { seed: [1] } }", "is no key of a space"),
            ("{ keys: { \"slo.ttft_ms\": [1] } }", "changes what is written or promised"),
            ("{ linked: [{\"seed\": 1}, {\"cluster.replicas\": 1}] }", "names cluster.replicas"),
            ("{ linked: [] }", "linked"), ("{ linked: [{}] }", "linked[0]"),
            ("{ linked: [{\"cluster.replicas\": 1}, {\"cluster.replicas\": 1}] }", "stands twice"),
            (
                "{ keys: {\"cluster.replicas\": [1]}, linked: [{\"cluster.replicas\": 1}] }",
                "stands in keys and in linked"
            ),
            ("{ keys: { \"\": [1] } }", "which is no key"),
            ("{ keys: { \"engine..block_size\": [1] } }", "which is no key"),
            ("{ keys: { \"engine.block_size\": [NaN] } }", "block_size: is \"NaN\""),
            ("{ keys: { \"trace.rate_scale\": {from: 1, to: Infinity} } }", "to: is"),
            (
                "{ keys: { \"engine.gait\": [\"walk\"], \"engine.advance\": [\"step\"] } }",
                "stands in keys and in linked, or twice"
            ),
            ("{ slo: { ttft_ms: {p95: -1} } }", "p95: is -1"),
            ("{ seeds: [1, 1] }", "twice"), ("{ seeds: [-1] }", "holds -1"),
            ("{ seeds: [\"a\"] }", "holds \"a\""), ("{ traces: [] }", "traces"),
            ("{ traces: [\"a\", \"a\"] }", "twice"), ("{ traces: [3] }", "holds 3"),
            ("{ objective: \"speed\" }", "is speed"), ("{ base: 3 }", "base: is 3"),
            ("{ base: \"no-such-file.json5\" }", "there is no such file"),
            ("{ slo: { ttft_ms: {p101: 3} } }", "p101"), ("{ slo: 3 }", "slo"),
            (
                "{ keys: { \"engine.block_size\": {from: 1, to: 9000}, "
                    + "\"engine.max_num_seqs\": {from: 1, to: 9000} } }",
                "more than 10000000 points"
            ),
        ])
    func refusals(_ text: String, _ problem: String) {
        let error = #expect(throws: InputError.self) { _ = try space(text) }
        let line = error?.description ?? ""
        #expect(line.contains(problem), "\(line)")
        #expect(!line.contains("\n"))
    }
}
