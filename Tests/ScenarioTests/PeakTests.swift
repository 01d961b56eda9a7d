import Basics
import Scenario
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("What a run reached")
struct PeakTests {
    private func resolved(_ changes: [String]) throws -> ResolvedConfiguration {
        try Configuration.read(
            file: nil, changes: ["cluster.replicas=1", "trace.limit=40"] + changes
        ).resolved()
    }

    private func run(
        _ changes: [String], _ workload: Workload? = nil
    ) throws -> (ResolvedConfiguration, RunResult) {
        let resolved = try resolved(changes)
        let source =
            try workload.map { InMemorySource($0) as any RequestSource }
            ?? resolved.configuration.openTrace().source
        return (resolved, try simulate(resolved.plan, source: source))
    }

    private func prompts(_ tokens: [Int32], abort: Int64? = nil) -> Workload {
        var workload = Workload()
        for (row, prompt) in tokens.enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row))
            workload.promptTokens.append(prompt)
            workload.outputTokens.append(300)
            if let abort { workload.aborts.append(row == 0 ? abort : -1) }
        }
        return workload
    }

    @Test("limits that no step came near are no warning")
    func limits() throws {
        let (resolved, result) = try run([
            "engine.max_num_batched_tokens=131072", "engine.max_num_seqs=10000",
        ])
        // Nor did any come near what operators were measured up to; the host saw shorter prompts.
        #expect(resolved.rangeWarnings(result).allSatisfy { $0.contains(", the host ") })
        #expect(result.work.mostTokens > 100 && result.work.mostTokens < 32_768)
        #expect(result.work.mostDecodes <= 40)
    }

    @Test("what a run really reached is told", arguments: ["step", "fast_forward"])
    func reached(advance: String) throws {
        let (resolved, result) = try run(
            ["engine.max_num_batched_tokens=131072", "engine.advance=\(advance)"],
            prompts([60_000, 60_000, 130_900]))
        let warnings = resolved.rangeWarnings(result).joined(separator: "; ")
        // The first prompt goes alone; the step after it takes as much as its budget allows.
        #expect(result.work.mostTokens == 131_072)
        #expect(warnings.contains("tokens per step reached 131,072"), "\(warnings)")
        // The last token enters no context; max_model_len ends the answer.
        #expect(result.longestContext == 131_071)
        #expect(!warnings.contains("request reached 131,071, measured"), "\(warnings)")
        #expect(!warnings.contains("decodes"), "\(warnings)")
        // The host was fitted on smaller steps and shorter requests, on few of them too.
        #expect(
            warnings.contains("tokens in a step reached 131,072, the host vllm-0.23-async"),
            "\(warnings)")
        #expect(warnings.contains("up to 8,192"), "\(warnings)")
        #expect(warnings.contains("the host vllm-0.23-async was held to"), "\(warnings)")
        #expect(warnings.contains("up to 4,143 tokens"), "\(warnings)")
    }

    @Test("a prompt that is given up before its first token counts as far as it came")
    func givenUp() throws {
        let prompts = prompts([60_000], abort: 500_000_000)
        let (resolved, result) = try run(["cluster.replicas=1"], prompts)
        #expect(result.counters.aborted == 1 && result.counters.scheduledTokens < 60_000)
        #expect(result.longestContext == result.counters.scheduledTokens)
        #expect(result.longestContext >= 8_192)
        #expect(resolved.rangeWarnings(result).contains { $0.contains("context of one request") })
    }

    @Test("utilisation is that of a hand-made run")
    func utilization() throws {
        let (resolved, result) = try run(
            ["engine.max_num_seqs=10", "engine.max_num_batched_tokens=1000"], prompts([100]))
        // One step of 100 tokens, 299 of one.
        #expect(result.work.steps >= 300)
        let steps = Double(result.work.steps)
        #expect(result.utilization.runningLimit == 0.1)
        #expect(abs(result.utilization.tokenBudget - (steps + 99) / (1000 * steps)) < 1e-12)
        let demand = try #require(resolved.plan.demand)
        let flops = try #require(result.utilization.flops)
        #expect(
            flops == demand.totalFLOPs(result.work) / (result.duration * demand.peakFLOPS))
        // A single stream reads 16 GB a step.
        let bandwidth = try #require(result.utilization.memoryBandwidth)
        #expect(bandwidth > 0.6 && bandwidth < 1)
    }

    @Test("host time in the clock's steps is no work of the GPU's")
    func hostTime() throws {
        for isAsync in [true, false] {
            let changes = isAsync ? [] : ["engine.host=vllm-0.12-sync"]
            let (_, result) = try run(["engine.async_scheduling=\(isAsync)"] + changes)
            let host = try #require(result.hostTimeInSteps)
            #expect(host > 0 && host < result.busyTime)
            // 1.1 ms a step and 60 us a request, or 0.294 ms, 6.55 us and 25.1 us for up to eight.
            let (step, request): (Int128, Int128) =
                isAsync ? (294_000_000, 6_550_000) : (1_100_000_000, 60_000_000)
            let work = result.work
            let first =
                isAsync ? 25_100_000 * min(Int128(work.requests), 8 * Int128(work.steps)) : 0
            #expect(host == step * Int128(work.steps) + request * Int128(work.requests) + first)
        }
        let (_, linear) = try run(["step_time.kind=linear", "engine.max_model_len=20000"])
        #expect(linear.hostTimeInSteps == 0)
    }

    @Test("step for step is said of what was captured alone")
    func claims() throws {
        func trust(_ changes: [String], _ workload: Workload? = nil) throws -> String {
            let (resolved, result) = try run(changes, workload)
            return resolved.trust(result)
        }
        #expect(try trust([]).contains("step for step"))
        #expect(try trust(["engine.async_scheduling=false"]).contains("step for step"))
        let stages = try trust([
            "engine.pipeline_parallel_size=2", "hardware.gpus_per_node=2",
        ])
        #expect(!stages.contains("step for step"))
        #expect(stages.contains("not checked against the engine with pipeline_parallel_size 2"))
        // Only a client that does give up is beyond the captures.
        let workload = prompts([100, 100], abort: 100_000_000)
        let patient = prompts([100, 100], abort: 100_000_000_000)
        #expect(try trust([], workload).contains("step for step"))
        #expect(try trust(["engine.async_scheduling=false"], patient).contains("step for step"))
        #expect(
            try !trust(["engine.async_scheduling=false"], workload).contains("step for step"))
        var resolved = try resolved([])
        resolved.plan.engine.groups = [.full, .sliding(window: 128), .sliding(window: 1024)]
        #expect(!resolved.trust(RunResult()).contains("step for step"))
    }
}
