import Basics
import Models

/// Sums and peaks over all steps of a run: enough to compute FLOPs, bytes and host time. All
/// integers, so that the order of addition does not matter.
@usableFromInline package struct StepSums: Sendable, Equatable {
    /// Counts of steps, tokens, entries, and sequences that sampled a token.
    @usableFromInline package var steps = 0
    @usableFromInline package var tokens = 0
    @usableFromInline package var requests = 0
    @usableFromInline package var sampled = 0
    /// Sums of `decodeContext`, `decodeWindowedContext`, `chunkPairs` and `chunkWindowedPairs`, and
    /// of the tokens before each chunk (`StepLoad`).
    @usableFromInline package var decodeContext: Int128 = 0
    @usableFromInline package var decodeWindowedContext: Int128 = 0
    @usableFromInline package var chunks = 0
    @usableFromInline package var chunkPairs: Int128 = 0
    @usableFromInline package var chunkWindowedPairs: Int128 = 0
    @usableFromInline package var chunkPast: Int128 = 0
    /// Micro-batches that read the weights, and KiB of routed experts that they read, if a
    /// `StepDemand` counts them.
    @usableFromInline package var microBatches = 0
    @usableFromInline package var expertKiB: Int128 = 0
    /// The largest of each in one step.
    @usableFromInline package var mostTokens = 0
    @usableFromInline package var mostRequests = 0
    @usableFromInline package var mostDecodes = 0

    /// No steps.
    package init() {}

    /// Adds a step. O(1).
    @inlinable @inline(__always)
    package mutating func add(_ load: StepLoad) {
        if load.chunks > 0 {
            chunks &+= load.chunks
            chunkPairs &+= Int128(load.chunkPairs)
            chunkWindowedPairs &+= Int128(load.chunkWindowedPairs)
            chunkPast &+= Int128(load.context &- load.decodeContext &- load.chunkTokens)
        }
        steps &+= 1
        tokens &+= load.tokens
        requests &+= load.requests
        sampled &+= load.sampled
        decodeContext &+= Int128(load.decodeContext)
        decodeWindowedContext &+= Int128(load.decodeWindowedContext)
        mostTokens = max(mostTokens, load.tokens)
        mostRequests = max(mostRequests, load.requests)
        mostDecodes = max(mostDecodes, load.decodes)
    }

    /// Adds `steps` steps that decode for the same requests and do nothing else, with the sums of
    /// their contexts over all of them. O(1).
    @inlinable @inline(__always)
    package mutating func addDecodes(
        _ count: Int, steps number: Int, context: Int128, windowedContext: Int128
    ) {
        steps &+= number
        tokens &+= count &* number
        requests &+= count &* number
        sampled &+= count &* number
        decodeContext &+= context
        decodeWindowedContext &+= windowedContext
        mostTokens = max(mostTokens, count)
        mostRequests = max(mostRequests, count)
        mostDecodes = max(mostDecodes, count)
    }

    /// Adds another replica's sums.
    package mutating func add(_ other: StepSums) {
        steps &+= other.steps
        tokens &+= other.tokens
        requests &+= other.requests
        sampled &+= other.sampled
        decodeContext &+= other.decodeContext
        decodeWindowedContext &+= other.decodeWindowedContext
        chunks &+= other.chunks
        chunkPairs &+= other.chunkPairs
        chunkWindowedPairs &+= other.chunkWindowedPairs
        chunkPast &+= other.chunkPast
        microBatches &+= other.microBatches
        expertKiB &+= other.expertKiB
        mostTokens = max(mostTokens, other.mostTokens)
        mostRequests = max(mostRequests, other.mostRequests)
        mostDecodes = max(mostDecodes, other.mostDecodes)
    }
}

