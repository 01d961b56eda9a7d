import Basics

/// Where the memory of one GPU goes, and how many KV blocks remain: the arithmetic a server does
/// at start-up.
///
///     blocks = ⌊(gpu_memory_utilization × memory − weights − reserve − states) / bytes per block⌋
public struct MemoryBudget: Equatable, Sendable {
    /// vLLM 0.33.0's gpu_memory_utilization (`CacheConfig`).
    public static let defaultUtilization = 0.92

    /// Bytes that activations, CUDA graphs, NCCL and the driver take on an H100 under vLLM: 3.5 GB
    /// (the calibration study's figure; it reproduces measured KV exhaustion of Llama-3.1-70B).
    public static let runtimeReserve: Int64 = 3_500_000_000

    /// Most blocks given to a model that caches nothing per token: 4 million, at under 100 bytes
    /// of bookkeeping each.
    private static let mostNominalBlocks = 1 << 22

    /// What the engine may use: gpu_memory_utilization × memory, bytes.
    public var usableBytes: Int64
    /// Weights on the fullest GPU, bytes.
    public var weightBytes: Int64
    /// Activations and runtime, bytes.
    public var reserveBytes: Int64
    /// Constant states of all sequences that may run, bytes; 0 without recurrent layers.
    public var stateBytes: Int64
    /// Bytes of one block; 0 for a model that caches no keys.
    public var bytesPerBlock: Int64
    /// Blocks the pool gets, the null block included: vLLM's num_gpu_blocks.
    public var numGPUBlocks: Int
    /// Tokens of the longest single sequence that the pool holds; windows keep their share only.
    public var tokenCapacity: Int

    /// The budget of a model on a GPU.
    ///
    /// - Parameters:
    ///   - memoryBytes: the GPU's memory as its driver reports it; `gpu`: its name, for errors.
    ///   - utilization: gpu_memory_utilization, in (0, 1].
    ///   - maxNumSeqs: sequences that may run at once; each holds a state in recurrent layers.
    /// - Throws: `InputError` at `model` with the arithmetic when nothing is left for the cache,
    ///   or for a layout that does not divide.
    public init(
        _ model: TransformerModel, _ deployment: Deployment, gpu: String, memoryBytes: Int64,
        utilization: Double = MemoryBudget.defaultUtilization, blockSize: Int = 16,
        maxNumSeqs: Int = 1024,
        reserveBytes: Int64 = MemoryBudget.runtimeReserve
    ) throws {
        try deployment.check(model)
        guard utilization > 0, utilization <= 1 else {
            throw InputError(
                "engine.gpu_memory_utilization", "is \(utilization)",
                expected: "more than 0 and at most 1")
        }
        guard blockSize > 0, blockSize <= 1 << 20 else {
            throw InputError(
                "engine.block_size", "is \(blockSize)", expected: "1 to \(1 << 20) tokens")
        }
        let layout = KVCacheLayout(model, deployment)
        usableBytes = Int64(utilization * Double(memoryBytes))
        weightBytes = model.weightBytesPerGPU(deployment)
        self.reserveBytes = reserveBytes
        stateBytes = layout.stateBytesPerSequence * Int64(maxNumSeqs)
        bytesPerBlock = layout.bytesPerBlock(blockSize)
        let left = usableBytes - weightBytes - reserveBytes - stateBytes
        // The null block and one block per group are the least that any engine starts with.
        guard left > 0, left >= bytesPerBlock * Int64(1 + layout.groups.count) else {
            throw Self.doesNotFit(
                model, deployment, gpu, memoryBytes: memoryBytes, utilization: utilization,
                usable: usableBytes, weights: weightBytes, reserve: reserveBytes,
                states: stateBytes)
        }
        guard bytesPerBlock > 0 else {
            // Nothing is cached per token and the states are reserved: enough blocks for every
            // sequence at its longest, within what a block table can number.
            let longest = maxNumSeqs * ((model.maxContext + blockSize - 1) / blockSize)
            numGPUBlocks = min(longest + 1, Self.mostNominalBlocks)
            tokenCapacity = numGPUBlocks * blockSize
            return
        }
        numGPUBlocks = Int(left / bytesPerBlock)
        tokenCapacity = Self.longestSequence(layout, blocks: numGPUBlocks - 1, blockSize)
    }

    /// Full groups share what windows leave; without full groups nothing but the model's own
    /// limit bounds a sequence.
    private static func longestSequence(
        _ layout: KVCacheLayout, blocks: Int, _ blockSize: Int
    ) -> Int {
        var windowed = 0
        var full = 0
        for group in layout.groups {
            switch group {
            case .full: full += 1
            case .sliding(let window): windowed += (window + blockSize - 1) / blockSize
            }
        }
        guard full > 0 else { return blocks > windowed ? Int(Int32.max) : blocks * blockSize }
        // A sequence shorter than the windows takes as many blocks in every group.
        let short = blocks / layout.groups.count
        let long = (blocks - windowed) / full
        return max(short, long) * blockSize
    }

    private static func doesNotFit(
        _ model: TransformerModel, _ deployment: Deployment, _ gpu: String, memoryBytes: Int64,
        utilization: Double, usable: Int64, weights: Int64, reserve: Int64, states: Int64
    ) -> InputError {
        func gigabytes(_ bytes: Int64) -> String {
            let tenths = (bytes + 50_000_000) / 100_000_000
            return "\(tenths / 10).\(tenths % 10) GB"
        }
        var parts = [
            "\(gigabytes(weights)) weights", "\(gigabytes(reserve)) activations and runtime",
        ]
        if states > 0 { parts.append("\(gigabytes(states)) sequence states") }
        return InputError(
            "model",
            "\(model.name) does not fit: \(parts.joined(separator: " + ")) leave no room for the "
                + "KV cache in \(utilization) x \(gigabytes(memoryBytes)) = "
                + "\(gigabytes(usable)) of a \(gpu)",
            expected: "more GPUs than tensor_parallel_size \(deployment.tensorParallel), "
                + "smaller weights or a higher gpu_memory_utilization")
    }
}
