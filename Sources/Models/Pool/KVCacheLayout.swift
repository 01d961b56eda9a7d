import Basics

/// What one GPU of a replica caches per token and per sequence. `PoolLayout` says how layers share
/// the block pool.
package struct KVCacheLayout: Equatable, Sendable {
    /// Bytes per token of one layer on one GPU; the largest if layers differ.
    package var bytesPerTokenPerLayer: Int64
    /// Bytes per token over all layers on one GPU, before anything leaves a window.
    package var bytesPerToken: Int64
    /// Bytes of constant state per sequence on one GPU (linear attention, Mamba).
    package var stateBytesPerSequence: Int64
    private var caches: [CacheSpec]

    /// The layout of a model under a deployment.
    ///
    /// KV heads are sharded over tensor-parallel GPUs, and replicated once there are more GPUs than
    /// heads. Every GPU holds a full MLA latent. With pipeline stages, the stage with the most
    /// layers counts.
    package init(_ model: TransformerModel, _ deployment: Deployment) {
        let layers = model.caches(deployment)
        let stages = PipelineStages(
            layers: layers.count, stages: min(deployment.pipelineParallel, max(1, layers.count)),
            given: deployment.stageLayers)
        let most = stages.counts.max() ?? 0
        let first =
            stages.counts.firstIndex(of: most).map {
                stages.counts[..<$0].reduce(0, +)
            } ?? 0
        caches = Array(layers[first..<first + most].joined())
        bytesPerTokenPerLayer = caches.map { $0.bytes(tokens: 1 << 20) >> 20 }.max() ?? 0
        bytesPerToken = caches.reduce(0) { $0 + $1.bytes(tokens: 1 << 20) } >> 20
        stateBytesPerSequence = caches.reduce(0) { $0 + ($1.state?.bytes() ?? 0) }
    }

    /// Bytes that a sequence of `context` tokens takes on one GPU, without rounding up to whole
    /// blocks.
    package func bytes(context: Int) -> Int64 {
        stateBytesPerSequence + Self.rowBytes(caches, context: context)
    }

    /// The same for what a draft of the deployment caches beside the model; 0 without a draft.
    package static func draftBytes(_ deployment: Deployment, context: Int) -> Int64 {
        let caches = (deployment.draft?.caches(beside: deployment) ?? []).joined()
        return rowBytes(caches, context: context)
            + caches.reduce(0) { $0 + ($1.state?.bytes() ?? 0) }
    }

    private static func rowBytes(_ caches: some Sequence<CacheSpec>, context: Int) -> Int64 {
        caches.reduce(0) { $0 + $1.bytes(tokens: min(context, $1.window ?? context)) }
    }
}

extension CacheSpec {
    /// Bytes of the rows for `tokens` tokens.
    fileprivate func bytes(tokens: Int) -> Int64 { rowBytes * Int64(tokens) / Int64(tokensPerRow) }
}

extension Attention {
    /// Bytes that one GPU caches per token for a layer of this kind.
    ///
    /// MHA, GQA, MQA: 2 · max(1, kv_heads / tp) · head_dim · bytes. MLA: (kv_lora_rank +
    /// rope_dim) · bytes, whatever tp is; expanded, heads / tp · (key + value) · bytes.
    /// Recurrent: 0.
    package func cacheBytesPerToken(_ deployment: Deployment) -> Int64 {
        switch self {
        case .recurrent, .none: return 0
        case .latent(let latent):
            guard latent.cachesHeads else {
                if latent.isSparse, deployment.packsLatents, deployment.cache == .fp8 {
                    return Int64(latent.packedBytes)
                }
                return Int64(latent.cachedElements) * deployment.cache.bits / 8
            }
            let heads = latent.queryHeads / deployment.tensorParallel
            return Int64(heads * (latent.wholeKeyDim + latent.valueDim)) * deployment.cache.bits / 8
        case .heads(let heads):
            if let row = heads.rowBytes { return row }
            let perGPU = max(1, heads.keyValueHeads / deployment.tensorParallel)
            return Int64(perGPU * (heads.headDim + heads.valueDim)) * deployment.cache.bits / 8
        }
    }
}