/// What steps demand of a replica's GPUs besides time: FLOPs, bytes of memory traffic, and the host
/// time in their price.
///
/// FLOPs are those of the whole model for the scheduled tokens: two per weight and token, attention
/// over causal pairs, the output head for sampled tokens. Bytes are the least that all GPUs of a
/// replica move: each micro-batch reads every weight once (of routed experts, those that its tokens
/// reach under a routing), a decode reads the cached keys and values of its context, a chunk those
/// before it, and each token writes its own. Activations are left out.
package struct StepDemand: Sendable {
    /// GPUs per replica, and the peak rates of one (datasheet).
    package let gpus: Int
    /// FLOP per second, in the tensor format of the weights.
    package let peakFLOPS: Double
    /// Bytes per second.
    package let peakBandwidth: Double
    /// Host time in the price of a step, and additionally for each request in it, picoseconds.
    package private(set) var hostPerStep: Int64 = 0
    package private(set) var hostPerRequest: Int64 = 0
    /// Additional host time for each of a step's first requests, picoseconds, and how many count as
    /// first.
    package private(set) var hostPerFirst: Int64 = 0
    package private(set) var first = 0

    private var flops = Rates()
    private var bytes = Rates()
    private let stages: Int
    private let window: Int
    private var expertKiB: [Int64] = []

    /// The cost of each unit of `StepSums`.
    private struct Rates {
        var token = 0.0
        var request = 0.0
        var sampled = 0.0
        var microBatch = 0.0
        var decodeContext = 0.0
        var decodeWindowed = 0.0
        var pair = 0.0
        var windowedPair = 0.0
        var past = 0.0
        var windowedPast = 0.0

        func total(_ sums: StepSums, window: Int) -> Double {
            let past = Double(sums.chunkPast)
            var total = token * Double(sums.tokens) + request * Double(sums.requests)
            total += sampled * Double(sums.sampled) + microBatch * Double(sums.microBatches)
            total += decodeContext * Double(sums.decodeContext)
            total += decodeWindowed * Double(sums.decodeWindowedContext)
            total += pair * Double(sums.chunkPairs)
            total += windowedPair * Double(sums.chunkWindowedPairs) + self.past * past
            // A chunk reads at most a window before it.
            total += windowedPast * min(past, Double(window) * Double(sums.chunks))
            return total
        }
    }

    /// The demand of a model under a clock that sums contexts within `window`. Nil if that is not
    /// the model's window, so that the sums do not suffice.
    package init?(
        _ model: TransformerModel, _ deployment: Deployment, gpu: GPU, window: Int,
        routing: ExpertRouting = .served
    ) {
        guard window == model.window, deployment.expertParallel <= deployment.tensorParallel else {
            return nil
        }
        let model = model.stored(as: deployment.weights)
        gpus = deployment.gpus
        peakFLOPS = gpu.peak(deployment.weights)
        peakBandwidth = gpu.memoryBandwidth
        stages = deployment.pipelineParallel
        self.window = window
        let hidden = Double(model.hiddenSize)
        let size = deployment.tensorParallel
        let share = (model.vocabularySize + size - 1) / size * size
        flops.sampled = 2 * hidden * Double(model.vocabularySize)
        bytes.microBatch = 2 * hidden * Double(share)
        for group in model.layerGroups {
            addLayers(group, model, deployment)
            addAttention(group, deployment)
        }
        countExperts(model, deployment, routing)
    }

    /// Adds the host time in the price of a step.
    mutating func include(_ host: HostCoefficients, tensorParallel: Int) {
        hostPerStep = IntegerTable.picoseconds(
            host.fixed + host.perGPU * Double(tensorParallel))
        hostPerRequest = IntegerTable.picoseconds(host.perSequence)
        hostPerFirst = IntegerTable.picoseconds(host.perFirst ?? 0)
        first = host.first ?? 0
    }

    private mutating func addLayers(
        _ group: LayerGroup, _ model: TransformerModel, _ deployment: Deployment
    ) {
        let count = Double(group.count)
        let size = deployment.tensorParallel
        for matrix in group.layer.matrices(hidden: model.hiddenSize) {
            flops.token += count * 2 * Double(matrix.inputs) * Double(matrix.outputs)
            let stored =
                Double(matrix.shardParameters(tensorParallel: size))
                * matrix.bytesPerWeight(deployment.weights)
            bytes.microBatch += count * stored.rounded(.down) * Double(size)
        }
        if case .experts(let experts) = group.layer.feedForward {
            let each = Double(experts.weightsPerExpert(hidden: model.hiddenSize))
            flops.token += count * 2 * Double(experts.chosen) * each
        }
    }

    private mutating func addAttention(_ group: LayerGroup, _ deployment: Deployment) {
        let count = Double(group.count)
        let attention = group.layer.attention
        let cached =
            count * Double(attention.cacheBytesPerToken(deployment))
            * Double(deployment.tensorParallel)
        bytes.token += cached
        var (decode, pair) = (0.0, 0.0)
        switch attention {
        case .none: return
        case .recurrent(let mixer):
            flops.token += count * Double(mixer.scanFLOPsPerToken)
            // The state is read and written.
            bytes.request += count * 2 * Double(mixer.stateBytes)
            return
        case .heads(let heads):
            decode = 2 * Double(heads.queryHeads * (heads.headDim + heads.valueDim))
            pair = decode / 2
        case .latent(let latent):
            // Decodes work on the latent itself; prefill expands it, cached latents included.
            let heads = Double(latent.queryHeads)
            decode = 2 * heads * Double(latent.cachedElements + latent.latentRank)
            pair = heads * Double(latent.keyDim + latent.ropeDim + latent.valueDim)
            flops.past +=
                count * 2 * heads * Double(latent.latentRank * (latent.keyDim + latent.valueDim))
        }
        if attention.window == nil {
            flops.decodeContext += count * decode
            flops.pair += count * pair
            bytes.decodeContext += cached
            bytes.past += cached
        } else {
            flops.decodeWindowed += count * decode
            flops.windowedPair += count * pair
            bytes.decodeWindowed += cached
            bytes.windowedPast += cached
        }
    }
}

