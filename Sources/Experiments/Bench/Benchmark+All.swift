import Basics
import Scenario
import Simulator
import Traces

extension Benchmark {
    /// Every benchmark, in the order of the table in the article Speed.
    package static let all: [Benchmark] = [
        Benchmark("chat-80", "one replica at 80 % of its capacity, chat-like, no sharing") {
            try chat(load: 0.8, requests: 200_000)
        },
        Benchmark("chat-80-csv", "the same with requests.csv written", writesRows: true) {
            try chat(load: 0.8, requests: 200_000)
        },
        Benchmark(
            "chat-80-policy", "the same under first come, first served written as a policy"
        ) {
            var (plan, source) = try chat(load: 0.8, requests: 200_000)
            plan.policy = FirstComeFirstServed()
            return (plan, source)
        },
        Benchmark(
            "chat-80-watched", "the same with every latency divided into parts",
            dividesLatencies: true
        ) { try chat(load: 0.8, requests: 200_000) },
        Benchmark("chat-20", "one replica at 20 % of its capacity") {
            try chat(load: 0.2, requests: 200_000)
        },
        Benchmark("chat-windows", "at 80 %, gpt-oss-20b: half of its layers have a window") {
            try chat(load: 0.8, requests: 200_000, model: "gpt-oss-20b")
        },
        Benchmark("step-32", "every step executed, 32 chat requests always running") {
            var (plan, source) = try chat(load: 0.5, requests: 4_000)
            plan.engine.advance = .step
            plan.arrivals = .closedLoop(concurrency: 32)
            return (plan, source)
        },
        Benchmark("step-decode", "every step executed, 32 requests that decode, blocks of 16") {
            try decoders(blockSize: 16)
        },
        Benchmark("step-decode-256", "the same with blocks of 256") {
            try decoders(blockSize: 256)
        },
        Benchmark(
            "chat-10M", "ten million requests on one replica at 80 %, as a stream", isLong: true
        ) { try chat(load: 0.8, requests: 10_000_000) },
        Benchmark("long-16", "prompts of 12,000 tokens, shared openings, blocks of 16") {
            try long(blockSize: 16)
        },
        Benchmark("long-512", "the same with blocks of 512") { try long(blockSize: 512) },
        Benchmark("long-windows-16", "the same with gpt-oss-20b, blocks of 16") {
            try long(blockSize: 16, model: "gpt-oss-20b")
        },
        Benchmark("long-windows-512", "and with blocks of 512") {
            try long(blockSize: 512, model: "gpt-oss-20b")
        },
        Benchmark("fleet-least", "1,000 replicas behind least_outstanding") {
            try fleet(.leastOutstanding)
        },
        Benchmark("fleet-prefix", "1,000 replicas behind prefix_affinity") {
            try fleet(.prefixAffinity)
        },
        Benchmark("week-1/50", "a fiftieth of a week on 64 replicas, all processors") {
            try week(requests: 882_000)
        },
        Benchmark(
            "week", "44.1 million requests over a week on 64 replicas, all processors",
            isLong: true
        ) { try week(requests: 44_100_000) },
        Benchmark(
            "tune", "headway tune over 96 points of the built-in chat trace, all processors",
            study: tune),
        Benchmark("price", "four million prices of steps of 64 decodes, each a request here") {
            try price(chunks: 0)
        },
        Benchmark("price-chunks", "the same with eight chunks added to each step") {
            try price(chunks: 8)
        },
    ]

    /// Finds the fewest GPUs for the built-in trace over replicas, tensor parallelism and token
    /// budget.
    @Sendable private static func tune() throws -> TuneWork {
        var base = try Configuration.read(file: nil, changes: ["hardware.nodes=4"])
        base.slo = try .init(short: "ttft_p95_ms=150,tpot_p95_ms=15")
        func axis(_ key: String, _ values: [Int]) -> ConfigurationSpace.Axis {
            .init(keys: [key], values: values.map { [.integer($0)] })
        }
        let space = ConfigurationSpace(
            base: base,
            axes: [
                axis("cluster.replicas", Array(1...8)),
                axis("engine.max_num_batched_tokens", [512, 2_048, 8_192, 16_384]),
                axis("engine.tensor_parallel_size", [1, 2, 4]),
            ], traces: [.init(name: "", file: nil)], seeds: [0], namesSeeds: false, goal: .gpus)
        return try Tuning(space, file: "bench").work
    }

    private static let unlessSaid = "llama-3.1-8b"

    /// A plan for a model on H100s with the engine's defaults, as `headway run` resolves them.
    private static func plan(replicas: Int, model: String = unlessSaid) throws -> RunPlan {
        let configuration = try Configuration.read(
            file: nil,
            changes: [
                "model.name=\(model)", "cluster.replicas=\(replicas)",
                "hardware.nodes=\((replicas + 7) / 8)",
            ])
        var plan = try configuration.resolved().plan
        plan.keepsRecords = false
        return plan
    }

