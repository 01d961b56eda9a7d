import Basics
import Models

/// Where the FLOPs, bytes and time of a model's step go on its GPUs, how much memory its KV cache
/// needs, and what the step would cost without the techniques in use.
package struct Explanation: Sendable, Equatable {
    package var model: TransformerModel
    package var deployment: Deployment
    package var gpu: GPU
    package var provenance: Provenance
    /// The host's profile.
    package var hostName: String
    package var breakdown: StepBreakdown
    /// Cached bytes per token over all layers, summed over tensor-parallel GPUs without replicated
    /// heads.
    package var kvBytesPerToken: Int64
    /// The same per layer; the largest where layers differ.
    package var kvBytesPerTokenPerLayer: Int64
    /// Cached bytes per token on each GPU. MLA latents are not sharded, and KV heads may be
    /// replicated.
    package var kvBytesPerTokenPerGPU: Int64
    /// Constant state per sequence, bytes.
    package var stateBytesPerSequence: Int64
    /// Cache of one sequence at the step's context, bytes, including windows and states.
    package var cacheBytes: Int64
    /// What a draft caches of the same sequence beside it, bytes; 0 without a draft.
    package var draftCacheBytes: Int64
    /// Tokens per KV block.
    package var blockSize: Int
    /// The memory of one GPU; nil if the model does not fit.
    package var budget: MemoryBudget?
    /// Why the model does not fit; nil if it does.
    package var doesNotFit: String?
    /// Sequences of the step's context that fit in the cache; nil if the model does not fit.
    package var sequencesThatFit: Int?
    /// Bytes of one head's 16-bit context × context score matrix; nil without attention.
    package var scoreMatrixBytes: Double?
    /// Context at which attention takes as many FLOPs per token as the feed-forward parts, for a
    /// token of this step's kind. Nil for models without one of these parts, or whose windows keep
    /// attention below.
    package var crossoverContext: Int?
    /// Where each kind of recurrent layer overtakes full attention; empty without recurrent layers.
    package var recurrentCrossovers: [RecurrentCrossover] = []
    /// Score bytes that naive attention would move in this step, and the seconds that this would
    /// add; nil without attention.
    package var naiveBytes: Double?
    package var naiveSeconds: Double?
    /// Bytes of one layer's 16-bit scores on one GPU, all held at once by naive attention.
    package var naiveScoreBytes: Double?
    /// Whether these scores fit next to the weights and this step's cache.
    package var naiveScoresFit = true
    /// Work of generating `context` tokens without a cache over the work with one; nil without
    /// attention.
    package var attentionWithoutCache: Double?
    package var projectionsWithoutCache: Double?
    /// Caveats on the figures, one line each.
    package var notes: [String] = []

    /// Explains a step of a model on the GPU of `options`. A model that does not fit is explained
    /// too, with the arithmetic in `doesNotFit`.
    ///
    /// - Throws: `InputError` for a deployment that does not divide the model.
    package init(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions = .init(),
        blockSize: Int? = nil, latentBlock: Int? = nil,
        utilization: Double = MemoryBudget.defaultUtilization, step: StepBreakdown.Step
    ) throws {
        self.model = model
        self.deployment = deployment
        let gpu = options.gpu
        self.gpu = gpu
        self.blockSize = blockSize ?? 16
        let costs = OperatorCosts(model: model, deployment: deployment, options: options)
        provenance = costs.provenance
        hostName = options.host.name
        // Without a cache every token of the context is recomputed.
        let computed = try StepBreakdown.Step(
            batch: step.batch, tokens: options.usesCache ? step.tokens : step.context,
            context: step.context)
        var breakdown = try StepBreakdown(model, deployment, options, computed)
        // An ablation's step is launched as the step it stands for.
        breakdown.addLaunch(model, deployment, options, of: step)
        self.breakdown = breakdown
        var alone = Deployment(cache: deployment.cache)
        alone.packsLatents = deployment.packsLatents
        let whole = KVCacheLayout(model, alone)
        let shard = KVCacheLayout(model, deployment)
        kvBytesPerToken = whole.bytesPerToken
        kvBytesPerTokenPerLayer = whole.bytesPerTokenPerLayer
        kvBytesPerTokenPerGPU = shard.bytesPerToken
        stateBytesPerSequence = whole.stateBytesPerSequence
        cacheBytes = whole.bytes(context: step.context)
        alone.draft = deployment.draft
        draftCacheBytes = KVCacheLayout.draftBytes(alone, context: step.context)
        do {
            let sequences = max(gpu.serverDefaults.sequences, step.batch)
            var pool = PoolOptions(maxModelLen: max(model.maxContext, step.context))
            pool.blockSize = blockSize
            pool.latentBlock = latentBlock
            pool.maxNumBatchedTokens = gpu.serverDefaults.tokens
            pool.pipelineParallel = deployment.pipelineParallel
            pool.batchesInFlight = deployment.pipelineParallel + 1
            pool.enablesPrefixCaching = !model.keepsStatesOnly
            pool.drafts = deployment.draft?.tokens ?? 0
            pool.marksDrafts = deployment.draft?.method.marksGroups ?? false
            var server = ServerMemory(
                model, minor: .max, on: gpu, tensorParallel: deployment.tensorParallel)
            server.maxNumSeqs = sequences
            server.maxNumBatchedTokens = gpu.serverDefaults.tokens
            server.drafts = pool.drafts
            let budget = try MemoryBudget(
                model, deployment, gpu: gpu.name, memoryBytes: gpu.memoryBytes,
                utilization: utilization, pool: pool, terms: .profiled(server))
            self.budget = budget
            self.blockSize = budget.layout.blockSize
            sequencesThatFit = budget.sequences(context: step.context, most: sequences)
        } catch let error as InputError where error.place == "model" {
            doesNotFit = error.problem
        }
        crossoverContext = model.crossoverContext(
            isDecode: StepShare(computed, stages: 1, options).isDecode)
        if model.layers.contains(where: { $0.attention.queryHeads > 0 }) {
            try explainAttention(options, computed, shard)
        }
        recurrentCrossovers = Self.recurrentCrossovers(model, costs)
        notes = notes(options, shard)
    }

    /// Computes what attention would cost without the techniques in use.
    private mutating func explainAttention(
        _ options: ClockOptions, _ step: StepBreakdown.Step, _ shard: KVCacheLayout
    ) throws {
        let context = Double(step.context)
        scoreMatrixBytes = 2 * context * context
        projectionsWithoutCache = (context + 1) / 2
        attentionWithoutCache = model.attentionWithoutCache(context: step.context)
        let tokens = Double(step.batch) * Double(step.tokens)
        var (scores, largest) = (0.0, 0.0)
        for group in model.layerGroups {
            let attention = group.layer.attention
            let keys = attention.window.map { min(step.context, $0) } ?? step.context
            let layer = tokens * Double(attention.queryHeads) * Double(keys)
            scores += Double(group.count) * layer
            largest = max(largest, layer / Double(deployment.tensorParallel))
        }
        naiveBytes = OperatorCosts.naiveBytesPerScore * scores
        var kernels = options
        kernels.attentionKernel = .flash
        let flash = try StepBreakdown(model, deployment, kernels, step)
        kernels.attentionKernel = .naive
        naiveSeconds = try StepBreakdown(model, deployment, kernels, step).seconds - flash.seconds
        let bytes = 2 * largest
        naiveScoreBytes = bytes
        if let budget {
            let cached = Double(step.batch) * Double(shard.bytes(context: step.context))
            let left = budget.usableBytes - budget.weightBytes - budget.reserveBytes
            naiveScoresFit = bytes <= Double(left) - cached
        } else {
            naiveScoresFit = bytes <= Double(gpu.memoryBytes)
        }
    }
}