extension StepDemand {
    /// From this many tokens on, practically every expert is reached.
    private static let everyExpert = 4096

    /// Whether each step reads all weights exactly once, so that steps need not be counted
    /// individually.
    package var isFixed: Bool { expertKiB.isEmpty && stages == 1 }

    private mutating func countExperts(
        _ model: TransformerModel, _ deployment: Deployment, _ routing: ExpertRouting
    ) {
        var kinds: [(layers: Double, reached: ReachedExperts, bytes: Double)] = []
        for group in model.layerGroups {
            guard case .experts(let experts) = group.layer.feedForward else { continue }
            let each = Double(experts.weightsPerExpert(hidden: model.hiddenSize))
            let perWeight =
                group.layer.formats?.experts.bytesPerWeight ?? deployment.weights.bytesPerWeight
            kinds.append((Double(group.count), ReachedExperts(experts, routing), each * perWeight))
        }
        guard !kinds.isEmpty else { return }
        expertKiB = (0...Self.everyExpert).map { tokens in
            let bytes = kinds.reduce(0) { sum, kind in
                sum + kind.layers * kind.bytes * kind.reached.activated(Double(tokens), spread: 1)
            }
            return Int64((bytes / 1024).rounded())
        }
    }

    /// Counts the weights that `steps` equal steps read. O(1).
    package func count(tokens: Int, requests: Int, steps: Int, into sums: inout StepSums) {
        let lanes = min(stages, max(1, requests))
        sums.microBatches &+= lanes &* steps
        guard !expertKiB.isEmpty else { return }
        let each = expertKiB[min((tokens + lanes - 1) / lanes, expertKiB.count - 1)]
        sums.expertKiB &+= Int128(each) * Int128(lanes * steps)
    }

    /// FLOPs of all steps.
    package func totalFLOPs(_ sums: StepSums) -> Double { flops.total(sums, window: window) }

    /// Bytes that the replicas' GPUs move in all steps.
    package func totalBytes(_ sums: StepSums) -> Double {
        var sums = sums
        if isFixed { sums.microBatches = sums.steps }
        return bytes.total(sums, window: window) + 1024 * Double(sums.expertKiB)
    }

    /// Host time in the price of all steps, picoseconds.
    package func hostTime(_ sums: StepSums) -> Int128 {
        // The sums do not tell how many of each step's requests were among its first. Treating all
        // steps as equal is exact if each has at least `first` requests, or none has more.
        let firsts = min(Int128(sums.requests), Int128(first) * Int128(sums.steps))
        return Int128(hostPerStep) * Int128(sums.steps)
            + Int128(hostPerRequest) * Int128(sums.requests) + Int128(hostPerFirst) * firsts
    }
}

extension StepDemand {
    /// The demand of a model under the measured clock of `options`, including the host time in its
    /// prices. Nil without a KV cache.
    package static func measured(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions
    ) -> StepDemand? {
        // Without a cache, steps compute more than their sums record.
        guard options.usesCache else { return nil }
        let costs = OperatorCosts(model: model, deployment: deployment, options: options)
        var demand = StepDemand(
            model, deployment, gpu: options.gpu, window: model.window, routing: options.routing)
        demand?.include(costs.host, tensorParallel: deployment.tensorParallel)
        return demand
    }
}
