extension TransformerModel {
    /// Bytes of weights on one GPU of a replica as they are loaded: the first pipeline stage's
    /// share, which holds the most layers and the embedding; scaled to the size in the checkpoint's
    /// index file where there is one.
    ///
    /// Towers, embedding, head and norms are 16 bit unless a rule of the checkpoint's format says
    /// otherwise. O(layers × matrices).
    public func weightBytesPerGPU(_ deployment: Deployment) -> Int64 {
        let reckoned = stored(as: deployment.weights).weightBytes(deployment, isLoaded: true)
        guard let checkpointBytes, deployment.weights == nativeWeights, unreadWeights == nil else {
            return reckoned
        }
        let whole = createdWeightBytesPerGPU(Deployment(weights: nativeWeights))
        guard checkpointBytes != whole else { return reckoned }
        return Int64((Double(reckoned) * (Double(checkpointBytes) / Double(whole))).rounded())
    }

    /// The same as the engine creates its parameters, before kernels pad or repack them: what a
    /// checkpoint's index file says (metadata.total_size) on one GPU.
    public func createdWeightBytesPerGPU(_ deployment: Deployment) -> Int64 {
        stored(as: deployment.weights).weightBytes(deployment, isLoaded: false)
    }

    private func weightBytes(_ deployment: Deployment, isLoaded: Bool) -> Int64 {
        let stages = deployment.pipelineParallel
        var sum = outerBytes(deployment)
        var left = (countedLayers + stages - 1) / stages
        for layer in layers {
            if !layer.continues { left -= 1 }
            if left < 0 { break }
            if layer.sharesWeights { continue }
            sum += layer.weightBytes(deployment, hidden: hiddenSize, isLoaded: isLoaded)
        }
        return sum
    }

    /// Layers as the engine counts them.
    private var countedLayers: Int { layers.reduce(0) { $0 + ($1.continues ? 0 : 1) } }

    /// Embedding, head, towers and whatever stands outside the layers.
    private func outerBytes(_ deployment: Deployment) -> Int64 {
        let size = deployment.tensorParallel
        let rows = vocabularyRows.dividedUp(by: size)
        var sum = 2 * Int64(rows) * Int64(embeddingWidth)
        sum += 2 * Int64(learnedPositions) * Int64(hiddenSize)
        if deployment.pipelineParallel == 1 && !tiesEmbeddings {
            let head = quantization?.format(of: "lm_head", .head) ?? .plain
            sum += head.bytes(inputs: embeddingWidth, outputs: rows)
        }
        sum += 2 * Int64(finalNormWeights) + outerVectors.bytes(tensorParallel: size)
        for matrix in outerMatrices + outerTables {
            sum += matrix.bytes(.bf16, tensorParallel: size)
        }
        guard let tower else { return sum }
        let cut = tower.dividedHeads.map { $0 % size == 0 ? size : 1 } ?? size
        sum += tower.vectors.bytes(tensorParallel: cut)
        let format = tower.takesFormat ? quantization?.tower : nil
        for var part in tower.matrices {
            if part.projection.isQuantized { part.projection.stored = format }
            sum += Int64(part.count) * part.projection.bytes(.bf16, tensorParallel: cut)
        }
        return sum
    }
}

extension Layer {
    fileprivate func weightBytes(
        _ deployment: Deployment, hidden: Int, isLoaded: Bool
    ) -> Int64 {
        let size = deployment.tensorParallel
        var sum = 2 * Int64(normWeights) + vectors.bytes(tensorParallel: size)
        sum += attention.vectorBytes(tensorParallel: size)
        sum += feedForward.vectors.bytes(tensorParallel: size)
        for fused in mixerProjections(hidden: hidden) + networkProjections(hidden: hidden) {
            for matrix in fused { sum += matrix.bytes(deployment.weights, tensorParallel: size) }
            sum += fused.moduleBytes
        }
        sum += Int64(formats?.attentionBytes ?? 0)
        guard case .experts(let experts) = feedForward else { return sum }
        return sum + expertBytes(experts, deployment, hidden: hidden, isLoaded: isLoaded)
    }

