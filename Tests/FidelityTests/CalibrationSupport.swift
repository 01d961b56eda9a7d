import Basics
import Foundation
import Scenario
import Simulator
import StepTime
import TestSupport
import Traces

@testable import Fidelity

/// A server that is none: the program under constants that a fit is not told, measured as people
/// measure servers.
struct HiddenServer {
    let host: HostProfile
    let gpuScale: Double
    let scratch: ScratchFolder
    let changes: [String]
    /// Relative noise of a request's times, as two H100s show it in a run.
    var noise = 0.01

    /// Keys of a small server: few tokens a step make its tables quickly.
    static let keys = [
        "model.name=llama-3.1-8b", "hardware.gpus_per_node=1", "cluster.replicas=1",
        "engine.enable_prefix_caching=false", "engine.max_num_seqs=128",
        "engine.max_num_batched_tokens=2048", "engine.max_model_len=8192",
    ]

    init(_ host: HostProfile, gpuScale: Double = 1, changes: [String] = []) throws {
        self.host = host
        self.gpuScale = gpuScale
        self.changes = Self.keys + changes
        scratch = try ScratchFolder()
    }

    /// What a user knows of it.
    func known() throws -> Configuration {
        try Configuration.read(file: nil, changes: changes)
    }

    /// What the server is.
    private func plan() throws -> RunPlan {
        let file = scratch.path + "/hidden.json"
        try JSONEncoder().encode(host).write(to: URL(fileURLWithPath: file))
        let configuration = try Configuration.read(
            file: nil,
            changes: changes + ["engine.host.profile=\(file)", "step_time.scale=\(gpuScale)"])
        return try configuration.resolved().plan
    }

    /// Requests at a rate, or a user at a time for 0; prompts of the given lengths, in turn.
    struct Stage {
        var requests: Int
        var rate: Double
        var prompts: [Int]
        var output: Int
    }

    /// The records of a stage.
    func records(_ stage: Stage, seed: UInt64) throws -> [RequestRecord] {
        var workload = Workload()
        for row in 0..<stage.requests {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(Int32(stage.prompts[row % stage.prompts.count]))
            workload.outputTokens.append(Int32(stage.output))
        }
        var plan = try plan()
        plan.seed = seed
        guard stage.rate > 0 else {
            plan.arrivals = .closedLoop(concurrency: 1)
            return try simulate(plan, source: InMemorySource(workload)).records
        }
        let drawn = DrawnArrivals(InMemorySource(workload), SendingRate(stage.rate), seed: seed)
        return try simulate(plan, source: drawn).records
    }

    /// Runs a stage and writes what `vllm bench serve --save-detailed` would; returns the file.
    func bench(_ name: String, _ stage: Stage, seed: UInt64) throws -> String {
        var random = SeededRandom(seed: seed, stream: 7)
        let records = try records(stage, seed: seed).sorted { $0.arrival < $1.arrival }
        func noisy(_ picoseconds: Int64) -> Double {
            Double(picoseconds) * 1e-12 * (1 + noise * random.normal())
        }
        var (starts, ttfts, gaps): ([Double], [Double], [[Double]]) = ([], [], [])
        for record in records {
            starts.append(Double(record.arrival) * 1e-12)
            ttfts.append(noisy(record.firstToken - record.arrival))
            let number = Int(record.outputTokens) - 1
            let decode = noisy(record.finish - record.firstToken)
            gaps.append(Array(repeating: decode / Double(max(1, number)), count: number))
        }
        let result: [String: Any] = [
            "backend": "vllm", "model_id": "hidden", "num_prompts": records.count,
            "completed": records.count, "start_times": starts, "ttfts": ttfts, "itls": gaps,
            "input_lens": records.map { Int($0.promptTokens) },
            "output_lens": records.map { Int($0.outputTokens) },
            "errors": records.map { _ in "" },
        ]
        return try scratch.write(
            name, Array(JSONSerialization.data(withJSONObject: result, options: .sortedKeys)))
    }
}
