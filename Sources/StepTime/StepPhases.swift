import Basics
import Hardware
import Models

/// The phases of one layer, with the costs that the tables are made of.
extension OperatorCosts {
    typealias Phase = StepBreakdown.Phase
    typealias Step = StepBreakdown.Step

    /// Looking up embeddings: its time is part of the element-wise work.
    func embedding(_ step: Step) -> Phase {
        let tokens = Double(step.batch * step.tokens)
        return Phase(
            name: "embedding", parameters: model.embeddingParameters,
            weightBytes: 2 * tokens * Double(model.hiddenSize), bound: .memory)
    }

    /// The output head over one sampled token per sequence.
    func headPhase(_ step: Step) -> Phase {
        let sampled = Double(step.batch)
        let projection = Projection(
            "lm_head", model.hiddenSize, model.vocabularySize, .replicated, isQuantized: false)
        var phase = Phase(
            name: "lm_head", parameters: model.tiesEmbeddings ? 0 : model.headParameters,
            flops: 2 * sampled * Double(projection.parameters),
            weightBytes: 2 * Double(projection.parameters), seconds: head(sampled: sampled))
        phase.bound = bound(of: [projection], tokens: sampled)
        return phase
    }

    /// Hidden states sent between pipeline stages; nil for one stage.
    func pipelineHops(_ step: Step) -> Phase? {
        guard deployment.pipelineParallel > 1 else { return nil }
        let hop = stageHop(tokens: Double(step.batch * step.tokens))
        return Phase(
            name: "send_recv", seconds: Double(deployment.pipelineParallel - 1) * hop,
            bound: .link)
    }

    /// All phases of a layer in order.
    func phases(_ layer: Layer, _ step: Step) -> [Phase] {
        let tokens = Double(step.batch * step.tokens)
        let reduced = allReduce(tokens: tokens)
        var phases = [norms(layer, tokens: tokens)]
        let mixer = layer.attention.projections(hidden: model.hiddenSize)
        for fused in mixer.dropLast() { phases += gemmPhases(fused, tokens: tokens) }
        phases += attentionPhases(layer.attention, step)
        phases += gemmPhases(mixer[mixer.count - 1], tokens: tokens)
        for fused in layer.feedForward.projections(hidden: model.hiddenSize) {
            phases += gemmPhases(fused, tokens: tokens)
        }
        if case .experts(let routed) = layer.feedForward {
            phases.append(expertPhase(routed, tokens: tokens))
        }
        if let exchange = exchangePhase(layer, tokens: tokens) { phases.append(exchange) }
        if deployment.tensorParallel > 1 {
            phases.append(
                Phase(
                    name: "all_reduce", seconds: allReduces(layer) * reduced, bound: .link))
        }
        return phases
    }

    private func norms(_ layer: Layer, tokens: Double) -> Phase {
        let weights = layer.normWeights + layer.attention.otherWeights
        let seconds = elementwise(tokens: tokens, layer)
        return Phase(
            name: "norms", parameters: Int64(weights),
            // Square, sum, scale, weight: four operations per element of each norm.
            flops: 4 * tokens * Double(layer.normWeights), weightBytes: 2 * Double(weights),
            seconds: seconds,
            bound: seconds > 2 * profile.elementwise.fixed ? .memory : .latency)
    }

    /// The projections of one fused GEMM share its time by their sizes.
    private func gemmPhases(_ fused: [Projection], tokens: Double) -> [Phase] {
        let seconds = gemm(tokens: tokens, fused: fused)
        let bound = bound(of: fused, tokens: tokens)
        let all = fused.reduce(Int64(0)) { $0 + $1.parameters }
        return fused.map { projection in
            let format = projection.format(deployment.weights)
            return Phase(
                name: projection.name, parameters: projection.parameters,
                flops: 2 * tokens * Double(projection.inputs) * Double(projection.outputs),
                weightBytes: Double(format.bytes(projection.parameters)),
                seconds: seconds * Double(projection.parameters) / Double(all), bound: bound)
        }
    }

    private func bound(of fused: [Projection], tokens: Double) -> StepBreakdown.Bound {
        let shapes = fused.map { $0.shard(tensorParallel: deployment.tensorParallel) }
        let (n, k) = (Double(shapes.reduce(0) { $0 + $1.outputs }), Double(shapes[0].inputs))
        let format = fused[0].format(deployment.weights)
        let c = profile.gemm[format] ?? profile.gemm[.bf16]!
        let compute = 2 * tokens * n * k / c.rate
        let memory = n * k * format.bytesPerWeight / c.bandwidth
        if c.launch + c.perInput * k > max(compute, memory) { return .latency }
        return compute > memory ? .compute : .memory
    }

