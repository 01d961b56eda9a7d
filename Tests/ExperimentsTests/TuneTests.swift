import Basics
import Foundation
import Results
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Experiments

/// A space over the small configuration of `small`, on four GPUs a node.
func tuneSpace(
    _ keys: String, slo: String, more: String = "", changes: [String] = [], scratch: Scratch
) throws -> ConfigurationSpace {
    let text = """
        {
            base: {
                step_time: { kind: "linear", per_token_us: 40 },
                hardware: { gpus_per_node: 4, nodes: 4 },
                trace: { limit: 80, rate_scale: 0.2 },
                engine: { num_gpu_blocks: 2000, max_model_len: 20000 },
            },
            keys: { \(keys) },
            slo: { \(slo) },
            \(more)
        }
        """
    let file = try scratch.write(text, "space-\(UUID().uuidString).json5")
    return try ConfigurationSpace(file: file, changes: changes)
}

/// Every point of a space run whole, by nothing but `Trial`.
struct BruteForce {
    var points: [TunedPoint] = []

    init(_ space: ConfigurationSpace) throws {
        let traces = TraceStore()
        let base = TuneBase(space.base)
        for number in 0..<space.points {
            let point = TunePoint(space, number, base: base)
            guard point.problem == nil else { continue }
            let runs = try space.traces.indices.flatMap { trace in
                try space.seeds.indices.map { seed in
                    try TuneRun(
                        space.configuration(point: number, trace: trace, seed: seed),
                        traces: traces, share: 1, endsEarly: false)
                }
            }
            points.append(
                TunedPoint(
                    point, runs, space.base.slo.requirements, seeds: space.seeds.count))
        }
    }

    func choice(_ goal: ConfigurationSpace.Goal) -> Tuning.Choice {
        Tuning.Choice(points, goal: goal)
    }
}

