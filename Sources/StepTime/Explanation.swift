import Basics
import Hardware
import Models

/// What a person asks about a model on its GPUs: where the FLOPs, the bytes and the time of a step
/// go, what the KV cache needs, and what it would cost without the techniques in use.
public struct Explanation: Sendable, Equatable {
    public var model: TransformerModel
    public var deployment: Deployment
    public var gpu: GPU
    public var provenance: Provenance
    public var breakdown: StepBreakdown
    /// Cached bytes per token over all layers, on all tensor-parallel GPUs without replicas.
    public var kvBytesPerToken: Int64
    /// The same of one layer; the largest where layers differ.
    public var kvBytesPerTokenPerLayer: Int64
    /// Cached bytes per token on each GPU: MLA is not divided, KV heads replicate.
    public var kvBytesPerTokenPerGPU: Int64
    /// Constant state of one sequence, bytes.
    public var stateBytesPerSequence: Int64
    /// Cache of one sequence at the step's context, bytes: windows and states considered.
    public var cacheBytes: Int64
    /// Tokens per KV block.
    public var blockSize: Int
    /// The memory of one GPU; nil when the model does not fit.
    public var budget: MemoryBudget?
    /// Why it does not fit; nil when it does.
    public var doesNotFit: String?
    /// Sequences of the step's context that the cache holds; nil when the model does not fit.
    public var sequencesThatFit: Int?
    /// Bytes of one head's 16-bit context × context score matrix.
    public var scoreMatrixBytes: Double
    /// Context at which attention takes as many FLOPs per token as the feed-forward parts; nil
    /// for models without one of them, or with windows that keep attention below.
    public var crossoverContext: Int?
    /// Bytes of scores that naive attention would move in this step, and their time in seconds.
    public var naiveBytes: Double
    public var naiveSeconds: Double
    /// Work of generating `context` tokens from nothing without a cache, over that with one.
    public var attentionWithoutCache: Double
    public var projectionsWithoutCache: Double

    /// Explains a step of a model on a GPU.
    ///
    /// - Throws: `InputError` for a deployment that does not divide the model. A model that does
    ///   not fit is explained all the same, with the arithmetic in `doesNotFit`.
    public init(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions = .init(),
        gpu: GPU = .h100, blockSize: Int = 16, utilization: Double = 0.9,
        step: StepBreakdown.Step
    ) throws {
        self.model = model
        self.deployment = deployment
        self.gpu = gpu
        self.blockSize = blockSize
        let costs = OperatorCosts(model: model, deployment: deployment, options: options)
        provenance = costs.provenance
        // Without a cache every token of the context is computed again.
        let computed = options.usesCache ? step.tokens : step.context
        breakdown = try StepBreakdown(
            model, deployment, options,
            StepBreakdown.Step(batch: step.batch, tokens: computed, context: step.context))
        let whole = KVCacheLayout(model, Deployment(cache: deployment.cache))
        let shard = KVCacheLayout(model, deployment)
        kvBytesPerToken = whole.bytesPerToken
        kvBytesPerTokenPerLayer = whole.bytesPerTokenPerLayer
        kvBytesPerTokenPerGPU = shard.bytesPerToken
        stateBytesPerSequence = whole.stateBytesPerSequence
        cacheBytes = whole.bytes(context: step.context)
        do {
            let budget = try MemoryBudget(
                model, deployment, gpu: gpu, utilization: utilization, blockSize: blockSize,
                maxNumSeqs: max(256, step.batch))
            self.budget = budget
            sequencesThatFit = Self.sequences(
                budget, shard, context: step.context, blockSize: blockSize)
        } catch let error as InputError where error.place == "model" {
            doesNotFit = error.problem
        }
        let context = Double(step.context)
        scoreMatrixBytes = 2 * context * context
        crossoverContext = Self.crossover(model)
        let scores = Self.queryHeads(model) * Double(step.batch) * Double(computed) * context
        naiveBytes = OperatorCosts.naiveBytesPerScore * scores
        naiveSeconds =
            naiveBytes / Double(deployment.tensorParallel)
            / options.profile.decode[.bf16]!.bandwidth
        // Σ i² / Σ i and Σ i / n over i = 1 ... n.
        attentionWithoutCache = (2 * context + 1) / 3
        projectionsWithoutCache = (context + 1) / 2
    }

    /// Whole sequences the pool holds: each group keeps its own whole blocks.
    private static func sequences(
        _ budget: MemoryBudget, _ layout: KVCacheLayout, context: Int, blockSize: Int
    ) -> Int {
        let blocks = layout.groups.reduce(0) { sum, group in
            let tokens: Int
            switch group {
            case .full: tokens = context
            case .sliding(let window): tokens = min(context, window)
            }
            return sum + (tokens + blockSize - 1) / blockSize
        }
        // Block 0 is the null block, which nobody gets.
        return (budget.numGPUBlocks - 1) / max(1, blocks)
    }

    /// Query heads over all layers.
    private static func queryHeads(_ model: TransformerModel) -> Double {
        model.layers.reduce(0) { sum, layer in
            switch layer.attention {
            case .heads(let heads): sum + Double(heads.queryHeads)
            case .latent(let latent): sum + Double(latent.queryHeads)
            case .recurrent: sum
            }
        }
    }

    private static func crossover(_ model: TransformerModel) -> Int? {
        var perContext = 0.0
        var feedForward = 0.0
        for layer in model.layers {
            for matrix in layer.feedForward.projections(hidden: model.hiddenSize).joined() {
                feedForward += 2 * Double(matrix.parameters)
            }
            if case .experts(let experts) = layer.feedForward {
                let each = experts.weightsPerExpert(hidden: model.hiddenSize)
                feedForward += 2 * Double(experts.chosen) * Double(each)
            }
            guard layer.attention.window == nil else { continue }
            switch layer.attention {
            case .heads(let heads): perContext += 4 * Double(heads.queryHeads * heads.headDim)
            case .latent(let latent):
                perContext +=
                    2 * Double(latent.queryHeads * (2 * latent.latentRank + latent.ropeDim))
            case .recurrent: break
            }
        }
        guard perContext > 0, feedForward > 0 else { return nil }
        return Int((feedForward / perContext).rounded(.up))
    }
}