    private func expertPhase(_ routed: ExpertFeedForward, tokens: Double) -> Phase {
        let each = Double(routed.weightsPerExpert(hidden: model.hiddenSize))
        let all = tokens * Double(attentionRanks)
        let idle = PortableMath.pow(1 - Double(routed.chosen) / Double(routed.count), all)
        let activated = Double(routed.count) * (1 - idle)
        let flops = 2 * tokens * Double(routed.chosen) * each
        let bytes = activated * each * deployment.weights.bytesPerWeight
        let c = profile.experts[deployment.weights] ?? profile.experts[.bf16]!
        let share = Double(max(deployment.tensorParallel, deployment.expertParallel))
        let isCompute =
            flops * Double(attentionRanks) / share / c.rate > bytes / share / c.bandwidth
        return Phase(
            name: "experts",
            parameters: Int64(routed.count) * routed.weightsPerExpert(hidden: model.hiddenSize),
            flops: flops, weightBytes: bytes, seconds: experts(tokens: tokens, routed),
            bound: isCompute ? .compute : .memory)
    }

    private func exchangePhase(_ layer: Layer, tokens: Double) -> Phase? {
        guard case .experts(let routed) = layer.feedForward else { return nil }
        let seconds = allToAll(tokens: tokens, routed)
        guard seconds > 0 else { return nil }
        return Phase(name: "all_to_all", seconds: seconds, bound: .link)
    }
}

/// Attention itself: scores, softmax, values.
extension OperatorCosts {
    private func attentionPhases(_ attention: Attention, _ step: Step) -> [Phase] {
        let isDecode = step.tokens == 1
        let times =
            isDecode ? decodeTimes(attention, step) : prefillTimes(attention, step)
        if case .recurrent(let mixer) = attention {
            let tokens = Double(step.batch * step.tokens)
            return [
                Phase(
                    name: "scan", flops: tokens * Double(mixer.scanFLOPsPerToken),
                    kvBytes: 2 * Double(step.batch) * Double(mixer.stateBytes),
                    seconds: times.streaming + times.rest, bound: isDecode ? .memory : .compute)
            ]
        }
        let keys = attention.window.map { min($0, step.context) } ?? step.context
        let pairs = Double(step.batch) * Double(step.tokens) * Double(keys)
        let cached = Double(step.batch) * Double(keys)
        let (width, bytes) = elements(attention, isDecode: isDecode)
        func half(_ name: String, _ width: Double, _ bytes: Double) -> Phase {
            Phase(
                name: name, flops: 2 * pairs * width,
                kvBytes: cached * bytes * Double(deployment.cache.bits) / 8,
                seconds: times.streaming / 2, bound: isDecode ? .memory : .compute)
        }
        return [
            half("qk_scores", width.keys, bytes.keys),
            Phase(
                // Maximum, difference, exponential, sum, quotient: five per score.
                name: "softmax", flops: 5 * pairs * width.heads, seconds: times.rest,
                bound: .latency), half("attn_v", width.values, bytes.values),
        ]
    }

    /// Elements multiplied per pair over all heads, and cached elements read per token.
    private func elements(
        _ attention: Attention, isDecode: Bool
    ) -> (
        width: (keys: Double, values: Double, heads: Double), bytes: (keys: Double, values: Double)
    ) {
        switch attention {
        case .recurrent: return ((0, 0, 0), (0, 0))
        case .heads(let heads):
            let width = Double(heads.queryHeads * heads.headDim)
            let cached = Double(heads.keyValueHeads * heads.headDim)
            return ((width, width, Double(heads.queryHeads)), (cached, cached))
        case .latent(let latent):
            let heads = Double(latent.queryHeads)
            let cached = Double(latent.cachedElements)
            guard isDecode else {
                let (keys, values) = (latent.keyDim + latent.ropeDim, latent.valueDim)
                return ((heads * Double(keys), heads * Double(values), heads), (cached, 0))
            }
            // Absorbed: scores against the latent itself, read once for scores and values.
            return (
                (heads * cached, heads * Double(latent.latentRank), heads), (cached, 0)
            )
        }
    }

    private func decodeTimes(
        _ attention: Attention, _ step: Step
    ) -> (streaming: Double, rest: Double) {
        let cost = decode(attention)
        let keys = attention.window.map { min($0, step.context) } ?? step.context
        return (
            Double(step.batch) * Double(keys) * cost.perContext,
            cost.fixed + Double(step.batch) * cost.perSequence
        )
    }

    private func prefillTimes(
        _ attention: Attention, _ step: Step
    ) -> (streaming: Double, rest: Double) {
        let cost = prefill(attention)
        var load = StepLoad()
        let past = step.context - step.tokens
        load.addChunk(step.tokens, past: past, window: attention.window ?? 0)
        let pairs = attention.window == nil ? load.chunkPairs : load.chunkWindowedPairs
        let batch = Double(step.batch)
        let scores = Double(step.tokens) * Double(step.context) * cost.perScore
        return (
            batch * (Double(pairs) * cost.perPair + scores),
            cost.fixed + batch * (Double(step.tokens) * cost.perToken + Double(past) * cost.perPast)
        )
    }
}