    /// Like the Azure LLM inference trace 2023, conversation: prompt median 1,020, 90th percentile
    /// 2,735; output median 129, 90th percentile 424.
    private static func chatTraffic(rate: Double, swing: Double = 1) -> QuantileSource.Traffic {
        .init(
            rate: rate, peakOverTrough: swing,
            prompt: LengthTable(median: 1_020, p90: 2_735, in: 2...14_050),
            output: LengthTable(median: 129, p90: 424, in: 1...1_000))
    }

    /// Like the Azure trace of 2024, code: prompt median 1,930, output median 8.
    private static func codeTraffic(rate: Double, swing: Double) -> QuantileSource.Traffic {
        .init(
            rate: rate, peakOverTrough: swing,
            prompt: LengthTable(median: 1_930, p90: 5_000, in: 3...7_700),
            output: LengthTable(median: 8, p90: 50, in: 1...1_900))
    }

    /// Requests per second that one replica completes when all of them are waiting from the start.
    private static func capacity(of model: String = unlessSaid) throws -> Double {
        let plan = try plan(replicas: 1, model: model)
        let source = QuantileSource([chatTraffic(rate: 1e6)], requests: 4_000, seed: 7)
        let result = try simulate(plan, source: source)
        return Double(result.counters.finished) / result.duration
    }

    private static func chat(
        load: Double, requests: Int, model: String = unlessSaid
    ) throws -> (plan: RunPlan, source: any RequestSource) {
        let rate = load * (try capacity(of: model))
        let source = QuantileSource([chatTraffic(rate: rate)], requests: requests, seed: 1)
        return (try plan(replicas: 1, model: model), source)
    }

    /// 32 requests that arrive together and decode 100,000 tokens each, stepped.
    private static func decoders(
        blockSize: Int
    ) throws -> (plan: RunPlan, source: any RequestSource) {
        var plan = try Self.plan(replicas: 1)
        plan.engine.advance = .step
        plan.engine.numGPUBlocks = 4_000_000 / blockSize
        plan.engine.blockSize = blockSize
        var workload = Workload()
        for row in 0..<32 {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(Int32(1_000 + 7 * row))
            workload.outputTokens.append(100_000)
        }
        return (plan, InMemorySource(workload))
    }

    private static func fleet(
        _ policy: RouterConfiguration.Policy
    ) throws -> (plan: RunPlan, source: any RequestSource) {
        var plan = try Self.plan(replicas: 1_000)
        plan.router.policy = policy
        let rate = 600 * (try capacity())
        let source = QuantileSource([chatTraffic(rate: rate)], requests: 200_000, seed: 2)
        return (plan, source)
    }

    /// Questions on long documents, more than one per document: 12,000 requests of 24 pieces of 512
    /// tokens, the first few shared, on a pool that cannot keep them all.
    private static func long(
        blockSize: Int, model: String = unlessSaid
    ) throws -> (plan: RunPlan, source: any RequestSource) {
        var plan = try Self.plan(replicas: 1, model: model)
        plan.engine.numGPUBlocks = 432_000 / blockSize + 1
        plan.engine.blockSize = blockSize
        var random = SeededRandom(seed: 3)
        var workload = Workload()
        var time = 0.0
        for row in 0..<12_000 {
            time += random.exponential() * 0.6
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(time * 1e9))
            workload.outputTokens.append(Int32(1 + random.below(680)))
            let document = Int64(random.below(6_000))
            let shared = 1 + random.below(24)
            let pieces = 8 + random.below(32)
            for piece in 0..<pieces {
                let own = 1_000_000 + Int64(row) * 64 + Int64(piece)
                let content = piece == 0 ? 0 : piece < shared ? document * 64 + Int64(piece) : own
                workload.segments.append(Segment(content: content, length: 512))
            }
            workload.segmentEnds.append(workload.segments.count)
            workload.promptTokens.append(Int32(512 * pieces))
        }
        return (plan, InMemorySource(workload))
    }

    /// Of 44.1 requests 27.3 are chat, the rest code, as in the Azure traces of 2024; busiest over
    /// quietest hour is 3.6 and 33.
    private static func week(
        requests: Int
    ) throws -> (plan: RunPlan, source: any RequestSource) {
        var plan = try Self.plan(replicas: 64)
        plan.router.policy = .roundRobin
        let seconds = 604_800.0
        let source = QuantileSource(
            [
                chatTraffic(rate: 27_300_000 / seconds, swing: 3.6),
                codeTraffic(rate: 16_800_000 / seconds, swing: 33),
            ], requests: requests, seed: 4)
        return (plan, source)
    }
}
