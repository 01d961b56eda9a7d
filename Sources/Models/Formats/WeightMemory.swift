extension TransformerModel {
    /// Bytes of weights on one GPU after loading, for the fullest pipeline stage.
    package func weightBytesPerGPU(_ deployment: Deployment) -> Int64 {
        weightBytesByStage(deployment).max() ?? 0
    }

    /// Bytes of weights on one GPU of each pipeline stage after loading. Scaled to the size in the
    /// checkpoint's index file, if there is one.
    ///
    /// The first stage holds the embedding and the towers. The last holds the head and the final
    /// norm; a tied head is the embedding again (vLLM 0.33.0's model classes under its model runner
    /// V2). Towers, embedding, head and norms are 16 bit unless a rule of the checkpoint's format
    /// says otherwise. O(layers × matrices).
    package func weightBytesByStage(_ deployment: Deployment) -> [Int64] {
        let reckoned = stored(as: deployment.weights).weightBytes(deployment, isLoaded: true)
        guard let checkpointBytes, deployment.weights == nativeWeights, unreadWeights == nil else {
            return reckoned
        }
        let whole =
            createdWeightBytesPerGPU(Deployment(weights: nativeWeights)) + 2 * hostParameters
        guard checkpointBytes != whole else { return reckoned }
        let share = Double(checkpointBytes) / Double(whole)
        return reckoned.map { Int64((Double($0) * share).rounded()) }
    }

    /// The same for the fullest stage when the engine creates its parameters, before kernels pad or
    /// repack them. On one GPU this is the checkpoint index file's metadata.total_size.
    package func createdWeightBytesPerGPU(_ deployment: Deployment) -> Int64 {
        stored(as: deployment.weights).weightBytes(deployment, isLoaded: false).max() ?? 0
    }

    private func weightBytes(_ deployment: Deployment, isLoaded: Bool) -> [Int64] {
        let stages = PipelineStages(
            layers: countedLayers, stages: max(1, deployment.pipelineParallel),
            given: deployment.stageLayers)
        var sums = outerBytes(deployment)
        var number = -1
        for layer in layers {
            if !layer.continues { number += 1 }
            if layer.sharesWeights { continue }
            sums[stages.stage(of: number)] += layer.weightBytes(
                deployment, hidden: hiddenSize, isLoaded: isLoaded)
        }
        return sums
    }

    /// Layers as the engine counts them.
    private var countedLayers: Int { layers.reduce(0) { $0 + ($1.continues ? 0 : 1) } }

    /// Bytes of embedding, head, towers and everything else outside the layers, by pipeline stage.
    private func outerBytes(_ deployment: Deployment) -> [Int64] {
        let size = deployment.tensorParallel
        let rows = vocabularyRows.dividedUp(by: size)
        let last = max(1, deployment.pipelineParallel) - 1
        var sums = Array(repeating: Int64(0), count: last + 1)
        sums[0] = towerBytes(tensorParallel: size)
        let words = replicatesEmbedding ? vocabularyRows : rows
        let embedding = 2 * Int64(words) * Int64(embeddingWidth)
        sums[0] += embedding + 2 * Int64(learnedPositions) * Int64(hiddenSize)
        if !tiesEmbeddings {
            let head = quantization?.format(of: "lm_head", .head) ?? .plain
            sums[last] += head.bytes(inputs: embeddingWidth, outputs: rows)
        } else if last > 0 {
            sums[last] += embedding
        }
        sums[last] += 2 * Int64(finalNormWeights)
        for vector in outerVectors {
            sums[vector.name.hasPrefix("lm_head") ? last : 0] += [vector].bytes(
                tensorParallel: size)
        }
        for matrix in outerMatrices + outerTables {
            sums[matrix.name == "project_out" ? last : 0] += matrix.bytes(
                .bf16, tensorParallel: size)
        }
        return sums
    }

    private func towerBytes(tensorParallel size: Int) -> Int64 {
        guard let tower else { return 0 }
        let cut = tower.dividedHeads.map { $0 % size == 0 ? size : 1 } ?? size
        var sum = tower.vectors.bytes(tensorParallel: cut)
        let format = tower.takesFormat ? quantization?.tower : nil
        for var part in tower.matrices {
            if part.projection.isQuantized { part.projection.stored = format }
            let isAttention = ["qkv", "proj"].contains(part.projection.name)
            let isWhole = isAttention && (tower.attentionHeads ?? size) % size != 0
            sum +=
                Int64(part.count)
                * part.projection.bytes(.bf16, tensorParallel: isWhole ? 1 : cut)
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
        sum += 2 * Int64(hidden) * Int64(attention.paddedRows(tensorParallel: size))
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
            // The bias after the last matrix is replicated on every GPU that holds the expert.
            let last = experts.hasBias ? Int64(experts.count * experts.width(hidden: hidden)) : 0
            return deployment.weights.bytes(all - last) / share
                + deployment.weights.bytes(last) / Int64(max(1, deployment.expertParallel))
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
    /// Zero rows that pad the first projections' matrix on one GPU.
    fileprivate func paddedRows(tensorParallel: Int) -> Int {
        guard case .recurrent(let mixer) = self, mixer.padsInputs else { return 0 }
        let rows = (mixer.projections.first ?? []).reduce(0) {
            $0 + $1.shard(tensorParallel: tensorParallel).outputs
        }
        return rows.roundedUp(to: 16) - rows
    }

    /// Bytes on one GPU of the weights outside projections.
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
    /// Bytes of the matrix and its bias on one GPU. `weights`: the format if the checkpoint has no
    /// format for it.
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
        // Every further matrix inside it adds the bytes kept per matrix.
        let beside =
            stored.matrixBytes + stored.inputScaleBytes
            + (stored.scales == .tensor ? stored.scaleBytes : 0)
        sum += Int64((parts - 1) * beside)
        return sum + bias
    }
}

extension Array where Element == Projection {
    /// Bytes kept per fused module: q, k and v are one module, gate and up another, other matrices
    /// one each.
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
