import Basics
import Models
import Reports
import StepTime

extension Verb {
    /// `headway explain`: where the FLOPs, the bytes and the time of a step go.
    static let explain = Verb(
        "explain",
        summary: "Show the FLOPs, bytes and time of one step, phase by phase.",
        details: """
            The default is one decode token of Llama-3.1-8B at a context of 2048. The last flags
            switch a technique off, to show what it saves.
            """,
        flags: [
            Flag(
                "--model", "M", "Catalogue name, config.json or its folder (llama-3.1-8b)."),
            Flag("--gpu", "G", "GPU, as hardware.gpu names it (default h100-sxm)."),
            Flag("--tp", "N", "tensor_parallel_size (default: the smallest that fits)."),
            Flag("--pp", "N", "pipeline_parallel_size."),
            Flag("--ep", "N", "GPUs per expert-parallel group, at most --tp."),
            Flag("--context", "N", "Tokens of context after the step."),
            Flag("--tokens", "N", "New tokens per sequence: 1 decodes, more is a prefill chunk."),
            Flag("--batch", "B", "Sequences in the step."),
            Flag("--weights", "D", "bf16, fp8, int4, int8, nvfp4 or mxfp4; else the checkpoint's."),
            Flag("--kv", "D", "Format of the KV cache: bf16, fp8 or int4; else the checkpoint's."),
            Flag("--block-size", "N", "Tokens per KV block."),
            Flag(
                "--gpu-memory-utilization", "X",
                "Share of GPU memory for the engine (default 0.92)."),
            Flag("--gpus-per-node", "N", "GPUs per node (default 8); the network joins nodes."),
            Flag("--profile", "P", "Engine profile: vllm, vllm-0.17, vllm-0.16, trtllm or sglang."),
            Flag("--routing", "R", "How tokens spread over experts: balanced or power_law."),
            Flag("--attention-kernel", "K", "flash, or naive (writes scores to memory)."),
            Flag("--no-kv-cache", "Recompute the whole context in every step."),
            Flag("--mha", "Own keys and values for every query head (no GQA, no MLA)."),
            Flag("--no-window", "Full attention in windowed layers."),
            .json,
        ]
    ) { arguments in
        let report = ExplanationReport(try explanation(arguments))
        if arguments.has("--json") {
            try Console.writeJSON(report)
        } else {
            try Console.write(report.text)
        }
        return 0
    }

    private static func explanation(_ arguments: Arguments) throws -> Explanation {
        var model = try Catalogue.model(named: arguments.value("--model") ?? "llama-3.1-8b")
        if arguments.has("--mha") { model = model.withoutGrouping }
        if arguments.has("--no-window") { model = model.withoutWindows }
        let gpu = try arguments.value("--gpu").map(GPU.named) ?? .h100
        var options = try ClockOptions(profile: arguments.value("--profile") ?? "vllm", gpu: gpu)
        options.routing = try arguments.choice("--routing") ?? .balanced
        options.attentionKernel = try arguments.choice("--attention-kernel") ?? .flash
        options.usesCache = !arguments.has("--no-kv-cache")
        let tokens = try arguments.integer("--tokens", atLeast: 1) ?? 1
        let step = try StepBreakdown.Step(
            batch: arguments.integer("--batch", atLeast: 1) ?? 1, tokens: tokens,
            context: arguments.integer("--context", atLeast: 1) ?? max(2048, tokens))
        let blockSize = try arguments.integer("--block-size", atLeast: 1)
        let utilization =
            try arguments.number("--gpu-memory-utilization") ?? MemoryBudget.defaultUtilization
        var deployment = Deployment()
        let weights: WeightFormat? = try arguments.choice("--weights")
        deployment.weights = try model.weights(weights)
        let cache: CacheFormat? = try arguments.choice("--kv")
        deployment.cache = cache ?? model.checkpointCache(deployment.weights) ?? .bf16
        deployment.pipelineParallel = try arguments.integer("--pp", atLeast: 1) ?? 1
        deployment.expertParallel = try arguments.integer("--ep", atLeast: 1) ?? 1
        deployment.gpusPerNode = try arguments.integer("--gpus-per-node", atLeast: 1) ?? 8
        func explain(_ tensorParallel: Int) throws -> Explanation {
            deployment.tensorParallel = tensorParallel
            try deployment.checkRanks()
            var explanation = try Explanation(
                model, deployment, options, blockSize: blockSize, utilization: utilization,
                step: step)
            explanation.notes += model.notes + model.weightsNotes(weights)
            if let unserved = model.unserved {
                explanation.notes.append("\(unserved.problem): headway run refuses it")
            }
            if cache == nil, deployment.cache != .bf16 {
                explanation.notes.append(TransformerModel.cacheNote(deployment.cache))
            }
            if let blockSize, let note = AttentionPages.note(blockSize) {
                explanation.notes.append(note)
            }
            if let problem = deployment.nodeProblem {
                explanation.notes.append("\(problem): headway run refuses this layout")
            }
            return explanation
        }
        if let size = try arguments.integer("--tp", atLeast: 1) { return try explain(size) }
        let first = try explain(1)
        if first.doesNotFit == nil { return first }
        for size in [2, 4, 8] {
            if let fitting = try? explain(size), fitting.doesNotFit == nil { return fitting }
        }
        return first
    }
}
