import Basics
import Models

/// The phases of one layer, with the costs that also fill the tables.
extension OperatorCosts {
    typealias Phase = StepBreakdown.Phase
    typealias Step = StepBreakdown.Step

    /// Embedding lookup. Its time is part of the element-wise work.
    func embedding(_ step: Step) -> Phase {
        let tokens = Double(step.batch * step.tokens)
        return Phase(
            name: "embedding", parameters: model.embeddingParameters,
            weightBytes: 2 * tokens * Double(model.hiddenSize), bound: .memory)
    }

    /// The output head, for one sampled token per sequence.
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

    /// Sending hidden states between pipeline stages; nil for one stage.
    func pipelineHops(_ share: StepShare) -> Phase? {
        guard deployment.pipelineParallel > 1 else { return nil }
        return Phase(name: "send_recv", seconds: hops(tokens: share.lane), bound: .link)
    }

    /// All phases of a layer in order.
    func phases(_ layer: Layer, _ share: StepShare) -> [Phase] {
        let reduced = allReduce(tokens: share.lane)
        var phases = [norms(layer, share)]
        let mixer = layer.mixerProjections(hidden: model.hiddenSize)
        for fused in mixer.dropLast() { phases += gemmPhases(fused, share) }
        phases += attentionPhases(layer.attention, share)
        if let output = mixer.last { phases += gemmPhases(output, share) }
        for fused in layer.networkProjections(hidden: model.hiddenSize) {
            phases += gemmPhases(fused, share)
        }
        if case .experts(let routed) = layer.feedForward {
            phases.append(expertPhase(routed, layer.formats, share))
        }
        if let exchange = exchangePhase(layer, tokens: share.lane) { phases.append(exchange) }
        if deployment.tensorParallel > 1 {
            phases.append(
                Phase(
                    name: "all_reduce", seconds: allReduces(layer) * reduced, bound: .link))
        }
        return phases
    }

    private func norms(_ layer: Layer, _ share: StepShare) -> Phase {
        let weights = layer.vectorElements
        let seconds = elementwise(tokens: share.lane, layer)
        return Phase(
            name: "norms", parameters: Int64(weights),
            // Square, sum, scale, weight: four operations per element of each norm.
            flops: 4 * share.tokens * Double(layer.normWeights),
            weightBytes: 2 * Double(weights * share.lanes),
            seconds: seconds,
            bound: seconds > 2 * profile.elementwise.fixed ? .memory : .latency)
    }

    /// The norm behind the last layer. Its time is part of the layers' element-wise work.
    var finalNorm: Phase {
        Phase(
            name: "norms", parameters: Int64(model.finalNormWeights),
            weightBytes: 2 * Double(model.finalNormWeights), bound: .memory)
    }

    /// Projections of one fused GEMM share its time in proportion to their sizes.
    private func gemmPhases(_ fused: [Projection], _ share: StepShare) -> [Phase] {
        let seconds = gemm(tokens: share.lane, fused: fused)
        let bound = bound(of: fused, tokens: share.lane)
        let all = fused.reduce(Int64(0)) { $0 + $1.parameters }
        return fused.map { projection in
            let stored =
                Double(projection.shardParameters(tensorParallel: deployment.tensorParallel))
                * projection.bytesPerWeight(deployment.weights)
            return Phase(
                name: projection.name, parameters: projection.parameters,
                flops: 2 * share.tokens * Double(projection.inputs) * Double(projection.outputs),
                // Of each GPU, copies too, as a run counts them (`StepDemand`).
                weightBytes: Double(share.lanes) * stored.rounded(.down)
                    * Double(deployment.tensorParallel),
                seconds: seconds * Double(projection.parameters) / Double(all), bound: bound)
        }
    }

    private func bound(of fused: [Projection], tokens: Double) -> StepBreakdown.Bound {
        let shapes = fused.map { $0.shard(tensorParallel: deployment.tensorParallel) }
        let (n, k) = (Double(shapes.reduce(0) { $0 + $1.outputs }), Double(shapes[0].inputs))
        let format = fused[0].format(deployment.weights)
        let c = profile.gemm[format] ?? profile.gemm[.bf16]!
        let compute = 2 * tokens * n * k / c.rate
        let memory = n * k * fused[0].bytesPerWeight(deployment.weights) / c.bandwidth
        if c.launch + c.perInput * k > max(compute, memory) { return .latency }
        return compute > memory ? .compute : .memory
    }

    private func expertPhase(
        _ routed: ExpertFeedForward, _ formats: LayerFormats?, _ part: StepShare
    ) -> Phase {
        let format = formats?.experts.priced ?? deployment.weights
        let perWeight = formats?.experts.bytesPerWeight ?? format.bytesPerWeight
        let each = Double(routed.weightsPerExpert(hidden: model.hiddenSize))
        let activated = activated(part.arriving * Double(attentionRanks), routed)
        let flops = 2 * part.tokens * Double(routed.chosen) * each
        let bytes = Double(part.lanes) * activated * each * perWeight
        let c = expertCoefficients(format, formats?.experts)
        let share = Double(max(deployment.tensorParallel, deployment.expertParallel))
        let isCompute =
            flops * Double(attentionRanks) / share / c.rate > bytes / share / c.bandwidth
        return Phase(
            name: "experts",
            parameters: Int64(routed.count) * routed.weightsPerExpert(hidden: model.hiddenSize),
            flops: flops, weightBytes: bytes,
            seconds: experts(tokens: part.lane, of: part.arriving, routed, formats),
            bound: isCompute ? .compute : .memory)
    }

    private func exchangePhase(_ layer: Layer, tokens: Double) -> Phase? {
        guard case .experts(let routed) = layer.feedForward else { return nil }
        let seconds = allToAll(tokens: tokens, routed)
        guard seconds > 0 else { return nil }
        return Phase(name: "all_to_all", seconds: seconds, bound: .link)
    }
}