@Suite("The best configuration of a space")
struct TuneTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Even arrivals of requests with 400 to 1,200 prompt tokens.
    @discardableResult
    private func csv(_ name: String, requests: Int, every: Double) throws -> String {
        var lines = ["arrived_at,num_prefill_tokens,num_decode_tokens"]
        for row in 0..<requests {
            lines.append("\(Double(row) * every),\(400 + row * 397 % 800),20")
        }
        return try scratch.write(lines.joined(separator: "\n") + "\n", name + ".csv")
    }

    private static let keys = """
        "cluster.replicas": {from: 1, to: 4}, "engine.tensor_parallel_size": [1, 2],
        "engine.max_num_batched_tokens": [512, 2048, 8192]
        """
    private static let slo = "ttft_ms: {p95: 400}, tpot_ms: {p90: 25}"

    @Test("is the brute force's, whatever is sought")
    func equalsBruteForce() throws {
        let space = try tuneSpace(
            Self.keys, slo: Self.slo, changes: ["trace.limit=60"], scratch: scratch)
        let points = try BruteForce(space)
        for goal in ConfigurationSpace.Goal.allCases {
            let all = points.choice(goal)
            let best = try #require(all.best)
            let tuning = try Tuning(space, file: "space", goal: goal)
            #expect(tuning.best?.point == best.point, "\(goal)")
            #expect(tuning.best?.latency == best.latency, "\(goal)")
            #expect(tuning.best?.digests == best.digests, "\(goal)")
            #expect(tuning.recommended?.point == all.recommended?.point, "\(goal)")
            #expect(tuning.near.map(\.point) == all.near.map(\.point), "\(goal)")
            #expect(tuning.outcome == .found && !tuning.isHalved, "\(goal)")
            if goal == .gpus {
                #expect(tuning.evaluated < space.points)
                // Some are too small, or it would be no search.
                #expect(best.point.gpus > 1 && tuning.work.endedEarly > 0)
            }
        }
    }

    @Test("is the brute force's for any promise")
    func equalsBruteForceOfAnyPromise() throws {
        let seed: UInt64 = 31
        var random = SeededRandom(seed: seed)
        for trial in 0..<8 {
            let slo =
                "ttft_ms: {p\(80 + random.below(20)): \(60 + random.below(900))}, "
                + [
                    "tpot_ms: {p50: \(10 + random.below(25))}", "e2e_ms: {mean: 4000}",
                    "goodput: 0.9, ttft_ms: \(100 + random.below(900))",
                    "e2e_ms: {max: \(9_000 + random.below(20_000))}",
                ][trial % 4].replacing("goodput: 0.9, ttft_ms", with: "goodput: 0.9, e2e_ms")
            let space = try tuneSpace(
                """
                "cluster.replicas": [1, 2, 3], "engine.max_num_batched_tokens": [512, 4096]
                """, slo: slo, changes: ["trace.limit=40"], scratch: scratch)
            let all = try BruteForce(space).choice(.gpus)
            let tuning = try Tuning(space, file: "space")
            let hint: Comment = "seed \(seed), trial \(trial): \(slo)"
            #expect(tuning.best?.point == all.best?.point, hint)
            #expect(tuning.near.map(\.point) == all.near.map(\.point), hint)
            #expect(tuning.outcome == all.outcome, hint)
            #expect((tuning.nearest == nil) == (all.best != nil), hint)
        }
    }

    @Test("a run is ended early exactly when it would have missed a promise")
    func endsEarly() throws {
        let traces = TraceStore()
        var configuration = try small(["trace.rate_scale=0.3"])
        configuration.slo = try .init(short: "ttft_p90_ms=1,goodput=0.5,e2e_ms=9000")
        let plain = try Trial(configuration, traces: traces)
        var (ended, held) = (0, 0)
        for name in ["ttft", "tpot", "e2e"] {
            for statistic in ["mean", "p50", "p95", "p99.5", "max"] {
                let latency = ["ttft": plain.summary.timeToFirstToken]
                    .merging(["tpot": plain.summary.timePerOutputToken]) { $1 }
                    .merging(["e2e": plain.summary.endToEnd]) { $1 }[name]!
                let value = latency.figure(LatencyStatistic(statistic)!)
                for factor in [0.7, 1 - 1e-9, 1, 1.1] {
                    var limits = Configuration.ObjectiveSection.none
                    let member = ObjectiveLimits.latencies.first { $0.name == name }!.member
                    limits.limits[keyPath: member].limit(
                        LatencyStatistic(statistic)!, milliseconds: value * factor)
                    configuration.slo = limits
                    let early = try TuneRun(
                        configuration, traces: traces, share: 1, endsEarly: true)
                    #expect(early.isMet == (factor >= 1), "\(name) \(statistic) \(factor)")
                    if early.refuted != nil { ended += 1 }
                    if early.isMet { held += 1 }
                }
            }
        }
        #expect(ended >= 15 && held >= 30)
    }

    @Test("shares of good requests end a run, and requests that are never served count")
    func endsEarlyByShares() throws {
        let traces = TraceStore()
        var configuration = try small(["engine.max_model_len=1200", "trace.rate_scale=0.3"])
        for short in [
            "goodput=0.99,e2e_ms=1e9", "ttft_p50_ms=1e9", "e2e_mean_ms=1e9", "tpot_max_ms=1e9",
        ] {
            configuration.slo = try .init(short: short)
            let whole = try TuneRun(configuration, traces: traces, share: 1, endsEarly: false)
            let early = try TuneRun(configuration, traces: traces, share: 1, endsEarly: true)
            #expect(early.isMet == whole.isMet, "\(short)")
            if !whole.isMet { #expect(early.refuted == 0 && early.seen < 120, "\(short)") }
        }
    }

    @Test("with halving the best is found by fewer whole runs, and that is said")
    func halving() throws {
        let trace = try csv("even", requests: 640, every: 0.05)
        let space = try tuneSpace(
            """
            "engine.max_num_batched_tokens": {from: 256, to: 4352, step: 256},
            "engine.max_num_seqs": [4, 64]
            """, slo: "ttft_ms: {p95: 60000}",
            changes: ["trace.file=\(trace)", "trace.rate_scale=1", "trace.limit=640"],
            scratch: scratch)
        let tuning = try Tuning(space, file: "space", goal: .latency, most: 10_000)
        #expect(tuning.isHalved && tuning.work.shortRuns > space.points)
        #expect(tuning.evaluated < space.points / 2)
        let whole = try Tuning(space, file: "space", goal: .latency)
        #expect(!whole.isHalved && whole.evaluated == space.points)
        #expect(tuning.best?.point == whole.best?.point)
    }

    @Test("points that do not go together keep their reason and are not chosen")
    func failures() throws {
        let space = try tuneSpace(
            """
            "cluster.replicas": [1, 40], "engine.tensor_parallel_size": [1, 2]
            """, slo: "ttft_ms: {p95: 60000}", scratch: scratch)
        let tuning = try Tuning(space, file: "space")
        #expect(tuning.failed.map(\.number) == [2, 3])
        #expect(tuning.failed[0].problem?.contains("cluster.replicas: 40") == true)
        #expect(tuning.best?.point.number == 0)
        let none = try tuneSpace(
            "\"cluster.replicas\": [40, 50]", slo: Self.slo, scratch: scratch)
        let message = refusal { _ = try Tuning(none, file: "space") }
        #expect(message.contains("none of its 2 points can be run"), "\(message)")
        #expect(message.contains("cluster.replicas: 40"), "\(message)")
    }

    @Test("where nothing holds the promises, the nearest miss is the brute force's")
    func nothing() throws {
        let space = try tuneSpace(
            Self.keys, slo: "ttft_ms: {p95: 40}, tpot_ms: {p90: 3}", scratch: scratch)
        let tuning = try Tuning(space, file: "space")
        #expect(tuning.outcome == .nothing && tuning.best == nil && tuning.near.isEmpty)
        let nearest = try #require(tuning.nearest)
        #expect(nearest.promises.count == 2 && nearest.worst?.line.isMet == false)
        let least = try BruteForce(space).points
            .compactMap { $0.worst?.line.excess }.min()
        #expect(nearest.worst?.line.excess == least)
    }

    @Test("seeds that disagree leave it undecided, or the sure one goes first")
    func seeds() throws {
        // The built-in recipe draws other requests with every seed.
        func space(_ limit: Double) throws -> ConfigurationSpace {
            try tuneSpace(
                "\"cluster.replicas\": [1, 8]", slo: "ttft_ms: {p95: \(limit)}",
                more: "seeds: [0, 1, 2],", changes: ["trace.rate_scale=0.5"], scratch: scratch)
        }
        let points = try BruteForce(space(400)).points
        let values = points.map { $0.promises[0].bySeed.compactMap(\.self) }
        let mean = values[0].reduce(0, +) / 3
        #expect(values[0].max()! > mean * 1.001 && values[1].max()! < mean)
        // A limit at the mean of the smaller: one seed at least misses it.
        let tuning = try Tuning(space(mean * 1.0005), file: "space")
        #expect(tuning.outcome == .undecided)
        #expect(tuning.best?.point.gpus == 1 && tuning.best?.isSure == false)
        #expect(tuning.sureFrom?.point.gpus == 8)
        #expect(tuning.unsure.map(\.point.gpus) == [1])
        // Just below it: the larger is the best, and it is sure.
        let larger = try Tuning(space(mean * 0.9995), file: "space")
        #expect(larger.outcome == .found && larger.best?.point.gpus == 8)
        #expect(larger.unsure.map(\.point.gpus) == [1])
        // Above every seed.
        let sure = try Tuning(space(values[0].max()! * 1.01), file: "space")
        #expect(sure.outcome == .found && sure.best?.point.gpus == 1 && sure.unsure.isEmpty)
    }

    @Test("its figures are means over a point's runs, as in a sweep's table")
    func means() throws {
        let space = try tuneSpace(
            "\"cluster.replicas\": [1]", slo: "ttft_ms: {p95: 1e9}", more: "seeds: [0, 1, 2],",
            changes: ["trace.limit=50"], scratch: scratch)
        let best = try #require(try Tuning(space, file: "space").best)
        try Sweep(space).perform(to: scratch.path + "/points.csv")
        let table = try SweepTable(file: scratch.path + "/points.csv", isInput: false)
        func mean(_ name: String) -> Double { table.figures[SweepTable.Figure.place(name)][0] }
        #expect(abs(best.throughput / mean("output_throughput") - 1) < 1e-9)
        #expect(abs(best.latency * 1000 / mean("mean_e2el_ms") - 1) < 1e-9)
        #expect(best.cost == Double(best.point.gpus) / best.throughput)
    }

    @Test("each trace has to hold the promises")
    func traces() throws {
        try csv("calm", requests: 80, every: 1)
        try csv("rush", requests: 80, every: 0.02)
        let text = """
            {
                base: {
                    step_time: { kind: "linear", per_token_us: 40 },
                    hardware: { gpus_per_node: 4, nodes: 4 },
                    engine: { num_gpu_blocks: 2000, max_model_len: 20000 },
                },
                keys: { "cluster.replicas": {from: 1, to: 6} },
                slo: { ttft_ms: {p90: 100} }, TRACES
            }
            """
        func gpus(_ traces: String) throws -> Int? {
            let file = try scratch.write(text.replacing("TRACES", with: traces), "s.json5")
            return try Tuning(ConfigurationSpace(file: file), file: file).best?.point.gpus
        }
        let (calm, rush) = (
            try gpus("traces: [\"calm.csv\"]"), try gpus("traces: [\"rush.csv\"]")
        )
        #expect(calm == 1 && rush! > 1)
        #expect(try gpus("traces: [\"calm.csv\", \"rush.csv\"]") == rush)
    }

    @Test("values that the base comes to anyway are no changes")
    func changes() throws {
        let space = try tuneSpace(
            "\"engine.max_num_batched_tokens\": [8192, 4096], \"engine.block_size\": [16, 32]",
            slo: "ttft_ms: {p95: 60000}", scratch: scratch)
        let base = TuneBase(space.base)
        let changed = (0..<4).map { TunePoint(space, $0, base: base).changed }
        #expect(
            changed == [
                [], ["engine.max_num_batched_tokens"], ["engine.block_size"],
                ["engine.block_size", "engine.max_num_batched_tokens"],
            ])
        // 256 tokens a step derive 256 sequences, where the base derives more.
        let derived = try tuneSpace(
            "\"engine.max_num_batched_tokens\": [256], \"engine.max_num_seqs\": [256, 64]",
            slo: "ttft_ms: {p95: 60000}", scratch: scratch)
        let few = (0..<2).map { TunePoint(derived, $0, base: TuneBase(derived.base)).changed }
        #expect(
            few == [
                ["engine.max_num_batched_tokens"],
                ["engine.max_num_batched_tokens", "engine.max_num_seqs"],
            ])
    }

    @Test("what promises nothing, and traces that cannot be read, are refused")
    func refusals() throws {
        let keys = "\"cluster.replicas\": [1, 2]"
        func message(_ slo: String, _ changes: [String] = []) throws -> String {
            let space = try tuneSpace(keys, slo: slo, changes: changes, scratch: scratch)
            return refusal { _ = try Tuning(space, file: "space") }
        }
        #expect(try message("").contains("slo: promises nothing"))
        #expect(try message("ttft_ms: null").contains("promises nothing"))
        #expect(try message("goodput: 0").contains("every run holds"))
        #expect(try message("ttft_ms: {p95: 9}", ["trace.file=/nowhere"]).contains("/nowhere"))
        let load = try tuneSpace(
            "\"trace.rate_scale\": [0.1, 1]", slo: "ttft_ms: {p95: 9}", scratch: scratch)
        #expect(refusal { _ = try Tuning(load, file: "space") }.contains("changes the load"))
        let empty = try scratch.write("arrived_at,num_prefill_tokens,num_decode_tokens\n", "e.csv")
        #expect(try message("ttft_ms: {p95: 9}", ["trace.file=\(empty)"]) != "")
        // What cannot be reached is no mistake.
        let space = try tuneSpace(keys, slo: "ttft_ms: {p95: 0}", scratch: scratch)
        #expect(try Tuning(space, file: "space").outcome == .nothing)
    }

    @Test("one point, one request of one token")
    func smallest() throws {
        let one = try scratch.write(
            "arrived_at,num_prefill_tokens,num_decode_tokens\n0,10,1\n", "one.csv")
        let space = try tuneSpace(
            "", slo: "ttft_ms: {p95: 9000}, tpot_ms: {p95: 1}",
            changes: ["trace.file=\(one)", "cluster.replicas=1"], scratch: scratch)
        let tuning = try Tuning(space, file: "space")
        #expect(tuning.outcome == .found && tuning.best?.point.changed == [])
        #expect(tuning.confidence?.probability == 1)
    }
}
