import Models
import Testing

@testable import StepTime

@Suite("What steps ask of the GPUs")
struct StepDemandTests {
    private func demand(_ name: String, _ deployment: Deployment) throws -> StepDemand {
        let model = try Catalogue.model(named: name)
        let demand = StepDemand(model, deployment, gpu: .h100, window: model.window)
        return try #require(demand)
    }

    private func sums(
        _ demand: StepDemand, window: Int = 0, _ entries: [(tokens: Int, past: Int)]
    ) -> StepSums {
        var load = StepLoad()
        for entry in entries {
            load.add(entry.tokens, past: entry.past, samples: true, window: window)
        }
        var sums = StepSums()
        sums.add(load)
        demand.count(tokens: load.tokens, requests: load.requests, steps: 1, into: &sums)
        return sums
    }

    @Test("FLOPs and bytes of steps of Llama-3.1-8B, by hand")
    func dense() throws {
        let demand = try demand("llama-3.1-8b", Deployment())
        #expect(demand.isFixed)
        // q, k, v, o and three of the FFN, in 32 layers; the head apart.
        let matrices = 32.0 * (4096 * (4096 + 2 * 1024 + 4096) + 3 * 4096 * 14_336)
        let head = 4096.0 * 128_256
        let decode = sums(demand, [(1, 999)])
        #expect(
            demand.totalFLOPs(decode) == 2 * matrices + 2 * head + 32 * 4 * 4096 * 1000)
        // Weights, the context's keys and values, and those of the new token.
        let cached = 32.0 * 2 * 1024 * 2
        #expect(demand.totalBytes(decode) == 2 * (matrices + head) + cached * 1001)
        let prompt = sums(demand, [(512, 512)])
        let pairs = 512.0 * (2 * 512 + 512) / 2
        #expect(
            demand.totalFLOPs(prompt) == 512 * 2 * matrices + 2 * head + 32 * 4 * 4096 * pairs)
        #expect(demand.totalBytes(prompt) == 2 * (matrices + head) + cached * 1024)
    }

    @Test("what each GPU of a group holds twice is moved twice")
    func replicated() throws {
        let one = try demand("llama-3.1-8b", Deployment())
        let sixteen = try demand("llama-3.1-8b", Deployment(tensorParallel: 16))
        let decode = sums(one, [(1, 99_999)])
        #expect(one.totalFLOPs(decode) == sixteen.totalFLOPs(decode))
        // Eight KV heads on sixteen GPUs: the cache is there twice.
        let context = 32.0 * 2 * 1024 * 2 * 100_001
        let difference = sixteen.totalBytes(decode) - one.totalBytes(decode)
        #expect(difference > context && difference < 1.1 * context)
    }

    @Test(
        "explain shows the bytes that a run counts, copies too",
        arguments: [("llama-3.1-8b", 1), ("qwen3-30b-a3b", 8), ("deepseek-v3", 8)])
    func explained(name: String, size: Int) throws {
        let deployment = Deployment(tensorParallel: size)
        let demand = try demand(name, deployment)
        let step = try StepBreakdown.Step(batch: 2, tokens: 1, context: 1000)
        let phases = try StepBreakdown(
            Catalogue.model(named: name), deployment, ClockOptions(), step
        ).phases
        let near = demand.totalBytes(sums(demand, [(1, 999), (1, 999)]))
        let far = demand.totalBytes(sums(demand, [(1, 1999), (1, 1999)]))
        let cached = phases.reduce(0) { $0 + $1.kvBytes }
        #expect(abs(cached / (far - near) - 1) < 1e-9)
        // Norms and embeddings are not counted, and experts by the tokens that reach them.
        let apart = ["norms", "embedding", "experts"]
        let weights = phases.filter { !apart.contains($0.name) }.reduce(0) { $0 + $1.weightBytes }
        var alone = StepSums()
        (alone.steps, alone.microBatches) = (1, 1)
        #expect(abs(weights / demand.totalBytes(alone) - 1) < 1e-9)
    }

    @Test("experts are read as far as tokens reach them, by each micro-batch")
    func experts() throws {
        let model = try Catalogue.model(named: "qwen3-30b-a3b")
        let demand = try demand("qwen3-30b-a3b", Deployment())
        #expect(!demand.isFixed)
        guard case .experts(let experts) = model.layers[0].feedForward else {
            Issue.record("no experts")
            return
        }
        let each = 2 * Double(experts.weightsPerExpert(hidden: model.hiddenSize)) / 1024
        let layers = Double(model.layers.count)
        let one = Double(sums(demand, [(1, 10)]).expertKiB)
        #expect(abs(one / (layers * each * Double(experts.chosen)) - 1) < 1e-6)
        let many = Double(sums(demand, [(4096, 0)]).expertKiB)
        #expect(abs(many / (layers * each * Double(experts.count)) - 1) < 1e-6)
        var staged = Deployment()
        staged.pipelineParallel = 4
        let pipeline = try self.demand("llama-3.1-8b", staged)
        #expect(!pipeline.isFixed)
        #expect(sums(pipeline, Array(repeating: (1, 10), count: 9)).microBatches == 4)
        #expect(sums(pipeline, [(1, 10), (1, 10)]).microBatches == 2)
    }

    @Test("decodes counted together are decodes counted one by one")
    func together() {
        var (apart, together) = (StepSums(), StepSums())
        var (context, windowed): (Int128, Int128) = (0, 0)
        for step in 0..<7 {
            var load = StepLoad()
            for past in [100, 200, 395] {
                load.add(1, past: past + step, samples: true, window: 399)
            }
            apart.add(load)
            context += Int128(load.decodeContext)
            windowed += Int128(load.decodeWindowedContext)
        }
        together.addDecodes(3, steps: 7, context: context, windowedContext: windowed)
        #expect(apart == together)
    }

    @Test("the clock's host time is that of its profile")
    func host() throws {
        let model = try Catalogue.model(named: "llama-3.1-8b")
        var options = ClockOptions()
        options.host = .vllmSync32B
        let demand = try #require(
            StepDemand.measured(model, Deployment(), options))
        // 1.1 ms a step and 60 us a request.
        #expect(demand.hostTime(sums(demand, [(1, 10), (1, 20)])) == 1_220_000_000)
        options.usesCache = false
        #expect(StepDemand.measured(model, Deployment(), options) == nil)
        let windowed = try Catalogue.model(named: "gpt-oss-20b")
        #expect(StepDemand(windowed, Deployment(), gpu: .h100, window: 0) == nil)
    }
}