    private func expertBytes(
        _ experts: ExpertFeedForward, _ deployment: Deployment, hidden: Int, isLoaded: Bool
    ) -> Int64 {
        let share = deployment.expertShare
        guard let format = formats?.experts else {
            var shown = experts
            if share > 1 {
                shown.intermediate = max(
                    experts.intermediate, Int(share) * experts.leastShare)
            }
            let all = Int64(experts.count) * shown.weightsPerExpert(hidden: hidden)
            return deployment.weights.bytes(all) / share
        }
        let parallel = min(deployment.expertParallel, experts.count)
        let cut = max(1, Int(share) / max(1, deployment.expertParallel))
        let each = format.expertBytes(
            width: experts.width(hidden: hidden),
            intermediate: cut > 1
                ? max(experts.leastShare, experts.intermediate.dividedUp(by: cut))
                : experts.intermediate,
            isGated: experts.isGated, hasBias: experts.hasBias, isLoaded: isLoaded)
        return Int64(experts.count.dividedUp(by: parallel)) * each
    }
}

extension Attention {
    /// Bytes of its weights that are no projections, on one GPU.
    fileprivate func vectorBytes(tensorParallel: Int) -> Int64 {
        switch self {
        case .none: return 0
        case .heads(let heads):
            let norms = 2 * Int64(heads.normElements)
            return norms + heads.vectors.bytes(tensorParallel: tensorParallel)
        case .latent(let latent):
            let norms = 2 * Int64(latent.latentRank + (latent.queryRank ?? 0))
            return norms + latent.vectors.bytes(tensorParallel: tensorParallel)
        case .recurrent(let mixer):
            if mixer.vectors.isEmpty { return 2 * Int64(mixer.otherWeights) }
            return mixer.vectors.bytes(tensorParallel: tensorParallel)
        }
    }
}

extension Projection {
    /// Bytes of the matrix and its bias on one GPU; `weights` is the format where the checkpoint
    /// has none of its own.
    func bytes(_ weights: WeightFormat, tensorParallel: Int) -> Int64 {
        let shape = shard(tensorParallel: tensorParallel)
        let bias = hasBias ? 2 * Int64(shape.outputs) : 0
        if isWide { return 4 * Int64(shape.inputs) * Int64(shape.outputs) + 2 * bias }
        guard let stored else {
            return format(weights).bytes(shardParameters(tensorParallel: tensorParallel))
        }
        var sum = stored.bytes(
            inputs: shape.inputs, outputs: shape.outputs,
            allInputs: split == .rows ? inputs : shape.inputs)
        // Every further matrix that it holds has what stands beside one.
        let beside =
            stored.matrixBytes + stored.inputScaleBytes
            + (stored.scales == .tensor ? stored.scaleBytes : 0)
        sum += Int64((parts - 1) * beside)
        return sum + bias
    }
}

extension Array where Element == Projection {
    /// Bytes beside each module that the engine runs these matrices as: q, k and v are one module,
    /// gate and up another, each other matrix its own.
    fileprivate var moduleBytes: Int64 {
        var modules = Set<String>()
        var sum: Int64 = 0
        for matrix in self {
            guard let bytes = matrix.stored?.moduleBytes, bytes > 0 else { continue }
            let name = ModuleName.fused(matrix.path)
            if modules.insert(name).inserted { sum += Int64(bytes) }
        }
        return sum
    }
}

extension Array where Element == WeightVector {
    /// Bytes on one GPU.
    func bytes(tensorParallel: Int) -> Int64 {
        reduce(0) {
            $0 + ($1.isWide ? 4 : 2) * Int64($1.shard(tensorParallel: tensorParallel))
        }
    }
}

extension Deployment {
    /// GPUs over which the routed experts' weights are spread.
    var expertShare: Int64 { Int64(max(tensorParallel, expertParallel)) }
}
